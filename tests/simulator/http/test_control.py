"""The control endpoint looks into the service and turns its screws, and is no part of the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from tests.simulator.calling import BATCHES, requests

if TYPE_CHECKING:
    from batchtui.simulator import Simulator

CONTROL = "/_simulator"


def plain(simulator: Simulator) -> httpx2.Client:
    """A client without a key or a version."""
    return httpx2.Client(base_url=simulator.url, timeout=10.0)


def test_it_shows_every_batch_with_what_was_asked(simulator: Simulator, http: httpx2.Client) -> None:
    created = http.post(BATCHES, json={"requests": requests(2)}).json()
    with plain(simulator) as control:
        shown = control.get(f"{CONTROL}/batches").json()
    assert [(batch["id"], batch["custom_ids"]) for batch in shown] == [(created["id"], ["r-0", "r-1"])]


def test_it_shows_the_calls_without_keys_and_does_not_count_its_own(simulator: Simulator, http: httpx2.Client) -> None:
    http.get(BATCHES)
    with plain(simulator) as control:
        control.get(CONTROL)
        calls = control.get(f"{CONTROL}/calls", params={"endpoint": "list"})
        assert len(control.get(f"{CONTROL}/calls").json()) == 1
    assert [call["status"] for call in calls.json()] == [200]
    assert "sk-ant-test" not in calls.text


def test_turned_time_ends_a_batch(simulator: Simulator, http: httpx2.Client) -> None:
    created = http.post(BATCHES, json={"requests": requests(2)}).json()
    with plain(simulator) as control:
        assert control.post(f"{CONTROL}/clock", json={"turn": 86_400}).status_code == 200
    assert http.get(f"{BATCHES}/{created['id']}").json()["processing_status"] == "ended"


def test_time_is_turned_forward_by_a_number_only(simulator: Simulator) -> None:
    with plain(simulator) as control:
        for wrong in (-1, "1", None, True, 1e300):
            assert control.post(f"{CONTROL}/clock", json={"turn": wrong}).status_code == 400


def test_faults_come_and_go(simulator: Simulator, http: httpx2.Client) -> None:
    with plain(simulator) as control:
        control.post(f"{CONTROL}/faults", json={"on": "list", "kind": "status", "status": 529})
        assert http.get(BATCHES).status_code == 529
        control.post(f"{CONTROL}/faults", json=[{"on": "list", "kind": "status"}, {"on": "*", "kind": "status"}])
        assert len(control.get(CONTROL).json()["faults"]) == 2
        control.delete(f"{CONTROL}/faults")
    assert http.get(BATCHES).status_code == 200


def test_a_wrong_fault_is_told_by_its_key(simulator: Simulator) -> None:
    with plain(simulator) as control:
        answer = control.post(f"{CONTROL}/faults", json={"on": "list", "kind": "hiccup"})
    assert answer.status_code == 400
    assert "kind" in answer.json()["error"]


def test_a_planted_batch_is_somebody_elses(simulator: Simulator, http: httpx2.Client) -> None:
    with plain(simulator) as control:
        planted = control.post(f"{CONTROL}/plant", json={"requests": requests(3)}).json()
        assert control.post(f"{CONTROL}/plant", json={"requests": []}).status_code == 400
    assert [batch["id"] for batch in http.get(BATCHES).json()["data"]] == [planted["id"]]


def test_another_scenario_holds_from_now_on(simulator: Simulator, http: httpx2.Client) -> None:
    with plain(simulator) as control:
        assert control.put(f"{CONTROL}/scenario", json={"name": "half-fail"}).json()["scenario"] == "half-fail"
        assert control.put(f"{CONTROL}/scenario", json={"queue_limit": 1}).status_code == 200
        assert control.put(f"{CONTROL}/scenario", json={"queue_limits": 1}).status_code == 400
    assert http.post(BATCHES, json={"requests": requests(2)}).status_code == 429


def test_it_answers_no_browser(simulator: Simulator) -> None:
    with plain(simulator) as control:
        assert control.get(CONTROL, headers={"origin": "https://example.com"}).status_code == 403
