"""The tests of course and tool, each in the room of what it tests."""

import os

# Tests share the processors: a library that takes all of them makes every other test wait. NumPy
# reads this when it is imported, which is after this file.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
