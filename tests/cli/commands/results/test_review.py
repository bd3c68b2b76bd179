"""`batchtui review`: marks go to a file and come from one; a gold set of accepted answers, a retry of rejected ones."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.simulator import SCENARIOS, Scenario
from tests.support.builders import requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

COUNT = 6
IDS = [item["custom_id"] for item in requests(COUNT)]
FINE = Scenario(takes=0.0, requests_per_minute=0)


@pytest.fixture
def scenario() -> Scenario:
    return replace(SCENARIOS["quiet-night"], takes=0.0, requests_per_minute=0)


@pytest.fixture
def job(batchtui: Batchtui, simulator: Simulator) -> str:
    """The name of an ended job of which every request has succeeded."""
    ran = batchtui("submit", batchtui.file(COUNT), "--yes", "--name", "nightly", "--wait", "--allow-failures")
    assert ran.code in (0, 4), ran
    return "nightly"


def digests(batchtui: Batchtui, job: str) -> dict[str, str]:
    """The digests of the answers, as a mark holds them."""
    from batchtui.results.answer_digest import answer_digest
    from batchtui.results.parsed_result import parse_result

    read = [parse_result(line.encode()) for line in batchtui("results", job).out.splitlines()]
    return {answer.custom_id: answer_digest(answer) for answer in read}


def marks_file(path: Path, marks: list[dict[str, Any]], **head: Any) -> str:
    """A file as another reviewer's batchtui writes it."""
    first = {"format": "batchtui-review", "version": 1, **head}
    path.write_text("".join(json.dumps(line) + "\n" for line in (first, *marks)))
    return str(path)


def mark(custom_id: str, answer: str, verdict: str | None, reviewer: str = "grace", **more: Any) -> dict[str, Any]:
    """One line of such a file."""
    return {
        "custom_id": custom_id, "reviewer": reviewer, "verdict": verdict, "labels": [], "note": "", "answer": answer,
        "marked_at": "2026-12-01T09:30:00+00:00", **more,
    }  # fmt: skip


def test_marks_of_two_reviewers_merge_twice_into_the_same_and_tell_how_far_they_agree(
    batchtui: Batchtui, job: str, tmp_path: Path
) -> None:
    seen = digests(batchtui, job)
    one = [mark(i, seen[i], "accepted" if n else "rejected", "ada", labels=["vague"]) for n, i in enumerate(IDS)]
    other = [mark(i, seen[i], "accepted" if n > 1 else "rejected", labels=["vague"]) for n, i in enumerate(IDS)]
    files = [marks_file(tmp_path / f"{n}.jsonl", marks) for n, marks in enumerate((one, other))]

    added = [batchtui("review", job, "--import", file, "--json").document["imported"]["added"] for file in files]
    again = batchtui("review", job, "--import", files[1], "--json").document

    assert added == [COUNT, COUNT]
    assert (again["imported"]["added"], again["imported"]["unchanged"]) == (0, COUNT)
    assert (again["marked"], again["disputed"]) == (COUNT, 1)
    [pair] = again["agreement"]
    # 5 of 6 alike; by chance 1/6 * 2/6 + 5/6 * 4/6 = 22/36: (30 - 22) / (36 - 22).
    assert (pair["verdicts"]["n"], pair["verdicts"]["agreed"]) == (6, 5)
    assert pair["verdicts"]["kappa"] == pytest.approx(8 / 14)
    assert pair["labels"]["kappa"] is None
    said = batchtui("review", job)
    assert "Cohen's kappa 0.57" in said.out
    assert "kappa is not defined" in said.out


def test_an_exported_file_is_imported_elsewhere_without_loss(batchtui: Batchtui, job: str, tmp_path: Path) -> None:
    seen = digests(batchtui, job)
    marks = [
        mark(IDS[0], seen[IDS[0]], None, note="twice\nsaid", labels=["a b", "ü"]),
        mark(IDS[1], "0" * 32, "rejected"),
    ]
    batchtui("review", job, "--import", marks_file(tmp_path / "in.jsonl", marks))

    out = tmp_path / "out.jsonl"
    assert batchtui("review", job, "--export", str(out)).code == 0
    head, *lines = map(json.loads, out.read_text().splitlines())

    assert (head["format"], head["version"], head["marks"]) == ("batchtui-review", 1, 2)
    assert lines == marks
    assert batchtui("review", job, "--export", str(out)).code != 0  # it is there already
    assert batchtui("review", job, "--import", str(out), "--json").document["imported"]["unchanged"] == 2


def test_a_wrong_file_of_marks_is_refused_with_its_line_and_nothing_is_stored(
    batchtui: Batchtui, job: str, tmp_path: Path
) -> None:
    fine = mark(IDS[0], "0" * 32, "accepted")
    for marks, said in (
        ([fine, {**fine, "custom_id": IDS[1], "verdict": "fine"}], "m.jsonl:3: `verdict` has to be"),
        ([{**fine, "custom_id": "nobody"}], "none of its 1 custom_ids"),
    ):
        ran = batchtui("review", job, "--import", marks_file(tmp_path / "m.jsonl", marks))
        assert (ran.code, said in ran.err.replace("\n", " ")) == (3, True), ran
    assert "nothing is marked yet" in batchtui("review", job).out


def test_accepted_answers_are_a_gold_set_and_rejected_ones_are_retried_once(
    batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path
) -> None:
    seen = digests(batchtui, job)
    marks = [
        mark(IDS[0], seen[IDS[0]], "accepted", labels=["good"], note="as it should be"),
        mark(IDS[1], seen[IDS[1]], "rejected"),
        mark(IDS[2], seen[IDS[2]], "accepted"),
        mark(IDS[2], seen[IDS[2]], "rejected", "ada"),
        mark(IDS[3], "0" * 32, "accepted"),
        mark(IDS[4], "0" * 32, "rejected"),
    ]
    batchtui("review", job, "--import", marks_file(tmp_path / "m.jsonl", marks))
    gold = tmp_path / "gold.jsonl"

    ran = batchtui("review", job, "--accepted", "-o", str(gold), "--json")

    assert {key: ran.document[key] for key in ("answers", "disputed", "stale")} == {
        "answers": 1, "disputed": 1, "stale": 1,
    }  # fmt: skip
    [line] = map(json.loads, gold.read_text().splitlines())
    assert (line["custom_id"], line["labels"], line["note"]) == (IDS[0], ["good"], "as it should be")
    assert line["request"]["messages"]
    assert line["answer"]

    simulator.world.scenario = FINE
    again = batchtui("retry", job, "--only", "rejected", "--yes", "--json")
    # The one that both of two reviewers saw and one has rejected, too; not the one whose answer nobody here has seen.
    assert (again.code, again.document["requests"]) == (0, 2), again
    assert batchtui("wait", job).code in (0, 4)

    # The answers are others now: the marks say nothing of them, and nothing is sent a third time.
    stale = {one["reviewer"]: one["stale"] for one in batchtui("review", job, "--json").document["reviewers"]}
    changed = {i for i, digest in digests(batchtui, job).items() if digest != seen[i]}
    assert stale["ada"] == (IDS[2] in changed)
    if {IDS[1], IDS[2]} <= changed:
        third = batchtui("retry", job, "--only", "rejected", "--yes")
        assert (third.code, "No answer of nightly is rejected" in third.err) == (1, True), third


def test_marks_are_columns_of_an_export_and_filter_nothing_else(batchtui: Batchtui, job: str, tmp_path: Path) -> None:
    seen = digests(batchtui, job)
    marks = [
        mark(IDS[0], seen[IDS[0]], "accepted", labels=["b", "a"], note="fine"),
        mark(IDS[0], seen[IDS[0]], "rejected", "ada"),
        mark(IDS[1], "0" * 32, "rejected"),
    ]
    batchtui("review", job, "--import", marks_file(tmp_path / "m.jsonl", marks))

    rows = batchtui("results", job, "--format", "csv", "--fields", "custom_id,review,labels,review_note,reviewer").out

    assert rows.splitlines()[0] == "custom_id,review,labels,review_note,reviewer"
    cells = {row.split(",")[0]: row for row in rows.splitlines()[1:]}
    assert cells[IDS[0]] == f'{IDS[0]},"rejected,accepted","a, b",fine,"ada, grace"'
    assert cells[IDS[1]] == f"{IDS[1]},rejected (stale),,,grace"
    assert cells[IDS[2]] == f"{IDS[2]},,,,"
