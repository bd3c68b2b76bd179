"""How the program words things: one way everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import batchtui

PACKAGE = Path(batchtui.__file__).parent
SUBSTITUTES = PACKAGE / "tui" / "rendering" / "painter.py"
"""Names the signs of other people's texts for which there are ASCII ones."""


def test_names_and_guesses_stand_in_one_kind_of_quotes() -> None:
    """As in JSON, in Python and in a shell: what stands between them can be typed and searched for."""
    curly = [
        f"{path.relative_to(PACKAGE)}, line {number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != SUBSTITUTES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if set(line) & set("“”‘’")
    ]
    assert curly == []


def test_no_source_is_named_that_a_reader_does_not_have() -> None:
    """A document that is named stands in the repository; everything else is named by what it documents."""
    named = re.compile(r"\b[A-Z][A-Z_]+\.md\b")
    root = PACKAGE.parent
    documents = {path.name for path in (*root.glob("*.md"), *root.glob(".github/*.md"), *PACKAGE.glob("*.md"))}
    sources = [*PACKAGE.rglob("*.py"), *(root / "tests").rglob("*.py")]
    unknown = {
        f"{path.relative_to(root)}: {name}"
        for path in sources
        for name in named.findall(path.read_text(encoding="utf-8"))
        if name not in documents
    }
    assert unknown == set()
