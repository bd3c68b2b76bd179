"""Show batches and jobs: as rows of a table, or in detail: `show_batches`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.costs.cost import NOTHING, total
from batchtui.text.durations import ago, span, stamp
from batchtui.text.glyphs import state_sign
from batchtui.text.layout.tables import PagedTable, TextColumn
from batchtui.text.layout.widths import pad
from batchtui.text.money import at_least, batch_cost, batch_cost_in_full, cost_in_full
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences import forecasts
from batchtui.text.sentences.batch_names import part_number, part_phrase
from batchtui.text.sentences.outcome_words import batch_outcome_words, counts_words, outcome_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from batchtui.cli.output.stdout import Stdout
    from batchtui.domain.batches.batch import Batch, BatchSummary, RequestCounts
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.domain.batches.job import Job
    from batchtui.domain.results.result import Outcome
    from batchtui.services.insights.warnings import BatchWarning

COLUMNS = (
    # On a narrow terminal the columns of least worth go first: the id stays, as commands are called with it.
    TextColumn("STATE", worth=100),
    TextColumn("NAME", worth=95, least=12),
    TextColumn("PART", right=True, worth=60),
    TextColumn("REQUESTS", right=True, worth=70),
    TextColumn("COUNTS", worth=75, least=8),
    TextColumn("SINCE", right=True, worth=50),
    TextColumn("COST", right=True, worth=40),
    TextColumn("MODEL", worth=20),
    TextColumn("ID", worth=90, least=17),
)
_LONGEST_NAME = 40
"""Columns that a name takes at most in a table, so that a long file name leaves room for the rest."""


def show_batches(output: Stdout, batches: Sequence[BatchSummary], now: datetime) -> None:
    """Write batches as a table."""
    BatchTable(output, now).show(batches)


class BatchTable:
    """Writes batches as a table, a page at a time."""

    def __init__(self, output: Stdout, now: datetime) -> None:
        self._output = output
        self._now = now
        self._table = PagedTable(COLUMNS, output.width)

    def show(self, batches: Sequence[BatchSummary]) -> None:
        """Write the next batches."""
        self._output.lines(self._table.page([_row(batch, self._now, self._output) for batch in batches]))


def _row(batch: BatchSummary, now: datetime, output: Stdout) -> tuple[str, ...]:
    # A batch made elsewhere has no name but its id, which has a column of its own.
    name = "·" if batch.name == batch.id else sanitize(batch.name)
    moment = batch.ended_at or batch.created_at or batch.submitted_at or batch.planned_at
    return (
        state_words(batch, output),
        name if output.width is None else pad(name, _LONGEST_NAME).rstrip(),
        part_words(batch),
        count(batch.requests),
        progress_words(batch),
        ago(moment, now),
        batch_cost(batch),
        model_words(batch.models),
        sanitize(batch.id or ("reused" if batch.is_reused else "·")),
    )


def state_words(batch: BatchSummary, output: Stdout) -> str:
    """Return a batch's state: glyph and word on a terminal, only the word in a pipe."""
    sign = state_sign(batch.state, batch.success)
    return f"{sign.glyph_in(plain=output.is_plain)} {sign.word}" if output.is_terminal else sign.word


def part_words(batch: BatchSummary) -> str:
    """Return which part of which attempt it is: `2/3`, `1/1 #2`."""
    part = part_number(batch)
    return f"{part} #{batch.attempt}".strip() if batch.attempt > 1 else part


def progress_words(batch: BatchSummary) -> str:
    """Return the outcomes of the requests once there are any, else the reason of the state."""
    if batch.state is BatchState.ENDED or batch.counts.settled:
        return batch_outcome_words(batch)
    return sanitize(batch.reason)


def model_words(models: Sequence[str]) -> str:
    """Return the models' names, without the prefix `claude-`."""
    return sanitize(", ".join(model.removeprefix("claude-") for model in models))


def batch_details(
    batch: Batch,
    now: datetime,
    output: Stdout,
    forecast: Forecast | None = None,
    lineage: str = "",
) -> Iterator[str]:
    """Yield the facts of one batch, a line each; `forecast` is of its end, where it runs."""
    state = state_words(batch, output)
    facts: list[tuple[str, str]] = [
        ("batch", sanitize(batch.id or ("reused answers" if batch.is_reused else "no id yet"))),
        ("name", sanitize(batch.name)),
        ("state", f"{state}: {sanitize(batch.reason)}" if batch.reason else state),
        ("job", f"{sanitize(batch.job)}, {part_phrase(batch)}, attempt {batch.attempt}"),
        ("requests", _requests_words(batch)),
        ("counts", _counts_fact(batch)),
        ("model", sanitize(", ".join(batch.models))),
        ("source", sanitize(batch.source)),
        ("lineage", lineage),
        ("tags", sanitize(", ".join(batch.tags))),
        ("note", one_line(batch.note)),
        ("created", _moment(batch.created_at, now)),
        ("expires", _moment(batch.expires_at, now) if batch.state.is_running else ""),
        ("ETA", forecasts.in_full(forecast, now) if batch.state.is_running else ""),
        ("ended", _moment(batch.ended_at, now)),
        ("took", span(batch.ended_at - batch.created_at) if batch.ended_at and batch.created_at else ""),
        ("results", _results_words(batch, now)),
        ("cost", batch_cost_in_full(batch)),
        ("version", sanitize(", ".join(filter(None, (batch.api_version, *batch.betas))))),
        ("refreshed", ago(batch.refreshed_at, now) if batch.refreshed_at else ""),
    ]
    return sheet(facts)


def job_details(
    job: Job,
    batches: Sequence[Batch],
    counts: RequestCounts,
    outcomes: Mapping[Outcome, int] | None = None,
    lineage: str = "",
) -> Iterator[str]:
    """Yield the facts of a job, a line each; its batches are for a table.

    `outcomes` are merged over all attempts; without them the counts of the batches are shown.
    """
    attempts = max((batch.attempt for batch in batches), default=1)
    facts = [
        ("job", sanitize(job.id)),
        ("name", sanitize(job.name)),
        ("requests", f"{count(job.requests)} in {amount(len(batches), 'batch', 'batches')}"),
        ("attempts", _attempts_words(batches) if attempts > 1 else ""),
        ("counts", _job_words(batches, counts) if outcomes is None else outcome_words(outcomes)),
        ("cost", _cost_words(batches, counts)),
        ("source", sanitize(job.source)),
        ("lineage", lineage),
        ("tags", sanitize(", ".join(job.tags))),
        ("note", one_line(job.note)),
        ("created", stamp(job.created_at)),
    ]
    return sheet(facts)


def _job_words(batches: Sequence[Batch], counts: RequestCounts) -> str:
    """Return the outcomes of a job with one attempt; the API's counts where a batch has no outcomes yet."""
    found: dict[Outcome, int] = {}
    for batch in batches:
        # One batch without them, and the sum would mix two ways of counting.
        if batch.outcomes is None:
            return counts_words(counts)
        for outcome, number in batch.outcomes.items():
            found[outcome] = found.get(outcome, 0) + number
    return outcome_words(found)


def _cost_words(batches: Sequence[Batch], counts: RequestCounts) -> str:
    """Return the cost of all attempts: at least what is known where answers lack their usage, else the estimate."""
    if without_usage := sum(batch.without_usage for batch in batches):
        known = sum((batch.cost_actual or batch.cost_at_least or NOTHING for batch in batches), NOTHING)
        # The API's counts may be behind the saved results, and a part cannot be more than the whole.
        return at_least(known, without_usage, max(counts.succeeded, without_usage))
    actual = total([batch.cost_actual for batch in batches])
    return cost_in_full(actual, total([batch.cost_estimate for batch in batches]), counts)


def _attempts_words(batches: Sequence[Batch]) -> str:
    """Return how many requests went out in each attempt."""
    requests: dict[int, int] = {}
    for batch in batches:
        requests[batch.attempt] = requests.get(batch.attempt, 0) + batch.requests
    return f"{len(requests)}: {', then '.join(amount(number, 'request') for number in requests.values())}"


def sheet(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield named facts as aligned lines; a fact without a value is left out."""
    shown = [(name, value) for name, value in facts if value]
    room = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        yield f"{pad(name, room)}  {value}"


def warning_lines(warnings: Iterable[BatchWarning]) -> Iterator[str]:
    """Yield two lines a warning: the message, and the advice below it."""
    for warning in warnings:
        yield f"warning: {warning.message}"
        yield f"    {warning.advice}"


def _requests_words(batch: Batch) -> str:
    return f"{count(batch.requests)} ({size(batch.bytes)})" if batch.bytes else count(batch.requests)


def _counts_fact(batch: Batch) -> str:
    words = batch_outcome_words(batch) if batch.counts.total or batch.outcomes else ""
    if batch.state.is_running and words and not batch.counts_moved:
        return f"{words} (counts arrive when the batch ends)"
    return words


def _moment(moment: datetime | None, now: datetime) -> str:
    return f"{stamp(moment)} ({ago(moment, now)})" if moment else ""


def _results_words(batch: Batch, now: datetime) -> str:
    if batch.results is ResultsState.SAVED:
        accepted = f"; accepted as they are: {sanitize(batch.accepted)}" if batch.accepted else ""
        return f"saved ({size(batch.results_bytes)}){accepted}"
    if batch.results is ResultsState.GONE:
        return "gone"
    if batch.state is not BatchState.ENDED:
        return ""
    until = f"; the API keeps them until {_moment(batch.results_until, now)}" if batch.results_until else ""
    return f"not saved{until}"
