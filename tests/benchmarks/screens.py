"""The program as it is felt: cold starts, and the dashboard on a real pseudo-terminal."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import time
from typing import TYPE_CHECKING

from tests.benchmarks.bulk import submit
from tests.benchmarks.measuring import run, simulator
from tests.benchmarks.plain_sdk import write_requests
from tests.benchmarks.screen import change_one, dashboard, fill_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.measuring import Bench
    from tests.benchmarks.screen import Screen

ROWS = 10_000
QUIT = b"\x11"
FIRST_ROWS = b"nightly-000005"
HOUR = 3600.0
SPEED = 60.0
"""How fast the clock of the long run goes."""


def starting(bench: Bench) -> None:
    """Cold starts of commands that only read, beside Python itself and the SDK's import."""
    env = {"BATCHTUI_HOME": str(_home(bench))}
    bare = statistics.median(run("-c", "pass").seconds for _ in range(7))
    for what, words in (("list, 10,000 batches", ("list", "--limit", "20")), ("--help", ("--help",))):
        runs = [run("-m", "batchtui", *words, env=env) for _ in range(9)]
        seconds, processor = (
            statistics.median(getattr(done, name) for done in runs) for name in ("seconds", "processor")
        )
        ours = f"{seconds * 1000:.0f} ms {processor * 1000:.0f} CPU"
        bench.add(f"batchtui {what}, cold", ours, f"Python alone {bare * 1000:.0f} ms", "budget 200 ms")
    sdk = statistics.median(run("-c", "import anthropic").seconds for _ in range(3))
    bench.add("import anthropic (never done for it)", "", f"{sdk * 1000:.0f} ms")


def looking(bench: Bench) -> None:
    """The dashboard with 10,000 batches."""
    home = _home(bench)
    starts = [_first_frame(home) for _ in range(7)]
    seconds, processor = (1000 * statistics.median(each) for each in zip(*starts, strict=True))
    best = f"best {1000 * min(starts)[0]:.0f} ms"
    bench.add("first frame, 10,000 batches", f"{seconds:.0f} ms {processor:.0f} CPU", best, "budget 500 ms")
    with dashboard(home) as screen:
        screen.read(20, until=FIRST_ROWS)
        screen.read(4)
        _keys(bench, screen, "key to first byte, 10,000 rows", lambda pressed: pressed < 30)
        screen.read(8)
        _at_rest(bench, screen)
        before = screen.sent
        change_one(home)
        screen.read(4)
        bench.add("one changed count", f"{screen.sent - before} B", "", "budget 1 KB")
        bench.add("quit", _quit(screen), "", "budget 200 ms")


def busy(bench: Bench) -> None:
    """Keys at 10,000 rows while the results of a large batch come in."""
    home, source = _home(bench), bench.folder / "requests.jsonl"
    write_requests(source, bench.count, 2_470)
    with simulator() as url:
        submit(url, source, home)
        time.sleep(1.5)
        with dashboard(home, url=url) as screen:
            while not list(home.glob("**/*.jsonl.part")):
                screen.read(0.05)
            what = f"key to first byte, 10,000 rows, while {bench.count:,} results come"
            _keys(bench, screen, what, lambda _: bool(list(home.glob("**/*.jsonl.part"))))
            screen.read(1)
            bench.add("quit after it", _quit(screen), "", "budget 200 ms")


def quitting(bench: Bench) -> None:
    """Leaving while the API is being asked, and has not answered."""
    home, source = _home(bench), bench.folder / "requests.jsonl"
    write_requests(source, 10, 220)
    with simulator(takes=3600.0) as quick:
        submit(quick, source, home)
    with simulator(takes=3600.0, latency=30.0) as slow:
        times = []
        for _ in range(5):
            with dashboard(home, url=slow) as screen:
                screen.read(20, until=FIRST_ROWS)
                _until_asked(screen, slow)
                times.append(_milliseconds_to_quit(screen))
    most = f"longest of {len(times)} {max(times):.0f} ms"
    bench.add("quit with a refresh in flight", f"{statistics.median(times):.0f} ms", most, "budget 200 ms")


def an_hour(bench: Bench) -> None:
    """Memory after an hour of refreshes of 1,000 running batches, on a clock that runs fast."""
    home = bench.folder / "home"
    with simulator(takes=4 * HOUR, moving_counts=True, speed=SPEED) as url:
        create_batches(url, 1_000)
        run("-m", "batchtui", "sync", "--home", str(home), env={"ANTHROPIC_BASE_URL": url})
        words = ("-m", "tests.benchmarks.hour", str(home), url, str(SPEED))
        with dashboard(home, url=url, words=words) as screen:
            screen.read(HOUR / 6 / SPEED)
            early = screen.megabytes
            screen.read(HOUR * 5 / 6 / SPEED)
            grown = f"{screen.megabytes - early:+.0f} MB since ten minutes"
            bench.add(
                "an hour of refreshes, 1,000 batches: memory", f"{screen.megabytes:.0f} MB", grown, "budget 200 MB"
            )


def _home(bench: Bench) -> Path:
    """A home with a registry of 10,000 batches, looked at once."""
    home = bench.folder / "home"
    run("-m", "batchtui", "list", "--json", "--home", str(home))
    fill_registry(home, ROWS)
    run("-m", "batchtui", "list", "--json", "--home", str(home))
    return home


def _first_frame(home: Path) -> tuple[float, float]:
    """Seconds until the first rows show, and those of a processor that it takes."""
    with dashboard(home) as screen:
        _, shown = screen.read(20, until=FIRST_ROWS)
        return shown - screen.began, screen.processor_seconds


def _keys(bench: Bench, screen: Screen, what: str, goes_on: Callable[[int], bool]) -> None:
    presses: list[tuple[float, float]] = []
    while goes_on(len(presses)):
        presses.append(screen.press(b"j"))
        screen.read(0.1)
    seconds, own = ([1000 * each for each in column] for column in zip(*presses, strict=True))
    # Of a processor that others have at the time nobody can be quicker: what is left is the program's own.
    most = f"longest of {len(presses)} {max(seconds):.0f} ms, own {max(own):.0f}"
    bench.add(what, f"{statistics.median(seconds):.0f} ms, own {statistics.median(own):.0f}", most, "budget 50 ms")


def _at_rest(bench: Bench, screen: Screen, seconds: float = 30.0) -> None:
    """What it costs to stand there. A machine at a tenth of its speed takes ten times the share for the same steps."""
    sent, used, waits, began = screen.sent, screen.processor_seconds, screen.waits, time.perf_counter()
    screen.read(seconds)
    what = f"at rest, {began - screen.began:.0f} s after the start"
    bench.add(what, f"{(screen.sent - sent) / seconds:.0f} B/s", "", "budget 0 B/s")
    share = f"{100 * (screen.processor_seconds - used) / seconds:.2f} % CPU"
    bench.add(what, share, f"{(screen.waits - waits) / seconds:.1f} wake-ups a second", "budget 0.5 %")


def _quit(screen: Screen) -> str:
    return f"{_milliseconds_to_quit(screen):.0f} ms"


def _milliseconds_to_quit(screen: Screen) -> float:
    began = time.perf_counter()
    os.write(screen.terminal, QUIT)
    screen.wait(10)
    return (time.perf_counter() - began) * 1000


def _until_asked(screen: Screen, url: str) -> None:
    """Wait until a call of the dashboard is at the simulator and not answered."""
    for _ in range(400):
        screen.read(0.05)
        if screen.connections(int(url.rpartition(":")[2])):
            screen.read(0.3)
            return
    raise SystemExit("the dashboard has asked nothing")


def create_batches(url: str, count: int) -> None:
    """Create that many batches of one request each."""
    message = {"model": "claude-haiku-5-5", "max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}
    body = json.dumps({"requests": [{"custom_id": "one", "params": message}]})
    headers = {"x-api-key": "sk-ant-benchmark", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    for _ in range(count):
        connection.request("POST", "/v1/messages/batches", body, headers)
        connection.getresponse().read()
    connection.close()
