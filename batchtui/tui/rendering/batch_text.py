"""Words and lines about one batch: its state, progress, times, cost, and `facts`, which lists all of them.

Times are rounded so that a still screen stays still: each change of a line costs bytes over SSH.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState, Success
from batchtui.domain.limits import RESULTS_EXPIRE_SOON
from batchtui.text import durations
from batchtui.text.glyphs import state_sign
from batchtui.text.money import batch_cost, usd
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences.batch_names import part_number, part_phrase
from batchtui.tui.rendering.outcome_bar import outcome_bar, shares_of
from batchtui.tui.rendering.result_columns import OUTCOME_KINDS
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle, joined
from batchtui.tui.rendering.spans import plain as plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from batchtui.domain.batches.batch import Batch, RequestCounts
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.domain.results.result import OutcomeCounts

STATE_TONES = {
    BatchState.PLANNED: Tone.WAITING,
    BatchState.SUBMITTING: Tone.RUNNING,
    BatchState.UNKNOWN: Tone.WARN,
    BatchState.IN_PROGRESS: Tone.RUNNING,
    BatchState.CANCELING: Tone.WARN,
    BatchState.ENDED: Tone.GOOD,
    BatchState.MISSING: Tone.WARN,
    BatchState.DELETED: Tone.PALE,
}
SUCCESS_TONES = {Success.ALL: Tone.GOOD, Success.SOME: Tone.WARN, Success.FEW: Tone.BAD}
"""Of the state of a batch that has ended, by how much of it succeeded."""


GAP = "   "
"""Stands between two facts of a line."""
ID_PREFIX = "msgbatch_"
"""What every id of a batch begins with."""
REUSED = "reused"
"""Stands in place of the id of a part that reuses answers."""
LEAST_OWN = 12
"""Columns for the rest of an id at least; with less room the prefix is left out."""


def span(length: timedelta) -> str:
    """Return a length of time in words: in steps of 5 s up to a minute, then in minutes."""
    return durations.span(_still(length))


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in the same steps; or in how long it comes. Hours ago have no minutes."""
    seconds = (now - moment).total_seconds()
    if seconds < 0:
        return f"in {span(moment - now)}"
    return "just now" if seconds < 5 else f"{durations.brief(_still(now - moment))} ago"


def _still(length: timedelta) -> float:
    """Return the seconds of a length of time, in steps of 5 up to a minute."""
    seconds = length.total_seconds()
    return seconds // 5 * 5 if seconds < durations.MINUTE else seconds


def moment(at: datetime, now: datetime) -> str:
    """Return a moment in this machine's time zone: `20:14`, `tomorrow 20:14`, `20 Dec`."""
    at, now = at.astimezone(), now.astimezone()
    days = (at.date() - now.date()).days
    if days in (-1, 0, 1):
        return {0: "", 1: "tomorrow ", -1: "yesterday "}[days] + f"{at:%H:%M}"
    return f"{at.day} {at:%b}" + ("" if at.year == now.year else f" {at.year}")


def state(batch: Batch, *, plain: bool = False) -> Line:
    """Return the state: glyph and word, in its colour."""
    sign = state_sign(batch.state, batch.success)
    glyph, word = sign.glyph_in(plain=plain), f" {sign.word}"
    if batch.state is BatchState.ENDED:
        # The glyph says how much of it succeeded; a word in red for every small failure would be a wall of warnings.
        return (Span(glyph, SUCCESS_TONES[batch.success]), Span(word, Tone.TEXT))
    return (Span(f"{glyph}{word}", STATE_TONES[batch.state]),)


def name(batch: Batch) -> Line:
    """Return the name, with the numbers of part and attempt where there are several."""
    pieces = [Span(sanitize(batch.name), Tone.TEXT)]
    if part := part_number(batch):
        pieces.append(Span(f" {part}", Tone.DIM))
    if batch.attempt > 1:
        pieces.append(Span(f" #{batch.attempt}", Tone.DIM))
    return tuple(pieces)


def counts(numbers: RequestCounts, *, plain: bool = False, words: bool = False) -> Line:
    """Return what became of the requests: `1,948 ✓  40 ✗`, or in words. Zeros are left out."""
    said = (
        (numbers.succeeded, "+" if plain else "✓", "succeeded", Tone.GOOD),
        (numbers.errored, "x" if plain else "✗", "errored", Tone.BAD),
        (numbers.expired, "@" if plain else "◷", "expired", Tone.WARN),
        (numbers.canceled, "-" if plain else "−", "canceled", Tone.DIM),
        (numbers.processing if words else 0, "", "processing", Tone.RUNNING),
    )
    return joined([[Span(f"{count(n)} {word if words else sign}", tone)] for n, sign, word, tone in said if n])


def short_counts(batch: Batch, *, plain: bool = False) -> Line:
    """Return what became of the requests with signs instead of words, where there is little room."""
    return counts(batch.counts, plain=plain) if batch.outcomes is None else outcomes(batch.outcomes, plain=plain)


def outcomes(found: OutcomeCounts, *, plain: bool = False, words: bool = False) -> Line:
    """Say what saved results turned out to be: `11 ✓  39 ✂`, or in words."""
    said: dict[str, tuple[int, Tone]] = {}
    for outcome, number in found.items():
        sign, tone = OUTCOME_KINDS[outcome]
        # Outcomes that share a sign, as success and tool use do, are one number behind it.
        shown = sign.word if words else sign.glyph_in(plain=plain)
        said[shown] = (said.get(shown, (0, tone))[0] + number, tone)
    return joined([[Span(f"{count(number)} {shown}", tone)] for shown, (number, tone) in said.items() if number])


def progress(batch: Batch, columns: int, *, plain: bool = False, forecast: Forecast | None = None) -> Line:
    """Return a bar of so many columns, or in words why there is none; words may be longer.

    A bar is drawn only once the server has shown moving counts: most batches report zeros until they end (Message
    Batches API, `request_counts`). Until then it is the usual length of such batches, where that is known.
    """
    shares = shares_of(batch)
    # A bar at zero for an hour would look like a batch that hangs.
    if shares is not None:
        return outcome_bar(shares, columns, plain=plain)
    if batch.state is BatchState.ENDED:
        return (Span("no counts", Tone.DIM),)
    if batch.state.is_running:
        usual = f"usually {span(forecast.usual)}" if forecast is not None else "counts at the end"
        return (Span(usual, Tone.DIM),)
    return _waits(batch)


def _waits(batch: Batch) -> Line:
    """Return why a batch is not at the API."""
    reason = one_line(batch.reason)
    if batch.state is BatchState.PLANNED:
        return (Span(reason.removeprefix("It ") or "not sent yet", Tone.DIM),)
    if batch.state is BatchState.SUBMITTING:
        return (Span(reason or "waiting for the response", Tone.DIM),)
    if batch.state is BatchState.UNKNOWN:
        return (Span(reason or "no response to the create request", Tone.WARN),)
    return (Span(reason, Tone.DIM),)


def took(batch: Batch, now: datetime) -> str:
    """Return how long a batch has been processed, or was; empty where it never was."""
    start = batch.created_at or batch.submitted_at
    if start is None or batch.state is BatchState.PLANNED:
        return ""
    if batch.ended_at:
        return span(batch.ended_at - start)
    return span(now - start) if batch.state.is_running or not batch.state.is_settled else ""


def when(batch: Batch, now: datetime, forecast: Forecast | None = None) -> Line:
    """Return the time that matters now: the forecast end, the time left, when it ended, when it is sent again."""
    if batch.ended_at:
        return (Span(ago(batch.ended_at, now), Tone.DIM),)
    if (
        forecast is not None
        and forecast.end is not None
        and (batch.expires_at is None or forecast.end < batch.expires_at)
    ):
        return (Span(f"~{span(forecast.end - now)}", Tone.DIM),)
    if batch.state.is_running and batch.expires_at:
        remaining = batch.expires_at - now
        # Batches expire 24 hours after their creation; what is not done then is lost.
        hurry = Tone.WARN if remaining.total_seconds() < 2 * durations.HOUR else Tone.DIM
        words = f"{durations.brief(_still(remaining))} left" if remaining.total_seconds() > 0 else "expiring"
        return (Span(words, hurry),)
    if batch.state is BatchState.PLANNED and batch.not_before and batch.not_before > now:
        return (Span(f"in {span(batch.not_before - now)}", Tone.DIM),)
    return (Span(ago(batch.submitted_at or batch.created_at or batch.planned_at, now), Tone.DIM),)


def money(batch: Batch, *, narrow: bool = False) -> Line:
    """Return the actual cost, else the estimate marked as such; `narrow` for a cell."""
    unknown = batch.cost_actual is None and batch.cost_estimate is None
    return (Span(batch_cost(batch, narrow=narrow), Tone.PALE if unknown else Tone.TEXT),)


def models(batch: Batch) -> str:
    """Return the names of the models, without the prefix that all of them share."""
    return sanitize(", ".join(model.removeprefix("claude-") for model in batch.models))


def short_id(batch: Batch, columns: int = 16) -> str:
    """Return the id in at most so many columns, cut in the middle: ids differ at both ends, but for their prefix.

    A part that reuses answers is never at the API: it says so instead.
    """
    text = sanitize(batch.id or (REUSED if batch.is_reused else ""))
    own = text.removeprefix(ID_PREFIX)
    if len(text) <= columns or own == text:
        return elide_middle(text, columns)
    # The prefix says nothing; it goes before what tells ids apart.
    room = columns - len(ID_PREFIX)
    return f"{ID_PREFIX}{elide_middle(own, room)}" if room >= LEAST_OWN else elide_middle(own, columns)


def results(batch: Batch, now: datetime) -> Line:
    """Return where the results are, and until when the API keeps them."""
    if batch.results is ResultsState.SAVED:
        saved = Span(f"saved, {size(batch.results_bytes)}")
        return (saved, Span(f"; accepted: {one_line(batch.accepted)}", Tone.WARN)) if batch.accepted else (saved,)
    if batch.results is ResultsState.GONE:
        return (Span("gone", Tone.WARN),)
    if batch.state is not BatchState.ENDED:
        return (Span("at the end", Tone.DIM),)
    until = f", kept until {moment(batch.results_until, now)}" if batch.results_until else ""
    hurry = batch.results_until is not None and batch.results_until - now < RESULTS_EXPIRE_SOON
    return (Span(f"not saved yet{until}", Tone.WARN if hurry else Tone.DIM),)


def ends(forecast: Forecast | None, now: datetime) -> Line:
    """Return when a running batch may end, judged by batches like it; or that there is no history."""
    # Without history any number would be invented.
    if forecast is None:
        return (Span("no history yet", Tone.DIM),)
    if forecast.end is None or forecast.by is None:
        return (Span(f"overdue (usually {span(forecast.usual)})", Tone.WARN),)
    return (
        Span(f"~{moment(forecast.end, now)}"),
        Span(f"  in {span(forecast.end - now)}, 9 of 10 by {moment(forecast.by, now)}", Tone.DIM),
    )


def facts(
    batch: Batch, now: datetime, *, plain: bool = False, forecast: Forecast | None = None, lineage: str = ""
) -> Iterator[tuple[str, Line]]:
    """Yield the facts of a batch as name and line, the most important first; what it does not have is left out.

    `lineage` says what its job was made from, and what was made from it.
    """
    yield (
        "state",
        joined([state(batch, plain=plain), [Span(sanitize(batch.reason), Tone.DIM)] if batch.reason else []]),
    )
    sent = amount(batch.requests, "request") + (f", {size(batch.bytes)}" if batch.bytes else "")
    yield "input", (Span(sent),)
    if batch.outcomes is not None:
        yield "counts", outcomes(batch.outcomes, words=True)
    elif batch.counts.total and (batch.counts_moved or batch.counts.settled):
        yield "counts", counts(batch.counts, words=True)
    elif batch.state.is_running:
        yield "counts", (Span("at the end", Tone.DIM),)
    yield "results", results(batch, now)
    if batch.state.is_running:
        yield "ETA", ends(forecast, now)
    yield from _times(batch, now)
    yield "cost", _cost(batch)
    yield "model", (Span(models(batch) or "not known", Tone.TEXT if batch.models else Tone.DIM),)
    missing = "reused answers, not at the API" if batch.is_reused else "none yet"
    yield "id", (Span(sanitize(batch.id or missing), Tone.TEXT if batch.id else Tone.DIM),)
    if batch.source:
        yield "from", (Span(sanitize(batch.source.rsplit("/", 1)[-1] or batch.source)),)
    if lineage:
        yield "lineage", (Span(lineage),)
    if batch.tags:
        yield "tags", (Span(sanitize(", ".join(batch.tags))),)
    if batch.note:
        yield "note", (Span(one_line(batch.note)),)
    yield (
        "job",
        (Span(f"{sanitize(batch.job)}, {part_phrase(batch)}, attempt {batch.attempt}", Tone.DIM),),
    )
    version = sanitize(", ".join(filter(None, (batch.api_version, *batch.betas))))
    if version:
        yield "version", (Span(version, Tone.DIM),)


def _cost(batch: Batch) -> Line:
    """Return the actual cost beside the estimate, and for how many requests where not all were billed."""
    if batch.cost_actual is None and batch.cost_estimate is None and not batch.without_usage:
        return (Span("not estimated", Tone.DIM),)
    beside = []
    if batch.without_usage:
        beside.append(f"{count(batch.without_usage)} answers without usage")
    if batch.cost_actual is not None and batch.cost_estimate is not None:
        beside.append(f"estimated {usd(batch.cost_estimate)}")
    if batch.cost_actual is not None and batch.counts.failed:
        beside.append(f"{count(batch.counts.succeeded)} of {count(batch.counts.total)} billed")
    return joined([money(batch), [Span(", ".join(beside), Tone.DIM)] if beside else []])


def _times(batch: Batch, now: datetime) -> Iterator[tuple[str, Line]]:
    if batch.created_at:
        yield "created", (Span(moment(batch.created_at, now)), Span(f"  {ago(batch.created_at, now)}", Tone.DIM))
    if batch.ended_at and batch.created_at:
        lasted = span(batch.ended_at - batch.created_at)
        yield "ended", (Span(moment(batch.ended_at, now)), Span(f"  after {lasted}", Tone.DIM))
    elif batch.state.is_running and batch.expires_at:
        yield "expires", (Span(moment(batch.expires_at, now)), Span(f"  {plain_text(when(batch, now))}", Tone.DIM))


def three_lines(batch: Batch, facts: Mapping[str, Line]) -> list[Line]:
    """Return the most important facts in three lines: which batch it is, its times, and how it stands."""
    which = (
        facts["job"]
        if "id" not in facts
        else (Span(sanitize(batch.id or (REUSED if batch.is_reused else "no id yet")), Tone.DIM),)
    )
    origin = [list(facts["model"]) if batch.models else [], *(_fact(name, facts) for name in ("from", "tags", "note"))]
    times = [list(facts["input"]), *(_fact(name, facts) for name in ("created", "ended", "expires", "ETA"))]
    # Beside all counts of a mixed batch there would be no room for it.
    if batch.state is BatchState.ENDED:
        times.append(_fact("results", facts))
    stand = [_fact(name, facts) for name in ("counts", "cost")]
    if batch.state.is_running and shares_of(batch) is None:
        # Nothing else is known of it until it has ended.
        stand = [[Span("counts and results at the end", Tone.DIM)], _fact("cost", facts)]
    elif batch.reason:
        tone = Tone.WARN if batch.state in (BatchState.UNKNOWN, BatchState.MISSING) else Tone.TEXT
        stand = [[Span(one_line(batch.reason), tone)], _fact("cost", facts)]
    return [(Span(" "), *joined(group, GAP)) for group in ([which, *origin], times, stand)]


def _fact(name: str, facts: Mapping[str, Line]) -> list[Span]:
    return [Span(f"{name} ", Tone.PALE), *facts[name]] if name in facts else []
