"""A review as it goes on: how much is read for a step, what survives a kill, and which results a queue has."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from batchtui.domain.results.mark import ReviewMark, ReviewVerdict
from batchtui.services.results.review.queues import QueueChoice, QueueKind
from batchtui.services.results.review.session import ReviewSession
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from batchtui.registry.results.job_results import ResultList

MILLION = 1_000_000
DIGEST = "0" * 32


class CountedResults:
    """A million results, of which it is counted how many are read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.rows = 0

    def order(self, outcomes: Collection[object] | None = None, *, group: int | None = None) -> Sequence[int]:
        return range(1, self.count + 1)

    def page(self, seqs: Sequence[int]) -> list[Any]:
        self.rows += len(seqs)
        return [SimpleNamespace(seq=seq, custom_id=f"r-{seq}") for seq in seqs]

    def numbers_of(self, custom_ids: Iterable[str]) -> Iterator[int]:
        return (int(custom_id[2:]) for custom_id in custom_ids)


def counted(count: int = MILLION) -> tuple[CountedResults, ResultList]:
    made = CountedResults(count)
    return made, cast("ResultList", made)


def blank(number: int, reviewer: str = "ada") -> ReviewMark:
    return ReviewMark(f"r-{number}", reviewer, DIGEST)


async def test_a_step_of_a_million_results_reads_no_other_result(tmp_path: Path) -> None:
    made, results = counted()
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        await workspace.registry.marks.write("job_1", [replace(blank(n), note="seen") for n in (1, 2, 500_000)])
        session = ReviewSession(workspace, "job_1", "ada", results)
        await session.open(QueueChoice())
        assert made.rows == 3  # those that are marked

        assert session.number == 3
        for _ in range(20):
            number = session.number
            assert number is not None
            await session.mark(blank(number), replace(blank(number), verdict=ReviewVerdict.REJECTED))
            assert session.go(1)
        session.at = MILLION - 1
        assert session.go_to_unmarked(1)

        assert made.rows == 3
        assert session.number == 23
        assert session.progress.rejected == 20
        assert session.progress.marked == 23


async def test_all_marks_of_a_session_are_undone_one_by_one_to_what_was_there_before(tmp_path: Path) -> None:
    _, results = counted(5)
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        session = ReviewSession(workspace, "job_1", "ada", results)
        await session.open(QueueChoice())
        noted = replace(blank(1), note="first", labels=("x",))
        for before, after in (
            (blank(1), noted), (noted, replace(noted, verdict=ReviewVerdict.ACCEPTED)),
            (replace(noted, verdict=ReviewVerdict.ACCEPTED), replace(noted, verdict=ReviewVerdict.REJECTED)),
        ):  # fmt: skip
            await session.mark(before, after)
        said: list[tuple[ReviewVerdict | None, str] | None] = []
        while await session.undo():
            said += [(mark.verdict, mark.note) for mark in await workspace.registry.marks.of_job("job_1")] or [None]
        assert said == [(ReviewVerdict.ACCEPTED, "first"), (None, "first"), None]
        assert len(await workspace.registry.marks.history("job_1", "r-1", "ada")) == 6


async def test_a_sample_continues_after_a_restart_and_another_seed_draws_another(tmp_path: Path) -> None:
    _, results = counted(10_000)
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        session = ReviewSession(workspace, "job_1", "ada", results)
        await session.open(QueueChoice(QueueKind.SAMPLE, 50, 7))
        first = list(session.order)
        for _ in range(3):
            number = session.number or 0
            await session.mark(blank(number), replace(blank(number), verdict=ReviewVerdict.ACCEPTED))
            session.go(1)
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        again = ReviewSession(workspace, "job_1", "ada", results)
        await again.open()
        assert (list(again.order), again.at, again.progress.marked) == (first, 3, 3)
        other = ReviewSession(workspace, "job_1", "grace", results)
        await other.open(QueueChoice(QueueKind.SAMPLE, 50, 7))
        assert list(other.order) == first  # the second reviewer sees the same ones
        await other.open(QueueChoice(QueueKind.SAMPLE, 50, 8))
        assert list(other.order) != first
        assert len(set(other.order)) == 50


async def test_what_reviewers_have_marked_differently_is_a_queue_and_stale_marks_ask_for_another_look(
    tmp_path: Path,
) -> None:
    _, results = counted(9)
    yes, no = ReviewVerdict.ACCEPTED, ReviewVerdict.REJECTED
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        await workspace.registry.marks.write("job_1", [
            replace(blank(2), verdict=yes), replace(blank(2, "grace"), verdict=no),
            replace(blank(3), verdict=yes), replace(blank(3, "grace"), verdict=yes),
            replace(blank(4), verdict=yes, is_stale=True), replace(blank(4, "grace"), verdict=no),
        ])  # fmt: skip
        session = ReviewSession(workspace, "job_1", "ada", results)
        await session.open(QueueChoice(QueueKind.DISAGREE))
        assert list(session.order) == [2]
        await session.open(QueueChoice())
        assert (session.progress.marked, session.number) == (2, 1)
        own, others = await session.marks_of("r-2", "another answer")
        assert (own.is_stale, [other.is_stale for other in others]) == (True, [True])


MARKING = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from batchtui.domain.results.mark import ReviewVerdict
from batchtui.services.results.review.queues import QueueChoice
from batchtui.services.results.review.session import ReviewSession
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.services.results.review.test_session import blank, counted

async def mark():
    async with open_workspace(Paths.locate(Path(sys.argv[1]))) as workspace:
        session = ReviewSession(workspace, "job_1", "ada", counted()[1])
        await session.open(QueueChoice())
        while True:
            number = session.number
            await session.mark(blank(number), replace(blank(number), verdict=ReviewVerdict.ACCEPTED))
            print(number, flush=True)
            session.go(1)

asyncio.run(mark())
"""


def killed(home: Path) -> list[int]:
    """Mark in another process, kill it, and return the numbers that it said were marked."""
    root = Path(__file__).parents[4]
    marking = subprocess.Popen(
        [sys.executable, "-c", MARKING, str(home)], stdout=subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    try:
        assert marking.stdout is not None
        said = [int(marking.stdout.readline()) for _ in range(15)]
    finally:
        os.kill(marking.pid, signal.SIGKILL)
        rest, _ = marking.communicate()
    return said + [int(number) for number in rest.split()]


async def test_every_mark_that_was_stored_is_there_after_a_kill(tmp_path: Path) -> None:
    said = await asyncio.to_thread(killed, tmp_path)
    async with open_workspace(Paths.locate(tmp_path)) as workspace:
        stored = {mark.custom_id for mark in await workspace.registry.marks.of_job("job_1")}
        # One more may have been stored and not yet said.
        assert {f"r-{number}" for number in said} <= stored
        assert len(stored) <= len(said) + 1
        again = ReviewSession(workspace, "job_1", "ada", counted()[1])
        await again.open()
        assert again.number == len(stored) + 1
