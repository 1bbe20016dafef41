"""Answers and errors as text: JSON, tables, values, the reference. Nothing here computes."""
