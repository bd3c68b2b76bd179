"""A judge scores the answers of a job or compares those of two, and its scores are columns of the results."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

RUBRIC = """You judge answers of a support desk.

## accuracy (1-5)
It says what is true.
- 1: wrong
- 5: right

## tone (1-5)
It is polite.
"""


@pytest.fixture
def scenario() -> Scenario:
    return Scenario(takes=0.0)


@pytest.fixture
def rubric(tmp_path: Path) -> str:
    path = tmp_path / "rubric.md"
    path.write_text(RUBRIC)
    return str(path)


@pytest.fixture
def answered(batchtui: Batchtui, simulator: Simulator) -> tuple[str, str]:
    batchtui.submitted(6, "r", "--name", "small", "--model", "claude-haiku-5-5")
    batchtui.submitted(7, "r", "--name", "large", "--model", "claude-sonnet-5-5")
    for name in ("small", "large"):
        assert batchtui("wait", name).code == 0
    return "small", "large"


def test_scores_are_columns_of_the_results_once_the_judge_has_answered(
    batchtui: Batchtui, answered: tuple[str, str], rubric: str, tmp_path: Path
) -> None:
    told = batchtui("judge", "small", "--rubric", rubric, "--yes", "--wait", "--json").document
    assert [one["criterion"] for one in told["scores"]] == [None, "accuracy", "tone"]
    assert {one["count"] for one in told["scores"]} == {6}
    batchtui("results", "small", str(tmp_path / "out.csv"))
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert len(rows) == 6
    for row in rows:
        assert float(row["score"]) == (float(row["score.accuracy"]) + float(row["score.tone"])) / 2
    again = batchtui("judge", "judge-small", "--json").document
    assert again["scores"] == told["scores"]
    assert again["waiting"] == 0


def test_a_comparison_names_what_only_one_side_has_and_every_pair_is_decided_in_both_orders(
    batchtui: Batchtui, answered: tuple[str, str], rubric: str
) -> None:
    told = batchtui("judge", *answered, "--rubric", rubric, "--yes", "--wait", "--by", "request.max_tokens",
                    "--json").document  # fmt: skip
    assert told["not_judged"] == [{"reason": "only in large", "count": 1, "examples": ["r-00006"]}]
    decided = told["first_wins"] + told["second_wins"] + told["ties"] + told["contradictions"]
    assert (decided, told["incomplete"], told["items"]) == (6, 0, 6)
    assert sum(group["first_wins"] + group["second_wins"] for group in told["groups"]) == decided
    assert len(told["worse"]) == told["first_wins"]
    status = batchtui("status", "small", "--json").document
    assert [one["relation"] for one in status["lineage"]["children"]] == ["judged"]


def test_a_dry_run_says_the_cost_and_sends_nothing(
    batchtui: Batchtui, answered: tuple[str, str], rubric: str, simulator: Simulator
) -> None:
    before = len(simulator.world.batches)
    told = batchtui("judge", *answered, "--rubric", rubric, "--dry-run", "--json").document
    assert told["job"]["requests"] == 12
    assert told["estimate"]
    assert len(simulator.world.batches) == before


def test_a_wrong_rubric_is_refused_with_its_line(batchtui: Batchtui, tmp_path: Path) -> None:
    wrong = tmp_path / "rubric.md"
    wrong.write_text("## accuracy (5-1)\nIt is true.\n")
    ran = batchtui("judge", "small", "--rubric", str(wrong))
    assert ran.code == 3
    assert f"{wrong}:1: the scale of `accuracy` must go from a lower to a higher number." in ran.err
