"""`BatchRows` arranges batches as rows of the list: one row a batch, or one a job that unfolds into its batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.results.result import OutcomeCounts
from batchtui.text.numbers import amount
from batchtui.text.safe import sanitize
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.query import BatchQuery
    from batchtui.registry.batches.queries import BatchQueries
    from batchtui.tui.rendering.batch_columns import BatchPainter
    from batchtui.tui.rendering.columns import Column

_PRESSING = (
    BatchState.UNKNOWN, BatchState.SUBMITTING, BatchState.CANCELING, BatchState.IN_PROGRESS, BatchState.PLANNED,
    BatchState.MISSING, BatchState.ENDED, BatchState.DELETED,
)  # fmt: skip
"""States by urgency: a job is shown in the most urgent state that any of its batches is in."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row: a batch, or a job whose batches are added up."""

    batch: Batch
    """For a job: its batches added up."""
    together: tuple[Batch, ...] = ()
    """The batches that were added up; empty where the row is one batch."""
    is_open: bool = False
    """Whether these are shown below it."""
    is_inner: bool = False
    """Whether it is shown below the row of its job."""


class BatchRows:
    """Turns a query into keys of rows, and keys into rows. A job's key is negative, so that it is no batch's."""

    def __init__(self, views: BatchQueries) -> None:
        self._views = views
        self._members: dict[int, Sequence[int]] = {}
        self._row_of_job: dict[str, int] = {}
        self._open: Collection[str] = ()
        self._inner: frozenset[int] = frozenset()
        self.are_others = False
        """Whether rows of the same keys show other things since the last `arrange`: unfolded, or of other batches."""

    async def arrange(self, query: BatchQuery, *, by_job: bool, is_open: Collection[str]) -> Sequence[int]:
        """Return the keys of the rows, in their order.

        Args:
            query: which batches, in which order.
            by_job: whether jobs of several batches get one row each.
            is_open: the ids of the jobs that are unfolded.
        """
        before = (self._members, self._inner)
        order = await (self._folded(query, is_open) if by_job else self._plain(query))
        self.are_others = before != (self._members, self._inner)
        return order

    async def _plain(self, query: BatchQuery) -> Sequence[int]:
        self._members, self._row_of_job, self._inner = {}, {}, frozenset()
        return await self._views.order(query)

    async def _folded(self, query: BatchQuery, is_open: Collection[str]) -> Sequence[int]:
        order: list[int] = []
        members: dict[int, Sequence[int]] = {}
        rows: dict[str, int] = {}
        inner: set[int] = set()
        for job, keys in (await self._views.bundles(query)).items():
            # A job of one batch is shown as that batch.
            if len(keys) == 1:
                order.append(keys[0])
                continue
            # Negative, so that it never equals the key of a batch, and the same with every refresh.
            row = rows[job] = -min(keys)
            members[row] = keys
            order.append(row)
            if job in is_open:
                order += keys
                inner.update(keys)
        self._members, self._row_of_job, self._inner, self._open = members, rows, frozenset(inner), is_open
        return order

    async def page(self, keys: Sequence[int]) -> Sequence[tuple[int, BatchRow]]:
        """Return the rows with these keys, in this order; what no longer exists is left out."""
        wanted = list(dict.fromkeys(key for row in keys for key in self.batches_of(row)))
        found = {batch.key: batch for batch in await self._views.page(wanted)}
        rows: list[tuple[int, BatchRow]] = []
        for key in keys:
            batches = tuple(found[one] for one in self.batches_of(key) if one in found)
            if key > 0 and batches:
                rows.append((key, self.row_of(batches[0])))
            elif batches:
                rows.append((key, BatchRow(added_up(key, batches), batches, is_open=batches[0].job in self._open)))
        return rows

    def row_of(self, batch: Batch) -> BatchRow:
        """Return the row of a single batch."""
        return BatchRow(batch, is_inner=batch.key in self._inner)

    def batches_of(self, key: int) -> Sequence[int]:
        """Return the keys of the batches that a row stands for."""
        return (key,) if key > 0 else self._members.get(key, ())

    def row_showing(self, key: int) -> int:
        """Return the key of the row that shows a batch: its own, or that of its job where it is folded."""
        if key in self._inner or not self._members:
            return key
        return next((row for row, keys in self._members.items() if key in keys), key)

    def number(self, keys: Sequence[int]) -> int:
        """Return how many batches these rows show, each counted once."""
        if not self._members:
            return len(keys)
        return sum(len(self._members[key]) if key in self._members else key not in self._inner for key in keys)

    def jobs_among(self, batches: Iterable[Batch]) -> list[int]:
        """Return the keys of the rows of jobs that these batches are added up in."""
        return list({self._row_of_job[batch.job] for batch in batches if batch.job in self._row_of_job})


def added_up(key: int, batches: Sequence[Batch]) -> Batch:
    """Return the batches of a job as one batch with this key.

    Counts and costs are sums; times are those of the whole; state and reason are those of the most urgent batch.
    """
    first = min(batches, key=lambda batch: (batch.attempt, batch.part))
    state = min((batch.state for batch in batches), key=_PRESSING.index)
    pressing = next(batch for batch in batches if batch.state is state)
    # A job has ended when its last batch has.
    is_over = all(batch.ended_at for batch in batches)
    running = [batch.expires_at for batch in batches if batch.state.is_running and batch.expires_at]
    costs = [batch.cost_estimate if batch.cost_actual is None else batch.cost_actual for batch in batches]
    is_paid = all(batch.cost_actual is not None for batch in batches)
    known = sum((batch.cost_actual or batch.cost_at_least or Decimal(0) for batch in batches), Decimal(0))
    # A sum without one of its parts would look like a lower price.
    total = None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))
    return replace(
        first,
        key=key,
        revision=max(batch.revision for batch in batches),
        id=None,
        state=state,
        part=1,
        parts=1,
        attempt=1,
        requests=sum(batch.requests for batch in batches),
        bytes=sum(batch.bytes for batch in batches),
        counts=sum((batch.counts for batch in batches), RequestCounts()),
        created_at=min(filter(None, (batch.created_at for batch in batches)), default=None),
        ended_at=max((batch.ended_at for batch in batches if batch.ended_at), default=None) if is_over else None,
        expires_at=min(running, default=None),
        results=_results(batches),
        results_bytes=sum(batch.results_bytes for batch in batches),
        counts_moved=any(batch.counts_moved for batch in batches),
        reason=pressing.reason,
        not_before=pressing.not_before,
        cost_estimate=total,
        cost_actual=total if is_paid else None,
        outcomes=_outcomes(batches),
        accepted=next((batch.accepted for batch in batches if batch.accepted), ""),
        cost_at_least=known or None,
        without_usage=sum(batch.without_usage for batch in batches),
    )


def _outcomes(batches: Sequence[Batch]) -> OutcomeCounts | None:
    """Return the outcomes of all batches together; None where those of one are not known."""
    known = [batch.outcomes for batch in batches if batch.outcomes is not None]
    return sum(known, OutcomeCounts()) if len(known) == len(batches) else None


def _results(batches: Sequence[Batch]) -> ResultsState:
    states = {batch.results for batch in batches}
    if len(states) == 1:
        return states.pop()
    return ResultsState.PARTIAL if ResultsState.SAVED in states else ResultsState.NONE


class RowPainter:
    """Draws the cells of a row as those of a batch, but for the name, which shows that something is folded."""

    def __init__(self, paint: BatchPainter) -> None:
        self._paint = paint

    def __call__(self, item: BatchRow, column: Column, width: int) -> Line:
        """Return one cell."""
        if column.id != "name" or not (item.together or item.is_inner):
            return self._paint(item.batch, column, width)
        if item.is_inner:
            return (Span("  "), *self._paint(item.batch, column, max(1, width - 2)))
        return _folded(item, width)


def _folded(row: BatchRow, columns: int) -> Line:
    """Return the name of a job with its number of batches; the name is cut, not the number."""
    sign = Span("▾ " if row.is_open else "▸ ", Tone.ACCENT)
    behind = Span(f" ({len(row.together)})", Tone.DIM)
    name = [Span(sanitize(row.batch.name))]
    room = columns - width((sign, behind))
    return (sign, *(name if width(name) <= room else fit(name, max(1, room))), behind)


def describe_parts(batches: Sequence[Batch]) -> str:
    """Return what a job is made of: `3 parts, 2 attempts`."""
    parts = amount(max(batch.parts for batch in batches), "part")
    attempts: Mapping[int, None] = dict.fromkeys(batch.attempt for batch in batches)
    return parts if len(attempts) == 1 else f"{parts}, {amount(len(attempts), 'attempt')}"
