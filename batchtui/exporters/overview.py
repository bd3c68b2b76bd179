"""Write what results look like together as Markdown, for the beginning of a Markdown export: `overview`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.exporters.markdown import code, plain
from batchtui.results.json_text import join_text
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.layout.charts import FILLS, column_chart, share_bar, ticks
from batchtui.text.money import column, usd
from batchtui.text.numbers import amount, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.domain.results.statistics import FieldValues, ResultStatistics, TokenHistogram

_BAR = 24
"""Cells of a bar: as many as a table has room for on a page."""
_ROWS = 6
"""Rows of the histogram."""
_SCALE = 9


def overview(found: ResultStatistics) -> bytes:
    """Return a section of Markdown, in UTF-8: outcomes with their cost, lengths of answers, values of fields."""
    parts = ["## Overview", *_outcomes(found)]
    if found.tokens is not None:
        parts += _tokens(found.tokens)
    for field in found.fields:
        parts += _field(field, found.structured)
    return join_text("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    # Names stand at the left, numbers at the right, bars at the left again.
    rule = ["---", "---:", "---:", *["---:"] * (len(head) - 4), "---"]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, tuple(rule), *rows))


def _outcomes(found: ResultStatistics) -> Iterator[str]:
    def share(part: int) -> float:
        return part / found.results if found.results else 0.0

    # Formatted together, so that all amounts of the column have the same decimals.
    *costs, all_costs = column([*(one.cost for one in found.outcomes), found.cost])
    rows = [
        (
            OUTCOMES[one.outcome].word,
            count(one.count),
            f"{share(one.count):.1%}",
            cost,
            share_bar(share(one.count), _BAR),
        )
        for one, cost in zip(found.outcomes, costs, strict=True)
    ]
    yield _table(("outcome", "results", "share", "cost", ""), [*rows, ("all", count(found.results), "", all_costs, "")])
    if found.replaced:
        words = amount(found.replaced, "result of an earlier attempt was", "results of earlier attempts were")
        yield f"{words} replaced by a later one; cost {plain(usd(found.replaced_cost))}."


def _tokens(found: TokenHistogram) -> Iterator[str]:
    bins = found.bins
    stacks = [(one.count - one.truncated, one.truncated) for one in bins]
    highest = max(one.count for one in bins)
    scale = ticks(highest, _ROWS)
    lines = [
        f"{count(round(scale[y])) if y in scale else '':>{_SCALE}} │{''.join(run.text for run in row)}".rstrip()
        for y, row in enumerate(column_chart(stacks, _ROWS, 2, highest=highest))
    ]
    end = count(bins[-1].high)
    lines.append(f"{'':>{_SCALE}} └{'─' * 2 * len(bins)}")
    lines.append(f"{'':>{_SCALE}}  0{end:>{max(len(end) + 1, 2 * len(bins) - 1)}} output tokens")
    yield "### Output tokens"
    yield "```text\n" + "\n".join(lines) + "\n```"
    said = [f"Median {count(found.median)}, longest {count(found.longest)}"]
    if found.limit is not None:
        others = f" (and {amount(found.other_limits, 'other value')})" if found.other_limits else ""
        said.append(f"max_tokens {count(found.limit)}{others}")
    if found.truncated:
        said.append(f"{count(found.truncated)} truncated ({FILLS[1]} in the chart)")
    if found.near_limit:
        said.append(f"{amount(found.near_limit, 'whole answer')} took nine tenths of max_tokens or more")
    yield plain("; ".join(said) + ".")


def _field(field: FieldValues, structured: int) -> Iterator[str]:
    most = max(number for _, number in field.values)
    rows = [
        (
            # A bar ends a cell, be it in a code span.
            code(value).replace("|", "\\|") if value else "(empty)",
            count(number),
            f"{number / structured if structured else 0.0:.1%}",
            share_bar(number / most, _BAR),
        )
        for value, number in field.values
    ]
    yield f"### Values of {code(field.name)}"
    yield _table(("value", "answers", "share", ""), rows)
    rest = [f"{count(field.others)} with other values"] if field.others else []
    rest += [f"{count(structured - field.present)} without it"] if structured > field.present else []
    if rest:
        yield f"{', '.join(rest)}."
