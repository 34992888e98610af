"""Put the site together: JupyterLite's pages, Pyodide, the course's wheel and its notebooks.

The same parts and the same course give the same files.
"""

import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from html import escape
from pathlib import Path, PurePosixPath
from typing import Any

from docs.lite.course import ROOT
from docs.lite.packages import install
from docs.lite.parts import Parts, default_cache, gather
from grader.course import Course, read

SITE = ROOT / "docs/_build/html/lab"
STATIC = Path(__file__).with_name("static")
DESK = ROOT / "grader/lab_settings/desk"
# Of JupyterLite's applications: the desk, and one notebook by itself with its list of files.
APPS = ("lab", "notebooks", "tree")
OTHERS = ("consoles", "edit", "repl")
EXTENSIONS = "share/jupyter/labextensions/"
# What a browser keeps for work without a network: all but fonts in formats that none asks for.
NOT_KEPT = re.compile(
    r"fa-\w+-\d+\.(?:eot|svg|ttf|woff)$|licenses\.json$|\.txt$|^service-worker\.js$"
)
# Diagrams in other notations, terminals: scripts of JupyterLab for what the course has not.
SPARE = re.compile(
    r"/node_modules/(?:@mermaid-js|@xterm|@iconify|cose-base|cytoscape|d3|dagre|elkjs|es-toolkit"
    r"|katex|khroma|layout-base|mermaid|roughjs|vega|xterm)[\w@/.-]*$"
)
# What JupyterLab notes in a notebook as soon as the kernel for Pyodide runs it.
KERNEL = {
    "kernelspec": {"display_name": "Python (Pyodide)", "language": "python", "name": "python"},
    "language_info": {
        "codemirror_mode": {"name": "python", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": "3.8",
    },
}
# In the kernel's script: where it mounts the drive, and where it has imported what it needs.
LATE = {
    "s.chdir(t),": "",
    'this._localPath&&s.push("import os",`os.chdir("${this._localPath}")`)': (
        's.push("import os",`os.chdir("/drive/${this._localPath}")`)'
    ),
}
# Where the page makes a kernel: whether it gets the drive depends on the service worker, which a
# reloaded page may not have found yet. Without the drive, work is forgotten with the kernel.
CREATE = "create:async e=>{let{PyodideKernel:t}"
PATIENT = {
    CREATE: CREATE.replace("{", "{navigator.serviceWorker&&await i?.ready.catch(()=>{});", 1)
}
# What a site without answers adds to the course's id where a browser keeps its files: on one origin
# it shares none with the site with answers.
HANDED_OUT = "-without-answers"
NO_DATE = "2026-01-01T00:00:00Z"
# The start page's last lines. A site without answers leads to no page that has them.
WITH_ANSWERS = """On a computer of your own you may prefer <a href="../index.html">the installed
course</a>: it is faster."""
WITHOUT_ANSWERS = """This course has no answers. Where a demo needs a function that is an exercise,
it takes yours: write it, let its check pass, and save the notebook."""
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Seconds: closing a tab must not cost two minutes of work.
    "@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10},
}


class SiteError(Exception):
    """A part is not as this build expects it; the message says where."""


def build(target: Path = SITE, cache: Path | None = None, root: Path = ROOT) -> Path:
    """Build the site.

    Args:
        target: its folder; what was in it is gone afterwards.
        cache: where parts of others are kept; None is the user's own cache.
        root: the course: the repository, or a hand-out of it, which holds no answers.

    Returns:
        The folder.

    Raises:
        PartError: a part is missing, or another than the lock names.
        PackageError, SiteError: a part is not as this build expects it.
    """
    cache = cache or default_cache()
    parts = gather(cache)
    course = read(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".lab-") as scratch:
        site = Path(scratch, "site")
        spare = _app(parts.app, site)
        for path in (*STATIC.iterdir(), ROOT / "docs/static/icon.svg"):
            shutil.copy(path, site)
        extensions = _extensions(parts, site / "extensions")
        _mend_kernel(site / "extensions/@jupyterlite/pyodide-kernel-extension/static")
        names = install(parts, site / "static/pyodide", cache, root)
        _contents(site, course)
        _settings(site, course, extensions, names)
        kept = [name for name in _names(site) if name not in spare and not NOT_KEPT.search(name)]
        _pages(site, course, kept)
        _release(site, kept)
        shutil.rmtree(target, ignore_errors=True)
        site.replace(target)
    return target


def _app(wheel: Path, site: Path) -> set[str]:
    """JupyterLite's pages and scripts, without the maps of its sources.

    Returns:
        The scripts that no notebook of a course needs, by the maps: they are only loaded when
        something asks for them.
    """
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if re.search(r"jupyterlite-app-.*\.tgz$", n))
        packed = archive.read(name)
    unwanted = {*OTHERS, *(f"build/{app}" for app in OTHERS), "doc"}
    spare = set()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive:
            path = PurePosixPath(member.name).relative_to("package")
            folders = {parent.as_posix() for parent in path.parents}
            if not member.isfile() or folders & unwanted:
                continue
            if len(path.parts) == 1 and path.name.startswith(("rspack", "package.json")):
                continue
            file = archive.extractfile(member)
            assert file is not None
            data = file.read()
            if path.suffix != ".map":
                _put(site / path, data)
            elif all(SPARE.search(source) for source in json.loads(data)["sources"]):
                spare.add(path.with_suffix("").as_posix())
    return spare


def _extensions(parts: Parts, folder: Path) -> list[dict[str, Any]]:
    """Extensions of JupyterLab: the kernel, widgets, and the course's own desk.

    Returns:
        What ``package.json`` says of each.
    """
    found = []
    for path in (parts.kernel, *parts.packages):
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if EXTENSIONS in name and not name.endswith((".map", ".orig", "/", ".whl")):
                    _put(folder / name.split(EXTENSIONS)[1], archive.read(name))
    own = json.loads((DESK / "package.json").read_text(encoding="utf-8"))["name"]
    shutil.copytree(DESK, folder / own)
    for path in sorted([*folder.glob("*/package.json"), *folder.glob("@*/*/package.json")]):
        found.append(json.loads(path.read_text(encoding="utf-8")))
    return found


def _mend_kernel(static: Path) -> None:
    """The kernel goes to the notebook's folder when it has started, and always has the drive.

    Python looks into its working directory at each import; on the drive each look is a question to
    the page, which waits while it loads.
    """
    workers = [*static.glob("comlink.worker.*.js")]
    pages = [path for path in static.glob("*.js") if CREATE in path.read_text(encoding="utf-8")]
    if (len(workers), len(pages)) != (1, 1):
        raise SiteError(f"{static} is not as expected: did the kernel's version change?")
    replace(workers[0], LATE)
    replace(pages[0], PATIENT)


def _contents(site: Path, course: Course) -> None:
    """The notebooks, and lists of the folders as a Jupyter server would give them.

    A notebook names the kernel and the language that it gets there; otherwise it would be changed
    as soon as it is opened, and a changed notebook hides what the site has.
    """
    shutil.copytree(
        course.root / "notebooks",
        site / "files/notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints", ".*"),
    )
    files = site / "files"
    for path in files.glob("notebooks/*/*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"] |= KERNEL
        _write_json(path, notebook)
    for folder in [files, *sorted(path for path in files.rglob("*") if path.is_dir())]:
        place = folder.relative_to(files)
        listed = _model(folder, files) | {
            "content": [_model(path, files) for path in sorted(folder.iterdir())],
            "format": "json",
        }
        _write_json(site / "api/contents" / place / "all.json", listed)
    for language, data in (
        ("all", {"en": {"displayName": "English", "nativeName": "English"}}),
        ("en", {}),
    ):
        _write_json(site / f"api/translations/{language}.json", {"data": data, "message": ""})


def _model(path: Path, files: Path) -> dict[str, Any]:
    """What Jupyter's list of a folder says of a file."""
    place = path.relative_to(files).as_posix()
    kind = "notebook" if path.suffix == ".ipynb" else "file"
    return {
        "name": "" if path == files else path.name,
        "path": "" if path == files else place,
        "type": "directory" if path.is_dir() else kind,
        "created": NO_DATE,
        "last_modified": NO_DATE,
        "writable": True,
        "content": None,
        "format": None,
        "mimetype": None,
        "size": None if path.is_dir() else path.stat().st_size,
    }


def _settings(
    site: Path, course: Course, extensions: Iterable[dict[str, Any]], packages: list[str]
) -> None:
    """What JupyterLite reads first: names, extensions, settings, where Python lies."""
    settings = [
        {
            "id": f"{extension['name']}:{path.stem}",
            "raw": "{}",
            "schema": json.loads(path.read_text(encoding="utf-8")),
            "settings": {},
            "version": extension["version"],
        }
        for extension in extensions
        for path in sorted((site / "extensions" / extension["name"] / "schemas").rglob("*.json"))
    ]
    _write_json(site / "build/schemas/all_federated.json", settings)
    file = site / "jupyter-lite.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    config["jupyter-config-data"] |= {
        "appName": course.title,
        "faviconUrl": "./icon.svg",
        "exposeAppInBrowser": True,
        "contentsAllJsonFile": "all.json",
        # Its own name, so that work is found again when the site moves to another folder.
        "contentsStorageName": course.id + _kind(course),
        "federated_extensions": [
            {"name": extension["name"], **extension["jupyterlab"]["_build"]}
            for extension in extensions
        ],
        "settingsOverrides": SETTINGS,
        "litePluginSettings": {
            "@jupyterlite/pyodide-kernel-extension:kernel": {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "loadPyodideOptions": {"packages": packages},
            }
        },
    }
    _write_json(file, config)


def _pages(site: Path, course: Course, kept: list[str]) -> None:
    """The course's start page, name and icon; JupyterLite's pages say what is loading."""
    for app in APPS:
        page = site / app / "index.html"
        head = '  <link rel="icon" href="../icon.svg">\n  <script src="../tab.js" defer></script>\n'
        replace(page, {"</head>": f"{head}</head>", "<html>\n": '<html lang="en">\n'})
        if app != "tree":
            replace(page, {"Loading JupyterLite...": f"Loading {course.title} …"})
    first = course.lectures[0]
    replace(
        site / "index.html",
        {
            "__TITLE__": course.title,
            "__FIRST__": _notebook(first),
            "__LECTURES__": "\n".join(_entry(course, name) for name in course.lectures),
            "__SIZE__": f"{round(_packed(site, kept) / 1e6)}",
            "__LAST__": WITHOUT_ANSWERS if _kind(course) else WITH_ANSWERS,
        },
    )
    replace(site / "start.js", {"__COURSE__": course.id, "__KIND__": _kind(course)})
    replace(site / "tab.js", {"__KIND__": _kind(course)})
    manifest = json.loads((site / "manifest.webmanifest").read_text(encoding="utf-8"))
    manifest |= {"name": course.title, "short_name": course.title, "shortcuts": []}
    manifest["description"] = f"{course.title} in the browser"
    manifest["start_url"] = "./index.html"
    manifest["icons"].append({"src": "./icon.svg", "type": "image/svg+xml", "sizes": "any"})
    _write_json(site / "manifest.webmanifest", manifest)


def _kind(course: Course) -> str:
    return "" if course.root == ROOT else HANDED_OUT


def _notebook(lecture: str) -> str:
    return f"notebooks/{lecture}/{lecture}.ipynb"


def _entry(course: Course, lecture: str) -> str:
    """A lecture on the start page, by the title of its notebook."""
    notebook = json.loads((course.root / _notebook(lecture)).read_text(encoding="utf-8"))
    texts = ("".join(cell["source"]) for cell in notebook["cells"])
    title = next(found[1] for text in texts if (found := re.search(r"^# (.+)$", text, re.M)))
    number, _, name = lecture.partition("_")
    if not title.startswith(number):
        title = f"{number} · {name.capitalize()}"
    return f'<li><a href="lab/index.html?path={_notebook(lecture)}">{escape(title)}</a></li>'


def _release(site: Path, kept: list[str]) -> None:
    """The list of what a browser keeps, and the release that it belongs to."""
    digest = hashlib.sha256()
    for name in _names(site):
        content = hashlib.sha256((site / name).read_bytes()).hexdigest()
        digest.update(f"{name} {content}\n".encode())
    _write_json(site / "offline.json", kept)
    replace(site / "service-worker.js", {"__RELEASE__": digest.hexdigest()[:16]})


def replace(path: Path, texts: dict[str, str]) -> None:
    """Put texts in the place of others, each of which stands in the file.

    Args:
        path: the file.
        texts: what is to go, and what comes in its place.

    Raises:
        SiteError: a text is not there.
    """
    text = path.read_text(encoding="utf-8")
    for old, new in texts.items():
        if old not in text:
            raise SiteError(f"{path.name} holds no {old!r}: did a part's version change?")
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def sizes(site: Path) -> tuple[int, int]:
    """Bytes of the site, and about how many a first visit loads when the server packs them.

    Args:
        site: what was built.
    """
    kept = json.loads((site / "offline.json").read_text(encoding="utf-8"))
    return sum((site / name).stat().st_size for name in _names(site)), _packed(site, kept)


def _names(site: Path) -> list[str]:
    return sorted(p.relative_to(site).as_posix() for p in site.rglob("*") if p.is_file())


def _packed(site: Path, names: Iterable[str]) -> int:
    """About how many bytes these files are on the wire, when the server packs them."""
    return sum(len(zlib.compress((site / name).read_bytes(), 6)) for name in names)


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_json(path: Path, data: Any) -> None:
    _put(path, json.dumps(data, indent=1, ensure_ascii=False).encode())
