"""What holds for all tests."""

import os

# The tests start many processes: let them share compiled bytecode, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
