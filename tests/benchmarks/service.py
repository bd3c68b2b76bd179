"""The simulator as others use it: a large batch created, and its results streamed."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING

from tests.benchmarks.measuring import simulator
from tests.benchmarks.plain_sdk import write_requests

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.measuring import Bench

BUDGET = "budget 50 MB/s"
_HEADERS = {"x-api-key": "sk-ant-benchmark", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def serving(bench: Bench) -> None:
    """A create of just under 250 MB, and what it answered, twice: working the answers out is part of the first."""
    source = bench.folder / "requests.jsonl"
    write_requests(source, bench.count, 2_470)
    with simulator() as url:
        host = url.removeprefix("http://")
        began = time.perf_counter()
        sent, batch = create(host, source)
        rate = sent / 1e6 / (time.perf_counter() - began)
        bench.add(f"simulator: create {bench.count:,} requests, {sent / 1e6:.0f} MB", f"{rate:.0f} MB/s", "", BUDGET)
        time.sleep(1.5)
        for when in ("first", "second"):
            began = time.perf_counter()
            came = download(host, batch)
            rate = came / 1e6 / (time.perf_counter() - began)
            bench.add(f"simulator: results, {came / 1e6:.0f} MB, {when} time", f"{rate:.0f} MB/s", "", BUDGET)


def create(host: str, source: Path) -> tuple[int, str]:
    """Create a batch of a file's lines. Returns the bytes of the body and the id."""
    body = b'{"requests":[' + source.read_bytes().rstrip().replace(b"\n", b",") + b"]}"
    connection = http.client.HTTPConnection(host, timeout=300)
    connection.request("POST", "/v1/messages/batches", body, _HEADERS)
    batch: str = json.loads(connection.getresponse().read())["id"]
    connection.close()
    return len(body), batch


def download(host: str, batch: str) -> int:
    """Read all results. Returns how many bytes they had."""
    connection = http.client.HTTPConnection(host, timeout=300)
    connection.request("GET", f"/v1/messages/batches/{batch}/results", headers=_HEADERS)
    response, came = connection.getresponse(), 0
    while block := response.read(1 << 18):
        came += len(block)
    connection.close()
    return came
