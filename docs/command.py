"""The command line of the site: ``python -m docs``, ``python -m docs lite``, ``... serve``."""

import argparse
import functools
import http.server
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from docs.lite.build import SITE, SiteError, build, sizes
from docs.lite.packages import PackageError
from docs.lite.parts import PartError, default_cache
from grader.course import current

HTML = SITE.parent
# By itself: the site of the course shows the model solutions.
HANDOUT = HTML.with_name("handout") / SITE.name


class Server(http.server.ThreadingHTTPServer):
    """Shows a folder.

    Args:
        bind: the address to listen at.
        port: the port; 0 takes a free one.
        folder: what to show.
    """

    def __init__(self, bind: str, port: int, folder: Path) -> None:
        super().__init__((bind, port), functools.partial(Handler, directory=str(folder)))

    def handle_error(self, *request: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a page that was closed early
            super().handle_error(*request)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files as GitHub Pages would send them; the types that matter whatever the system knows."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
    }

    def log_message(self, *_: object) -> None:
        pass


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks for.

    Args:
        arguments: the command line without the program's name.

    Returns:
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("site", help="the pages; what happens without a command")
    lite = commands.add_parser("lite", help="the course in the browser, into html/lab/")
    lite.add_argument("--cache", type=Path, default=default_cache(), help="where parts are kept")
    lite.add_argument("--to", type=Path, help="another folder; what is in it is replaced")
    lite.add_argument(
        "--without-answers",
        nargs="*",
        metavar="LECTURE",
        help="a hand-out of these lectures, or of all, into handout/lab/: no answer is in it",
    )
    show = commands.add_parser("serve", help="show what was built")
    show.add_argument("--port", type=int, default=8000)
    show.add_argument("folder", nargs="?", type=Path, default=HTML, help="what was built")
    show.add_argument("--bind", default="127.0.0.1", help="the address; 0.0.0.0 for a whole room")
    asked = parser.parse_args(arguments)
    if asked.command == "lite":
        handed_out = asked.without_answers is not None
        target = asked.to or (HANDOUT if handed_out else SITE)
        try:
            if handed_out:
                site = _without_answers(asked.without_answers, target, asked.cache)
            else:
                site = build(target, asked.cache)
        except (PackageError, PartError, SiteError) as error:
            print(error, file=sys.stderr)
            return 1
        whole, packed = (size / 1e6 for size in sizes(site))
        print(f"{site}: {whole:.1f} MB, of which a first visit loads {packed:.1f} MB, packed")
        shown = "" if site == SITE else f" {site.parent}"
        print(f"`python -m docs serve{shown}` shows it")
        return 0
    if asked.command == "serve":
        return serve(asked.bind, asked.port, asked.folder)
    return _site()


def _without_answers(lectures: Sequence[str], target: Path, cache: Path) -> Path:
    # They ask for what builds a course, which a site with answers does without.
    from grader.handout.command import said
    from grader.handout.folder import NotReleased, write
    from grader.handout.recording import NotRecorded

    with tempfile.TemporaryDirectory() as scratch:
        try:
            made = write(current(), lectures, Path(scratch, "handout"))
        except (NotReleased, NotRecorded) as error:
            raise SiteError(str(error)) from error
        print(said(made))
        return build(target, cache, made.folder)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, Server]]:
    """Show a folder on loopback, from a thread, for as long as the block lasts.

    Args:
        folder: what was built.

    Yields:
        The address, and the server, which may be shut down before the end.
    """
    with Server("127.0.0.1", 0, folder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", server
        server.shutdown()


def serve(bind: str, port: int, folder: Path = HTML) -> int:
    """Show what was built until Ctrl + C.

    Args:
        bind: the address to listen at.
        port: the port; 0 takes a free one.
        folder: what to show; the course lies in ``lab/`` there.

    Returns:
        The exit status.
    """
    if not folder.is_dir():
        print("there is nothing to show: `python -m docs lite` first", file=sys.stderr)
        return 1
    with Server(bind, port, folder) as server:
        print(f"http://{bind}:{server.server_port}/lab/ (Ctrl + C ends it)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def _site() -> int:
    from docs.site import build  # Sphinx, notebooks and the grader: the others do without

    status = build()
    print(f"open {HTML / 'index.html'}" if status == 0 else "the site has errors")
    return status
