"""One name, one thing: who searches for a class finds it, and nothing else."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections import defaultdict
from pathlib import Path

import pytest

import batchtui

PACKAGE = Path(batchtui.__file__).parent
SHARED = {
    # The public one is what programs hold; it wraps the one of the services, and both are the workspace.
    "Workspace": {"library.workspace", "services.workspace"},
}
"""Names that two modules share on purpose, and why."""


def classes() -> dict[str, set[str]]:
    """Public classes by name, with the modules that define them; the simulator, a program of its own, aside."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if not module.startswith("simulator."):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].add(module)
    return found


def test_a_public_class_has_a_name_of_its_own() -> None:
    every = classes()
    assert len(every) > 300
    shared = {name: modules for name, modules in every.items() if len(modules) > 1}
    assert shared == SHARED


IMPORT = re.compile(r"(?:from (batchtui(?:\.\w+)*) import ([\w, ]+))|(?:import (batchtui(?:\.\w+)+))")


@pytest.mark.long
def test_a_program_in_a_string_imports_what_is_there() -> None:
    """Programs that tests and worker processes run from a string: neither types nor a rename see their imports."""
    root = PACKAGE.parent
    missing: set[str] = set()
    found = 0
    for path in (*PACKAGE.rglob("*.py"), *(root / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for module, names, plain in IMPORT.findall(node.value):
                    found += 1
                    missing |= {f"{path.name}: {each}" for each in _absent(module or plain, names)}
    assert found > 10
    assert missing == set()


def _absent(module: str, names: str) -> set[str]:
    """Return what a module does not have of these names, themselves modules among them; its own where it is absent."""
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError:
        return {module}
    wanted = {name.strip().partition(" as ")[0] for name in names.split(",") if name.strip()}
    return {
        f"{module}.{name}"
        for name in wanted
        if not hasattr(imported, name)
        and not (hasattr(imported, "__path__") and importlib.util.find_spec(f"{module}.{name}"))
    }


@pytest.mark.long
def test_names_that_tests_monkeypatch_exist() -> None:
    """`monkeypatch.setattr(module, "name", …)` fails only when it runs, and names what types do not see."""
    absent: set[str] = set()
    found = 0
    for path in (PACKAGE.parent / "tests").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("batchtui")
            for alias in node.names
        }
        for call in ast.walk(tree):
            match call:
                case (
                    ast.Call(
                        func=ast.Attribute(attr="setattr"),
                        args=[ast.Name(id=owner), ast.Constant(value=str(name)), *_],
                    )
                    | ast.Tuple(elts=[ast.Name(id=owner), ast.Constant(value=str(name)), ast.expr(), *_])
                ) if owner in modules:
                    found += 1
                    module, _, own = modules[owner].rpartition(".")
                    holder = getattr(importlib.import_module(module), own, None)
                    holder = holder or importlib.import_module(modules[owner])
                    absent |= set() if hasattr(holder, name) else {f"{path.name}: {modules[owner]}.{name}"}
    assert found > 10
    assert absent == set()


def test_values_of_sql_are_bound_by_place() -> None:
    """Python 3.12 warns of numbered placeholders with a sequence, and 3.14 refuses them (sqlite3)."""
    numbered = [
        f"{path.relative_to(PACKAGE)}: {node.value[:60]}"
        for path in sorted((PACKAGE / "registry").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\?\d", node.value)
    ]
    assert numbered == []
