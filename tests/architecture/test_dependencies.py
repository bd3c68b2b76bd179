"""What the package stands on: each requirement has its reason, and is really used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchtui import __version__

ROOT = Path(__file__).parents[2]
TOML = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
NAMES = {"markdown-it-py": "markdown_it"}
"""Packages whose modules have another name."""


def listed(head: str) -> list[str]:
    """The lines of a list in pyproject.toml."""
    return re.findall(r"^    (.*)$", TOML.partition(f"\n{head} = [\n")[2].partition("\n]")[0], re.MULTILINE)


def test_every_requirement_has_a_reason() -> None:
    lines = [
        *listed("dependencies"),
        *listed("dev"),
        *listed("data"),
        *re.findall(r"^parquet = .*$", TOML, re.MULTILINE),
    ]
    assert len(lines) > 25
    assert [line for line in lines if not re.search(r"  # \w.*\w", line)] == []


@pytest.mark.parametrize("requirement", re.findall(r'^"([a-z0-9-]+)', "\n".join(listed("dependencies")), re.MULTILINE))
def test_every_requirement_is_used(requirement: str) -> None:
    name = NAMES.get(requirement, requirement.replace("-", "_"))
    used = re.compile(rf"^\s*(?:import|from) {name}\b|import_module\(\"{name}\"\)", re.MULTILINE)
    sources = (ROOT / "batchtui").rglob("*.py")
    assert any(used.search(source.read_text(encoding="utf-8")) for source in sources)


def test_the_versions_that_are_promised_are_those_that_are_classified() -> None:
    assert 'requires-python = ">=3.11"' in TOML
    assert re.findall(r"Python :: (3\.\d+)", TOML) == ["3.11", "3.12", "3.13"]


def test_the_changelog_begins_with_what_is_unreleased_and_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(\S+)\]", changes, re.MULTILINE)[:2] == ["Unreleased", __version__]
