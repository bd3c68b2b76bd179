"""What a batch says of itself: honest progress, steps of time that keep a still screen still, nothing hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.results.result import OutcomeCounts
from batchtui.tui.rendering import batch_text as saying
from batchtui.tui.rendering.spans import Tone, plain, width
from tests.support.clock import START
from tests.tui.sample_batches import HOSTILE, batch, ended


def test_counts_that_have_not_moved_draw_no_bar() -> None:
    assert plain(saying.progress(batch(), 30)) == "counts at the end"


def test_counts_that_moved_draw_a_bar() -> None:
    moving = batch(counts=RequestCounts(processing=75, succeeded=25), counts_moved=True)
    assert plain(saying.progress(moving, 12)) == "███░░░░░░░░░"


@pytest.mark.parametrize("columns", range(1, 60))
def test_a_bar_is_as_wide_as_its_column_while_it_runs_and_after(columns: int) -> None:
    moving = batch(counts=RequestCounts(processing=1, succeeded=97, errored=2), counts_moved=True)
    assert width(saying.progress(moving, columns)) == columns
    assert width(saying.progress(ended(succeeded=97, errored=3), columns)) == columns


def test_a_bar_in_ascii_is_ascii() -> None:
    moving = batch(requests=3, counts=RequestCounts(processing=1, succeeded=1, errored=1), counts_moved=True)
    assert plain(saying.progress(moving, 9, plain=True)) == "===xxx..."


def test_the_state_of_an_end_with_failures_differs_by_sign_and_not_by_colour_alone() -> None:
    assert plain(saying.state(ended())) == "✓ ended"
    assert plain(saying.state(ended(succeeded=9, errored=1))) == "◐ ended"
    assert plain(saying.state(ended(succeeded=1, errored=9))) == "✗ ended"


def test_saved_results_are_said_as_they_turned_out_and_colour_the_state() -> None:
    unusable = replace(ended(succeeded=50), outcomes=OutcomeCounts(succeeded=11, truncated=39))
    assert plain(saying.outcomes(unusable.outcomes or OutcomeCounts())) == "11 ✓  39 ✂"
    assert saying.state(unusable)[0] == ("✗", Tone.BAD)
    some = replace(unusable, outcomes=OutcomeCounts(succeeded=39, refused=11))
    assert saying.state(some)[0] == ("◐", Tone.WARN)


def test_the_word_of_an_end_is_not_in_the_colour_of_its_failures() -> None:
    assert [saying.state(ended(succeeded=good, errored=10 - good))[1] for good in (10, 9, 1)] == [
        (" ended", Tone.TEXT)
    ] * 3


@pytest.mark.parametrize("state", list(BatchState))
def test_every_state_is_said_in_ascii_too(state: BatchState) -> None:
    assert plain(saying.state(batch(state=state), plain=True)).isascii()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (4, "0s"),
        (59, "55s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h 00m"),
        (100_000, "27h 46m"),
        (200_000, "2 days"),
    ],
)
def test_spans_go_in_steps(seconds: int, said: str) -> None:
    assert saying.span(timedelta(seconds=seconds)) == said


def test_a_span_below_a_minute_changes_every_five_seconds_and_later_every_minute() -> None:
    assert len({saying.span(timedelta(seconds=s)) for s in range(60)}) == 12
    assert len({saying.span(timedelta(seconds=s)) for s in range(60, 3600)}) == 59


def test_a_future_time_is_not_written_as_past() -> None:
    assert saying.ago(START + timedelta(minutes=2), START) == "in 2m"


def test_little_time_left_is_a_warning() -> None:
    late = batch(expires_at=START + timedelta(minutes=90))
    assert saying.when(late, START)[0] == ("1h left", Tone.WARN)
    assert saying.when(batch(), START)[0].tone is Tone.DIM


def test_time_stands_still_once_a_batch_has_ended() -> None:
    assert saying.took(ended(), START) == saying.took(ended(), START + timedelta(days=3)) == "10m"


def test_an_unknown_cost_is_never_nothing() -> None:
    assert plain(saying.money(batch())) == "·"
    assert plain(saying.money(batch(cost_estimate=Decimal("1.5")))) == "~$1.50"
    assert plain(saying.money(batch(cost_estimate=Decimal("1.5"), cost_actual=Decimal(1)))) == "$1.00"


def test_part_and_attempt_are_named_only_where_there_are_several() -> None:
    assert plain(saying.name(batch())) == "nightly"
    assert plain(saying.name(batch(part=2, parts=3, attempt=2))) == "nightly 2/3 #2"


def test_a_shortened_id_is_cut_in_the_middle_after_its_prefix() -> None:
    said = saying.short_id(batch(7), 24)
    assert said.startswith("msgbatch_01")
    assert "…" in said
    assert said.endswith("V07")
    assert len(said) == 24


def test_an_id_without_room_for_its_prefix_is_cut_without_it() -> None:
    said = saying.short_id(batch(7), 16)
    assert not said.startswith("msgbatch_")
    assert said.endswith("V07")
    assert len(said) == 16


def test_a_part_that_reuses_answers_says_so_in_place_of_its_id() -> None:
    reused = batch(id=None, is_reused=True)
    assert saying.short_id(reused) == "reused"
    assert plain(dict(saying.facts(reused, START))["id"]) == "reused answers, not at the API"


def test_results_that_are_not_saved_say_until_when_they_can_be_had() -> None:
    assert "kept until" in plain(saying.results(ended(), START))
    assert plain(saying.results(ended(results=ResultsState.SAVED, results_bytes=3400), START)) == "saved, 3.4 kB"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_from_outside_is_said_as_it_stands(hostile: str) -> None:
    bad = batch(
        name=hostile, id=hostile, reason=hostile, models=(hostile,), tags=(hostile,), source=hostile, job=hostile,
        api_version=hostile, betas=(hostile,), state=BatchState.UNKNOWN,
    )  # fmt: skip
    said = [plain(value) for _, value in saying.facts(bad, START)]
    said += [plain(saying.name(bad)), plain(saying.progress(bad, 30)), saying.models(bad), saying.short_id(bad)]
    for text in said:
        assert text.encode("utf-8"), "a lone surrogate would have raised"
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066\u200b" for char in text)


def test_tool_use_and_success_which_share_a_sign_are_one_number() -> None:
    found = OutcomeCounts(succeeded=1, truncated=1, tool_use=1)
    assert plain(saying.outcomes(found)) == "2 ✓  1 ✂"
    assert plain(saying.outcomes(found, words=True)) == "1 succeeded  1 truncated  1 tool use"
