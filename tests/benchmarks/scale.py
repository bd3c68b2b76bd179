"""A registry of a hundred thousand batches, against plain SQLite and the SDK's own loop in the same run."""

from __future__ import annotations

import sqlite3
import statistics
import time
from contextlib import closing
from typing import TYPE_CHECKING

from tests.benchmarks.measuring import run, simulator
from tests.benchmarks.screen import dashboard, fill_registry
from tests.benchmarks.screens import create_batches

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring import Bench
    from tests.benchmarks.screen import Screen

BATCHES = 100_000
DOWN, ESCAPE, CTRL_Q = b"\x1b[B", b"\x1b", b"\x11"
SLASH = (b"/", b"0", b"0", b"0", b"1")
COLUMNS = (
    "b.id, b.state, j.name, b.requests, b.succeeded, b.errored, b.ended_at, b.cost_actual, j.models FROM batches AS b"
    " JOIN jobs AS j ON j.id = b.job_id ORDER BY b.planned_at DESC"
)
PLAIN_LIST = (
    "import sqlite3, sys\n"
    f"for row in sqlite3.connect(sys.argv[1]).execute('SELECT {COLUMNS}'):\n"
    "    print(*('' if cell is None else cell for cell in row), sep='  ')"
)
SDK_LIST = (
    "import anthropic, sys\n"
    "client = anthropic.Anthropic(base_url=sys.argv[1], api_key='sk-ant-benchmark')\n"
    "print(sum(1 for _ in client.messages.batches.list(limit=1000)))"
)


def looking_things_up(bench: Bench) -> None:
    """`list`, `status` and `doctor` over 100,000 batches, in a pipe."""
    home = _home(bench)
    plain = run("-c", PLAIN_LIST, str(home / "registry.db"))
    for words, budget in (
        (("list",), "budget 2 s, flat memory"),
        (("list", "--json"), "flat memory"),
        (("list", "--limit", "5"), ""),
        (("status", "@last", "--offline"), "budget 1 s"),
        (("doctor", "--offline"), "budget 1 s"),
    ):
        done = min((run("-m", "batchtui", *words, "--home", str(home)) for _ in range(3)), key=lambda one: one.seconds)
        verdict = f"{done.processor / plain.processor:.1f} of plain SQLite's CPU; {budget}"
        bench.add(f"{' '.join(words)}, {BATCHES:,} batches", str(done), f"SQLite and print {plain}", verdict)


def arranging(bench: Bench) -> None:
    """Sorting, filtering and leaving the dashboard with 100,000 batches."""
    home = _home(bench)
    with closing(sqlite3.connect(home / "registry.db")) as plain:
        began = time.process_time()
        plain.execute("SELECT key FROM batches ORDER BY requests DESC, planned_at DESC").fetchall()
        alone = f"SQLite sorts in {1000 * (time.process_time() - began):.0f} ms CPU"
    with dashboard(home) as screen:
        screen.read(30, until=b"nightly-0000")
        screen.read(5)
        # The menu of what can be sorted by is opened and moved in beforehand; enter sorts.
        for what, before, keys in (
            ("sort", (b"s", DOWN), (b"\r",)),
            ("reverse", (), (b"S",) * 3),
            ("filter", (), SLASH),
        ):
            for key in before:
                screen.press(key)
                screen.read(2)
            shown = [_until_still(screen, key) for key in keys]
            figure = f"{statistics.median(shown):.0f} ms CPU"
            bench.add(f"{what}, {BATCHES:,} batches", figure, alone, "budget 100 ms")
        screen.press(ESCAPE)
        screen.read(3)
        began = time.perf_counter()
        screen.press(CTRL_Q)
        screen.wait(30)
        figure = f"{1000 * (time.perf_counter() - began):.0f} ms"
        bench.add(f"quit, {BATCHES:,} batches", figure, "", "budget 100 ms until the terminal is back")


def _until_still(screen: Screen, key: bytes) -> float:
    """Milliseconds of a processor from a key until nothing more is drawn."""
    before = screen.processor_seconds
    screen.press(key)
    screen.read(2)
    return 1000 * (screen.processor_seconds - before)


def syncing(bench: Bench) -> None:
    """Bringing in batches that were made elsewhere, and looking again: against the list calls alone."""
    count, home = bench.count // 10, bench.folder / "home"
    with simulator() as url:
        create_batches(url, count)
        env = {"ANTHROPIC_BASE_URL": url}
        calls = min((run("-c", SDK_LIST, url) for _ in range(2)), key=lambda one: one.seconds)
        for what in ("first", "second"):
            done = run("-m", "batchtui", "sync", "--home", str(home), env=env)
            more = f"{done.seconds - calls.seconds:+.1f} s"
            bench.add(
                f"sync of {count:,} batches, {what} time", str(done), f"SDK's list {calls}", f"{more}; budget 3 s"
            )


def _home(bench: Bench) -> Path:
    home = bench.folder / "home"
    run("-m", "batchtui", "list", "--json", "--home", str(home))
    fill_registry(home, BATCHES)
    run("-m", "batchtui", "list", "--limit", "1", "--home", str(home))
    return home
