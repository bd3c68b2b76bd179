"""One name, one thing: who searches for a class finds it, and nothing else."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

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
