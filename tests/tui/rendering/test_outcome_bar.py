"""The bar of outcomes: one width, one meaning, and nothing that occurs is left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.results.result import OutcomeCounts
from batchtui.tui.rendering.outcome_bar import Shares, divided, of_counts, of_outcomes, outcome_bar
from batchtui.tui.rendering.spans import Tone, plain, width

NUMBERS = st.lists(st.integers(0, 1_000_000), min_size=1, max_size=5)


@given(NUMBERS, st.integers(0, 60))
def test_a_bar_is_as_wide_as_it_is_told_and_shows_whatever_occurs(numbers: list[int], columns: int) -> None:
    widths = divided(numbers, columns)
    assert sum(widths) == (columns if sum(numbers) else 0)
    occurring = [wide for wide, number in zip(widths, numbers, strict=True) if number]
    assert all(occurring) or len(occurring) > columns
    assert all(wide == 0 for wide, number in zip(widths, numbers, strict=True) if not number)


def test_one_failure_among_a_hundred_thousand_is_seen() -> None:
    assert plain(outcome_bar(of_counts(RequestCounts(succeeded=99_999, errored=1), 100_000), 15)) == "█" * 14 + "▓"


def test_requests_in_progress_fill_the_rest_of_the_same_bar() -> None:
    counts = RequestCounts(processing=50, succeeded=40, errored=10)
    assert plain(outcome_bar(of_counts(counts, 100), 10)) == "████▓░░░░░"
    assert plain(outcome_bar(of_counts(counts, 100), 10, plain=True)) == "====x....."


def test_truncated_answers_have_a_colour_of_their_own_between_good_and_bad() -> None:
    shares = of_outcomes(OutcomeCounts(succeeded=4, tool_use=1, truncated=3, refused=1, errored=1))
    assert shares == Shares(good=5, truncated=3, some=1, bad=1, total=10, is_read=True)
    bar = outcome_bar(shares, 10)
    assert [(span.tone, width([span])) for span in bar] == [
        (Tone.GOOD, 5),
        (Tone.TRUNCATED, 3),
        (Tone.WARN, 1),
        (Tone.BAD, 1),
    ]
