"""The course's secret, from which hidden cases are drawn: in a file that only its owner reads."""

import os
import secrets
from pathlib import Path

from grader.course import current


def path() -> Path:
    """Where the secret is kept: outside the repository, in the owner's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home, current().id, "secret")


def load() -> bytes:
    """The secret, made on first use.

    Raises:
        PermissionError: somebody else may read it.
    """
    file = path()
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = file.with_name(f"secret.{os.getpid()}")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
        try:
            os.link(beside, file)  # unlike a rename, it does not overwrite one made meanwhile
        except FileExistsError:
            pass
        beside.unlink()
    mode = file.stat().st_mode & 0o077
    if mode and os.name == "posix":
        raise PermissionError(f"{file} can be read by others: run `chmod 600 {file}`")
    return bytes.fromhex(file.read_text(encoding="ascii").strip())
