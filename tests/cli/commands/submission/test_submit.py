"""The commands that send: check, submit, resume; and what each leaves to the shell."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.services.submission import dispatch
from batchtui.simulator import Fault
from tests.support.builders import requests
from tests.support.workspaces import sent_custom_ids

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A file with an error in its second line."""
    good = json.dumps(requests(1)[0])
    path = tmp_path / "bad.jsonl"
    path.write_text(f'{good}\n{{"custom_id": "a b", "params": {{}}}}\n')
    return str(path)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost answers are looked for once, at once: the wait between looks is tested with a turned clock elsewhere."""
    monkeypatch.setattr(dispatch, "LOOKS", (0.0,))


def test_a_right_file_passes_the_check(batchtui: Batchtui) -> None:
    ran = batchtui("check", batchtui.file(3))

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("3 requests in 1 part, ")


def test_the_check_of_a_right_file_says_that_there_are_no_errors(batchtui: Batchtui) -> None:
    assert "no errors" in batchtui("check", batchtui.file(3)).out.splitlines()


def test_a_submission_prints_the_commands_that_come_next_but_not_on_stdout(
    batchtui: Batchtui, simulator: Simulator
) -> None:
    ran = batchtui("submit", batchtui.file(3), "--yes")
    batch_id = simulator.world.batches[0].id
    assert f"batchtui wait {batch_id}" in ran.err
    assert f"batchtui status {batch_id}" in ran.err
    assert f"batchtui results {batch_id} FILE.csv" in ran.err
    assert "Next:" not in ran.out


def test_a_wrong_line_is_named_with_file_line_and_code(batchtui: Batchtui, bad: str) -> None:
    ran = batchtui("check", bad)

    assert ran.code == 3
    assert ran.out.startswith(f"{bad}:2: error custom-id-pattern ")


def test_a_file_that_is_not_there_is_said(batchtui: Batchtui) -> None:
    ran = batchtui("check", "nowhere.jsonl", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (3, "input")
    assert "nowhere.jsonl" in ran.document["error"]["message"]


def test_a_submission_is_sent_once(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("submit", batchtui.file(3), "--yes")

    assert ran.code == 0
    assert sent_custom_ids(simulator) == ["r-00000", "r-00001", "r-00002"]


@pytest.mark.long
def test_stdin_and_gzip_are_read_as_they_are(batchtui: Batchtui, simulator: Simulator, tmp_path: Path) -> None:
    lines = "".join(json.dumps(request) + "\n" for request in requests(2))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress("".join(
        json.dumps(request) + "\n" for request in requests(2, "z")).encode()))  # fmt: skip

    ran = batchtui.process("submit", "-", str(tmp_path / "b.jsonl.gz"), "--yes", stdin=lines)

    assert ran.code == 0, ran
    assert sent_custom_ids(simulator) == ["r-00000", "r-00001", "z-00000", "z-00001"]


def test_a_wrong_file_sends_nothing(batchtui: Batchtui, simulator: Simulator, bad: str) -> None:
    ran = batchtui("submit", bad, "--yes")

    assert (ran.code, ran.out, simulator.world.calls) == (3, "", [])
    assert f"{bad}:2: error custom-id-pattern " in ran.err


def test_a_wrong_file_is_told_as_problems_where_json_is_asked_for(batchtui: Batchtui, bad: str) -> None:
    error = batchtui("submit", bad, "--yes", "--json").document["error"]

    assert (error["type"], error["problems"][0]["line"]) == ("input", 2)


def test_a_dry_run_shows_the_parts_and_sends_nothing(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("submit", batchtui.file(5), "--max-requests", "2", "--dry-run")

    assert (ran.code, simulator.world.calls) == (0, [])
    assert "5 requests in 3 parts" in ran.out
    assert "estimated cost: $" in ran.out
    assert batchtui("list", "--json").document == []


@pytest.mark.long
def test_without_a_yes_nothing_is_sent(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui.process("submit", batchtui.file(3), "--json")

    assert (ran.code, ran.document["error"]["type"], simulator.world.calls) == (2, "consent_needed", [])


@pytest.mark.long
def test_requests_that_are_not_sent_are_not_stored(batchtui: Batchtui, simulator: Simulator, home: Path) -> None:
    batchtui.process("submit", batchtui.file(3))

    assert [path.name for path in (home / "requests").iterdir()] == []


def test_the_same_requests_are_not_sent_again_without_force(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(3, "r", "--name", "nightly")

    ran = batchtui("submit", batchtui.file(3), "--yes")

    assert (ran.code, len(simulator.world.batches)) == (3, 1)
    assert ran.err.startswith("Already submitted: The same requests were submitted ")
    assert "as nightly (job_" in ran.err
    batch = simulator.world.batches[0].id
    assert f"1 batch ({batch}), in progress, <$0.01" in ran.err
    assert "`batchtui wait job_" in ran.err


def test_a_repeated_submission_names_the_earlier_results_and_cost(
    batchtui: Batchtui, simulator: Simulator, later: Later
) -> None:
    batchtui.submitted(3, "r", "--name", "nightly")
    later.turn(4_000)
    assert batchtui("wait", "nightly").code == 0

    refused = batchtui("submit", batchtui.file(3), "--yes", "--json")
    planned = batchtui("submit", batchtui.file(3), "--dry-run")
    document = batchtui("submit", batchtui.file(3), "--dry-run", "--json").document

    cost = document["earlier"][0]["batches"][0]["cost"]["actual"]
    assert Decimal(cost) > 0
    assert refused.document["error"]["type"] == "submitted_before"
    said = "ended, 3 succeeded, results saved, <$0.01"
    assert said in refused.document["error"]["message"]
    assert "`batchtui results job_" in refused.document["error"]["hint"]
    assert "already submitted: nightly (job_" in planned.out
    assert said in planned.out
    assert "Already submitted" not in planned.err


def test_a_planned_submission_is_finished_and_not_sent_twice(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=403))
    assert batchtui("submit", batchtui.file(3), "--yes").code == 1

    ran = batchtui("submit", batchtui.file(3), "--yes")

    assert (ran.code, simulator.world.batches) == (3, [])
    assert "`batchtui resume job_" in ran.err


def test_force_sends_the_same_requests_again(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(3)

    assert batchtui("submit", batchtui.file(3), "--yes", "--force").code == 0
    assert len(simulator.world.batches) == 2


@pytest.mark.parametrize("limit", ["0", "0.00001"])
def test_a_submission_above_the_cost_limit_is_not_stored_or_sent(
    batchtui: Batchtui, simulator: Simulator, limit: str
) -> None:
    ran = batchtui("submit", batchtui.file(3), "--yes", "--max-cost", limit)

    assert (ran.code, simulator.world.calls) == (3, [])
    assert "This may cost up to $0.000" in ran.err
    assert batchtui("list", "--json").document == []


def test_a_submission_below_the_cost_limit_is_sent(batchtui: Batchtui, simulator: Simulator) -> None:
    assert batchtui("submit", batchtui.file(3), "--yes", "--max-cost", "5").code == 0
    assert len(simulator.world.batches) == 1


def test_an_unknown_cost_is_not_under_any_limit(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("submit", batchtui.file(3), "--yes", "--max-cost", "5", "--model", "claude-nobody-knows")

    assert (ran.code, simulator.world.calls) == (3, [])
    assert "The highest possible cost is unknown" in ran.err


def test_submissions_of_today_count_towards_the_daily_limit(
    batchtui: Batchtui, simulator: Simulator, home: Path
) -> None:
    estimate = batchtui("submit", batchtui.file(3), "--dry-run", "--json").document["estimate"]["at_most"]
    (home / "config.toml").write_text(f"[submit]\nmax_cost_a_day = {estimate}\n")
    batchtui.submitted(3)

    ran = batchtui("submit", batchtui.file(3, "s"), "--yes", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (3, "cost_limit")
    assert len(simulator.world.batches) == 1


def test_a_submission_without_a_file_is_wrong_usage(batchtui: Batchtui) -> None:
    assert batchtui("submit", "--yes").code == 2


def test_the_file_may_follow_wait(batchtui: Batchtui, simulator: Simulator, bad: str) -> None:
    assert f"{bad}:2: error" in batchtui("submit", "--wait", bad).err


def test_an_output_that_exists_is_refused_before_anything_is_sent(
    batchtui: Batchtui, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "out.jsonl").write_text("precious")

    ran = batchtui("submit", batchtui.file(3), "--yes", "--wait", str(tmp_path / "out.jsonl"))

    assert (ran.code, simulator.world.calls) == (1, [])
    assert (tmp_path / "out.jsonl").read_text() == "precious"


def test_without_credentials_nothing_is_kept(
    batchtui: Batchtui, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")

    ran = batchtui("submit", batchtui.file(3), "--yes", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "credentials")
    assert batchtui("list", "--json").document == []


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_is_said_and_the_part_stays_planned(batchtui: Batchtui, simulator: Simulator, status: int) -> None:
    simulator.world.faults.add(Fault(on="create", kind="status", status=status, message="Not like this."))

    ran = batchtui("submit", batchtui.file(3), "--yes", "--json")

    assert ran.code == 1
    assert "Not like this." in ran.document["error"]["message"]
    assert [batch["state"] for batch in batchtui("list", "--json").document] == ["planned"]


def test_an_api_that_cannot_be_reached_is_said(batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")

    ran = batchtui("submit", batchtui.file(3), "--yes", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "unreachable")


@pytest.mark.usefixtures("_impatient")
def test_a_lost_answer_is_found_and_the_batch_is_there_once(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_after"))

    ran = batchtui("submit", batchtui.file(3), "--yes")

    assert (ran.code, len(simulator.world.batches)) == (0, 1)
    assert "no response to the create request, and msgbatch_" in ran.err


@pytest.mark.usefixtures("_impatient")
def test_a_fate_that_stays_unknown_is_6(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))

    ran = batchtui("submit", batchtui.file(3), "--yes", "--json")

    assert (ran.code, ran.document["batches"][0]["state"]) == (6, "unknown")


@pytest.fixture
def lost(batchtui: Batchtui, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job whose only part never reached the API, and nobody knows."""
    monkeypatch.setattr(dispatch, "LOOKS", (0.0,))
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    batchtui("submit", batchtui.file(3), "--yes")


@pytest.mark.long
@pytest.mark.usefixtures("lost")
def test_resume_does_not_send_again_without_a_yes(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui.process("resume", "--grace", "0", "--json")

    assert (ran.code, simulator.world.batches) == (6, [])
    assert [finding["verdict"] for finding in ran.document["undecided"]] == ["absent"]


@pytest.mark.long
@pytest.mark.usefixtures("lost")
def test_resume_with_a_yes_sends_once_what_the_api_does_not_show(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("resume", "tickets", "--grace", "0", "--yes", "--json")

    assert (ran.code, [batch["state"] for batch in ran.document["batches"]]) == (0, ["in_progress"])
    assert sent_custom_ids(simulator) == ["r-00000", "r-00001", "r-00002"]


@pytest.mark.usefixtures("lost")
def test_waiting_for_a_fate_unknown_is_6(batchtui: Batchtui) -> None:
    assert batchtui("wait", "@last", "--json").code == 6


def test_resume_of_nothing_says_so(batchtui: Batchtui, simulator: Simulator) -> None:
    ran = batchtui("resume")

    assert (ran.code, ran.out, ran.err) == (0, "", "Nothing to resume.\n")


@pytest.fixture
def two_that_fit(batchtui: Batchtui, simulator: Simulator) -> tuple[str, str]:
    """A part whose answer was lost, and two batches of the API that it could be. Returns ours and the stranger."""
    stranger = simulator.world.plant([{"custom_id": f"x-{n}", "params": {}} for n in range(3)])
    simulator.world.faults.add(Fault("create", "lost_after"))
    assert batchtui("submit", batchtui.file(3), "--yes", "--name", "nightly").code == 6
    return simulator.world.batches[-1].id, stranger.id


@pytest.mark.long
def test_of_two_that_fit_a_person_names_one(batchtui: Batchtui, two_that_fit: tuple[str, str]) -> None:
    undecided = batchtui("resume")
    assert undecided.code == 6
    assert "--adopt ID" in undecided.err

    ran = batchtui("resume", "nightly", "--adopt", two_that_fit[0], "--json")

    assert ran.code == 0
    assert batchtui("list", "--json").document[0]["id"] == two_that_fit[0]


@pytest.mark.long
def test_a_batch_of_another_size_is_not_adopted(
    batchtui: Batchtui, simulator: Simulator, two_that_fit: tuple[str, str]
) -> None:
    larger = simulator.world.plant([{"custom_id": f"y-{n}", "params": {}} for n in range(4)])

    ran = batchtui("resume", "--adopt", larger.id)

    assert ran.code == 2
    assert "has 4 requests" in ran.err
    assert "nightly part 1 has 3" in ran.err


def test_a_batch_that_is_known_is_not_adopted(batchtui: Batchtui, simulator: Simulator) -> None:
    known = batchtui.submitted(3, "k", "--name", "known")
    ran = batchtui("resume", "--adopt", known)
    assert (ran.code, "is known part 1 already" in ran.err) == (2, True)
