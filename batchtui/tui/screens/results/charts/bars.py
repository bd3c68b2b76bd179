"""`statistics_lines` draws what a set of results looks like: outcomes, lengths, costs and values of fields.

Everything is readable without colour and in ASCII: each part of a bar has a sign of its own, and each bar its number.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from batchtui.text.glyphs import OUTCOMES
from batchtui.text.layout.charts import ASCII_FILLS, EMPTY, FILLS, column_chart, divide, share_bar, ticks
from batchtui.text.money import column, usd
from batchtui.text.numbers import amount, count, short
from batchtui.text.safe import one_line
from batchtui.tui.rendering.result_columns import OUTCOME_TONES
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle, fit, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.results.result import Outcome
    from batchtui.domain.results.statistics import FieldValues, OutcomeShare, ResultStatistics, TokenHistogram

CHART_ROWS = 7
BESIDE = 116
"""Columns from which on the fields stand beside the rest."""
NARROW = 76
"""Columns below which the share of the cost is left out."""
SCALE = 8
"""Columns of the numbers left of the histogram."""
LIMIT = " max_tokens"
_TONES = {0: Tone.ACCENT, 1: Tone.TRUNCATED, EMPTY: Tone.FAINT}
_SIGNS = {
    Tone.GOOD: ("█", "="),
    Tone.WARN: ("▒", "~"),
    Tone.TRUNCATED: ("▒", "~"),
    Tone.BAD: ("▓", "x"),
    Tone.DIM: ("░", "."),
}
"""What an outcome's part of the bar is drawn with, by its colour."""


def statistics_lines(found: ResultStatistics, columns: int, *, plain: bool, reading: str = "") -> list[Line]:
    """Return the picture, so many columns wide; `reading` says how far the fields are read, where they are not yet."""
    fields = list(_fields(found, plain=plain, columns=columns if columns < BESIDE else columns // 2 - 3))
    if not fields and reading:
        fields = [*_titled("values", columns // 2, plain=plain), (Span(f" {reading}", Tone.DIM),)]
    if columns < BESIDE or not fields:
        rest = _overall(found, columns, plain=plain)
        return [*rest, *((), *fields)] if fields else [*rest]
    left_columns = columns - columns // 2 - 1
    left = list(_overall(found, left_columns, plain=plain))
    rows = max(len(left), len(fields))
    left += [()] * (rows - len(left))
    fields += [()] * (rows - len(fields))
    return [(*fit(one, left_columns), Span("  "), *other) for one, other in zip(left, fields, strict=True)]


def _overall(found: ResultStatistics, columns: int, *, plain: bool) -> Iterator[Line]:
    yield from _titled("outcomes", columns, plain=plain)
    yield from _outcomes(found, columns, plain=plain)
    if found.tokens is not None:
        yield ()
        yield from _titled("output tokens", columns, plain=plain)
        yield from _histogram(found.tokens, columns, plain=plain)


def _titled(title: str, columns: int, *, plain: bool) -> Iterator[Line]:
    rule = "-" if plain else "─"
    yield (
        Span(rule, Tone.FAINT),
        Span(f" {title} ", Tone.HEADING),
        Span(rule * (columns - len(title) - 3), Tone.FAINT),
    )


# ── outcomes and what they cost ────────────────────────────────────────────────────────────────────────────────────


def sign_of(outcome: Outcome, *, plain: bool) -> str:
    """Return what the part of a bar with this outcome is drawn with."""
    return _SIGNS.get(OUTCOME_TONES[outcome], ("░", "."))[plain]


def _outcomes(found: ResultStatistics, columns: int, *, plain: bool) -> Iterator[Line]:
    shares = found.outcomes
    cells = divide([share.count for share in shares], columns - 2)
    yield (
        Span(" "),
        *(
            Span(sign_of(share.outcome, plain=plain) * wide, OUTCOME_TONES[share.outcome])
            for share, wide in zip(shares, cells, strict=True)
        ),
    )
    total = found.cost
    # Without the share of the cost where a half of the screen has to do.
    has_paid = columns >= NARROW
    room = max(6, min(40, columns - (62 if has_paid else 48)))
    of_cost = f"{'of the cost':>13}" if has_paid else ""
    *costs, all_costs = column([*(share.cost for share in shares), total])
    wide = max(9, *map(len, (*costs, all_costs)))
    costs, all_costs = [f"{cost:>{wide}}" for cost in costs], f"{all_costs:>{wide}}"
    yield (Span(f" {'':<14} {'results':>9} {'share':>7}  {'':<{room}} {'cost':>{wide}}{of_cost}", Tone.DIM),)
    for share, cost in zip(shares, costs, strict=True):
        line = _outcome_line(share, found.results, cost, room, plain=plain)
        if has_paid and share.cost is not None and total:
            line = (*line, Span(f"{float(share.cost / total):>13.0%}", Tone.DIM))
        yield line
    yield (Span(f" {'all':<14} {count(found.results):>9} {'':>7}  {'':<{room}} {all_costs}", Tone.DIM),)
    if found.replaced:
        words = amount(found.replaced, "result of an earlier attempt was", "results of earlier attempts were")
        yield (Span(f" {words} replaced; they cost {usd(found.replaced_cost)}", Tone.DIM),)


def _outcome_line(share: OutcomeShare, results: int, cost: str, room: int, *, plain: bool) -> Line:
    tone, sign = OUTCOME_TONES[share.outcome], OUTCOMES[share.outcome]
    part = share.count / results if results else 0.0
    bar = share_bar(part, room, plain=plain)
    return (
        Span(f" {sign.glyph_in(plain=plain)} {sign.word:<12}", tone),
        Span(f" {count(share.count):>9} {part:>7.1%}  "),
        Span(f"{bar:<{room}}", tone),
        Span(f" {cost}"),
    )


# ── how long answers are ───────────────────────────────────────────────────────────────────────────────────────────


def _histogram(found: TokenHistogram, columns: int, *, plain: bool) -> Iterator[Line]:
    bins, room = found.bins, columns - SCALE - 4
    wide = max(1, min(6, room // len(bins)))
    stacks = [(one.count - one.truncated, one.truncated) for one in bins]
    highest = max(one.count for one in bins)
    chart = column_chart(stacks, CHART_ROWS, wide, highest=highest, plain=plain)
    scale = ticks(highest, CHART_ROWS)
    at = _limit_cell(found, wide)
    edge, dots = ("|", "|") if plain else ("┤", "┊")
    for y, runs in enumerate(chart):
        said = count(round(scale[y])) if y in scale else ""
        cells = [(sign, _TONES[run.part]) for run in runs for sign in run.text]
        if at is not None:
            cells.insert(at, (dots, Tone.BAD))
            if not y and room - len(cells) >= len(LIMIT):
                cells += [(LIMIT, Tone.BAD)]
        spans = [Span("".join(sign for sign, _ in of), tone) for tone, of in groupby(cells, key=lambda cell: cell[1])]
        yield (Span(f" {said:>{SCALE}} ", Tone.DIM), Span(edge if y in scale else " ", Tone.FAINT), *spans)
    yield from _axis(found, wide, plain=plain)
    if found.truncated:
        fills = ASCII_FILLS if plain else FILLS
        whole, cut = (Span(f" {fills[at]} ", _TONES[at]) for at in (0, 1))
        yield (whole, Span("whole  ", Tone.DIM), cut, Span(f"truncated: {count(found.truncated)}", Tone.TRUNCATED))
    yield from ((Span(f" {part}", tone),) for text, tone in _remarks(found) for part in wrapped(text, columns - 2))


def _limit_cell(found: TokenHistogram, wide: int) -> int | None:
    """Return the cell before which the line of the limit stands, between two bins; None where it is out of sight."""
    bins = found.bins
    if found.limit is None or found.limit > bins[-1].high:
        return None
    return next((at * wide for at, one in enumerate(bins, 1) if one.high >= found.limit), None)


def _axis(found: TokenHistogram, wide: int, *, plain: bool) -> Iterator[Line]:
    bins = found.bins
    length = wide * len(bins)
    cells = [" "] * (length + SCALE + 4)
    for at in (0, len(bins) // 2, len(bins)):
        words = "0" if not at else short(bins[at - 1].high)
        # The last tick stands at the limit, where bars end at one.
        x = max(0, min(at * wide - (len(words) // 2 if at else 0), len(cells) - len(words)))
        cells[x : x + len(words)] = list(words)
    yield (Span(" " * (SCALE + 3)), Span("".join(cells).rstrip(), Tone.DIM))


def _remarks(found: TokenHistogram) -> Iterator[tuple[str, Tone]]:
    said = f"median {count(found.median)}, longest {count(found.longest)}"
    if found.limit is not None:
        others = f" (and {amount(found.other_limits, 'other value')})" if found.other_limits else ""
        said += f", max_tokens {count(found.limit)}{others}"
    yield said, Tone.DIM
    if found.near_limit:
        words = amount(found.near_limit, "whole answer")
        yield f"{words} took nine tenths of max_tokens or more: slightly longer ones are truncated", Tone.WARN


# ── values of fields ───────────────────────────────────────────────────────────────────────────────────────────────


def _fields(found: ResultStatistics, *, plain: bool, columns: int) -> Iterator[Line]:
    for number, field in enumerate(found.fields):
        if number:
            yield ()
        yield from _titled(one_line(field.name), columns, plain=plain)
        yield from _values(field, found.structured, columns, plain=plain)


def _values(field: FieldValues, structured: int, columns: int, *, plain: bool) -> Iterator[Line]:
    name = max(10, min(28, columns - 36))
    room = max(6, columns - name - 22)
    most = max(number for _, number in field.values)
    for value, number in field.values:
        bar = share_bar(number / most, room, plain=plain)
        share = number / structured if structured else 0.0
        label = elide_middle(one_line(value), name) if value else '""'
        yield (
            Span(" "),
            *fit([Span(label)], name),
            Span(f" {count(number):>9} {share:>7.1%}  ", Tone.DIM),
            Span(bar, Tone.ACCENT),
        )
    rest = [f"{count(field.others)} with other values"] if field.others else []
    rest += [f"{count(structured - field.present)} without it"] if structured > field.present else []
    if rest:
        yield (Span(f" {', '.join(rest)}", Tone.DIM),)
