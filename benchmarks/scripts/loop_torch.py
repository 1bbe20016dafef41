"""The program of the benchmark, by PyTorch."""

import sys

import torch  # noqa: F401

exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"))
