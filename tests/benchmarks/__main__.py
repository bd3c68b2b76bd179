"""The table: `python -m tests.benchmarks [quick] [ROWS…]`, about three minutes, or one with `quick` (a tenth of the size).

The rows are start, look, check, submit, small, results and compose; all of them where none is named.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.composing import write_table
from tests.benchmarks.measuring import Table, best, run, simulator, sink
from tests.benchmarks.plain_sdk import write_requests
from tests.benchmarks.screen import change_one, dashboard, fill_registry

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = ("start", "look", "check", "submit", "small", "results", "compose")
QUICK = "quick" in sys.argv[1:]
WANTED = set(sys.argv[1:]) - {"quick"} or set(ROWS)
COUNT = 10_000 if QUICK else 100_000
BYTES = 2_470
"""Of one request: 100,000 of them make one part of just under 250 MB."""


def ratio(other: float, ours: float) -> str:
    """How many times as fast."""
    return f"{other / ours:.1f} times as fast"


def submitting(table: Table, folder: Path, source: Path) -> None:
    """A whole process that reads, checks, stores and sends, against one that parses and sends."""
    for name, server in (("a server that only takes bytes", sink), ("the simulator", simulator)):
        with server() as url:
            # In turns, and the better of each: whoever else uses the machine shall not decide it.
            pairs = [
                (run("-m", "tests.benchmarks.ours", "submit", url, str(source), str(folder / f"{name}-{n}")),
                 run("-m", "tests.benchmarks.plain_sdk", "submit", url, str(source)))
                for n in range(3)
            ]  # fmt: skip
            ours, plain = (min(runs, key=lambda done: done.seconds) for runs in zip(*pairs, strict=True))
        table.add(
            f"submit {COUNT:,} requests, {source.stat().st_size / 1e6:.0f} MB, to {name}",
            f"{ours.seconds:.2f} s  {ours.megabytes:.0f} MB", f"SDK {plain.seconds:.2f} s  {plain.megabytes:.0f} MB",
            ratio(plain.seconds, ours.seconds),
        )  # fmt: skip


def many_small(table: Table, folder: Path) -> None:
    """A million requests in ten parts: the memory must not grow."""
    source = folder / "small.jsonl"
    write_requests(source, COUNT * 10, 220)
    with sink() as url:
        ours = run("-m", "tests.benchmarks.ours", "submit", url, str(source), str(folder / "small"))
    size = source.stat().st_size / 1e6
    table.add(
        f"submit {COUNT * 10:,} small requests, {size:.0f} MB, in parts",
        f"{ours.seconds:.2f} s  {ours.megabytes:.0f} MB",
    )


def checking(table: Table, source: Path, what: str) -> None:
    """Checking all of params, against json.loads over the same lines."""
    done = best(3, "-m", "tests.benchmarks.checks", str(source))
    checked, parsed = (float(word) for word in done.output.split())
    table.add(
        f"check {what}", f"{checked:.2f} s", f"json.loads {parsed:.2f} s", f"{checked / parsed:.2f} of json.loads"
    )


def composing(table: Table, folder: Path) -> None:
    """Requests rendered from a table and checked; ten times the rows must not take more memory than their ids do."""
    few, many = folder / "few.csv", folder / "many.csv"
    write_table(few, COUNT)
    write_table(many, COUNT * 10)
    done = best(3, "-m", "tests.benchmarks.composing", str(few))
    rate = COUNT / float(done.output)
    table.add(
        f"compose {COUNT:,} rows of plain text, checks included",
        f"{rate:,.0f} rows/s  {done.megabytes:.0f} MB", "", "budget 50,000 rows/s",
    )  # fmt: skip
    done = run("-m", "tests.benchmarks.composing", str(many))
    table.add(
        f"compose {COUNT * 10:,} rows", f"{COUNT * 10 / float(done.output):,.0f} rows/s  {done.megabytes:.0f} MB", "",
        "20 MB of it to tell the ids apart",
    )  # fmt: skip


def checking_others(table: Table, folder: Path) -> None:
    """Checks where they are dearest: of requests that are little but structure."""
    source = folder / "few.jsonl"
    write_requests(source, COUNT, 220)
    checking(table, source, f"{COUNT:,} requests of 220 B")
    write_requests(source, COUNT // 5, 220, tools=3)
    checking(table, source, f"{COUNT // 5:,} requests with 3 tools")
    source.unlink()


def fetching(table: Table, folder: Path, source: Path) -> None:
    """Results fetched, verified and indexed, against a loop over the SDK's results() that writes them."""
    with simulator() as url:
        home = str(folder / "results")
        batch = run("-m", "tests.benchmarks.ours", "submit", url, str(source), home).output.strip()
        time.sleep(2)
        # The simulator works the answers out at the first asking: that is nobody's time.
        run("-m", "tests.benchmarks.plain_sdk", "results", url, batch, str(folder / "first.jsonl"))
        ours = run("-m", "tests.benchmarks.ours", "results", url, home)
        plain = run("-m", "tests.benchmarks.plain_sdk", "results", url, batch, str(folder / "plain.jsonl"))
    size = (folder / "plain.jsonl").stat().st_size / 1e6
    table.add(
        f"results: fetch, verify, index {COUNT:,}, {size:.0f} MB", f"{ours.seconds:.2f} s  {ours.megabytes:.0f} MB",
        f"SDK {plain.seconds:.2f} s  {plain.megabytes:.0f} MB", ratio(plain.seconds, ours.seconds),
    )  # fmt: skip


def starting(table: Table, home: Path) -> None:
    """Cold starts of verbs that only read, beside Python itself and the SDK's import."""
    env = {"BATCHTUI_HOME": str(home)}
    listing = statistics.median(run("-m", "batchtui", "list", "--limit", "20", env=env).seconds for _ in range(7))
    bare = statistics.median(run("-c", "pass").seconds for _ in range(7))
    sdk = statistics.median(run("-c", "import anthropic").seconds for _ in range(3))
    table.add(
        "batchtui list, 10,000 batches, cold",
        f"{listing * 1000:.0f} ms",
        f"Python alone {bare * 1000:.0f} ms",
        "budget 200 ms",
    )
    table.add("import anthropic (never done for it)", "", f"{sdk * 1000:.0f} ms")


def looking(table: Table, home: Path) -> None:
    """The dashboard with 10,000 batches, on a real pseudo-terminal."""
    with dashboard(home) as screen:
        _, shown = screen.read(20, until=b"nightly-000005")
        table.add("first frame, 10,000 batches", f"{(shown - screen.began) * 1000:.0f} ms", "", "budget 500 ms")
        screen.read(4)
        presses = []
        for _ in range(30):
            presses.append(screen.press(b"j"))
            screen.read(0.1)
        table.add("key to first byte, 10,000 rows", f"{statistics.median(presses) * 1000:.0f} ms", "", "budget 50 ms")
        screen.read(8)
        before, used, began = screen.sent, screen.processor_seconds, time.perf_counter()
        screen.read(20)
        seconds = time.perf_counter() - began
        table.add("at rest", f"{(screen.sent - before) / seconds:.0f} B/s", "", "budget 0 B/s")
        table.add("at rest", f"{100 * (screen.processor_seconds - used) / seconds:.2f} % CPU", "", "budget 0.5 %")
        before = screen.sent
        change_one(home)
        screen.read(4)
        table.add("one changed count", f"{screen.sent - before} B", "", "budget 1 KB")
        began = time.perf_counter()
        os.write(screen.terminal, b"\x11")
        screen.process.wait(10)
        table.add("quit", f"{(time.perf_counter() - began) * 1000:.0f} ms", "", "budget 200 ms")


def main() -> None:
    """Measure everything, one thing after the other."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["ANTHROPIC_API_KEY"] = "sk-ant-benchmark"
    table = Table()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if WANTED & {"start", "look"}:
            home = folder / "home"
            run("-m", "batchtui", "--home", str(home), "list")
            fill_registry(home, 10_000)
            run("-m", "batchtui", "--home", str(home), "list")
            wanted("start", lambda: starting(table, home))
            wanted("look", lambda: looking(table, home))
        source = folder / "requests.jsonl"
        write_requests(source, COUNT, BYTES)
        wanted("check", lambda: checking(table, source, f"{COUNT:,} requests of {BYTES:,} B"))
        wanted("submit", lambda: submitting(table, folder, source))
        wanted("results", lambda: fetching(table, folder, source))
        source.unlink()
        wanted("check", lambda: checking_others(table, folder))
        wanted("small", lambda: many_small(table, folder))
        wanted("compose", lambda: composing(table, folder))


def wanted(row: str, measure: Callable[[], None]) -> None:
    """Measure what was asked for."""
    if row in WANTED:
        measure()


if __name__ == "__main__":
    main()
