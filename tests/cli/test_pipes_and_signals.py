"""What only a process of its own can show: closed pipes, signals, a terminal that is asked."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.support.marks import every

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


def answered(args: list[str], keys: str, until: str) -> tuple[int, str]:
    """Run the program on a pseudo-terminal, type `keys` when `until` is asked; return exit code and screen."""
    master, slave = pty.openpty()
    # The terminal must be the process's own, so that ^C reaches it as an interruption.
    launch = "import os, sys; os.login_tty(0); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    process = subprocess.Popen(
        [sys.executable, "-c", launch, "-m", "batchtui", *args], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    screen = ""
    deadline = time.monotonic() + 20
    typed = False
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            screen += os.read(master, 65536).decode() if ready else ""
        except OSError:  # the other end is closed: EIO on Linux
            break
        if until in screen and not typed:
            os.write(master, keys.encode())
            typed = True
    os.close(master)
    return process.wait(5), screen


@pytest.mark.parametrize("args", [["list"], ["list", "--json"], ["config"], ["--help"]])
def test_a_reader_that_has_gone_is_no_failure_worth_a_word(
    batchtui: Batchtui, simulator: Simulator, args: list[str]
) -> None:
    batchtui.submitted()
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "batchtui", *args], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)

    assert done.stderr == b""
    assert done.returncode == 141


@pytest.mark.long
@pytest.mark.parametrize(("key", "sent"), [("n", 0), ("y", 1)])
def test_an_uncertain_reading_of_a_table_is_confirmed_before_it_is_sent(
    key: str, sent: int, batchtui: Batchtui, simulator: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "who.csv").write_text("Anna,Berlin\nBert,Bonn\n")
    (tmp_path / "t.md").write_text("Ask {{ Berlin }}")
    args = ["compose", "--template", str(tmp_path / "t.md"), "--data", str(tmp_path / "who.csv"), "--submit"]
    code, screen = answered(args, f"{key}\ny\n", "Is the table read correctly?")

    assert "header: first row? yes, because" in screen
    assert "--no-header" in screen
    assert (code == 0, len(simulator.world.batches)) == (bool(sent), sent)


def test_a_closed_stderr_is_no_failure(batchtui: Batchtui) -> None:
    done = subprocess.run(["/bin/sh", "-c", f"{sys.executable} -m batchtui list 2>&-"], check=False)

    assert done.returncode == 0


@pytest.mark.parametrize(
    ("number", "code"), every(3, [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
)
def test_an_interrupted_wait_cancels_nothing(
    batchtui: Batchtui, simulator: Simulator, number: signal.Signals, code: int
) -> None:
    batchtui.submitted()
    process = batchtui.start("wait", "@last", "--poll-interval", "0.05")
    deadline = time.monotonic() + 20
    while not simulator.world.calls_to("retrieve") and time.monotonic() < deadline:
        select.select([], [], [], 0.02)

    process.send_signal(number)
    out, err = process.communicate(timeout=10)

    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    assert simulator.world.calls_to("cancel") == []
    assert batchtui("status", "@last", "--json").document["state"] == "in_progress"


@pytest.mark.long
def test_a_yes_at_the_terminal_sends(batchtui: Batchtui, simulator: Simulator) -> None:
    code, screen = answered(["submit", batchtui.file(3)], "y\n", "[y/N]")

    assert (code, len(simulator.world.batches)) == (0, 1), screen
    assert re.search(r"Send 3 requests in 1 batch, (about|at most) \$\S+.*\? \[y/N\]", screen)


@pytest.mark.long
@pytest.mark.parametrize("keys", ["\n", "n\n", "yikes\n"])
def test_anything_else_at_the_terminal_sends_nothing(batchtui: Batchtui, simulator: Simulator, keys: str) -> None:
    code, screen = answered(["submit", batchtui.file(3)], keys, "[y/N]")

    assert (code, simulator.world.batches) == (2, []), screen
    assert "Nothing was sent." in screen


@pytest.mark.long
def test_ctrl_c_at_the_question_is_an_interruption(batchtui: Batchtui, simulator: Simulator) -> None:
    process_code, screen = answered(["submit", batchtui.file(3)], "\x03", "[y/N]")

    assert (process_code, simulator.world.batches) == (130, []), screen
    assert "Traceback" not in screen


def test_a_narrow_terminal_gets_a_table_that_fits(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted(3, "r", "--name", "a-name-that-goes-on-and-on-for-much-longer-than-any-terminal-is-wide")

    _, screen = answered(["list"], "", "not refreshed yet")

    lines = screen.splitlines()
    assert max(map(len, lines)) <= 80
    assert "● in progress" in screen


@pytest.mark.usefixtures("simulator")
def test_no_screen_is_painted_into_a_redirected_stderr(batchtui: Batchtui, tmp_path: Path) -> None:
    batchtui.submitted()
    master, slave = pty.openpty()
    with (tmp_path / "errors").open("wb") as errors:
        subprocess.run([sys.executable, "-m", "batchtui"], stdin=slave, stdout=slave, stderr=errors, check=True)
    os.close(slave)
    assert b"in progress" in os.read(master, 65536)
    os.close(master)
    assert (tmp_path / "errors").read_bytes() == b""


COMMANDS = ["list", "list --json", "--help", "doctor", "submit FILE --yes", "keys --json"]


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run batchtui as a shell does, with what the shell says of its streams."""
    line = command.replace("batchtui", f"{sys.executable} -m batchtui")
    return subprocess.run(["/bin/sh", "-c", line], check=False, stderr=subprocess.PIPE, text=True, timeout=60)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_said_before_anything_is_done(
    batchtui: Batchtui, simulator: Simulator, command: str
) -> None:
    done = shell(f"batchtui {command.replace('FILE', batchtui.file())} >&-")
    assert (done.returncode, simulator.world.batches) == (1, [])
    assert "Standard output is closed." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("command", ["list --json", "--help", "doctor", "keys --json"])
@pytest.mark.usefixtures("simulator")
def test_a_full_disk_behind_stdout_is_one_sentence(command: str) -> None:
    done = shell(f"batchtui {command} > /dev/full")
    assert done.returncode == 1
    assert "no space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault" not in done.stderr


@pytest.mark.long
@pytest.mark.usefixtures("simulator")
def test_a_log_that_cannot_be_written_is_not_worth_a_word(batchtui: Batchtui, home: Path) -> None:
    batchtui.submitted()
    (home / "logs").mkdir(exist_ok=True)
    (home / "logs" / "batchtui.log").unlink(missing_ok=True)
    (home / "logs" / "batchtui.log").symlink_to("/dev/full")
    done = shell("batchtui submit /nowhere/at/all.jsonl --yes; batchtui list >&2")
    assert done.returncode == 0
    assert "Logging error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_under_nohup_a_wait_survives_the_hangup(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    waiting = subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' HUP; exec {sys.executable} -m batchtui wait @last /dev/null --overwrite"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while not simulator.world.calls_to("retrieve") and time.monotonic() < deadline:
        select.select([], [], [], 0.02)
    waiting.send_signal(signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.5)
    waiting.send_signal(signal.SIGTERM)
    waiting.communicate(timeout=20)
    assert waiting.returncode == 143


@pytest.mark.long
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_demo_that_is_ended_early_leaves_no_folder(tmp_path: Path, number: signal.Signals, code: int) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "TERM": "xterm", "HOME": str(tmp_path)}
    master, slave = pty.openpty()
    demo = subprocess.Popen(
        [sys.executable, "-m", "batchtui", "demo"], stdin=slave, stdout=slave, stderr=slave, env=env
    )
    os.close(slave)
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("batchtui-demo-*")) and time.monotonic() < deadline:
        select.select([], [], [], 0.005)
    demo.send_signal(number)
    while demo.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):  # the other end is closed: EIO on Linux
            if select.select([master], [], [], 0.1)[0]:
                os.read(master, 65536)
    os.close(master)
    assert demo.wait(5) == code
    assert list(tmp_path.glob("batchtui-demo-*")) == []
