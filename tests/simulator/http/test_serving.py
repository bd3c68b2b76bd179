"""The simulator comes and goes without a trace, inside a program and alone."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from batchtui.simulator import Fault, RealClock, Simulator
from tests.simulator.calling import BATCHES, HEADERS, client, requests

if TYPE_CHECKING:
    from batchtui.simulator import TurnedClock

ALONE = "from batchtui.simulator import serve_forever; serve_forever(on_ready=lambda url: print(url, flush=True))"


def client_of(simulator: Simulator) -> httpx2.Client:
    simulator.start()
    return client(simulator)


def test_it_leaves_no_thread_behind_and_waits_for_nobody(clock: TurnedClock) -> None:
    before = set(threading.enumerate())
    simulator = Simulator(clock=clock)
    with client_of(simulator) as http:
        assert http.get(BATCHES).status_code == 200
        simulator.stop()
        assert set(threading.enumerate()) == before


def test_it_stops_in_the_middle_of_an_answer(clock: TurnedClock) -> None:
    simulator = Simulator(clock=clock)
    lines = [f"GET {BATCHES} HTTP/1.1", "host: here", *(f"{name}: {value}" for name, value in HEADERS.items()), "", ""]
    with client_of(simulator) as http, socket.create_connection(("127.0.0.1", simulator.port)) as waiting:
        simulator.world.faults.add(Fault("list", "delayed", seconds=600))
        waiting.sendall("\r\n".join(lines).encode())
        http.get("/v1/models")  # answered after the other call arrived: one loop serves both
        assert simulator.world.faults.pending == ()
        simulator.stop()
        assert waiting.recv(1_000) == b""


def test_a_stopped_simulator_has_no_address(clock: TurnedClock) -> None:
    simulator = Simulator(clock=clock)
    with simulator:
        assert simulator.url.startswith("http://127.0.0.1:")
    with pytest.raises(RuntimeError, match="not running"):
        _ = simulator.url


def test_a_taken_port_is_told(simulator: Simulator, clock: TurnedClock) -> None:
    with pytest.raises(OSError, match="in use"), Simulator(clock=clock, port=simulator.port):
        pass


def test_an_unknown_scenario_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="quiet-night"):
        Simulator("loud-night")


def test_the_real_clock_is_the_default() -> None:
    assert isinstance(Simulator().clock, RealClock)


def test_many_calls_at_once_are_all_answered(simulator: Simulator, http: httpx2.Client) -> None:
    def create() -> None:
        httpx2.post(simulator.url + BATCHES, json={"requests": requests(20)}, headers=HEADERS).raise_for_status()

    threads = [threading.Thread(target=create) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = {batch["id"] for batch in http.get(BATCHES).json()["data"]}
    assert len(ids) == 12


def test_a_large_batch_goes_in_and_comes_out_whole(clock: TurnedClock) -> None:
    with Simulator("hundred-thousand", clock=clock) as simulator, client(simulator) as http:
        batch_id = http.post(BATCHES, json={"requests": requests(20_000)}).json()["id"]
        clock.turn(3_600)
        counts = http.get(f"{BATCHES}/{batch_id}").json()["request_counts"]
        lines = http.get(f"{BATCHES}/{batch_id}/results").content.count(b"\n")
    assert (counts["succeeded"], counts["errored"], lines) == (19_960, 40, 20_000)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_alone_it_ends_cleanly_at_a_signal_with_a_connection_open(number: signal.Signals) -> None:
    serving = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", ALONE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    url = serving.stdout.readline().strip()
    with httpx2.Client(base_url=url, headers=HEADERS) as http:
        assert http.get(BATCHES).status_code == 200
        serving.send_signal(number)
        said, errors = serving.communicate(timeout=10)
    assert (serving.returncode, said, errors) == (0, "", "")
