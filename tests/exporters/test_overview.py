"""What Markdown says of all results at its beginning: nothing from outside can break a table of it."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from markdown_it import MarkdownIt

from batchtui.domain.results.result import Outcome
from batchtui.domain.results.statistics import FieldValues, OutcomeShare, ResultStatistics, TokenBin, TokenHistogram
from batchtui.exporters.formats import Format, write
from batchtui.exporters.overview import overview
from batchtui.exporters.record import ExportRecord
from tests.support.lines import succeeded

BINS = (TokenBin(1, 50, 7, 0), TokenBin(51, 100, 3, 2))


def statistics(*values: str, name: str = "kind") -> ResultStatistics:
    return ResultStatistics(
        results=10,
        outcomes=(OutcomeShare(Outcome.SUCCEEDED, 8, Decimal("1.25")), OutcomeShare(Outcome.TRUNCATED, 2, None)),
        tokens=TokenHistogram(BINS, 40, 100, 100, 0, 1, 2),
        structured=8,
        fields=(FieldValues(name, 8, tuple((value, 4) for value in values), 0, len(values)),) if values else (),
    )


def tables(text: str) -> list[list[list[str]]]:
    """The cells of every table, by row."""
    found: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type == "inline" and found and token.level > 3:
            found[-1][-1].append(token.content)
    return found


def test_it_says_outcomes_costs_lengths_and_the_limit() -> None:
    text = overview(statistics()).decode()
    [table] = tables(text)
    assert table[1][:4] == ["succeeded", "8", "80.0%", "$1.25"]
    assert table[2][:2] == ["truncated", "2"]
    assert "$" not in table[2][3]  # what is unknown is no amount
    assert "max\\_tokens 100" in text or "max_tokens 100" in text
    assert "2 truncated" in text


@pytest.mark.parametrize("value", ["a|b", "`", "``x", "\n\n# head", "<b>", "| --- |", "\\|", "[x](y)", ""])
def test_a_value_from_outside_stays_one_cell(value: str) -> None:
    text = overview(statistics(value, "fine", name="na|me`")).decode()
    fields = tables(text)[1]
    assert [len(row) for row in fields] == [4, 4, 4]
    assert [row[1] for row in fields[1:]] == ["4", "4"]


def test_it_stands_before_the_first_result_and_only_where_it_is_given() -> None:
    for given in (statistics(), None):
        out = io.BytesIO()
        write(Format.MD, out, [ExportRecord(succeeded("a", "Hello"))], None, statistics=given)
        text = out.getvalue().decode()
        assert text.startswith("## Overview" if given else "## `a`")
        assert ("\n---\n\n## `a`" in text) == (given is not None)
