"""The dashboard over a real SSH connection, to a server of the test's own on this machine."""

from __future__ import annotations

import fcntl
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.workspaces import KEY
from tests.tui.furnished import furnished
from tests.tui.window import NOWHERE, PATIENCE, batchtui, environment, window

if TYPE_CHECKING:
    from collections.abc import Iterator

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(
    not (SSHD and shutil.which("ssh") and shutil.which("ssh-keygen")), reason="no SSH server is installed"
)
PRIVILEGES = Path("/run/sshd")
"""Where a server that root starts goes to be without privileges; the system makes it when it starts its own."""


def key(file: Path) -> Path:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=PATIENCE)
    return file


@contextmanager
def server(folder: Path) -> Iterator[list[str]]:
    """Run a server that lets in one key, and yield the command that connects to it with a terminal."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host, client = key(folder / "host"), key(folder / "client")
    (folder / "authorized").write_text(client.with_suffix(".pub").read_text())
    config = folder / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {folder / 'authorized'}\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nAcceptEnv LANG\n"
    )
    assert SSHD
    with privileges(), (folder / "log").open("wb") as log:
        running = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stdout=log, stderr=log)
        try:
            _wait_for(port, running, folder / "log")
            ssh = [
                "ssh", "-tt", "-F", "none", "-i", str(client), "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "SendEnv=LANG", "-o", "BatchMode=yes",
                f"{getpass.getuser()}@127.0.0.1",
            ]  # fmt: skip
            _log_in(ssh, folder / "log")
            yield ssh
        finally:
            running.kill()
            running.wait()


@contextmanager
def privileges() -> Iterator[None]:
    """See to the folder without which root's server lets nobody in; one test at a time, whatever process it runs in."""
    folder = os.open(Path(__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        is_ours = os.geteuid() == 0 and not PRIVILEGES.exists()
        if is_ours:
            PRIVILEGES.mkdir(mode=0o755)
        try:
            yield
        finally:
            if is_ours:
                PRIVILEGES.rmdir()
    finally:
        os.close(folder)


def _wait_for(port: int, running: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if running.poll() is not None:
            pytest.skip(f"the SSH server does not start here: {log.read_text()[-300:]}")
        assert time.monotonic() < end
        time.sleep(0.02)


def _log_in(ssh: list[str], log: Path) -> None:
    """Whether this machine lets one in, and gives a terminal, is its own affair."""
    with window([*ssh, "tty && echo let in"], environment()) as made:
        try:
            made.shows("let in")
        except AssertionError:
            pytest.skip(f"the SSH server lets nobody in here: {made.text.strip()[-300:]} {log.read_text()[-300:]}")


def told(home: Path) -> str:
    """What the far end's shell is told of its environment."""
    return f"BATCHTUI_HOME={home} ANTHROPIC_API_KEY={KEY} ANTHROPIC_BASE_URL={NOWHERE}"


@pytest.mark.long
async def test_it_is_used_and_left_over_ssh(tmp_path: Path) -> None:
    home = await furnished(tmp_path)
    root = Path(__file__).parents[3]
    remote = f"cd {root} && {told(home)} {' '.join(batchtui())}; echo left with $?"
    with server(tmp_path) as ssh, window([*ssh, remote], environment(), size=(80, 24)) as made:
        made.shows("evals", "nightly", "in progress")
        made.press("/", *"status:ended", "enter")
        made.shows("2 of 5")
        made.press("G", "y")
        made.shows("Copied", "through the terminal")
        made.until(lambda: b"\x1b]52;c;" in made.sent, "the copy comes through to where the person sits")
        made.resize(120, 40)
        made.until(lambda: any("─" * 81 in line for line in made.lines), "it takes on the new size")
        made.press("ctrl+q")
        made.shows("left with 0")
        assert made.left_on == []
        made.ends()


@pytest.mark.long
async def test_a_connection_that_breaks_ends_the_dashboard(tmp_path: Path) -> None:
    home = await furnished(tmp_path)
    root, pid = Path(__file__).parents[3], tmp_path / "pid"
    inner = f"echo $$ >{pid}; {told(home)} exec {' '.join(batchtui())}"
    with server(tmp_path) as ssh:
        with window([*ssh, f"cd {root}; sh -c '{inner}'; true"], environment(), size=(80, 24)) as made:
            made.shows("evals")
        _wait_for_end(int(pid.read_text()))


def _wait_for_end(pid: int) -> None:
    end = time.monotonic() + PATIENCE
    with suppress(ProcessLookupError):
        while time.monotonic() < end:
            os.kill(pid, 0)
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)
        pytest.fail("it goes on without anybody")
