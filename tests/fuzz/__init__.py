"""A differential fuzzer: random expressions, differentiated by gradcli and by others, mpmath arbitrating."""
