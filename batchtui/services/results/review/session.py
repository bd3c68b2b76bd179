"""One review as it goes on: `ReviewSession` knows the queue, where one is in it, what is marked, and how to undo it.

A step reads one result and one row of marks, however many results there are: what is done is held as a byte for each
place of the queue.
"""

from __future__ import annotations

import getpass
from array import array
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.mark import LONGEST_REVIEWER, ReviewMark, ReviewVerdict
from batchtui.registry.results.score_columns import read_score_spread
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.annotations import open_annotations
from batchtui.services.results.review.queues import QueueChoice, QueueKind, build_queue, draw_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from batchtui.registry.results.job_results import ResultList
    from batchtui.services.workspace import Workspace

UNMARKED, ACCEPTED, REJECTED, REMARKED = range(4)
"""What is known of a place of the queue; the last: only labels or a note."""


@dataclass(frozen=True, slots=True)
class ReviewProgress:
    """How far a review has come."""

    items: int
    marked: int
    accepted: int
    rejected: int


class ReviewSession:
    """The review of one job by one reviewer."""

    def __init__(self, workspace: Workspace, job: str, reviewer: str, results: ResultList) -> None:
        """Begin without a queue; `open` chooses one."""
        self._workspace = workspace
        self.job = job
        self.reviewer = reviewer
        self.results = results
        self.choice = QueueChoice()
        self.order: Sequence[int] = ()
        """The numbers of the results in the order in which they are reviewed."""
        self.at = 0
        """The place in the queue, from 0."""
        self._done = bytearray()
        self._undo: list[tuple[int, ReviewMark, ReviewMark]] = []
        """Number of the result, what was marked before, and what replaced it."""

    async def open(
        self,
        choice: QueueChoice | None = None,
        request_of: Callable[[int, str], Mapping[str, Any] | None] = lambda _number, _custom_id: None,
        shown: Sequence[int] = (),
    ) -> None:
        """Go to the first result that is not marked yet of a queue; without a choice of the one that was open last.

        Raises:
            StorageError: the disk refuses.
        """
        registry = self._workspace.registry
        if choice is None:
            kept = await registry.values.get(self._name)
            choice = (QueueChoice.from_json(kept[0]) if kept else None) or QueueChoice()
            # What a list shows is gone with the list.
            if choice.kind is QueueKind.SHOWN and not shown:
                choice = QueueChoice()
        if choice.kind is QueueKind.SAMPLE and not choice.custom_ids:
            choice = await run_in_thread(draw_sample, self.results, choice)
        marks = await registry.marks.of_job(self.job)

        def build() -> tuple[Sequence[int], bytearray]:
            with open_annotations(registry, self.job) as annotations:
                apart = _scored_apart(registry.path, self.job) if choice.kind is QueueKind.DISAGREE else []
                order = build_queue(self.results, choice, annotations, marks, request_of, shown, apart)
            own = {mark.custom_id: _state(mark) for mark in marks if mark.reviewer == self.reviewer}
            return order, _states(self.results, order, own)

        order, done = await run_in_thread(build)
        await registry.values.put(self._name, choice.to_json())
        self.choice, self.order, self._done = choice, order, done
        self.at = max(0, done.find(UNMARKED))

    @property
    def _name(self) -> str:
        return f"review_queue:{self.job}:{self.reviewer}"

    @property
    def number(self) -> int | None:
        """The number of the result that is reviewed; None where the queue is empty."""
        return self.order[self.at] if self.order else None

    @property
    def progress(self) -> ReviewProgress:
        """How far the review has come."""
        done = self._done
        return ReviewProgress(len(done), len(done) - done.count(UNMARKED), done.count(ACCEPTED), done.count(REJECTED))

    @property
    def can_undo(self) -> bool:
        """Whether anything was marked in this session that was not taken back."""
        return bool(self._undo)

    def go(self, step: int) -> bool:
        """Go on by so many places. Returns whether there is one."""
        if not 0 <= self.at + step < len(self.order):
            return False
        self.at += step
        return True

    def go_to_unmarked(self, step: int) -> bool:
        """Go to the next result that is not marked, or with -1 the one before; past the end from the other side on."""
        done, at = self._done, self.at
        if step > 0:
            found = done.find(UNMARKED, at + 1)
            found = found if found >= 0 else done.find(UNMARKED, 0, at)
        else:
            found = done.rfind(UNMARKED, 0, at)
            found = found if found >= 0 else done.rfind(UNMARKED, at + 1)
        if found < 0:
            return False
        self.at = found
        return True

    async def marks_of(self, custom_id: str, answer: str) -> tuple[ReviewMark, tuple[ReviewMark, ...]]:
        """Return the reviewer's own mark of a result, an empty one where there is none, and those of others.

        Whether one is stale is told by the answer that is looked at, of this digest.
        """
        own, others = ReviewMark(custom_id, self.reviewer, answer), []
        for mark in await self._workspace.registry.marks.of_result(self.job, custom_id):
            seen = replace(mark, is_stale=mark.answer != answer)
            if mark.reviewer == self.reviewer:
                own = seen
            else:
                others.append(seen)
        return own, tuple(others)

    async def mark(self, before: ReviewMark, after: ReviewMark) -> None:
        """Store what the reviewer says of the result that is looked at, in a transaction of its own.

        Raises:
            StorageError: the disk refuses; nothing is changed.
        """
        number = self.number
        if number is None:
            return
        after = replace(after, marked_at=None, is_stale=False)
        await self._workspace.registry.marks.write(self.job, [after])
        self._undo.append((number, before, after))
        self._done[self.at] = _state(after)

    async def undo(self) -> ReviewMark | None:
        """Take the last mark of this session back, and go to its result. Returns what was taken back.

        Raises:
            StorageError: the disk refuses; nothing is changed.
        """
        if not self._undo:
            return None
        number, before, after = self._undo[-1]
        await self._workspace.registry.marks.write(self.job, [before])
        self._undo.pop()
        # Another queue may have been chosen since, which need not hold the result.
        try:
            self.at = self.order.index(number)
            self._done[self.at] = _state(before)
        except ValueError:
            pass
        return after


async def labels_of(workspace: Workspace, job: str) -> tuple[str, ...]:
    """Return the labels of a job, in the order of their digits: its own, else those of the settings."""
    kept = await workspace.registry.values.get(f"review_labels:{job}")
    own = tuple(map(str, kept[0])) if kept and isinstance(kept[0], list) else ()
    return own or tuple(workspace.settings.review.labels)


async def set_labels(workspace: Workspace, job: str, labels: Sequence[str]) -> None:
    """Give a job labels of its own; none: those of the settings."""
    await workspace.registry.values.put(f"review_labels:{job}", list(labels))


def reviewer_of(workspace: Workspace) -> str:
    """Return the name that marks carry: that of the settings, else of the account on this machine."""
    if workspace.settings.review.name:
        return workspace.settings.review.name
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in some containers
        return "reviewer"
    return "".join(letter for letter in name if letter.isprintable()).strip()[:LONGEST_REVIEWER] or "reviewer"


def _scored_apart(registry: Path, job: str) -> list[str]:
    """Return the custom_ids that several judges have scored differently, the widest apart first."""
    with closing(read_score_spread(registry, job)) as table:
        spread = [(-cells[0], custom_id) for custom_id, cells in table.stream()]
    return [custom_id for _, custom_id in sorted(spread)]


def _state(mark: ReviewMark) -> int:
    """Return what a mark makes of its place; one about an earlier answer asks for another look."""
    if mark.is_empty or mark.is_stale:
        return UNMARKED
    verdicts = {ReviewVerdict.ACCEPTED: ACCEPTED, ReviewVerdict.REJECTED: REJECTED}
    return verdicts[mark.verdict] if mark.verdict else REMARKED


def _states(results: ResultList, order: Sequence[int], marked: Mapping[str, int]) -> bytearray:
    """Return what is known of each place of a queue."""
    by_number = bytearray(results.count + 1)
    numbers = array("I", results.numbers_of(marked))
    for start in range(0, len(numbers), 1_000):
        for facts in results.page(numbers[start : start + 1_000]):
            by_number[facts.seq] = marked[facts.custom_id]
    if isinstance(order, range) and order.step == 1 and order:
        return by_number[order.start : order.stop]
    return bytearray(map(by_number.__getitem__, order))
