"""`batchtui retry`: half of a job fails, and is tried again until it is whole."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import SCENARIOS, Scenario
from tests.support.builders import requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

COUNT = 40
IDS = [item["custom_id"] for item in requests(COUNT)]
HALF_FAIL = replace(SCENARIOS["half-fail"], takes=0.0, requests_per_minute=0)
FINE = Scenario(takes=0.0, requests_per_minute=0)
PASSING, LASTING = 14, 6
"""Of 40 requests: failures of the service, and requests that are wrong for good."""


@pytest.fixture
def scenario() -> Scenario:
    return HALF_FAIL


@pytest.fixture
def job(batchtui: Batchtui, simulator: Simulator) -> str:
    """The name of an ended job, half of whose requests failed."""
    ran = batchtui("submit", batchtui.file(COUNT), "--yes", "--name", "nightly", "--wait")
    assert ran.code == 4, ran
    return "nightly"


def test_submit_wait_retry_wait_results_every_custom_id_once_and_the_latest_success_wins(
    batchtui: Batchtui, job: str, simulator: Simulator, tmp_path: Path
) -> None:
    before = {line["custom_id"]: line for line in _lines(batchtui("results", job).out)}
    simulator.world.scenario = FINE

    again = batchtui("retry", job, "--only", "errored", "--yes", "--json")
    waited = batchtui("wait", job)
    output = tmp_path / "answers.jsonl"
    results = batchtui("results", job, str(output), "--order", "input")

    assert (again.code, again.document["attempt"], again.document["requests"]) == (0, 2, PASSING + LASTING)
    assert (waited.code, results.code) == (0, 0)
    after = _lines(output.read_text())
    assert [line["custom_id"] for line in after] == IDS
    assert {line["result"]["type"] for line in after} == {"succeeded"}
    kept = [line for line in after if before[line["custom_id"]]["result"]["type"] == "succeeded"]
    assert kept == [before[line["custom_id"]] for line in kept]
    assert len(kept) == COUNT - PASSING - LASTING


def _lines(text: str) -> list[dict[str, dict[str, str]]]:
    return [json.loads(line) for line in text.splitlines()]


def test_by_default_what_is_wrong_for_good_is_left(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    simulator.world.scenario = FINE

    ran = batchtui("retry", job, "--yes", "--json")

    assert (ran.code, ran.document["requests"]) == (0, PASSING)
    assert batchtui("wait", job).code == 4
    nothing = batchtui("retry", job, "--yes", "--json")
    assert (nothing.code, nothing.document["error"]["type"]) == (2, "nothing_to_retry")
    assert f"{LASTING} invalid_request_error" in nothing.document["error"]["message"]


def test_a_dry_run_shows_the_plan_and_sends_nothing(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    text, document = batchtui("retry", job, "--dry-run"), batchtui("retry", job, "--dry-run", "--json").document

    assert text.out.startswith(f"attempt 2: {PASSING} requests in 1 part, ")
    assert f"  skip: {LASTING} × invalid_request_error" in text.out
    assert "Nothing was sent." in text.err
    assert (document["requests"], document["attempt"], document["succeeded"]) == (PASSING, 2, COUNT - PASSING - LASTING)
    assert {kind["error_type"]: kind["chosen"] for kind in document["failed"]} == {
        "overloaded_error": True, "api_error": True, "rate_limit_error": True, "invalid_request_error": False,
    }  # fmt: skip
    assert len(simulator.world.calls_to("create")) == 1


@pytest.mark.long
def test_without_a_yes_nothing_is_sent_again(batchtui: Batchtui, job: str, simulator: Simulator, home: Path) -> None:
    ran = batchtui.process("retry", job, "--json")

    assert (ran.code, ran.document["error"]["type"]) == (2, "consent_needed")
    assert len(simulator.world.calls_to("create")) == 1
    assert list((home / "requests").glob(".staging-*")) == []


def test_model_and_max_tokens_are_changed_for_these(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    ran = batchtui("retry", job, "--model", "claude-sonnet-5-5", "--max-tokens", "777", "--yes")

    assert ran.code == 0, ran
    sent = simulator.world.batches[1].params
    assert {(params["model"], params["max_tokens"]) for params in sent} == {("claude-sonnet-5-5", 777)}


def test_a_retired_model_is_sent_again_where_allowed(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    refused = batchtui("retry", job, "--model", "claude-opus-4-1", "--yes")
    assert (refused.code, len(simulator.world.batches)) == (3, 1)
    ran = batchtui("retry", job, "--model", "claude-opus-4-1", "--allow-model", "claude-opus-4-1", "--yes")
    assert (ran.code, len(simulator.world.batches)) == (0, 2), ran


def test_status_shows_the_attempts_and_what_they_came_to(batchtui: Batchtui, job: str, simulator: Simulator) -> None:
    simulator.world.scenario = FINE
    batchtui("retry", job, "--yes")
    batchtui("wait", job)

    text, document = batchtui("status", job).out, batchtui("status", job, "--json").document

    assert f"attempts  2: {COUNT} requests, then {PASSING} requests" in text
    assert f"counts    {COUNT - LASTING} succeeded, {LASTING} errored" in text
    assert document["outcomes"] == {"succeeded": COUNT - LASTING, "errored": LASTING}
    assert [batch["attempt"] for batch in document["batches"]] == [1, 2]


def test_an_unknown_word_is_refused_with_those_there_are(batchtui: Batchtui, job: str) -> None:
    ran = batchtui("retry", job, "--only", "succeeded", "--yes")

    assert ran.code == 2
    assert '"succeeded" is neither an outcome nor an error type of this job.' in ran.err
    assert "overloaded_error" not in ran.out


@pytest.mark.parametrize("scenario", [Scenario(takes=3_600.0, requests_per_minute=0)])
def test_a_running_batch_cannot_be_retried(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    ran = batchtui("retry", "@last", "--yes", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "results_unavailable")


def test_read_only_settings_send_nothing_again(batchtui: Batchtui, job: str, home: Path) -> None:
    (home / "config.toml").write_text("read_only = true\n")

    assert batchtui("retry", job, "--yes").code == 2
    assert batchtui("retry", job, "--dry-run").code == 0


def test_a_retry_above_the_cost_limit_is_not_sent(batchtui: Batchtui, job: str, home: Path) -> None:
    (home / "config.toml").write_text("[submit]\nmax_cost = 0.00001\n")

    assert batchtui("retry", job, "--yes").code == 3
    assert batchtui("retry", job, "--yes", "--max-cost", "5").code == 0


def test_a_dry_run_says_where_a_limit_would_stop_it(batchtui: Batchtui, job: str) -> None:
    ran = batchtui("retry", job, "--dry-run", "--max-cost", "0")
    assert ran.code == 3
    assert "estimated cost" in ran.out


@pytest.mark.parametrize("scenario", [FINE])
def test_a_job_whose_lost_results_were_had_again_is_whole(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(4, "r", "--name", "lost")
    batchtui("status", "lost")
    assert batchtui("delete", "lost", "--force", "--yes").code == 0

    assert batchtui("retry", "lost", "--yes").code == 2
    assert batchtui("retry", "lost", "--only", "missing", "--yes").code == 0
    ran = batchtui("wait", "lost", "-")

    assert (ran.code, sorted(str(line["custom_id"]) for line in _lines(ran.out))) == (0, IDS[:4])
