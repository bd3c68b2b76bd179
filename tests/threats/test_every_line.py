"""Each line of the page on security has a test that begins with its name, and no test here is without its line."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__)
PAGE = HERE.parents[2] / "batchtui" / "manual" / "security.md"


def titles() -> list[str]:
    """What the lines are called, as names of tests."""
    lines = re.findall(r"^- .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = [re.match(r"- \*\*(.+?)\.\*\* \S", line) for line in lines]
    return [
        re.sub("[^a-z]+", "_", found[1].lower()) if found else line for line, found in zip(lines, named, strict=True)
    ]


def proofs() -> list[str]:
    """The names of the tests beside this one."""
    files = [path for path in sorted(HERE.parent.glob("test_*.py")) if path != HERE]
    return [name for path in files for name in re.findall(r"def test_(\w+)", path.read_text(encoding="utf-8"))]


def test_each_line_has_a_test_and_each_test_its_line() -> None:
    assert len(titles()) > 20
    assert [title for title in titles() if not any(test.startswith(title) for test in proofs())] == []
    assert [test for test in proofs() if not test.startswith(tuple(titles()))] == []
