"""A full batch id is enough: what the registry does not know, or has forgotten, is asked of the API and imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault, Scenario, Simulator
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Batchtui

NOBODY = "msgbatch_01" + "0" * 22
QUICK = pytest.mark.parametrize("scenario", [Scenario(takes=0.0, requests_per_minute=0)])


@pytest.fixture
def theirs(simulator: Simulator) -> str:
    """The id of a batch that somebody else made."""
    return simulator.world.plant(requests(3, "theirs")).id


@QUICK
@pytest.mark.parametrize(
    "command", [["status"], ["wait"], ["results"], ["label", "--tag", "t"], ["cost"], ["delete", "--force", "--yes"]]
)
def test_a_batch_unknown_to_the_registry_is_imported(batchtui: Batchtui, theirs: str, command: list[str]) -> None:
    ran = batchtui(command[0], theirs, *command[1:])

    assert ran.code == 0, ran
    assert [batch["id"] for batch in batchtui("list", "--all", "--json").document] == [theirs]


def test_cancel_takes_an_id_that_the_registry_does_not_know(batchtui: Batchtui, theirs: str) -> None:
    assert batchtui("cancel", theirs, "--yes").code == 0
    assert batchtui("status", theirs, "--json").document["state"] in ("canceling", "ended")


@QUICK
def test_compare_takes_ids_that_the_registry_does_not_know(
    batchtui: Batchtui, simulator: Simulator, theirs: str
) -> None:
    other = simulator.world.plant(requests(3, "theirs")).id

    assert batchtui("compare", theirs, other, "--json").code == 0


@pytest.mark.parametrize(
    "command",
    [["status"], ["wait"], ["results"], ["cancel", "--yes"], ["delete", "--yes"], ["label", "--tag", "t"], ["cost"]],
)
def test_an_id_that_the_api_does_not_know_fails_with_a_sentence(
    batchtui: Batchtui, simulator: Simulator, command: list[str]
) -> None:
    ran = batchtui(command[0], NOBODY, *command[1:], "--json")

    assert ran.code == 1
    assert "The API has no such batch in this workspace" in ran.document["error"]["message"]
    assert batchtui("list", "--all", "--json").document == []


def test_without_a_network_an_unknown_id_is_a_failure_and_not_wrong_usage(
    batchtui: Batchtui, home: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")

    assert batchtui("status", NOBODY).code == 1
    assert batchtui("status", NOBODY, "--offline").code == 2


@pytest.mark.parametrize("word", ["msgbatch_01", "nightly", "../../files/f_1", "msgbatch_../../x0000000000000000"])
def test_the_api_is_asked_for_full_ids_only(batchtui: Batchtui, simulator: Simulator, word: str) -> None:
    assert batchtui("status", word).code == 2
    assert simulator.world.calls == []


@QUICK
def test_a_batch_forgotten_here_is_imported_by_its_id_and_by_sync(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "a")
    assert batchtui("status", batch_id).code == 0

    refused = batchtui("delete", batch_id, "--local", "--yes")
    assert (refused.code, "not saved" in refused.err) == (1, True)

    for bring_back in (["wait", batch_id], ["sync"]):
        ran = batchtui("delete", batch_id, "--local", "--force", "--yes")
        assert ran.code == 0, ran
        assert "forgotten here; still at the API" in ran.out
        assert batchtui("list", "--json").document == []
        assert batchtui(*bring_back).code == 0
        assert [batch["state"] for batch in batchtui("list", "--json").document] == ["ended"]
    assert batchtui("results", batch_id, "--json").document["succeeded"] == 3


@QUICK
@pytest.mark.parametrize(
    "fault",
    [
        Fault(on="delete", kind="status", status=404),
        Fault(on="delete", kind="garbled", body="", after=True),
        Fault(on="delete", kind="status", status=405, after=True),
    ],
    ids=["deleted elsewhere", "204", "405 and done"],
)
def test_a_deletion_succeeds_when_the_batch_is_gone(batchtui: Batchtui, simulator: Simulator, fault: Fault) -> None:
    batch_id = batchtui.submitted(3, "a")
    assert batchtui("wait", batch_id).code == 0
    if fault.status == 404:
        simulator.world.faults.add(Fault(on="retrieve", kind="status", status=404))
    simulator.world.faults.add(fault)

    ran = batchtui("delete", batch_id, "--yes")

    assert ran.code == 0, ran
    assert batchtui("status", batch_id, "--offline", "--json").document["state"] == "deleted"


@QUICK
def test_a_server_that_cannot_delete_leaves_a_way_out(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "a")
    assert batchtui("wait", batch_id).code == 0
    simulator.world.faults.add(Fault(on="delete", kind="status", status=405, times=0))

    ran = batchtui("delete", batch_id, "--yes")

    assert (ran.code, f"batchtui delete {batch_id} --local" in ran.err) == (1, True)
    assert batchtui("delete", batch_id, "--local", "--yes").code == 0


@pytest.mark.parametrize("scenario", [Scenario(takes=3_600.0, cancel_takes=1e9, requests_per_minute=0)])
def test_a_batch_that_is_stuck_can_be_forgotten_here(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted(3, "a")
    assert batchtui("cancel", batch_id, "--yes").code == 0

    refused = batchtui("delete", batch_id, "--yes")
    assert (refused.code, "--local --force" in refused.err) == (1, True)
    assert batchtui("delete", batch_id, "--local", "--force", "--yes").code == 0
    assert batchtui("list", "--json").document == []


@pytest.mark.parametrize("scenario", [Scenario(takes=0.0, requests_per_minute=0, errored={"overloaded_error": 1.0})])
def test_with_its_requests_attached_a_foreign_batch_is_retried_and_joined(
    batchtui: Batchtui, simulator: Simulator, theirs: str
) -> None:
    file = str(jsonl(batchtui.folder / "theirs.jsonl", requests(3, "theirs")))
    assert batchtui("retry", theirs, "--yes").code == 2

    assert batchtui("label", theirs, "--requests", file).code == 0

    rows = batchtui("results", theirs, "--format", "json", "--with-requests", "--allow-failures").out
    assert "Question 2?" in rows
    simulator.world.scenario = Scenario(takes=0.0, requests_per_minute=0)
    assert batchtui("retry", theirs, "--yes").code == 0
    assert list(simulator.world.batches[1].custom_ids) == ["theirs-00000", "theirs-00001", "theirs-00002"]


@QUICK
@pytest.mark.parametrize(("count", "prefix"), [(3, "other"), (2, "theirs"), (4, "theirs")])
def test_other_requests_are_not_attached(batchtui: Batchtui, theirs: str, count: int, prefix: str) -> None:
    file = str(jsonl(batchtui.folder / "other.jsonl", requests(count, prefix)))

    ran = batchtui("label", theirs, "--requests", file)

    assert ran.code == 2
    assert batchtui("retry", theirs, "--yes").code == 2


@QUICK
def test_a_retry_of_a_batch_that_somebody_else_made_says_how_its_requests_are_attached(
    batchtui: Batchtui, theirs: str, tmp_path: Path
) -> None:
    refused = batchtui("retry", theirs, "--dry-run")
    assert refused.code == 2
    assert "label ID --requests FILE" in refused.err
    file = jsonl(tmp_path / "theirs.jsonl", requests(3, "theirs"))
    assert batchtui("label", theirs, "--requests", str(file)).code == 0
    assert "All 3 requests" in batchtui("retry", theirs, "--dry-run").err
