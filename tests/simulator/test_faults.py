"""Faults really happen: on the wire, to the call that was meant, before or after the world changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx2
import pytest

from batchtui.simulator import SCENARIOS, Fault, Simulator
from tests.simulator.calling import BATCHES, client, requests

if TYPE_CHECKING:
    from batchtui.simulator import TurnedClock

BODY = {"requests": requests(2)}
LONG_ENOUGH = 2 * 3_600.0


def _ended(http: httpx2.Client, clock: TurnedClock, count: int = 50) -> str:
    batch_id = http.post(BATCHES, json={"requests": requests(count)}).json()["id"]
    clock.turn(LONG_ENOUGH)
    return f"{BATCHES}/{batch_id}/results"


def _download(http: httpx2.Client, url: str, into: bytearray) -> None:
    with http.stream("GET", url, timeout=0.2) as answer:
        for chunk in answer.iter_raw():
            into += chunk


@pytest.mark.parametrize(("kind", "created"), [("lost_before", 0), ("lost_after", 1)])
def test_a_lost_answer_cuts_the_connection_before_or_after_creation(
    simulator: Simulator, http: httpx2.Client, kind: str, created: int
) -> None:
    fault = {"lost_before": Fault("create", "lost_before"), "lost_after": Fault("create", "lost_after")}[kind]
    simulator.world.faults.add(fault)
    with pytest.raises(httpx2.RemoteProtocolError):
        http.post(BATCHES, json=BODY)
    assert len(simulator.world.batches) == created
    assert [call.status for call in simulator.world.calls_to("create")] == [0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429, 500, 503, 504, 529])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_status_strikes_before_or_after_creation(
    simulator: Simulator, http: httpx2.Client, status: int, after: bool
) -> None:
    simulator.world.faults.add(Fault("create", "status", status=status, after=after))
    answer = http.post(BATCHES, json=BODY)
    assert (answer.status_code, answer.json()["type"]) == (status, "error")
    assert len(simulator.world.batches) == int(after)


@pytest.mark.parametrize("status", [413, 502])
def test_the_edge_speaks_html(simulator: Simulator, http: httpx2.Client, status: int) -> None:
    simulator.world.faults.add(Fault("list", "status", status=status))
    answer = http.get(BATCHES)
    assert (answer.status_code, answer.text[:6]) == (status, "<html>")


def test_a_spend_limit_names_its_code_and_no_time_to_wait(simulator: Simulator, http: httpx2.Client) -> None:
    code = "enforced_spend_limit_reached"
    simulator.world.faults.add(Fault("create", "status", status=429, error_code=code))
    answer = http.post(BATCHES, json=BODY)
    assert answer.json()["error"]["details"]["error_code"] == code
    assert "retry-after" not in answer.headers


def test_a_status_can_say_how_long_to_wait(simulator: Simulator, http: httpx2.Client) -> None:
    simulator.world.faults.add(Fault("list", "status", status=429, retry_after=30))
    assert http.get(BATCHES).headers["retry-after"] == "30"


@pytest.mark.parametrize("body", ["", "<html>", '{"id": "msgbatch_01'])
def test_a_garbled_answer_is_a_200_with_something_else(simulator: Simulator, http: httpx2.Client, body: str) -> None:
    simulator.world.faults.add(Fault("create", "garbled", body=body, after=True))
    answer = http.post(BATCHES, json=BODY)
    assert (answer.status_code, answer.text, len(simulator.world.batches)) == (200, body, 1)


def test_a_delayed_answer_outlasts_a_clients_patience_although_the_batch_exists(
    simulator: Simulator, http: httpx2.Client
) -> None:
    simulator.world.faults.add(Fault("create", "delayed", seconds=60, after=True))
    with pytest.raises(httpx2.ReadTimeout):
        http.post(BATCHES, json=BODY, timeout=0.2)
    assert len(simulator.world.batches) == 1


def test_cut_results_end_at_exactly_that_byte_with_a_cut_connection(
    simulator: Simulator, http: httpx2.Client, clock: TurnedClock
) -> None:
    url = _ended(http, clock)
    simulator.world.faults.add(Fault("results", "results_cut", at_byte=5_000))
    received = bytearray()
    with pytest.raises(httpx2.RemoteProtocolError):
        _download(http, url, received)
    assert len(received) == 5_000


def test_cleanly_cut_results_look_whole_and_are_not(
    simulator: Simulator, http: httpx2.Client, clock: TurnedClock
) -> None:
    url = _ended(http, clock)
    whole = http.get(url).content
    simulator.world.faults.add(Fault("results", "results_cut", at_byte=5_000, clean=True))
    assert http.get(url).content == whole[:5_000]


def test_stalled_results_fall_silent(simulator: Simulator, http: httpx2.Client, clock: TurnedClock) -> None:
    url = _ended(http, clock)
    simulator.world.faults.add(Fault("results", "results_stalled", at_byte=100, seconds=60))
    received = bytearray()
    with pytest.raises(httpx2.ReadTimeout):
        _download(http, url, received)
    assert len(received) == 100


def test_a_wrong_line_stands_among_the_right_ones(
    simulator: Simulator, http: httpx2.Client, clock: TurnedClock
) -> None:
    url = _ended(http, clock, 3)
    whole = http.get(url).content
    border = whole.index(b"\n") + 1
    simulator.world.faults.add(Fault("results", "wrong_line", at_byte=border, body="{broken"))
    assert http.get(url).content == whole[:border] + b"{broken\n" + whole[border:]


def test_a_fault_strikes_the_calls_that_were_meant_and_no_other(simulator: Simulator, http: httpx2.Client) -> None:
    simulator.world.faults.add(Fault("list", "status", status=529, skip=1, times=2))
    http.post(BATCHES, json=BODY)
    assert [http.get(BATCHES).status_code for _ in range(5)] == [200, 529, 529, 200, 200]
    assert simulator.world.faults.pending == ()


def test_a_fault_without_an_end_strikes_until_it_is_cleared(simulator: Simulator, http: httpx2.Client) -> None:
    simulator.world.faults.add(Fault("*", "status", status=503, times=None))
    struck = [http.get(BATCHES).status_code, http.get("/v1/models").status_code]
    simulator.world.faults.clear()
    assert (struck, http.get(BATCHES).status_code) == ([503, 503], 200)


def test_a_fault_of_no_number_strikes_every_call(simulator: Simulator, http: httpx2.Client) -> None:
    simulator.world.faults.add(Fault("list", "status", status=503, times=0))
    assert [http.get(BATCHES).status_code for _ in range(3)] == [503, 503, 503]


def test_a_list_can_hide_the_newest_batch_for_a_call(simulator: Simulator, http: httpx2.Client) -> None:
    http.post(BATCHES, json=BODY)
    simulator.world.faults.add(Fault("list", "hidden"))
    assert [len(http.get(BATCHES).json()["data"]) for _ in range(2)] == [0, 1]


def test_a_new_batch_becomes_visible_in_its_own_time(clock: TurnedClock) -> None:
    lagging = replace(SCENARIOS["quiet-night"], visible_after=20, listed_after=40)
    with Simulator(lagging, clock=clock) as simulator, client(simulator) as http:
        url = f"{BATCHES}/{http.post(BATCHES, json=BODY).json()['id']}"
        seen = []
        for _ in range(3):
            seen.append((http.get(url).status_code, len(http.get(BATCHES).json()["data"])))
            clock.turn(20)
    assert seen == [(404, 0), (200, 0), (200, 1)]


def test_lost_answers_loses_them_by_call_number(clock: TurnedClock) -> None:
    lost: list[str] = []
    with Simulator("lost-answers", clock=clock) as simulator, client(simulator) as http:
        for _ in range(6):
            try:
                lost.append(str(http.post(BATCHES, json=BODY).status_code))
            except httpx2.RemoteProtocolError:
                lost.append("cut")
        created = len(simulator.world.batches)
    assert (lost, created) == (["cut", "200", "cut", "200", "504", "200"], 5)
