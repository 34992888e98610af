"""Run the cells of a lecture one after the other and print the seconds of each, as JSON lines.

``python -m benchmarks.cells FILE SECONDS`` reads the sources from a JSON list and ends a cell after
so many seconds. A line holds the cell's number, its seconds of the processor, and the error that it
raised, or null. benchmarks/demos.py runs it in Pyodide.
"""

import json
import sys
import time
import warnings
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from grader.checking.platform import IN_TAB, time_limit


def main(file: str, seconds: float) -> None:
    """Run and print."""
    warnings.simplefilter("ignore")
    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)
    for number, source in enumerate(json.loads(Path(file).read_text("utf-8"))):
        begin = processor()
        with capture_output():  # a picture is drawn when it is displayed
            try:
                with time_limit(seconds):
                    result = shell.run_cell(source)
                error = result.error_before_exec or result.error_in_exec
            except TimeoutError as late:
                error = late
        said = f"{type(error).__name__}: {error}" if error else None
        print(json.dumps([number, round(processor() - begin, 2), said]), flush=True)


def processor() -> float:
    """Seconds of the processor so far; Pyodide's own clock tells those of the wall."""
    if not IN_TAB:
        return time.process_time()
    from js import process  # type: ignore[import-not-found]

    used = process.cpuUsage()
    return (used.user + used.system) / 1e6


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
