"""Files of review marks: what is wrong with one is said in a sentence that names the line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import InputError, StorageError
from batchtui.services.results.review.exchange import read_marks_file

if TYPE_CHECKING:
    from pathlib import Path

HEAD = {"format": "batchtui-review", "version": 1}
MARK = {
    "custom_id": "a", "reviewer": "grace", "verdict": "accepted", "labels": ["x"], "note": "", "answer": "0" * 32,
    "marked_at": "2026-12-01T09:30:00+00:00",
}  # fmt: skip


def file(path: Path, *lines: object) -> Path:
    path.write_text("".join(line + "\n" if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "fine"}, "`verdict` has to be accepted, rejected or null"),
        ({"verdict": ["accepted"]}, "`verdict` has to be"),
        ({"reviewer": " "}, "`reviewer` has to be a name"),
        ({"reviewer": "a\x1b[2J"}, "`reviewer` has to be a name"),
        ({"reviewer": None}, "`reviewer` has to be a name"),
        ({"answer": "x"}, "`answer` has to be the digest"),
        ({"labels": ["a,b"]}, "no commas"),
        ({"labels": ["a", "a"]}, "each label once"),
        ({"labels": "a"}, "`labels` has to be a list"),
        ({"labels": [1]}, "`labels` has to be a list"),
        ({"marked_at": "yesterday"}, "`marked_at` has to be a time"),
        ({"marked_at": "2026-12-01T09:30:00"}, "with its zone"),
        ({"marked_at": 5}, "`marked_at` has to be a time"),
        ({"note": 3}, "`note` has to be a text"),
        ({"note": "x" * 10_001}, "at most 10,000 characters"),
        ({"note": "\ud800"}, "lone surrogate"),
        ({"verdict": None, "labels": []}, "a mark has a verdict, a label or a note"),
        ({"custom_id": ""}, "`custom_id` has to be a text"),
        ({"custom_id": 7}, "`custom_id` has to be a text"),
        ({"mood": "good"}, "unknown key 'mood'"),
    ],
)
def test_what_is_wrong_with_a_mark_is_said_with_its_line(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_marks_file(file(tmp_path / "m.jsonl", HEAD, {**MARK, "custom_id": "b"}, {**MARK, **change}))
    assert said in refused.value.message
    assert "m.jsonl:3" in refused.value.message


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is not a file of review marks"),
        ([MARK], "is not a file of review marks"),
        (["[" * 100_000], "is not a file of review marks"),
        ([{**HEAD, "version": 2}, MARK], "has version 2 of review marks; this batchtui reads version 1"),
        ([HEAD, "{"], "m.jsonl:2: not valid JSON"),
        ([HEAD, "[" * 100_000], "m.jsonl:2: not valid JSON"),
        ([HEAD, "[]"], "m.jsonl:2: not a JSON object"),
        ([HEAD, MARK, {**MARK, "verdict": "rejected"}], "'a' is marked twice by 'grace'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, lines: list[object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_marks_file(file(tmp_path / "m.jsonl", *lines))
    assert said in refused.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none\.jsonl cannot be read"):
        read_marks_file(tmp_path / "none.jsonl")


def test_every_mark_of_a_file_is_read(tmp_path: Path) -> None:
    [one, other] = read_marks_file(file(tmp_path / "m.jsonl", HEAD, MARK, "", {**MARK, "custom_id": "b"}, ""))
    assert (one.custom_id, other.custom_id) == ("a", "b")
    assert (one.verdict, one.labels, str(one.marked_at)) == ("accepted", ("x",), "2026-12-01 09:30:00+00:00")
