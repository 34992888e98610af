"""The library as it is handed out: what students are to write has signature and text, no body."""

import ast
from collections.abc import Collection, Iterator

from grader.authoring.source import exercise_source
from grader.course import Course

# What a library may keep beside its modules.
KEPT = (".css", ".csv", ".html", ".js", ".json", ".npy", ".npz", ".toml", ".txt", ".typed")
_IMPORT = "from grader.handout.own import NotWritten, yours\n"
Name = tuple[str, str]  # a module of the library, "sorting", and a name in it


class Library:
    """What the modules of a course's library define, and what of it uses what.

    Args:
        course: the course.
    """

    def __init__(self, course: Course):
        self._root = course.root
        self._package = course.library
        folder = course.root / course.library
        self.modules = {
            ".".join(path.relative_to(folder).with_suffix("").parts): path
            for path in sorted(folder.rglob("*.py"))
            # Editors keep copies, .ipynb_checkpoints/sorting-checkpoint.py.
            if all(map(str.isidentifier, path.relative_to(folder).with_suffix("").parts))
        }
        self.others = [p for p in sorted(folder.rglob("*")) if p.suffix in KEPT and p.is_file()]
        self._trees = {
            name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.modules.items()
        }
        self._uses: dict[Name, set[Name]] = {}
        for module, tree in self._trees.items():
            known = self._known(module, tree)
            for node in tree.body:
                used = {known[name] for name in names(node) if name in known}
                for name in bound(node):
                    self._uses.setdefault((module, name), set()).update(used)

    def _known(self, module: str, tree: ast.Module) -> dict[str, Name]:
        """What the names of a module stand for, of those that the library defines."""
        known: dict[str, Name] = {}
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                known |= self.imported(node)
            else:
                known |= {name: (module, name) for name in bound(node)}
        return known

    def imported(self, node: ast.Import | ast.ImportFrom) -> dict[str, Name]:
        """What an import brings of the library, by the name that it is given.

        Args:
            node: the statement. A whole module stands under the empty name in it.
        """
        found: dict[str, Name] = {}
        prefix = f"{self._package}."
        for alias in node.names:
            here = alias.asname or alias.name.partition(".")[0]
            if isinstance(node, ast.Import):
                if alias.name.startswith(prefix):
                    found[here] = alias.name.removeprefix(prefix), ""
            elif node.module == self._package:
                found[here] = alias.name, ""
            elif (node.module or "").startswith(prefix):
                found[here] = str(node.module).removeprefix(prefix), alias.name
        return found

    def reached(self, start: set[Name], empty: Collection[str]) -> set[str]:
        """The ids of what runs when some parts of the library are used, these with them.

        Args:
            start: the parts; all of a module stands under the empty name.
            empty: ids of functions without a body, which use nothing.
        """
        seen: set[Name] = set()
        waiting = list(start)
        while waiting:
            module, name = waiting.pop()
            if (module, name) in seen:
                continue
            seen.add((module, name))
            if f"{module}.{name}" in empty:
                continue
            if name:
                waiting += self._uses.get((module, name), ())
            else:
                waiting += [other for other in self._uses if other[0] == module]
        return {f"{module}.{name}" for module, name in seen if name}

    def used_by(self, source: str) -> set[Name]:
        """What a notebook's cell, or a file of Python, imports of the library."""
        found: set[Name] = set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= set(self.imported(node).values())
        return found

    def emptied(self, module: str, absent: dict[str, str]) -> str:
        """The source of a module in which some functions and classes have no bodies.

        What only they have used goes with them: private functions and constants.

        Args:
            module: its name in the library.
            absent: by the name of a function whose exercise it is; empty for one that is none.

        Raises:
            ValueError: the module does not define one of them.
        """
        text, tree = self.modules[module].read_text(encoding="utf-8"), self._trees[module]
        nodes = {name: node for node in tree.body for name in bound(node)}
        if unknown := absent.keys() - nodes.keys():
            raise ValueError(f"{module} does not define {', '.join(sorted(unknown))}")
        if not absent:
            return text
        lines = text.splitlines(keepends=True)
        for name, lecture in absent.items():
            first, last = _range(nodes[name])
            lines[first] = _stub(f"{module}.{name}", nodes[name], lecture)
            lines[first + 1 : last] = [""] * (last - first - 1)
        for node in self._unused(module, absent):
            first, last = _range(node)
            lines[first:last] = [""] * (last - first)
        imports = (n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
        first = next(n for n in imports if getattr(n, "module", "") != "__future__")
        lines.insert(first.lineno - 1, _IMPORT)
        return "".join(lines)

    def _unused(self, module: str, absent: dict[str, str]) -> Iterator[ast.stmt]:
        """The private parts of a module that nothing needs once others have no bodies."""
        own = f"{self._package}.{module}"
        elsewhere = {
            alias.name
            for tree in self._trees.values()
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == own
            for alias in node.names
        }
        parts = [node for node in self._trees[module].body if not set(bound(node)) & absent.keys()]
        gone: list[ast.stmt] = []
        while True:
            used = elsewhere.union(*(names(node) for node in parts if node not in gone))
            used |= {name for node in self._trees[module].body for name in _signature(node)}
            fresh = [
                node
                for node in parts
                if node not in gone and _private(node) and not set(bound(node)) & (used)
            ]
            if not fresh:
                return
            gone += fresh
            yield from fresh


def bound(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a module defines; an import defines none."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        return [part.id for part in parts if isinstance(part, ast.Name)]
    return []


def names(node: ast.AST) -> set[str]:
    """The names that a piece of code reads, except that of what it defines."""
    read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return read - {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else read


def _private(node: ast.stmt) -> bool:
    found = bound(node)
    return bool(found) and all(n.startswith("_") and not n.startswith("__") for n in found)


def _signature(node: ast.stmt) -> set[str]:
    """The names that a function's signature reads: a stub keeps it."""
    if not isinstance(node, ast.FunctionDef):
        return set()
    parts = [node.args, *([node.returns] if node.returns else []), *node.decorator_list]
    return set().union(*(names(part) for part in parts))


def _range(node: ast.stmt) -> tuple[int, int]:
    """The lines of a statement with its decorators, from 0, the last one excluded."""
    decorators = getattr(node, "decorator_list", [])
    first = min(n.lineno for n in (node, *decorators))
    return first - 1, node.end_lineno or first


def _stub(id: str, node: ast.stmt, lecture: str) -> str:
    refusal = f"raise NotWritten({id!r}, {lecture!r})"
    if isinstance(node, ast.ClassDef):
        said = f"    def __init__(self, *args, **kwargs):\n        {refusal}\n"
        return f"class {node.name}:\n{said}"
    if not isinstance(node, ast.FunctionDef):
        raise ValueError(f"{id} is neither a function nor a class")
    if ast.get_docstring(node) is None or len(node.body) < 2:
        node = ast.FunctionDef(node.name, node.args, ast.parse(refusal).body, [], node.returns)
        return f"@yours\n{ast.unparse(ast.fix_missing_locations(node))}\n"
    kept, _, body = exercise_source(id).partition("    ### BEGIN SOLUTION\n")
    indent = "    "
    assert body
    return f"@yours\n{kept.rstrip()}\n{indent}{refusal}\n"
