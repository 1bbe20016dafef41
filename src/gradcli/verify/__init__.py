"""Is the derivative right? Every means of finding it, put side by side, and a verdict.

| means | what it shares with gradcli's own derivatives |
|---|---|
| forward, reverse (`modes`) | the rules |
| SymPy (`symbolic`, in a process of its own: `worker`) | only the expression's graph |
| complex step, differences (`numeric`) | only the values that the graph computes |

`check.verify` compares them element by element. `rounding` says how far rounding alone may take them
apart, so that a loss of digits is not taken for a mistake, nor a mistake for a loss of digits.
"""
