"""The commands that end things: cancel and delete, each with its plan and its yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


def states(batchtui: Batchtui) -> list[str]:
    return [batch["state"] for batch in batchtui("list", "--all", "--json").document]


def test_cancel_with_a_yes_cancels(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted()

    ran = batchtui("cancel", batch_id, "--yes", "--json")

    assert (ran.code, [batch["id"] for batch in ran.document["done"]]) == (0, [batch_id])
    assert ran.document["done"][0]["state"] in ("canceling", "ended")


@pytest.mark.parametrize("command", ["cancel", "delete"])
def test_without_a_yes_nothing_is_done(batchtui: Batchtui, simulator: Simulator, command: str) -> None:
    batchtui.submitted()
    if command == "delete":
        batchtui("cancel", "@last", "--yes")
    before = len(simulator.world.calls)

    ran = batchtui.process(command, "@last", "--json", *(["--force"] if command == "delete" else []))

    assert (ran.code, ran.document["error"]["type"]) == (2, "consent_needed")
    assert len(simulator.world.calls) == before


def test_one_name_may_mean_all_batches_of_a_job(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(4, "r", "--max-requests", "2", "--name", "nightly")

    ran = batchtui("cancel", "nightly", "@last", "--yes", "--json")

    assert len(ran.document["done"]) == 2


def test_an_ended_batch_cannot_be_canceled_and_the_reason_is_given(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    batchtui("cancel", "@last", "--yes")
    batchtui("status", "@last")

    ran = batchtui("cancel", "@last", "--yes")

    assert ran.code == 1
    assert "it has already ended; nothing to cancel" in ran.err


def test_a_cancellation_that_fails_is_said_with_the_others_done(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(4, "r", "--max-requests", "2", "--name", "nightly")
    simulator.world.faults.add(Fault(on="cancel", kind="status", status=500, message="Overworked."))

    ran = batchtui("cancel", "nightly", "--yes", "--json")

    assert (ran.code, len(ran.document["done"]), len(ran.document["failed"])) == (1, 1, 1)
    assert "Overworked." in ran.document["failed"][0]["error"]["message"]


def test_delete_refuses_while_results_are_not_saved(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    batchtui("cancel", "@last", "--yes")
    batchtui("status", "@last")

    ran = batchtui("delete", "@last", "--yes")

    assert (ran.code, states(batchtui)) == (1, ["ended"])
    assert "its results are not saved" in ran.err


def test_delete_with_force_deletes_at_the_api(batchtui: Batchtui, simulator: Simulator) -> None:
    batch_id = batchtui.submitted()
    batchtui("cancel", "@last", "--yes")
    batchtui("status", "@last")

    ran = batchtui("delete", batch_id, "--yes", "--force")

    assert (ran.code, states(batchtui)) == (0, ["deleted"])
    assert len(simulator.world.calls_to("delete")) == 1


@pytest.mark.parametrize("command", [["submit", "x.jsonl"], ["resume"], ["cancel", "@last"], ["delete", "@last"]])
def test_read_only_settings_change_nothing_at_the_api(batchtui: Batchtui, home: Path, command: list[str]) -> None:
    home.mkdir()
    (home / "config.toml").write_text("read_only = true\n")

    ran = batchtui(*command, *([] if command == ["resume"] else ["--yes"]))

    assert ran.code == 2
    assert ran.err.startswith("Read-only: ")


def test_delete_local_asks_nothing_of_the_api(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    batchtui("cancel", "@last", "--yes")
    batchtui("status", "@last")

    refused = batchtui("delete", "@last", "--yes", "--local")

    assert (refused.code, states(batchtui)) == (1, ["ended"])

    ran = batchtui("delete", "@last", "--yes", "--local", "--force")

    assert (ran.code, states(batchtui), simulator.world.calls_to("delete")) == (0, ["deleted"], [])


@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_last_does_not_name_a_batch_that_was_made_elsewhere(
    batchtui: Batchtui, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verb: str
) -> None:
    foreign = batchtui.submitted()
    if verb == "delete":
        simulator.world.cancel(foreign)
    monkeypatch.setenv("BATCHTUI_HOME", str(tmp_path / "other"))
    batchtui("sync")
    force = ["--force"] if verb == "delete" else []

    refused = batchtui(verb, "@last", "--yes", *force)

    assert refused.code == 1
    assert f"{foreign} was created elsewhere" in refused.err
    assert batchtui(verb, foreign[:14], "--yes", *force).code == 0
