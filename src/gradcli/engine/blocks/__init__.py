"""Large values a block at a time, on several threads.

A chain of elementwise operations on a million numbers reads and writes memory at every step, unless it
is done for a few thousand numbers at a time, which stay in the processor's cache from step to step. A
schedule cuts a plan into stages. Each stage first computes whole values (what is small, and what is no
elementwise operation), then a region for every shape: elementwise steps, and sums of what they give, that
run block by block along the first axis. NumPy lets other threads run while it computes, so the blocks
are shared out among them.

Blocks depend on shapes alone, and the parts of a sum are added up in the order of the blocks: a result is
the same for any number of threads.
"""
