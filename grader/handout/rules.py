"""The code of an exercise that a check needs beside records: what must hold for random answers.

It is cut out of the modules of a lecture's exercises. Cases, misconceptions and all that only they
use stay behind.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path

from grader.checking.recorded import RULES
from grader.handout.library import bound, names

# The fields of an exercise that are functions.
FIELDS = ("properties", "measure", "value")


@dataclass
class _Module:
    """A module of the exercises: its source, and what of it is needed."""

    source: str
    tree: ast.Module
    wanted: set[str] = field(default_factory=set)
    rules: dict[str, dict[str, ast.expr]] = field(default_factory=dict)


def cut_out(room: Path) -> dict[str, str]:
    """The files of ``rules`` in a lecture's room, by their names; none where nothing is needed.

    Args:
        room: ``lectures/NN_name``.
    """
    modules = {}
    files = [room / "exercises.py", *sorted(room.glob("exercises/*.py"))]
    for path in files:
        if path.is_file():
            source = path.read_text(encoding="utf-8")
            module = _Module(source, ast.parse(source))
            module.rules = _rules(module.tree)
            for fields in module.rules.values():
                module.wanted |= set().union(*map(names, fields.values()))
            modules["" if path.parent == room else path.stem] = module
    _follow(modules)
    found = {name: _written(module) for name, module in modules.items() if module.wanted}
    if "" in found:
        return {"rules.py": found[""]}
    named = {f"rules/{name}.py": text for name, text in found.items()}
    return {"rules/__init__.py": "", **named} if named else {}


def _rules(tree: ast.Module) -> dict[str, dict[str, ast.expr]]:
    """By the id of an exercise its fields that are code: in its call, or set afterwards."""
    found: dict[str, dict[str, ast.expr]] = {}
    ids: dict[str, str] = {}  # by the name of the variable
    for node in tree.body:
        match node:
            case ast.Assign(
                [ast.Name(name)], ast.Call(ast.Name("Exercise"), [first, *_], keywords)
            ):
                id = ids[name] = ast.literal_eval(first)
                fields = {k.arg: k.value for k in keywords if k.arg in FIELDS}
            case ast.Assign([ast.Attribute(ast.Name(name), field)], value) if name in ids:
                id, fields = ids[name], {field: value} if field in FIELDS else {}
            case _:
                continue
        if fields:
            found[id] = found.get(id, {}) | fields
    return found


def _follow(modules: dict[str, _Module]) -> None:
    """Let every module want what its wanted parts use, here and in the modules beside it."""
    changed = True
    while changed:
        before = sum(len(module.wanted) for module in modules.values())
        for module in modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module in modules:
                    theirs = modules[node.module].wanted
                    theirs |= {a.name for a in node.names if (a.asname or a.name) in module.wanted}
                elif set(bound(node)) & module.wanted:
                    module.wanted |= names(node)
        changed = before != sum(len(module.wanted) for module in modules.values())


def _written(module: _Module) -> str:
    """The parts of a module that are wanted, as they stand there, and its rules."""
    lines = module.source.splitlines()
    imports, parts = [], []
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            kept = [a for a in node.names if (a.asname or a.name) in module.wanted]
            if kept:
                node.names = kept
                imports.append(ast.unparse(node))
        elif set(bound(node)) & module.wanted:
            first = min(n.lineno for n in (node, *getattr(node, "decorator_list", [])))
            parts.append("\n".join(lines[first - 1 : node.end_lineno]))
    texts = ["\n".join(imports), *parts]
    if module.rules:
        rules = ast.Dict(
            [ast.Constant(id) for id in module.rules],
            [
                ast.Dict([ast.Constant(name) for name in fields], list(fields.values()))
                for fields in module.rules.values()
            ],
        )
        texts.append(f"{RULES} = {ast.unparse(rules)}")
    return "\n\n\n".join(filter(None, texts)) + "\n"
