"""How fast gradcli is, beside what people would use instead: `python -m benchmarks`."""
