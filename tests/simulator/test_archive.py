"""A simulator with its state on the disk goes on where the last one stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Simulator, TurnedClock
from tests.simulator.calling import BATCHES, client, requests

if TYPE_CHECKING:
    from pathlib import Path


def test_batches_outlive_the_process_with_their_ids_states_and_results(tmp_path: Path) -> None:
    clock = TurnedClock()
    with Simulator("half-fail", clock=clock, state=tmp_path) as first, client(first) as http:
        ended, canceled, deleted = (http.post(BATCHES, json={"requests": requests(4)}).json()["id"] for _ in range(3))
        http.post(f"{BATCHES}/{canceled}/cancel")
        clock.turn(3_600)
        http.delete(f"{BATCHES}/{deleted}")
        shown = http.get(BATCHES).json()["data"]
        results = http.get(f"{BATCHES}/{ended}/results").content
    with Simulator("quiet-night", clock=clock, state=tmp_path) as second, client(second) as http:
        again = http.get(BATCHES).json()["data"]
        assert [without_host(batch) for batch in again] == [without_host(batch) for batch in shown]
        assert http.get(f"{BATCHES}/{ended}/results").content == results
        assert http.get(f"{BATCHES}/{deleted}").status_code == 404
        assert http.post(BATCHES, json={"requests": requests(1)}).json()["id"] not in (ended, canceled, deleted)


def without_host(batch: dict[str, object]) -> dict[str, object]:
    """The batch without the address of its results, whose port differs from run to run."""
    return {**batch, "results_url": bool(batch["results_url"])}


def test_one_simulator_uses_a_folder_at_a_time(tmp_path: Path) -> None:
    with Simulator(clock=TurnedClock(), state=tmp_path), pytest.raises(OSError, match="another simulator"):
        Simulator(clock=TurnedClock(), state=tmp_path)


def test_a_file_that_holds_no_batch_is_named(tmp_path: Path) -> None:
    (tmp_path / "00000000.json").write_text("{}")
    (tmp_path / "00000000.body").write_bytes(b"")
    with pytest.raises(ValueError, match=r"00000000\.json holds no batch"):
        Simulator(clock=TurnedClock(), state=tmp_path)
