"""What was asked before is said by every command that looks at requests, before anything is paid for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later


@pytest.fixture
def job(batchtui: Batchtui, simulator: Simulator, later: Later) -> str:
    """The id of a job that has answered three requests."""
    sent = batchtui("submit", batchtui.file(3), "--name", "nightly", "--yes", "--json")
    later.turn(4000)
    assert batchtui("wait", "nightly").code == 0
    return str(sent.document["job"]["id"])


@pytest.fixture
def grown(batchtui: Batchtui, tmp_path: Path) -> str:
    """A file of the same requests under other ids, of a new one, and of that one again."""
    lines = [*reversed(requests(4)), requests(4)[3]]
    return str(jsonl(tmp_path / "grown.jsonl", [{**line, "custom_id": f"g{n}"} for n, line in enumerate(lines)]))


SAID = "3 of 5 requests already answered, 1 duplicate within the input: 1 is new, $"


@pytest.mark.parametrize("command", [("check",), ("estimate",), ("submit", "--dry-run")])
def test_it_is_said_with_the_jobs_and_the_money(
    command: tuple[str, ...], batchtui: Batchtui, job: str, grown: str
) -> None:
    ran = batchtui(command[0], grown, *command[1:])
    assert ran.code == 0, ran
    assert SAID in ran.out
    assert " instead of $" in ran.out
    assert f"  nightly ({job}): 3 answered" in ran.out


@pytest.mark.parametrize("command", [("check",), ("estimate",), ("submit", "--dry-run"), ("submit", "--yes")])
def test_the_document_has_it(command: tuple[str, ...], batchtui: Batchtui, job: str, grown: str) -> None:
    known: dict[str, Any] = batchtui(command[0], grown, *command[1:], "--json").document["known"]
    assert known.pop("estimate")["at_most"]
    assert known == {
        "requests": 5, "answered": 3, "in_progress": 0, "duplicates": 1, "new": 1,
        "jobs": [{"id": job, "name": "nightly", "answered": 3, "in_progress": 0}],
    }  # fmt: skip


def test_a_submission_says_it_also_where_nobody_is_asked(batchtui: Batchtui, job: str, grown: str) -> None:
    ran = batchtui("submit", grown, "--yes")
    assert ran.code == 0, ran
    assert SAID in ran.err
    assert "already in progress" in batchtui("check", grown).out


def test_nothing_is_said_where_all_is_new(batchtui: Batchtui, job: str, tmp_path: Path) -> None:
    ran = batchtui("check", str(jsonl(tmp_path / "n.jsonl", requests(6)[3:])))
    assert "already" not in ran.out
    assert "new" not in ran.out


def test_a_composition_says_it_once(batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,number\na,0\nb,1\nc,7\n")
    (tmp_path / "t.md").write_text("+++\nmodel = 'claude-haiku-5-5'\nmax_tokens = 256\n+++\nQuestion {{ number }}?\n")
    args = ("compose", "--template", str(tmp_path / "t.md"), "--data", str(tmp_path / "t.csv"))
    ran = batchtui(*args, "-o", str(tmp_path / "o.jsonl"))
    assert "2 of 3 requests already answered: 1 is new" in ran.err
    document = json.loads(batchtui(*args, "--json").out)
    assert (document["known"]["answered"], document["known"]["new"]) == (2, 1)
    sent = batchtui(*args, "--submit", "--yes")
    assert (sent.code, sent.err.count("already answered")) == (0, 1)


@pytest.mark.parametrize("command", [("check",), ("estimate",), ("submit", "--dry-run")])
def test_samples_of_one_question_are_no_duplicates(command: tuple[str, ...], batchtui: Batchtui, grown: str) -> None:
    assert batchtui(command[0], grown, *command[1:], "--json").document["known"]["duplicates"] == 1
    ran = batchtui(command[0], grown, *command[1:], "--samples", "2", "--json")
    assert (ran.document["known"]["duplicates"], ran.document["known"]["new"]) == (0, 5)


def test_a_composition_counts_samples_without_submitting(batchtui: Batchtui, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,text\na,same\nb,same\nc,same\n")
    (tmp_path / "t.md").write_text("+++\nmodel = 'claude-haiku-5-5'\nmax_tokens = 256\n+++\nSay {{ text }}\n")
    args = ("compose", "--template", str(tmp_path / "t.md"), "--data", str(tmp_path / "t.csv"), "--json")
    assert batchtui(*args).document["known"]["duplicates"] == 2
    assert batchtui(*args, "--samples", "2").document["known"]["duplicates"] == 1
