"""The codes of findings, read from the source: `finding_codes`.

A code is the first text given to `CheckFault` and to the functions and errors that make one; where a variable holds
it, every text of its form that the same function, or a constant named there, has.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import batchtui

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(batchtui.__file__).parent
MAKERS = {"CheckFault": 1, "UnknownFormat": 1, "CannotConvert": 1, "_wrong": 2}
"""What takes a code, and among how many arguments: `_wrong` may have a path before it."""
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
VERDICT_WORDS = {"canary-refused", "canary-unanswered"}
"""Codes of what a canary found, which are written into lines of text."""


def finding_codes() -> set[str]:
    """Return every code that checking, converting and composing can give a finding."""
    found = set(VERDICT_WORDS)
    for path in PACKAGE.rglob("*.py"):
        if "simulator" not in path.parts:
            found.update(codes_of(path.read_text(encoding="utf-8")))
    return found


def codes_of(source: str) -> set[str]:
    """Return the codes that one module gives."""
    tree = ast.parse(source)
    constants = {
        target.id: node
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str] = set()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in MAKERS:
                first = [argument for argument in call.args[: MAKERS[name]] if _is_code(argument)]
                found.update(_texts(first[0]) if first else _in_reach(call.args[0], function, constants))
    return found


def _is_code(node: ast.expr) -> bool:
    return any(_texts(node)) and isinstance(node, ast.Constant)


def _in_reach(argument: ast.expr, function: ast.FunctionDef, constants: dict[str, ast.Assign]) -> Iterator[str]:
    """Yield what a variable can hold: texts of this function, and of constants that it names; with a hyphen only."""
    if isinstance(argument, ast.Attribute):  # another finding's code, passed on
        return
    names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for place in (function, *(constants[name] for name in names & constants.keys())):
        yield from (text for text in _texts(place) if "-" in text)


def _texts(place: ast.AST) -> Iterator[str]:
    for node in ast.walk(place):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value
