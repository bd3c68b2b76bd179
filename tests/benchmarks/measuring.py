"""Measuring whole processes: wall-clock seconds and peak memory, and the table that says them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Run:
    """One process, from start to end."""

    seconds: float
    megabytes: float
    """Peak resident memory."""
    output: str


@dataclass
class Table:
    """The figures, printed as they come."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, ours: str, other: str = "", verdict: str = "") -> None:
        self.rows.append((what, ours, other, verdict))
        print(f"  {what:<58} {ours:>22} {other:>26}  {verdict}", flush=True)


def run(*arguments: str, env: dict[str, str] | None = None) -> Run:
    """Run a Python process and take its time and its memory."""
    read, write = os.pipe()
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=write,
        env={**os.environ, **(env or {})},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        output = pipe.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024, output)


def best(times: int, *arguments: str, env: dict[str, str] | None = None) -> Run:
    """The quickest of several runs: what the machine can do when nobody else is at it."""
    return min((run(*arguments, env=env) for _ in range(times)), key=lambda done: done.seconds)


@contextmanager
def simulator() -> Iterator[str]:
    """A simulator in a process of its own, whose batches end at once. Yields its base URL."""
    with _served("tests.benchmarks.serve") as url:
        yield url


@contextmanager
def sink() -> Iterator[str]:
    """A server in a process of its own that only takes bytes. Yields its base URL."""
    with _served("tests.benchmarks.sink") as url:
        yield url


@contextmanager
def _served(module: str) -> Iterator[str]:
    process = subprocess.Popen([sys.executable, "-m", module], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
