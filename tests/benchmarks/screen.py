"""The dashboard on a real pseudo-terminal: when it shows something, how fast a key works, how much it sends."""

from __future__ import annotations

import os
import pty
import select
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measuring import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass
class Screen:
    """A program on a pseudo-terminal, and everything it has sent."""

    process: subprocess.Popen[bytes]
    terminal: int
    began: float
    sent: int = 0

    def read(self, seconds: float, until: bytes = b"") -> tuple[bytes, float]:
        """Read for that long, or until something shows. Returns what came, and when the last of it did."""
        end = time.perf_counter() + seconds
        found, last = b"", time.perf_counter()
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                break
            try:
                chunk = os.read(self.terminal, 65536)
            except OSError:
                break
            found += chunk
            self.sent += len(chunk)
            last = time.perf_counter()
            if until and until in found:
                break
        return found, last

    def press(self, keys: bytes) -> tuple[float, float]:
        """Press keys. Returns the seconds until the first bytes come back, and those of them that no other took."""
        queued, began = self._queued_seconds, time.perf_counter()
        os.write(self.terminal, keys)
        select.select([self.terminal], [], [], 5)
        seconds = time.perf_counter() - began
        return seconds, max(0.0, seconds - (self._queued_seconds - queued))

    @property
    def _queued_seconds(self) -> float:
        """How long its loop, and this very reader, have been ready to go on while others had the processors."""
        tasks = (f"{self.process.pid}/task/{self.process.pid}", "thread-self")
        return sum(int(Path(f"/proc/{task}/schedstat").read_text().split()[1]) for task in tasks) / 1e9

    @property
    def processor_seconds(self) -> float:
        """What it has cost so far, to the microsecond: by the clock of its own that Linux keeps for each process."""
        return time.clock_gettime(~self.process.pid << 3 | 2)

    @property
    def waits(self) -> int:
        """How often one of its threads has gone to sleep so far, and so was woken: the same on a slow machine."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        lines = (line for task in tasks for line in (task / "status").read_text().splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))

    @property
    def megabytes(self) -> float:
        """Its resident memory at this moment."""
        import psutil

        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def connections(self, port: int) -> int:
        """How many connections to a port of this machine it has open."""
        import psutil

        open_ones = psutil.Process(self.process.pid).net_connections("tcp")
        return sum(bool(each.raddr) and each.raddr.port == port for each in open_ones)

    def wait(self, seconds: float) -> None:
        """Read until it has ended."""
        end = time.perf_counter() + seconds
        while self.process.poll() is None and time.perf_counter() < end:
            self.read(0.005)
        self.process.wait(0)


@contextmanager
def dashboard(
    home: Path,
    *,
    columns: int = 120,
    rows: int = 40,
    url: str = "http://127.0.0.1:9",
    words: Sequence[str] = ("-m", "batchtui"),
) -> Iterator[Screen]:
    """The dashboard on a pseudo-terminal of that size."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "BATCHTUI_HOME": str(home),
           "ANTHROPIC_API_KEY": "sk-ant-benchmark", "ANTHROPIC_BASE_URL": url}  # fmt: skip
    env.pop("NO_COLOR", None)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    screen = Screen(process, ours, began)
    try:
        yield screen
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            screen.wait(10)  # and reads meanwhile: what it still writes must go somewhere
        os.close(ours)


def fill_registry(home: Path, count: int) -> None:
    """Give a registry that is there that many ended batches, written straight into its tables."""
    now = datetime.now(UTC)
    # Tens of minutes: while it is measured what a screen at rest sends, no "4h ago" becomes 5.
    stamps = [(now - timedelta(hours=2, minutes=10 * n)).isoformat(timespec="microseconds") for n in range(count)]
    outcomes = '{"succeeded": 98, "errored": 2}'
    with closing(sqlite3.connect(home / "registry.db")) as connection, connection:
        connection.executemany(
            "INSERT INTO jobs (id, name, created_at, requests, models) VALUES (?, ?, ?, 100, '[\"claude-haiku-5-5\"]')",
            [(f"job_{n:06}", f"nightly-{n:06}", stamps[n]) for n in range(count)],
        )
        connection.executemany(
            "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, processing_status, succeeded,"
            " errored, created_at, ended_at, expires_at, planned_at, archived_at, results, outcomes, failures) VALUES"
            # Archived, and their outcomes counted: nothing is left to do for a dashboard that is at rest.
            " (?, ?, 1, 1, 1, 'ended', 100, 'ended', 98, 2, ?, ?, ?, ?, ?, 'saved', ?, 2)",
            [(f"msgbatch_01{n:022}", f"job_{n:06}", *[stamps[n]] * 5, outcomes) for n in range(count)],
        )


def change_one(home: Path) -> None:
    """Change one count of one batch that is in sight, as another process would."""
    with closing(sqlite3.connect(home / "registry.db")) as connection, connection:
        connection.execute("UPDATE batches SET errored = errored + 1 WHERE id = ?", (f"msgbatch_01{3:022}",))
