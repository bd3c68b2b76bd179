"""Running many seeds on all cores, and adding up what came of them."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.history import run
from tests.simulation.story import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK = 50
"""Seeds that a worker takes at a time."""
CHUNKS_OF_A_WORKER = 20
"""A worker ends after so many: what killed processes leave behind ends with it."""


@dataclass
class Run:
    """What came of many seeds."""

    seeds: int = 0
    steps: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str, str]] = field(default_factory=list)
    """Seed, rule and story, in the order of seeds."""


def run_many(first: int, seeds: int, *, jobs: int = 1, on_chunk: Callable[[Run], None] | None = None) -> Run:
    """Run the seeds from `first` on; `on_chunk` hears how it stands now and then."""
    total, began = Run(), time.monotonic()
    for part in _parts(first, seeds, jobs):
        total.seeds += part.seeds
        total.steps += part.steps
        total.counts.update(part.counts)
        total.failures.extend(part.failures)
        total.seconds = time.monotonic() - began
        if on_chunk:
            on_chunk(total)
    total.failures.sort()
    return total


def _parts(first: int, seeds: int, jobs: int) -> Iterator[Run]:
    chunks = [(start, min(CHUNK, first + seeds - start)) for start in range(first, first + seeds, CHUNK)]
    if jobs <= 1:
        before = logging.root.manager.disable
        try:
            yield from map(_chunk, chunks)
        finally:
            logging.disable(before)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, maxtasksperchild=CHUNKS_OF_A_WORKER) as pool:
        yield from pool.imap_unordered(_chunk, chunks)


def _chunk(place: tuple[int, int]) -> Run:
    # What the program logs of a full disk is part of a story, and is told there.
    logging.disable(logging.CRITICAL)
    first, seeds = place
    part = Run(seeds=seeds)
    for seed in range(first, first + seeds):
        history = run(tell(seed))
        part.steps += history.steps
        part.counts.update(history.counts)
        if history.violated is not None:
            part.failures.append((seed, history.violated.rule, history.violated.story))
    return part
