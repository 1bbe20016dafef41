"""Text to syntax tree. Knows no NumPy and no meaning."""
