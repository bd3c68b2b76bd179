"""Large input and large output: checked, sent, fetched, looked at and written, against the SDK's plain way."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING

from tests.benchmarks.composing import TEMPLATE, write_table
from tests.benchmarks.measuring import best, run, simulator, sink
from tests.benchmarks.plain_sdk import write_requests
from tests.benchmarks.reading import write_results

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring import Bench, Run

BYTES = 2_470
"""Of one request: 100,000 of them make one part of just under 250 MB."""
VERB, OURS, PLAIN = ("-m", "batchtui"), ("-m", "tests.benchmarks.ours"), ("-m", "tests.benchmarks.plain_sdk")


def submitting(bench: Bench) -> None:
    """A whole process that reads, checks, stores and sends, against one that parses and sends."""
    source = _requests(bench)
    for name, server in (("a server that only takes bytes", sink), ("the simulator", simulator)):
        with server() as url:
            # In turns, and the better of each: whoever else uses the machine shall not decide it.
            pairs = [
                (submit(url, source, bench.folder / f"{name}-{n}"), run(*PLAIN, "submit", url, str(source)))
                for n in range(3)
            ]  # fmt: skip
            ours, plain = (min(runs, key=lambda done: done.seconds) for runs in zip(*pairs, strict=True))
        what = f"submit {bench.count:,} requests, {source.stat().st_size / 1e6:.0f} MB, to {name}"
        bench.add(what, str(ours), f"SDK {plain}", f"{ours.against(plain)}; budget 4, 160 MB")


def many_small(bench: Bench) -> None:
    """A million requests in ten parts: the memory must not grow."""
    source = bench.folder / "small.jsonl"
    write_requests(source, bench.count * 10, 220)
    with sink() as url:
        ours = submit(url, source, bench.folder / "small")
    size = source.stat().st_size / 1e6
    bench.add(f"submit {bench.count * 10:,} small requests, {size:.0f} MB, in parts", str(ours), "", "budget 160 MB")


def checking(bench: Bench) -> None:
    """Checking all of params, against json.loads over the same lines; dearest where there is little but structure."""
    source = bench.folder / "checked.jsonl"
    for count, size, tools in ((bench.count, BYTES, 0), (bench.count, 220, 0), (bench.count // 5, 220, 3)):
        write_requests(source, count, size, tools=tools)
        done = best(3, "-m", "tests.benchmarks.checks", str(source))
        checked, parsed, hashed = (float(word) for word in done.output.split())
        what = f"check {count:,} requests " + (f"with {tools} tools" if tools else f"of {size:,} B")
        verdict = f"{checked / parsed:.2f} of json.loads; budget 2"
        bench.add(what, f"{checked:.2f} s", f"json.loads {parsed:.2f} s", verdict)
        share = f"{100 * hashed / checked:.0f} % of the check; budget 20 %"
        bench.add("  of it the digests", f"{hashed:.2f} s", "", share)


def known(bench: Bench) -> None:
    """Requests of which 99 in 100 were asked before, against the same check where nothing is known."""
    source, grown, raw = (
        bench.folder / "asked.jsonl",
        bench.folder / "grown.jsonl",
        bench.folder / "asked-results.jsonl",
    )
    write_requests(source, bench.count, 220)
    failed = write_results(raw, bench.count)
    _replace_a_hundredth(source, grown)
    with sink(raw, bench.count, failed) as url:
        home = bench.folder / "asked"
        submit(url, source, home)
        run(*VERB, "results", "@last", "--json", "--allow-failures", "--home", str(home), env=_at(url))
    _compare(bench, grown, home, f"check {bench.count:,} requests, 99 % answered")
    _compare(bench, grown, home, f"plan {bench.count:,} requests with --reuse, 99 % answered", REUSE)
    million = bench.folder / "million.jsonl"
    write_requests(million, bench.count * 10, 220)
    with sink() as url:
        submit(url, million, home := bench.folder / "on-its-way")
    _compare(bench, million, home, f"check {bench.count * 10:,} requests, all in progress")
    _replace_a_hundredth(million, grown)
    _compare(bench, grown, home, f"plan {bench.count * 10:,} requests with --reuse, 99 % in progress", REUSE)


def _replace_a_hundredth(source: Path, grown: Path) -> None:
    with source.open() as old, grown.open("w") as new:
        for number, line in enumerate(old):
            new.write(line.replace("Document", "Paper", 1) if number % 100 == 0 else line)


CHECK, REUSE = ("check",), ("submit", "--reuse", "--dry-run")


def _compare(bench: Bench, requests: Path, home: Path, what: str, verb: tuple[str, ...] = CHECK) -> None:
    """Check, or plan a submission, on a home that knows them, against a check on one that knows nothing."""
    here, there = str(home), str(bench.folder / "nothing")
    known = (*VERB, verb[0], str(requests), *verb[1:], "--json", "--home", here)
    unknown = (*VERB, "check", str(requests), "--json", "--home", there)
    pairs = [(run(*known), run(*unknown)) for _ in range(3)]
    found, alone = (min(runs, key=lambda done: done.processor) for runs in zip(*pairs, strict=True))
    counts = json.loads(found.output)["known"]
    assert counts["answered"] + counts["in_progress"] > 0.6 * counts["requests"], counts
    ratio = f"{found.processor / alone.processor:.2f} times its CPU; budget 1.3, 160 MB"
    bench.add(what, str(found), f"nothing known {alone}", ratio)


def fetching(bench: Bench) -> None:
    """Results fetched, verified and indexed, against a loop over the SDK's results() that writes them."""
    source, raw = _requests(bench), bench.folder / "results.jsonl"
    failed = write_results(raw, bench.count)
    with sink(raw, bench.count, failed) as url:
        alone: list[float] = []
        pairs: list[tuple[Run, Run]] = []
        for n in range(3):
            home = bench.folder / f"results-{n}"
            batch = _batch_of(submit(url, source, home))
            shutil.copytree(home, other := bench.folder / f"others-{n}")
            ours = run(*VERB, "results", "@last", "--json", "--allow-failures", "--home", str(home), env=_at(url))
            alone.append(float(run(*OURS, url, str(other)).output))
            pairs.append((ours, run(*PLAIN, "results", url, batch, str(bench.folder / "plain.jsonl"))))
    ours, plain = (min(runs, key=lambda done: done.seconds) for runs in zip(*pairs, strict=True))
    loops = [min(alone), min(float(done.output) for _, done in pairs)]
    what = f"results: fetch, verify, index {bench.count:,}, {raw.stat().st_size / 1e6:.0f} MB"
    bench.add(what, f"{loops[0]:.2f} s", f"SDK {loops[1]:.2f} s", f"{loops[1] / loops[0]:.1f} times as fast; budget 4")
    verdict = f"{ours.against(plain)}; budget 160 MB"
    bench.add("the same, whole processes with their start-up", str(ours), f"SDK {plain}", verdict)


def exporting(bench: Bench) -> None:
    """CSV in the order of the input, requests joined, by the command line; the SDK's way fetches and joins at once.

    The server hands out a file, so that both are measured and not the simulator; they take turns, and the better of
    each counts.
    """
    source, raw = _requests(bench), bench.folder / "results.jsonl"
    failed = write_results(raw, bench.count)
    pairs: list[tuple[Run, Run]] = []
    saved: list[Run] = []
    with sink(raw, bench.count, failed) as url:
        for n in range(3):
            home = bench.folder / f"export-{n}"
            batch = _batch_of(submit(url, source, home))
            words = ("results", "@last", str(bench.folder / f"ours-{n}.csv"), "--with-requests", "--allow-failures")
            fetched = run(*VERB, *words, "--home", str(home), env=_at(url))
            plain = run(*PLAIN, "table", url, batch, str(source), str(bench.folder / "plain.csv"))
            pairs.append((fetched, plain))
            saved.append(run(*VERB, *words, "--overwrite", "--home", str(home), env=_at(url)))
    ours, plain = (min(runs, key=lambda done: done.seconds) for runs in zip(*pairs, strict=True))
    again = min(saved, key=lambda done: done.seconds)
    what = f"CSV of {bench.count:,} with requests, "
    bench.add(f"{what}fetched by both", str(ours), f"SDK {plain}", f"{ours.against(plain)}; budget 4")
    bench.add(f"{what}saved already", str(again), f"SDK {plain}", f"{again.against(plain)}; budget 8")


def a_million(bench: Bench) -> None:
    """Saved results on the disk, as the results screen reads them; the search goes through a tenth of them, too."""
    for count in (bench.count, bench.count * 10):
        made = json.loads(run("-m", "tests.benchmarks.reading", "make", str(bench.folder), str(count)).output)
        done = best(3, "-m", "tests.benchmarks.reading", "look", str(bench.folder), str(count))
        figures = json.loads(done.output)
        what = f"{count:,} results, {made['bytes'] / 1e6:.0f} MB: "
        bench.add(f"{what}open and show", f"{figures['open']:.0f} ms", "", "budget 300 ms")
        bench.add(f"{what}a page anywhere", f"{figures['page']:.1f} ms", "", "budget 50 ms")
        bench.add(f"{what}filter by outcome", f"{figures['filter']:.1f} ms", "", "budget 50 ms")
        found = f"rare {figures['rare']:.0f} ms, in every answer {figures['common']:.0f} ms"
        bench.add(f"{what}search", found, "", "budget 1 s, rare")
        bench.add(f"{what}a search given up", f"{figures['stop']:.0f} ms", "", "budget 50 ms")
        bench.add(f"{what}memory", f"{figures['memory']:.0f} MB", f"{figures['grown']:.0f} of it for them")
        share = 100 * made["price"] / made["index"]
        bench.add(f"{what}pricing on top of indexing", f"{share:.0f} %", f"{made['index']:.2f} s", "budget 30 %")


def composing(bench: Bench) -> None:
    """Requests rendered from a table and checked; ten times the rows must not take more memory than their ids do."""
    few, many = bench.folder / "few.csv", bench.folder / "many.csv"
    write_table(few, bench.count)
    write_table(many, bench.count * 10)
    done = best(3, "-m", "tests.benchmarks.composing", str(few))
    _add_composing(bench, done, bench.count, " of plain text, checks included", "budget 80,000 rows/s")
    done = run("-m", "tests.benchmarks.composing", str(many))
    _add_composing(bench, done, bench.count * 10, "", "budget 80 MB, 20 MB of it to tell the ids apart")
    template = bench.folder / "tickets.md"
    template.write_text(TEMPLATE)
    words = ("compose", "--template", str(template), "--data", str(many), "-o", str(bench.folder / "many.jsonl"))
    done = run(*VERB, *words, "--overwrite", "--home", str(bench.folder / "composed"))
    bench.add(f"compose {bench.count * 10:,} rows by the command line", str(done), "", "budget 80 MB")


def _add_composing(bench: Bench, done: Run, rows: int, what: str, budget: str) -> None:
    ours, plain = map(float, done.output.split())
    rate = f"{rows / ours:,.0f} rows/s  {done.megabytes:.0f} MB"
    plainly = f"csv and json, unchecked: {rows / plain:,.0f} rows/s"
    bench.add(f"compose {rows:,} rows{what}", rate, plainly, f"{ours / plain:.1f} times as long; {budget}")


def _requests(bench: Bench) -> Path:
    source = bench.folder / "requests.jsonl"
    write_requests(source, bench.count, BYTES)
    return source


def _at(url: str) -> dict[str, str]:
    return {"ANTHROPIC_BASE_URL": url}


def submit(url: str, source: Path, home: Path) -> Run:
    """Submit by the command line, as a person does."""
    return run(*VERB, "submit", str(source), "--yes", "--json", "--home", str(home), env=_at(url))


def _batch_of(submitted: Run) -> str:
    batch: str = json.loads(submitted.output)["batches"][0]["id"]
    return batch


def _ended(bench: Bench, url: str, source: Path, name: str) -> tuple[Path, str]:
    """Submit, and wait for the end. Returns the home and the batch's id."""
    home = bench.folder / name
    batch = _batch_of(submit(url, source, home))
    time.sleep(1.5)
    return home, batch
