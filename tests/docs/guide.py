"""Follows a page that teaches by doing: writes its files, types its commands, keeps what it shows.

A block of Python is the file that the line above it says to write. A block of changes is made in
the file that was named last. A block of commands holds lines that begin with "$ " and what they
print.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_WRITTEN = re.compile(r"Write `([\w./]+)`:\s*$")
_NAMED = re.compile(r"`(lectures/[\w./]+\.py)`")


class Guide:
    """A page that is followed in a folder.

    Args:
        text: the page, Markdown.
        folder: where its first command is typed.
        environment: the variables of its commands.
    """

    def __init__(self, text: str, folder: Path, environment: dict[str, str]):
        self.text = text
        self.folder = folder
        self.environment = environment

    def follow(self) -> Iterator[tuple[str, str]]:
        """Each block of commands: as the page shows it, and as it is when it is typed."""
        for block in _BLOCK.finditer(self.text):
            kind, content = block.groups()
            before = self.text[: block.start()]
            if kind == "python" and (written := _WRITTEN.search(before)):
                path = self.folder / written[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
            elif kind == "diff":
                self._change(self.folder / _NAMED.findall(before)[-1], content)
            elif kind == "console":
                yield content, self._type(content)

    def _change(self, path: Path, lines: str) -> None:
        changes = lines.splitlines(keepends=True)
        old = "".join(line[1:] for line in changes if line[0] in " -")
        new = "".join(line[1:] for line in changes if line[0] in " +")
        text = path.read_text()
        assert text.count(old) == 1, f"{path.name} has not once:\n{old}"
        path.write_text(text.replace(old, new))

    def _type(self, content: str) -> str:
        seen = ""
        for command in commands(content):
            seen += f"$ {command}\n"
            if command.startswith("cd "):
                self.folder /= command.removeprefix("cd ")
                continue
            done = subprocess.run(
                command, shell=True, cwd=self.folder, env=self.environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            seen += done.stdout
        return seen


def commands(content: str) -> list[str]:
    """The commands of a block; one whose quotation is open goes on in the next line."""
    found: list[str] = []
    for line in content.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
        elif found and found[-1].count('"') % 2:
            found[-1] += "\n" + line
    return found


def steady(text: str) -> str:
    """What a command printed, without what differs from one machine or run to the next."""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(re.sub(r" +\d+\.\d\d$|\b\d+ s$|tier \d", " …", line) for line in lines)
