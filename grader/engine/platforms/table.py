"""A table in a CSV file of which single cells are replaced and every other byte stays."""

import re
from dataclasses import dataclass

MAX_BYTES = 64 << 20
_BOM = "\ufeff"


class NoTable(Exception):
    """A file is not the table that was expected; the message says what is wrong."""


@dataclass
class Cell:
    """A cell: as it stands in the file, and what follows it there.

    Args:
        raw: with its quotes.
        end: a separator or the end of a line.
    """

    raw: str
    end: str

    @property
    def value(self) -> str:
        """What the cell says."""
        text = self.raw.removeprefix(_BOM)
        bare = text.strip()
        if len(bare) > 1 and bare[0] == bare[-1] == '"':
            return bare[1:-1].replace('""', '"')
        return text


class Table:
    """A CSV file in memory.

    Args:
        content: its bytes, UTF-8 for what is to be understood; others are kept.

    Raises:
        NoTable: it is empty, too large, or has a quote that does not end.
    """

    def __init__(self, content: bytes):
        if len(content) > MAX_BYTES:
            raise NoTable(f"it is larger than {MAX_BYTES >> 20} MB")
        text = content.decode("utf-8", "surrogateescape")
        first = text.partition("\n")[0]
        self.separator = max(",;\t", key=first.count)
        self.rows = _rows(text, self.separator)
        if not self.rows:
            raise NoTable("it is empty")

    @property
    def header(self) -> list[str]:
        """What the first row says."""
        return [cell.value.strip() for cell in self.rows[0]]

    def value(self, row: int, column: int) -> str:
        """What a cell says; "" where the row is shorter."""
        cells = self.rows[row]
        return cells[column].value.strip() if column < len(cells) else ""

    def column(self, *names: str) -> int | None:
        """The first column whose heading is one of these, or None.

        Args:
            names: in the order in which they are looked for; upper and lower case are one.
        """
        header = [name.casefold() for name in self.header]
        return next((header.index(n.casefold()) for n in names if n.casefold() in header), None)

    def write(self, row: int, column: int, number: str) -> None:
        """Put a number in a cell. A cell that was quoted stays so.

        Args:
            row, column: where; the row must have the column.
            number: digits and a point.
        """
        cell = self.rows[row][column]
        cell.raw = f'"{number}"' if cell.raw.startswith('"') else number

    def as_bytes(self) -> bytes:
        """The file."""
        text = "".join(cell.raw + cell.end for row in self.rows for cell in row)
        return text.encode("utf-8", "surrogateescape")


def _rows(text: str, separator: str) -> list[list[Cell]]:
    quoted = r'\ufeff?[ ]*"(?:[^"]|"")*"[ ]*'
    bare = rf'(?!\ufeff?[ ]*")[^{separator}\r\n]*'
    cell = re.compile(rf"({quoted}|{bare})({separator}|\r\n|\n|\r|\Z)")
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    at = 0
    while at < len(text):
        found = cell.match(text, at)
        if not found:
            raise NoTable(f"line {text.count(chr(10), 0, at) + 1} has a quote that does not end")
        row.append(Cell(found[1], found[2]))
        at = found.end()
        if found[2] != separator:
            rows.append(row)
            row = []
    if row:  # the file ends with a separator: an empty cell follows
        rows.append([*row, Cell("", "")])
    return rows
