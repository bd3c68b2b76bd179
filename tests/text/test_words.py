from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, Success
from batchtui.domain.costs.estimate import Bounds
from batchtui.domain.results.result import Outcome
from batchtui.text import durations, glyphs, money
from batchtui.text import numbers as counts
from batchtui.text.layout import progress
from batchtui.text.layout.widths import width
from batchtui.text.sentences import estimates

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (-5, "0s"), (59.9, "59s"), (2267, "37m"), (3840, "1h 04m"), (93605, "26h 00m"), (200_000, "2 days")],
)
def test_a_span_is_said_by_its_units(seconds: float, said: str) -> None:
    assert durations.span(seconds) == said


@pytest.mark.parametrize(("seconds", "said"), [(18, "0:18"), (61, "1:01"), (3600, "1h 00m"), (200_000, "2 days")])
def test_a_countdown_runs_in_seconds_while_it_is_short(seconds: float, said: str) -> None:
    assert durations.countdown(seconds) == said


def test_a_cell_has_no_room_for_a_word() -> None:
    assert [durations.brief(length) for length in (45, 7_300, 300_000)] == ["45s", "2h", "3d"]


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=12), "12s ago"),
        (timedelta(minutes=42), "42m ago"),
        (timedelta(hours=2), "2h ago"),
        (timedelta(hours=47), "47h ago"),
        (timedelta(days=3, hours=4), "3 days ago"),
        (-timedelta(days=3), "in 3 days"),
        (-timedelta(seconds=30), "in 30s"),
    ],
)
def test_a_moment_is_said_from_now(span: timedelta, said: str) -> None:
    assert durations.ago(NOW - span, NOW) == said


@pytest.mark.parametrize(
    ("dollars", "said"),
    [
        ("4.18", "$4.18"),
        ("0", "$0.00"),
        ("0.0021", "<$0.01"),
        ("0.01", "$0.01"),
        ("0.0949", "$0.09"),
        ("0.096", "$0.10"),
        ("1204", "$1,204.00"),
        ("-0.5", "-$0.50"),
    ],
)
def test_an_amount_is_written_in_cents(dollars: str, said: str) -> None:
    assert money.usd(Decimal(dollars)) == said


@pytest.mark.parametrize(
    ("dollars", "said"),
    [
        ("4.18", "$4.18"),
        ("0", "$0.00"),
        ("0.0021", "$0.0021"),
        ("0.004", "$0.004"),
        ("0.00214999", "$0.0021"),
        ("0.05", "$0.05"),
        ("0.0949", "$0.095"),
        ("0.096", "$0.10"),
        ("0.0000000123", "$0.000000012"),
        ("1204", "$1,204.00"),
        ("-0.5", "-$0.50"),
    ],
)
def test_an_estimate_below_ten_cents_has_two_significant_digits(dollars: str, said: str) -> None:
    assert money.usd_fine(Decimal(dollars)) == said


def test_an_unknown_amount_is_never_zero_dollars() -> None:
    assert (money.usd(None), money.cost(None, None)) == ("unknown", "·")


@pytest.mark.parametrize(
    ("dollars", "said"),
    [
        (("4.176", "0.004", "0", None), ["$4.18", "<$0.01", "$0.00", "·"]),
        (("0.0041", "0.0019", "0.000001", "0"), ["$0.0041", "$0.0019", "<$0.0001", "$0"]),
        (("0", "0"), ["$0.00", "$0.00"]),
    ],
)
def test_amounts_of_a_column_have_one_form_and_small_ones_still_differ(
    dollars: tuple[str | None, ...], said: list[str]
) -> None:
    assert money.column([None if one is None else Decimal(one) for one in dollars]) == said


def test_the_actual_cost_replaces_the_estimate() -> None:
    assert money.cost(Decimal("1.92"), Decimal("2.5")) == "$1.92"


def test_the_full_cost_shows_the_estimate_and_the_billed_requests() -> None:
    whole, partly = RequestCounts(succeeded=3), RequestCounts(succeeded=3, errored=1, canceled=2, expired=1)
    cents, more = Decimal("0.31"), Decimal("0.70")
    assert money.cost_in_full(cents, more, whole) == "$0.31 (estimated $0.70)"
    assert money.cost_in_full(cents, None, partly) == "$0.31; only the 3 of 7 that succeeded are billed"
    assert money.cost_in_full(None, more, partly) == "~$0.70"
    assert money.cost_in_full(None, None, whole) == "unknown"


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(None, None, Decimal(3)), "unknown"),
        (Bounds(Decimal(1), None, Decimal(3)), "$1.00 to $3.00"),
        (Bounds(Decimal(1), Decimal(2), Decimal(3)), "$1.00 to $3.00, likely $2.00"),
        (Bounds(Decimal(1), None, None), "at least $1.00"),
        (Bounds(Decimal(1), Decimal(2), Decimal(4), Decimal(3)), "$1.00 to $3.00, likely $2.00; at most $4.00"),
        (Bounds(Decimal(2), Decimal(2), Decimal(4), Decimal(2)), "likely $2.00; at most $4.00"),
        (Bounds(Decimal(1), Decimal(2), None, Decimal(3)), "$1.00 to $3.00, likely $2.00; no known upper bound"),
    ],
)
def test_an_estimate_is_a_range_as_far_as_it_is_known(bounds: Bounds, said: str) -> None:
    assert estimates.range_words(bounds) == said


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(None, None, None), "unknown cost"),
        (Bounds(Decimal("0.001"), None, Decimal("0.012")), "at most $0.012"),
        (Bounds(Decimal("0.001"), Decimal("0.004"), Decimal("0.012")), "about $0.004, at most $0.012"),
        (Bounds(Decimal(1), Decimal(2), None), "about $2.00"),
    ],
)
def test_a_screen_names_one_figure_of_an_estimate_and_its_bound(bounds: Bounds, said: str) -> None:
    assert estimates.figure_words(bounds) == said
    assert estimates.about_words(bounds) == ("" if said == "unknown cost" else f", {said}")


def test_an_estimate_is_said_to_be_one() -> None:
    assert money.cost(None, Decimal("52.1")) == "~$52.10"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (3_420, "3.4 kB"),
        (99_600, "100 kB"),
        (258_000_000, "258 MB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_bytes_are_said_in_decimal_units(number: int, said: str) -> None:
    assert counts.size(number) == said


def test_counts_have_separators() -> None:
    assert counts.count(1948) == "1,948"


@pytest.mark.parametrize(("number", "said"), [(1, "1 batch"), (0, "0 batches"), (2000, "2,000 batches")])
def test_amounts_agree_with_their_noun(number: int, said: str) -> None:
    assert counts.amount(number, "batch", "batches") == said


@pytest.mark.parametrize("state", BatchState)
@pytest.mark.parametrize("success", Success)
def test_every_state_has_a_glyph_of_one_column_an_ascii_twin_and_a_word(state: BatchState, success: Success) -> None:
    sign = glyphs.state_sign(state, success)

    assert (width(sign.glyph), len(sign.ascii), sign.ascii.isascii(), bool(sign.word)) == (1, 1, True, True)


def test_no_two_states_share_a_sign() -> None:
    signs = {*glyphs.STATES.values(), *glyphs.ENDED.values()}

    assert len({sign.glyph for sign in signs}) == len({sign.ascii for sign in signs}) == len(signs)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_sign(outcome: Outcome) -> None:
    assert width(glyphs.OUTCOMES[outcome].glyph) == len(glyphs.OUTCOMES[outcome].ascii) == 1


@pytest.mark.parametrize(
    ("actual", "estimate", "said"),
    [
        (None, None, "·"),
        ("1.92", "2.5", "$1.92"),
        (None, "52100.40", "~$52,100"),
        (None, "0.0253", "~$0.03"),
        (None, "0.00253", "<$0.01"),
        ("0.00004", None, "<$0.01"),
        ("0", None, "$0.00"),
    ],
)
def test_a_cost_in_a_cell_takes_eight_columns_at_most(actual: str | None, estimate: str | None, said: str) -> None:
    cell = money.cost_cell(*(None if figure is None else Decimal(figure) for figure in (actual, estimate)))
    assert cell == said
    assert len(cell) <= 8


@pytest.mark.parametrize(
    ("done", "total", "drawn"),
    [
        (0, 100, "──────────   0%"),
        (48, 100, "━━━━━─────  48%"),
        (100, 100, "━━━━━━━━━━ 100%"),
        (120, 100, "━━━━━━━━━━ 100%"),
        (0, 0, "──────────   0%"),
    ],
)
def test_a_bar_is_as_long_as_its_share(done: int, total: int, drawn: str) -> None:
    assert "".join(progress.bar(done, total, 15)) == drawn
    assert "".join(progress.bar(done, total, 15, plain=True)).isascii()


def test_a_pace_says_rate_and_time_left_once_it_has_settled() -> None:
    assert progress.pace(500, 100_000, 0.5) == "500 of 100,000"
    assert progress.pace(25_000, 100_000, 5.0) == "25,000 of 100,000  5,000/s  0:15 left"
