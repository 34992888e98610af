"""Reading zip files whose contents students wrote: nothing is unpacked, everything is bounded."""

import io
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from grader.engine import files

# A platform's archive of a thousand students who each hand in all that they may.
MAX_MEMBERS = 1_000_000
# A student's own archive. Its list of contents is parsed before anything can be counted.
MAX_INNER_LIST = 1 << 20
# Making folders in folders in folders recurses.
MAX_DEPTH = 100
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others need memory that an archive chooses
_END = b"PK\x05\x06"
_END_SIZE = 22
_ZIP64 = b"PK\x06\x07"
# What systems add to an archive.
_LITTER = ("__MACOSX", ".ipynb_checkpoints", "Thumbs.db", "desktop.ini")


class RefusedArchive(Exception):
    """An archive, or a file in one, that is not read; the message says why."""


class Archive:
    """A zip file, open for reading. Use it as a context manager.

    Args:
        source: its path, or its bytes when a student handed it in.

    Raises:
        RefusedArchive: it is none, or it lists more than is read.
    """

    def __init__(self, source: Path | bytes):
        if isinstance(source, bytes):
            _check_list(source)
        try:
            self._zip = zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source))
        except OSError as error:
            raise RefusedArchive(error.strerror or "it cannot be read") from None
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise RefusedArchive(f"it is no zip file: {error}") from None
        most = MAX_MEMBERS if isinstance(source, Path) else 2 * files.MAX_FILES
        if len(self._zip.infolist()) > most:
            raise RefusedArchive(f"it lists more than {most} files")

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def members(self) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
        """The files and their names; a name that leads out of the archive raises when it is read.

        Folders and what operating systems add are left out. Names are in Unicode's composed form.
        """
        for info in self._zip.infolist():
            path = PurePosixPath(unicodedata.normalize("NFC", info.filename))
            litter = any(part in _LITTER or part.startswith("._") for part in path.parts)
            if not info.is_dir() and path.parts and not litter:
                yield path, info

    def read(self, info: zipfile.ZipInfo, most: int = files.MAX_BYTES) -> bytes:
        """The contents of a file.

        Args:
            info: of :meth:`members`.
            most: bytes.

        Raises:
            RefusedArchive: it is a link, encrypted, damaged or larger.
        """
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise RefusedArchive("it is a link or a device")
        if info.flag_bits & 1:
            raise RefusedArchive("it is encrypted")
        if info.compress_type not in _PLAIN:
            raise RefusedArchive("it is compressed in an unusual way")
        try:
            with self._zip.open(info) as file:
                content = file.read(most + 1)
        except Exception as error:  # a damaged archive raises errors of many kinds
            raise RefusedArchive(f"it is damaged: {str(error)[:100]}") from None
        if len(content) > most:
            raise RefusedArchive(f"it is larger than {most >> 20} MB")
        return content


def safe(path: PurePosixPath) -> bool:
    """Whether a name stays in the folder that it is put in, on every system, and not too deep.

    Args:
        path: as an archive has it.
    """
    return not path.is_absolute() and len(path.parts) <= MAX_DEPTH and all(
        part not in ("..", ".") and len(part.encode("utf-8", "replace")) < 250
        and part.isprintable() and not set(part) & set('\\:*?"<>|')
        for part in path.parts
    )  # fmt: skip


def _check_list(content: bytes) -> None:
    """Refuse an archive by the size of its list of contents, found as ``zipfile`` finds it."""
    at = len(content) - _END_SIZE
    if content[at : at + 4] != _END or content[-2:] != b"\0\0":
        at = content.rfind(_END, max(0, len(content) - (1 << 16) - _END_SIZE))
    if at < 0 or len(content) - at < _END_SIZE:
        raise RefusedArchive("it is no zip file")
    size = int.from_bytes(content[at + 12 : at + 16], "little")
    if size > MAX_INNER_LIST or content[max(at - 20, 0) :].startswith(_ZIP64):
        raise RefusedArchive("it lists too many files")
