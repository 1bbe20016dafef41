"""The graph: nodes, operations, sweeps, evaluation. Knows no text and no terminal."""
