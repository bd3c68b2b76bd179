"""A million saved results looked at: `python -m tests.benchmarks.reading make|look FOLDER COUNT` prints the figures."""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.result import Outcome
from batchtui.registry.results.index import index_file
from batchtui.registry.results.reader import ResultReader
from tests.benchmarks.measuring import middle, peak

if TYPE_CHECKING:
    from collections.abc import Callable

RARE = "a needle in the haystack"
COMMON = "quick brown fox"
FILLER = "The quick brown fox jumps over the lazy dog, which minds less than one would think. "


def line(number: int) -> bytes:
    """One result of about 1,300 bytes, as the API writes them; every hundredth failed."""
    if number % 100 == 7:
        error = {"type": "error", "error": {"type": "overloaded_error", "message": f"Overloaded ({number})"}}
        result: dict[str, Any] = {"type": "errored", "error": error}
    else:
        text = f"Answer {number}. " + FILLER * 9 + (RARE if number % 50_000 == 49_999 else "")
        usage = {
            "input_tokens": 100 + number % 900, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 200, "service_tier": "batch", "inference_geo": "not_available",
        }  # fmt: skip
        message = {
            "model": "claude-haiku-5-5", "id": f"msg_01{number:022}", "type": "message", "role": "assistant",
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None,
            "stop_details": None, "usage": usage,
        }  # fmt: skip
        result = {"type": "succeeded", "message": message}
    return json.dumps({"custom_id": f"request-{number:07}", "result": result}, separators=(",", ":")).encode() + b"\n"


def write_results(path: Path, count: int) -> int:
    """Write that many results, the answers to `plain_sdk.write_requests`. Returns how many of them are errors."""
    with path.open("wb") as file:
        file.writelines(map(line, range(count)))
    return len(range(7, count, 100))


def make(folder: Path, count: int) -> dict[str, float]:
    """Write that many results and index them, and price them: seconds for both."""
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.spending.accounting import spendings_of

    raw, index = folder / "million.jsonl", folder / "million.db"
    failed = write_results(raw, count)
    began = time.process_time()
    index_file(raw, index)
    indexed = time.process_time() - began
    book, day = PriceBook(), date(2026, 11, 21)
    book.prices_of("claude-haiku-5-5", day)  # the list itself is read once, beside the fetching
    began = time.process_time()
    reader = ResultReader.open(raw, index)
    assert reader is not None
    with reader:
        priced = spendings_of(reader.usage_groups([200_000]), day, book)
    assert priced[0].results == count - failed
    return {"index": indexed, "price": time.process_time() - began, "bytes": raw.stat().st_size}


def look(folder: Path, count: int) -> dict[str, float]:
    """Milliseconds for what a person does on the results screen, and the memory that all of it takes."""
    before = peak()
    began = time.perf_counter()
    reader = ResultReader.open(folder / "million.jsonl", folder / "million.db")
    assert reader is not None
    shown = reader.page(reader.order()[:40])
    opened = time.perf_counter() - began
    assert len(shown) == 40
    order = reader.order()
    pages = [timed(partial(reader.page, order[at : at + 40])) for at in range(0, count - 40, count // 30)]
    filtered = timed(lambda: reader.page(reader.order({Outcome.ERRORED})[-40:]))
    found: dict[str, int] = {}
    rare = timed(lambda: found.update(rare=len(reader.search(RARE))))
    common = timed(lambda: found.update(common=len(reader.search(COMMON))))
    assert found["rare"] == count // 50_000
    assert found["common"] >= count * 0.98
    answers = iter([False, True])
    stopped = timed(lambda: reader.search(COMMON, is_stopped=lambda: next(answers)))
    taken = peak()
    reader.close()
    milliseconds = {"open": opened, "page": middle(pages), "filter": filtered, "rare": rare, "common": common}
    return {
        **{name: 1000 * seconds for name, seconds in milliseconds.items()},
        "stop": 1000 * stopped, "memory": taken / 1024, "grown": (taken - before) / 1024,
    }  # fmt: skip


def timed(work: Callable[[], object]) -> float:
    """Seconds for something."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    figures = {"make": make, "look": look}[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(figures))
