"""What a docstring says of errors and arguments is there: renames do not leave it behind."""

from __future__ import annotations

import ast
import builtins
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import batchtui

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(batchtui.__file__).parent
OF_LIBRARIES = {"CancelledError", "ValidationError"}
"""Errors that are raised here and defined elsewhere: asyncio's, pydantic's."""
SECTION = re.compile(r"^(Args|Raises|Returns):\n((?:    .*\n?|\n)+)", re.MULTILINE)
ERRORS = re.compile(r"^    ([A-Z]\w+(?:, [A-Z]\w+)*):", re.MULTILINE)
INLINE = re.compile(r"\b[Rr]aises `(\w+)`")
ARGUMENT = re.compile(r"^    \*{0,2}(\w+):", re.MULTILINE)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def documented() -> Iterator[tuple[str, Function, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function) and (text := ast.get_docstring(node)):
                yield f"{path.relative_to(PACKAGE)}: {node.name}", node, text


def classes() -> set[str]:
    nodes = (node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return {node.name for node in nodes if isinstance(node, ast.ClassDef)}


def section(text: str, title: str) -> str:
    return "".join(body for name, body in SECTION.findall(text) if name == title)


@pytest.mark.long
def test_an_error_that_a_docstring_names_is_a_class() -> None:
    known = classes() | set(dir(builtins)) | OF_LIBRARIES
    named = {
        (where, error)
        for where, _, text in documented()
        for error in (*", ".join(ERRORS.findall(section(text, "Raises"))).split(", "), *INLINE.findall(text))
        if error
    }
    assert len(named) > 200
    assert {(where, error) for where, error in named if error not in known} == set()


@pytest.mark.long
def test_an_argument_that_a_docstring_explains_is_one_of_the_functions() -> None:
    unknown: set[str] = set()
    found = 0
    for where, node, text in documented():
        every = node.args
        names = {each.arg for each in (*every.posonlyargs, *every.args, *every.kwonlyargs)}
        names |= {each.arg for each in (every.vararg, every.kwarg) if each}
        for name in ARGUMENT.findall(section(text, "Args")):
            found += 1
            if name not in names:
                unknown.add(f"{where}: {name}")
    assert found > 100
    assert unknown == set()
