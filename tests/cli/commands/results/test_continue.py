"""`batchtui continue`: conversations with a tool, from the command line, turn by turn and to their ends."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import SCENARIOS, Scenario
from tests.services.retry.conversations.world import TOOLS, batches_needed, conversations
from tests.support.builders import jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

COUNT, SEED, MOST = 8, 11, 3


@pytest.fixture
def scenario() -> Scenario:
    return replace(SCENARIOS["conversations"], takes=0.0, requests_per_minute=0, seed=SEED, turns=MOST)


@pytest.fixture
def job(batchtui: Batchtui, simulator: Simulator) -> str:
    """The name of a job whose first turn has ended."""
    file = jsonl(batchtui.folder / "talks.jsonl", conversations(COUNT, tools=TOOLS[:1]))
    batchtui("submit", str(file), "--yes", "--name", "talks", "--wait")
    return "talks"


def test_turn_after_turn_is_sent_until_all_have_ended_and_results_and_cost_know_each_turn_once(
    batchtui: Batchtui, job: str, simulator: Simulator
) -> None:
    ran = batchtui("continue", job, "--tool", "lookup=cat", "--wait", "--yes", "--json")
    assert ran.code == 0, ran
    needed = max(batches_needed(SEED, f"talk-{number}", MOST) for number in range(COUNT))
    assert [each["attempt"] for each in ran.document["rounds"]] == list(range(2, needed + 1))
    assert ran.document["end"] == f"All {COUNT} conversations of talks have ended."
    lines = [json.loads(line) for line in batchtui("results", job).out.splitlines()]
    assert len(lines) == COUNT
    assert {line["result"]["message"]["stop_reason"] for line in lines} == {"end_turn"}
    batches = batchtui("status", job, "--json").document["batches"]
    assert ran.document["cost"] == str(sum(Decimal(batch["cost"]["actual"]) for batch in batches))
    nothing = batchtui("continue", job, "--tool", "lookup=cat", "--yes", "--json")
    assert (nothing.code, nothing.document["error"]["type"]) == (2, "nothing_to_continue")
    assert len(simulator.world.batches) == needed


def test_a_dry_run_shows_calls_turns_and_costs_and_does_nothing(
    batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    tool = f"lookup=touch {touched}"
    text = batchtui("continue", job, "--tool", tool, "--dry-run")
    document = batchtui("continue", job, "--tool", tool, "--dry-run", "--json").document
    assert text.out.startswith("attempt 2: ")
    assert "run " in text.out
    assert "all turns so far: " in text.out
    assert document["tool_calls"][0]["name"] == "lookup"
    assert document["limits"] == {"max_turns": 20, "max_cost": None, "max_age": None}
    assert len(simulator.world.batches) == 1
    assert not touched.exists()


@pytest.mark.long
def test_without_a_yes_no_tool_is_run_and_nothing_is_sent(
    batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    ran = batchtui.process("continue", job, "--tool", f"lookup=touch {touched}", "--json")
    assert (ran.code, ran.document["error"]["type"]) == (2, "consent_needed")
    assert len(simulator.world.batches) == 1
    assert not touched.exists()


def test_a_tool_that_is_not_allowed_is_said_and_left(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    ran = batchtui("continue", job, "--dry-run")
    assert 'it calls the tool "lookup", which is not allowed (--tool)' in ran.out + ran.err
    wrong = batchtui("continue", job, "--tool", "lookup=no-such-program", "--yes")
    assert (wrong.code, len(simulator.world.batches)) == (2, 1)
    assert "no-such-program is no program" in wrong.err


def test_a_limit_of_cost_sends_nothing_and_runs_nothing(
    batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path
) -> None:
    touched = tmp_path / "touched"
    ran = batchtui("continue", job, "--tool", f"lookup=touch {touched}", "--max-cost", "0.001", "--yes", "--json")
    assert (ran.code, ran.document["error"]["type"]) == (3, "cost_limit")
    assert len(simulator.world.batches) == 1
    assert not touched.exists()


def test_tools_for_good_stand_in_a_file_beside_the_settings(
    batchtui: Batchtui, job: str, simulator: Simulator, home: Path
) -> None:
    (home / "tools.toml").write_text('[tools.lookup]\ncommand = "cat"\n')
    ran = batchtui("continue", job, "--yes", "--json")
    assert (ran.code, ran.document["left"]) == (0, [])
    assert len(simulator.world.batches) == 2


@pytest.mark.long
@pytest.mark.parametrize(
    "scenario", [replace(SCENARIOS["conversations"], takes=1.5, requests_per_minute=0, seed=SEED, turns=MOST)]
)
def test_a_wait_that_was_interrupted_is_taken_up_where_the_turn_is(
    batchtui: Batchtui, job: str, simulator: Simulator
) -> None:
    sent = batchtui("continue", job, "--tool", "lookup=cat", "--yes", "--json")
    assert (sent.code, sent.document["attempt"]) == (0, 2)
    running = batchtui("continue", job, "--tool", "lookup=cat", "--yes", "--json")
    assert (running.code, running.document["error"]["type"]) == (1, "results_unavailable")
    ran = batchtui("continue", job, "--tool", "lookup=cat", "--wait", "--yes", "--json")
    assert ran.code == 0, ran
    assert ran.document["end"] == f"All {COUNT} conversations of talks have ended."
    needed = max(batches_needed(SEED, f"talk-{number}", MOST) for number in range(COUNT))
    assert len(simulator.world.batches) == needed
