"""The tables: one declaration an operation. Importing this room fills `functions.FUNCTIONS`."""

from . import arithmetic, creation, elementary, indexing, linalg, reduction, selection, structural

__all__ = ["arithmetic", "creation", "elementary", "indexing", "linalg", "reduction", "selection", "structural"]
