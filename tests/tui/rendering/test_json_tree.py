"""JSON as a tree of rows: small values open by themselves, large ones a page at a time, nothing is too deep."""

from __future__ import annotations

import time
from typing import Any

import pytest

from batchtui.tui.rendering.json_tree import PAGE, Tree, paint
from batchtui.tui.rendering.spans import plain
from tests.tui.sample_batches import HOSTILE


def _shown(tree: Tree) -> list[str]:
    return [plain(paint(row)) for row in tree.rows]


def test_a_small_value_is_open() -> None:
    assert _shown(Tree({"a": 1, "b": [True, None], "c": {}})) == [
        "▾ 3 keys", "    a: 1", "  ▾ b: 2 items", "      0: true", "      1: null", "    c: { }",
    ]  # fmt: skip


def test_an_opened_node_closes_again() -> None:
    tree = Tree({"a": {"b": [1, 2]}, "c": 3})
    before = _shown(tree)
    tree.toggle(1)
    assert _shown(tree) == ["▾ 2 keys", "  ▸ a: 1 key", "    c: 3"]
    tree.toggle(1)
    tree.toggle(2)
    assert _shown(tree) == before


def test_a_long_list_opens_a_page_at_a_time() -> None:
    tree = Tree(list(range(1_000_000)))
    assert len(tree.rows) == PAGE + 2
    assert _shown(tree)[-1].split() == ["▸", "more"]
    tree.toggle(len(tree.rows) - 1)
    assert len(tree.rows) == 2 * PAGE + 2
    assert _shown(tree)[-2].strip() == f"{2 * PAGE - 1}: {2 * PAGE - 1}"


def test_a_long_text_opens_into_its_lines() -> None:
    tree = Tree({"text": "first line\n" + "x" * 500})
    assert "2 lines" in _shown(tree)[1]
    tree.toggle(1)
    assert [line.strip() for line in _shown(tree)[2:]] == ["first line", "x" * 200, "x" * 200, "x" * 100]


def test_every_row_knows_what_it_stands_in() -> None:
    tree = Tree({"a": {"b": 1}})
    assert [tree.parent(at) for at in range(3)] == [0, 0, 1]


def test_deep_nesting_is_opened_level_by_level() -> None:
    value: Any = "core"
    for _ in range(90):
        value = [value]
    tree = Tree(value)
    while tree.rows[-1].opens:
        tree.toggle(len(tree.rows) - 1)
    assert _shown(tree)[-1].endswith('"core"')
    assert max(map(len, _shown(tree))) < 60


HUGE = {
    "a text": "x" * 10_000_000,
    "a key": {"k" * 1_000_000: "v" * 9_000_000},
    "many": [["y"] * 100] * 50_000,
    "a number": 10**100_000,
}


@pytest.mark.parametrize("what", HUGE)
def test_ten_megabytes_open_at_once(what: str) -> None:
    began = time.process_time()
    assert max(map(len, _shown(Tree(HUGE[what])))) < 400
    assert time.process_time() - began < 1


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_that_drives_a_terminal_comes_through(hostile: str) -> None:
    tree = Tree({hostile: hostile, "long": hostile * 20})
    tree.toggle(2)
    for line in _shown(tree):
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\ud800" for char in line)
