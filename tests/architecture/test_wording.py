"""How the program words things: one way everywhere."""

from __future__ import annotations

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
