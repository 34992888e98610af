"""The reference library of Deep Training Lab: every function the lectures teach, in NumPy."""

import sys

if sys.platform == "emscripten":  # no thread can watch a progress bar in a browser's tab
    from tqdm import std

    std.tqdm.monitor_interval = 0
