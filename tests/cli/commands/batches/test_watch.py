"""`batchtui watch`: the background without a screen, by itself, beside others, and through a bad network."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui, Later


def until(claim: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.02)


def hook(folder: Path, lasts: float = 0.0) -> str:
    """A program that puts what it is told at the end of a file."""
    path = folder / "hook.py"
    path.write_text(
        "import sys, time\ntold = sys.stdin.read()\n"
        f"with open({str(folder / 'told')!r}, 'a') as kept:\n    kept.write(told)\ntime.sleep({lasts})\n"
    )
    return f"{sys.executable} {path}"


def told(folder: Path) -> list[str]:
    file = folder / "told"
    return [json.loads(line)["id"] for line in file.read_text().splitlines()] if file.exists() else []


def test_nothing_to_watch_is_idle_at_once(batchtui: Batchtui) -> None:
    ran = batchtui("watch", "--until-idle")

    assert (ran.code, ran.out) == (0, "")


def test_until_idle_brings_the_end_and_the_results(batchtui: Batchtui, simulator: Simulator, later: Later) -> None:
    batch_id = batchtui.submitted(3, "night")
    later.turn(3_601)

    ran = batchtui("watch", "--until-idle")

    assert ran.code == 0
    assert [line.split("  ")[1] for line in ran.out.splitlines()] == ["ended", "saved"]
    assert f"night  {batch_id}  all 3 succeeded" in ran.out
    assert batchtui("status", batch_id, "--json", "--offline").document["results"] == "saved"


def test_with_json_each_line_is_a_document(batchtui: Batchtui, simulator: Simulator, later: Later) -> None:
    batch_id = batchtui.submitted(3)
    later.turn(3_601)

    lines = [json.loads(line) for line in batchtui("watch", "--until-idle", "--json").out.splitlines()]

    assert [line["event"] for line in lines] == ["batch.ended", "results.saved"]
    assert [line["batch"]["id"] for line in lines] == [batch_id, batch_id]
    assert lines[0]["batch"]["request_counts"]["succeeded"] == 3


def test_a_name_cannot_drive_the_terminal(batchtui: Batchtui, simulator: Simulator, later: Later) -> None:
    batchtui.submitted(1, "r", "--name", "[/x] \x1b]52;c;aGk=\x07")
    later.turn(3_601)

    ran = batchtui("watch", "--until-idle")

    assert not {"\x1b", "\x07"} & set(ran.out)


def test_exec_is_run_with_the_batch(batchtui: Batchtui, simulator: Simulator, later: Later, tmp_path: Path) -> None:
    batch_id = batchtui.submitted(3)
    later.turn(3_601)

    for _ in range(2):
        assert batchtui("watch", "--until-idle", "--exec", hook(tmp_path)).code == 0

    assert told(tmp_path) == [batch_id]


def test_waiting_for_an_end_tells_whoever_is_to_be_told_and_a_watch_does_not_tell_it_again(
    batchtui: Batchtui, simulator: Simulator, later: Later, home: Path, tmp_path: Path
) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(f"[notify]\ncommand = {hook(tmp_path)!r}\n")
    batch_id = batchtui.submitted(3)
    later.turn(3_601)

    assert batchtui("wait", batch_id).code == 0
    assert batchtui("watch", "--until-idle").code == 0

    assert told(tmp_path) == [batch_id]


@pytest.mark.parametrize("cmd", ["'open", ""])
def test_an_exec_that_is_no_command_is_wrong_usage(batchtui: Batchtui, cmd: str) -> None:
    assert batchtui("watch", "--exec", cmd).code == 2


@pytest.mark.long
def test_two_processes_that_watch_the_same_end_tell_it_once(
    batchtui: Batchtui, simulator: Simulator, later: Later, tmp_path: Path
) -> None:
    args = ["watch", "--interval", "1", "--exec", hook(tmp_path)]
    watching = [batchtui.start(*args) for _ in range(2)]
    ids = [batchtui.submitted(1, f"r{number}") for number in range(3)]
    until(lambda: simulator.world.calls_to("list"))
    later.turn(3_601)

    until(lambda: len(told(tmp_path)) >= 3)
    said = [ended_lines(process, len(ids)) for process in watching]
    errors = [stopped(process) for process in watching]

    assert sorted(told(tmp_path)) == sorted(ids)
    assert errors == ["", ""]
    assert [sorted(line.split()[4] for line in lines) for lines in said] == [sorted(ids), sorted(ids)]


def ended_lines(process: subprocess.Popen[str], count: int) -> list[str]:
    """What it says of ends, once it has said so much of them."""
    assert process.stdout is not None
    number, read = process.stdout.fileno(), b""

    def has_come() -> bool:
        nonlocal read
        if select.select([number], [], [], 0.02)[0]:
            read += os.read(number, 65536)
        return read.count(b"  ended  ") >= count

    until(has_come)
    return [line for line in read.decode().splitlines() if "  ended  " in line]


def stopped(process: subprocess.Popen[str]) -> str:
    """What it says on stderr when it is told to end, and ends as it should."""
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 143
    return err


def test_a_key_that_is_refused_ends_a_watch_until_idle(
    batchtui: Batchtui, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    batchtui.submitted(1)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-bad")

    ran = batchtui("watch", "--until-idle")

    assert ran.code == 1
    assert "sk-ant" not in ran.err


@pytest.mark.long
def test_a_part_whose_fate_is_unknown_needs_a_decision(
    batchtui: Batchtui, simulator: Simulator, later: Later, home: Path
) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text("[submit]\ngrace = 0\n")
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    simulator.world.faults.add(Fault(on="list", kind="status", status=529, times=None))
    process = batchtui.start("submit", batchtui.file(), "--yes")
    until(lambda: simulator.world.calls_to("create"))
    process.kill()
    process.communicate()
    simulator.world.faults.clear()
    batchtui("sync")  # finds that the process is gone: from then on the API may work on it for ten more minutes
    later.turn(1400)

    ran = batchtui("watch", "--until-idle")

    assert ran.code == 6
    assert "1 part unknown; run `batchtui resume`." in ran.err
