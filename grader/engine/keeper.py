"""A process that keeps an engine warm for a Dask worker and runs the tasks it is sent.

A process of its own, because time limits need the main thread, forks want no other threads, and an
end in the middle of a submission should not be the Dask worker's end.

The number of its end of a pipe is the first command line argument. It sends what it is, then
answers each task, as pickles between two processes of the same machine and user.
"""

import json
import os
import pickle
import platform
import sys
from multiprocessing.connection import Connection

from grader.course import current
from grader.engine import digests, receipts, sandbox
from grader.engine.engine import EngineError
from grader.engine.task import Warm


def versions() -> dict[str, str]:
    """What must be equal on two machines for them to grade alike."""
    return {
        "Python": platform.python_version(),
        **receipts.versions(),
        f"course {current().id}": digests.of_course(),
    }


def main() -> None:
    """Answer until the other side is gone."""
    connection = Connection(int(sys.argv[1]))
    sandbox.end_with_parent()
    os.set_inheritable(connection.fileno(), False)
    tier, _ = sandbox.detect()
    connection.send_bytes(json.dumps({"versions": versions(), "tier": tier}).encode())
    warm = Warm()
    try:
        while True:
            task = pickle.loads(connection.recv_bytes())
            try:
                answer = warm.run(task)
            except EngineError as error:
                answer = error
            except Exception as error:
                answer = EngineError(f"{type(error).__name__}: {error}")
            connection.send_bytes(pickle.dumps(answer))
    except EOFError:
        pass
    finally:
        warm.close()


if __name__ == "__main__":
    main()
