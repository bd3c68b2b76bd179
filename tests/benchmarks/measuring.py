"""Measuring whole processes: wall-clock seconds and peak memory, and the table that says them."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """One process, from start to end."""

    seconds: float
    processor: float
    """Seconds of processors, its own and of the processes it started: what says more where others use the machine."""
    megabytes: float
    """Peak resident memory: its own and that of the processes it started, each at its highest, added up."""
    output: str

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s {self.processor:.2f} CPU {self.megabytes:.0f} MB"

    def against(self, other: Run) -> str:
        """How many times as fast as another this is."""
        fast, light = other.seconds / self.seconds, other.processor / self.processor
        return f"{fast:.1f} times as fast, CPU {light:.1f}"


@dataclass(frozen=True)
class Bench:
    """Where a row is measured, and at which size; figures are printed as they come."""

    folder: Path
    count: int
    """Requests in a large batch."""

    def add(self, what: str, ours: str, other: str = "", verdict: str = "") -> None:
        """Print a line of the table."""
        print(f"  {what:<62} {ours:>28} {other:>32}  {verdict}", flush=True)


def run(*arguments: str, env: dict[str, str] | None = None) -> Run:
    """Run a Python process and take its time and its memory."""
    read, write = os.pipe()
    notes = tempfile.TemporaryFile()  # noqa: SIM115
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=write,
        env={**os.environ, **(env or {})},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=notes,
    )
    os.close(write)
    peaks = _Peaks(process.pid)
    with os.fdopen(read) as pipe:
        output = pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    kilobytes = peaks.finish()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        notes.seek(0)
        raise SystemExit(f"{arguments} ended with {process.returncode}: {output}{notes.read().decode()}")
    notes.close()
    return Run(seconds, usage.ru_utime + usage.ru_stime, kilobytes / 1024, output)


def peak(pid: int | str = "self") -> int:
    """Kilobytes that a process has had at most since it began; `ru_maxrss` counts what it was forked from, too.

    Raises:
        OSError, StopIteration: where it has ended.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


class _Peaks(threading.Thread):
    """Looks, time and again, how much memory a process and its children have taken at most."""

    def __init__(self, parent: int) -> None:
        super().__init__(daemon=True)
        self._parent = str(parent)
        self._peaks: dict[str, int] = {}
        self._is_over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._is_over.wait(0.02):
            # A process that ends while it is looked at has been looked at before.
            with contextlib.suppress(OSError, StopIteration):
                for pid in (self._parent, *self._children()):
                    self._peaks[pid] = peak(pid)

    def _children(self) -> list[str]:
        tasks = Path(f"/proc/{self._parent}/task")
        return [pid for task in tasks.iterdir() for pid in (task / "children").read_text().split()]

    def finish(self) -> int:
        """Kilobytes of all of them."""
        self._is_over.set()
        self.join()
        return sum(self._peaks.values())


def middle(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def best(times: int, *arguments: str, env: dict[str, str] | None = None) -> Run:
    """The quickest of several runs: what the machine can do when nobody else is at it."""
    return min((run(*arguments, env=env) for _ in range(times)), key=lambda done: done.seconds)


@contextmanager
def simulator(**fields: object) -> Iterator[str]:
    """A simulator in a process of its own, whose batches end at once. Yields its base URL."""
    words = [f"{name}={json.dumps(value)}" for name, value in fields.items()]
    with _served("tests.benchmarks.serve", *words) as url:
        yield url


@contextmanager
def sink(*results: object) -> Iterator[str]:
    """A server in a process of its own that only takes bytes, and gives those of a file. Yields its base URL."""
    with _served("tests.benchmarks.sink", *map(str, results)) as url:
        yield url


@contextmanager
def _served(*module: str) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
