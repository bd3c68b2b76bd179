"""The columns of the list of batches, and `BatchPainter`, which draws one batch in each of them.

Here and not in batches/, since the choice of a batch to compare with shows the same columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.numbers import count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering import batch_text
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.outcome_bar import shares_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit
from batchtui.tui.rendering.spans import width as width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast

COLUMNS = (
    Column("state", "STATE", 13, 13, 100, fixed=True, sort="state"),
    Column("name", "NAME", 15, 40, 88, fixed=True, good=20, sort="name", takes_rest=True),
    Column("progress", "PROGRESS", 10, 15, 90, good=15, sort="progress", spills=True),
    Column("ok", "OK", 7, 8, 86, right=True, sort="ok"),
    Column("some", "SOME", 5, 7, 84, right=True, sort="some"),
    Column("bad", "BAD", 5, 7, 85, right=True, sort="bad"),
    Column("requests", "REQUESTS", 8, 9, 58, right=True, sort="requests"),
    Column("took", "ELAPSED", 7, 7, 50, right=True, sort="took"),
    Column("when", "WHEN", 8, 9, 75, right=True, sort="ended"),
    Column("cost", "COST", 8, 9, 60, right=True, sort="cost"),
    Column("model", "MODEL", 10, 18, 40, sort="model"),
    Column("tags", "TAGS", 8, 16, 25, sort="tags"),
    Column("id", "ID", 16, 16, 15, sort="id"),
)
"""The columns that are shown until others are chosen."""
MORE = (
    Column("failed", "FAILED", 7, 9, 42, right=True, sort="failed"),
    Column("attempt", "TRY", 3, 3, 30, right=True, sort="attempt"),
    Column("created", "CREATED", 9, 15, 32, right=True, sort="created"),
    Column("expires", "EXPIRES", 8, 14, 31, right=True, sort="expires"),
    Column("results", "RESULTS", 7, 9, 28, sort="results"),
    Column("note", "NOTE", 12, 40, 34, sort="note"),
    Column("source", "FROM", 12, 24, 22, sort="source"),
    Column("job", "JOB", 12, 20, 18, sort="job"),
    Column("profile", "PROFILE", 7, 12, 16, sort="profile"),
)
"""The columns that can be chosen besides."""
MEANINGS: Mapping[str, str] = {
    "state": "its state; always shown",
    "name": "its name, part and attempt; always shown",
    "requests": "how many requests it has",
    "progress": "what became of its requests, as a bar, or why there is nothing yet",
    "ok": "how many requests succeeded",
    "some": "how many answers need attention: truncated, refused, paused, empty, invalid",
    "bad": "how many requests failed: errored, canceled, expired",
    "took": "how long it took, or has taken so far",
    "when": "when it ended, or its ETA",
    "cost": "what it cost, or about what it will",
    "model": "its models",
    "tags": "its tags",
    "id": "its id at the API",
    "failed": "how many requests did not succeed, or need attention",
    "attempt": "which attempt of its job it is",
    "created": "when it was created at the API",
    "expires": "when it expires at the API",
    "results": "where its results are",
    "note": "your note on it",
    "source": "the file that it came from",
    "job": "the id of its job",
    "profile": "the profile of credentials it was sent with",
}
"""What each column shows, by its id, for the choice of columns."""


def chosen_columns(ids: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns with these ids, in this order; no ids mean the usual ones.

    Fixed columns that are missing come first, since they say which row this is. Unknown ids are left out: they may come
    from a newer version.
    """
    if not ids:
        return COLUMNS
    every = {column.id: column for column in (*COLUMNS, *MORE)}
    chosen = [every[name] for name in dict.fromkeys(ids) if name in every]
    # Without the fixed columns rows could not be told apart.
    return (*(column for column in COLUMNS if column.fixed and column not in chosen), *chosen)


class BatchPainter:
    """Draws the cells of a batch as it stands now, with the forecast of its end where it runs."""

    def __init__(
        self, now: Callable[[], datetime], ends: Callable[[Batch], Forecast | None], *, plain: Callable[[], bool]
    ) -> None:
        self._now = now
        self._ends = ends
        self._plain = plain

    def __call__(self, item: Batch, column: Column, width: int) -> Line:
        """Return one cell, not yet cut to its width."""
        # Only a running batch needs its forecast, which takes a look at history.
        if item.state.is_running and column.id == "progress":
            return batch_text.progress(item, width, plain=self._plain(), forecast=self._ends(item))
        if item.state.is_running and column.id == "when":
            return batch_text.when(item, self._now(), self._ends(item))
        return _DRAWN[column.id](item, self._now(), width, self._plain())


def _name(batch: Batch, _now: datetime, width: int, _plain: bool) -> Line:
    """Return the name, cut where room is short: the number of the part stays, since it tells rows apart."""
    name = batch_text.name(batch)
    # A batch that was made elsewhere is called by its id, of which the beginning tells nothing.
    if batch.name == batch.id:
        return (Span(batch_text.short_id(batch, width), Tone.TEXT),)
    room = width - width_of(name[1:])
    if width_of(name[:1]) <= room or room < 3:
        return name
    return (*fit(name[:1], room), *name[1:])


def _number(number: int, tone: Tone, *, is_known: bool = True) -> Line:
    """Return a number of requests; none at all is said quietly, and what is not known is not said."""
    if not is_known:
        return (Span("·", Tone.FAINT),)
    return (Span(count(number), tone if number else Tone.PALE),)


def _ok(batch: Batch) -> Line:
    shares = shares_of(batch)
    return _number(shares.good, Tone.TEXT) if shares else ()


def _some(batch: Batch) -> Line:
    shares = shares_of(batch)
    if shares is None:
        return ()
    # Only the results tell which answers are truncated; until they are saved a 0 would be a promise.
    tone = Tone.TRUNCATED if shares.truncated >= shares.some else Tone.WARN
    return _number(shares.unsure, tone, is_known=shares.is_read)


def _bad(batch: Batch) -> Line:
    shares = shares_of(batch)
    return _number(shares.bad, Tone.BAD) if shares else ()


def _failed(batch: Batch) -> Line:
    return (Span(count(batch.failed), Tone.BAD),) if batch.failed else ()


def _moment(at: datetime | None, now: datetime) -> Line:
    return (Span(batch_text.moment(at, now), Tone.DIM),) if at else ()


_DRAWN: Mapping[str, Callable[[Batch, datetime, int, bool], Line]] = {
    "state": lambda batch, _now, _width, plain: batch_text.state(batch, plain=plain),
    "name": _name,
    "requests": lambda batch, _now, _width, _plain: (Span(count(batch.requests)),),
    "progress": lambda batch, _now, width, plain: batch_text.progress(batch, width, plain=plain),
    "ok": lambda batch, _now, _width, _plain: _ok(batch),
    "some": lambda batch, _now, _width, _plain: _some(batch),
    "bad": lambda batch, _now, _width, _plain: _bad(batch),
    "took": lambda batch, now, _width, _plain: (Span(batch_text.took(batch, now), Tone.DIM),),
    "when": lambda batch, now, _width, _plain: batch_text.when(batch, now),
    "cost": lambda batch, _now, _width, _plain: batch_text.money(batch, narrow=True),
    "model": lambda batch, _now, _width, _plain: (Span(batch_text.models(batch), Tone.DIM),),
    "tags": lambda batch, _now, _width, _plain: (Span(sanitize(" ".join(batch.tags)), Tone.DIM),),
    "id": lambda batch, _now, width, _plain: (Span(batch_text.short_id(batch, width), Tone.DIM),),
    "failed": lambda batch, _now, _width, _plain: _failed(batch),
    "attempt": lambda batch, _now, _width, _plain: (Span(str(batch.attempt), Tone.DIM),),
    "created": lambda batch, now, _width, _plain: _moment(batch.created_at or batch.planned_at, now),
    "expires": lambda batch, now, _width, _plain: _moment(None if batch.ended_at else batch.expires_at, now),
    "results": lambda batch, _now, _width, _plain: (Span(str(batch.results), Tone.DIM),),
    "note": lambda batch, _now, _width, _plain: (Span(one_line(batch.note)),),
    "source": lambda batch, _now, _width, _plain: (Span(one_line(batch.source.rsplit("/", 1)[-1]), Tone.DIM),),
    "job": lambda batch, _now, _width, _plain: (Span(sanitize(batch.job), Tone.DIM),),
    "profile": lambda batch, _now, _width, _plain: (Span(sanitize(batch.profile or ""), Tone.DIM),),
}
