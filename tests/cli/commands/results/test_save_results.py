"""The commands that bring answers home: wait, results, submit --wait."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault, Scenario
from tests.support.builders import jsonl, request
from tests.support.lines import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later

CONTRACT = {"output", "format", "total", "succeeded", "errored", "canceled", "expired", "truncated", "refused"}


@pytest.fixture
def ended(batchtui: Batchtui, simulator: Simulator, later: Later) -> str:
    """The id of a batch of three whose requests all succeed."""
    batch_id = batchtui.submitted()
    later.turn(4000)
    return batch_id


def ids_in(text: str) -> list[str]:
    return sorted(json.loads(line)["custom_id"] for line in text.splitlines())


AT_ONCE = Scenario(takes=0.0, requests_per_minute=0)
ALL = ["r-00000", "r-00001", "r-00002"]


def test_wait_saves_the_results_and_says_so(batchtui: Batchtui, ended: str) -> None:
    ran = batchtui("wait", ended)

    assert (ran.code, ran.out) == (0, f"{ended} (r): ended, results saved: 3 succeeded\n")
    assert batchtui("list", "--json").document[0]["results"] == "saved"


def test_wait_writes_the_results_to_a_file(batchtui: Batchtui, ended: str, tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"

    ran = batchtui("wait", ended, str(output))

    assert (ran.code, ran.out) == (0, f"{output}: 3 results: 3 succeeded\n")
    assert ids_in(output.read_text()) == ALL


def test_wait_writes_the_results_to_stdout_and_nothing_else(batchtui: Batchtui, ended: str) -> None:
    ran = batchtui("wait", ended, "-")

    assert (ran.code, ids_in(ran.out)) == (0, ALL)


def test_wait_tells_the_batch_and_the_export_in_one_document(batchtui: Batchtui, ended: str, tmp_path: Path) -> None:
    document = batchtui("wait", ended, str(tmp_path / "a.csv"), "--json").document

    assert (document["id"], document["state"], document["results"]) == (ended, "ended", "saved")
    assert (document["export"]["format"], document["export"]["total"]) == ("csv", 3)


def test_waiting_too_long_is_5_and_cancels_nothing(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    ran = batchtui("wait", "@last", "--timeout", "0", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (5, "timeout")
    assert simulator.world.calls_to("cancel") == []


@pytest.mark.parametrize("scenario", [AT_ONCE])
def test_submit_with_wait_goes_all_the_way(batchtui: Batchtui, simulator: Simulator, tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"

    ran = batchtui("submit", batchtui.file(3), "--yes", f"--wait={output}", "--json")

    assert (ran.code, ids_in(output.read_text())) == (0, ALL)
    assert ran.document["export"]["succeeded"] == 3


@pytest.mark.parametrize("scenario", [AT_ONCE])
def test_results_of_an_ended_batch_go_to_stdout_as_the_api_sent_them(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    first, again = batchtui("results", "@last"), batchtui("results", "@last")

    assert (first.code, ids_in(first.out), first.err) == (0, ALL, "")
    assert again.out == first.out
    assert len(simulator.world.calls_to("results")) == 1


def test_results_are_described_as_the_contract_says(batchtui: Batchtui, ended: str, tmp_path: Path) -> None:
    output = tmp_path / "answers.md"

    document = batchtui("results", ended, str(output), "--json").document

    assert set(document) >= CONTRACT
    assert (document["output"], document["format"], document["total"]) == (str(output), "md", 3)


def test_results_can_be_counted_without_being_written(batchtui: Batchtui, ended: str) -> None:
    document = batchtui("results", ended, "--json").document

    assert (document["output"], document["total"], document["succeeded"]) == (None, 3, 3)


def test_results_and_a_document_do_not_share_stdout(batchtui: Batchtui, ended: str) -> None:
    assert batchtui("results", ended, "-", "--json").code == 2


def test_results_that_are_not_there_yet_are_said(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    ran = batchtui("results", "@last", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "results_unavailable")
    assert "batchtui wait" in ran.document["error"]["hint"]


def test_a_file_is_not_replaced_unless_told_to(batchtui: Batchtui, ended: str, tmp_path: Path) -> None:
    output = tmp_path / "answers.jsonl"
    output.write_text("precious")

    ran = batchtui("results", ended, str(output))

    assert (ran.code, output.read_text()) == (1, "precious")
    assert batchtui("results", ended, str(output), "--overwrite").code == 0


def test_only_some_outcomes_and_fields_are_written(batchtui: Batchtui, ended: str) -> None:
    ran = batchtui("results", ended, "--format", "csv", "--fields", "custom_id,outcome", "--only", "succeeded")

    assert ran.out.splitlines() == ["custom_id,outcome", *(f"{custom_id},succeeded" for custom_id in ALL)]


def test_an_outcome_that_does_not_exist_is_wrong_usage(batchtui: Batchtui, ended: str) -> None:
    ran = batchtui("results", ended, "--only", "errored,exploded")

    assert ran.code == 2
    assert "`exploded` is not an outcome" in ran.err


UNLUCKY = [
    Scenario(takes=0.0, requests_per_minute=0, errored={"overloaded_error": 1.0}),
    Scenario(takes=0.0, requests_per_minute=0, truncated=1.0),
    Scenario(takes=0.0, requests_per_minute=0, refused=1.0),
]


@pytest.mark.parametrize("scenario", UNLUCKY, ids=["errored", "truncated", "refused"])
@pytest.mark.parametrize("command", [["wait", "@last"], ["results", "@last"], ["results", "@last", "--json"]])
def test_an_end_without_full_success_is_4(batchtui: Batchtui, simulator: Simulator, command: list[str]) -> None:
    batchtui.submitted()

    assert batchtui(*command).code == 4


@pytest.mark.parametrize("scenario", UNLUCKY[:1], ids=["errored"])
@pytest.mark.parametrize("command", ["wait", "results"])
def test_failures_can_be_allowed(batchtui: Batchtui, simulator: Simulator, command: str) -> None:
    batchtui.submitted()

    assert batchtui(command, "@last", "--allow-failures").code == 0


@pytest.mark.parametrize("scenario", UNLUCKY[:1], ids=["errored"])
def test_results_on_stdout_come_with_the_failure_counts_on_stderr(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()

    ran = batchtui("results", "@last")

    assert ids_in(ran.out) == ALL
    assert ran.err == "3 results: 3 errored\n"


@pytest.mark.long
def test_results_that_were_cut_are_not_called_results(batchtui: Batchtui, simulator: Simulator, ended: str) -> None:
    simulator.world.faults.add(Fault(on="results", kind="results_cut", at_byte=300, clean=True, times=None))

    ran = batchtui("results", ended, "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "results_damaged")


def test_results_of_a_job_are_one_set(batchtui: Batchtui, simulator: Simulator, later: Later) -> None:
    batchtui.submitted(5, "r", "--max-requests", "2", "--name", "nightly")
    later.turn(4000)

    assert batchtui("wait", "nightly", "--json").document["request_counts"]["succeeded"] == 5
    assert len(ids_in(batchtui("results", "nightly").out)) == 5


def test_delete_goes_on_once_results_are_saved(batchtui: Batchtui, ended: str) -> None:
    batchtui("wait", ended)

    assert batchtui("delete", ended, "--yes").code == 0
    assert ids_in(batchtui("results", ended).out) == ALL


@pytest.fixture
def formula(batchtui: Batchtui, simulator: Simulator, later: Later, tmp_path: Path) -> str:
    """The id of an ended batch with a prompt that a spreadsheet would run."""
    jsonl(tmp_path / "formula.jsonl", [request("a", '=HYPERLINK("http://x","y")')])
    sent = batchtui("submit", str(tmp_path / "formula.jsonl"), "--yes", "--json")
    later.turn(4000)
    assert sent.code == 0, sent
    return str(sent.document["batches"][0]["id"])


@pytest.mark.parametrize(("options", "cell"), [((), "'=HYPERLINK"), (("--no-guard",), "=HYPERLINK")])
def test_formulas_are_guarded_unless_told_otherwise(
    options: tuple[str, ...], cell: str, batchtui: Batchtui, formula: str
) -> None:
    ran = batchtui("results", formula, "--format", "csv", "--with-requests", *options)
    [row] = csv.DictReader(io.StringIO(ran.out))
    assert row["request.prompt"].startswith(cell)


def test_a_mark_for_excel_stands_at_the_very_beginning(batchtui: Batchtui, ended: str, tmp_path: Path) -> None:
    assert batchtui("results", ended, str(tmp_path / "out.csv"), "--bom").code == 0
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfcustom_id,")


def test_fine_tuning_lines_hold_the_request_and_the_answer(batchtui: Batchtui, ended: str) -> None:
    ran = batchtui("results", ended, "--format", "chat", "--order", "input")
    turns = [json.loads(line)["messages"] for line in ran.out.splitlines()]
    assert [[turn["role"] for turn in each] for each in turns] == [["user", "assistant"]] * 3
    assert [each[0]["content"] for each in turns] == ["Question 0?", "Question 1?", "Question 2?"]


def test_what_a_person_accepts_is_marked_and_is_no_full_success(
    batchtui: Batchtui, ended: str, simulator: Simulator, tmp_path: Path
) -> None:
    lines = [succeeded(name, "Yes.").decode().strip() for name in (*ALL[:2], "theirs")]
    simulator.world.faults.add(Fault(on="results", kind="garbled", body="\n".join(lines) + "\n", times=None))
    salvaged = batchtui("results", ended, str(tmp_path / "salvaged.csv"), "--salvage", "--timeout", "0")
    assert (salvaged.code, "1 request without a result" in salvaged.out) == (4, True)
    accepted = batchtui("results", ended, str(tmp_path / "accepted.csv"), "--accept")
    assert accepted.code == 4, accepted
    for command in (("list",), ("status", "r")):
        assert "3 succeeded (incomplete, accepted)" in batchtui(*command).out
    assert batchtui("wait", ended).code == 4
    assert "1 request has no result" in batchtui("list", "--json").document[0]["results_note"]
