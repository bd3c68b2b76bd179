"""Warnings of one kind are one row, and advise only what can work for the batches they are about."""

from __future__ import annotations

from batchtui.services.insights.warnings import BatchWarning, WarningAction
from batchtui.tui.screens.warnings.groups import group_warnings
from tests.tui.sample_batches import batch


def expiring(number: int, **fields: object) -> BatchWarning:
    about = batch(number, **fields)
    return BatchWarning(
        "expires", f"{about.name} expires in 1h and may not finish in time", "", WarningAction.OPEN, about
    )


def test_many_of_one_kind_are_one_row_that_counts_them() -> None:
    [row] = group_warnings([expiring(number) for number in range(1, 111)], ())
    assert row.is_folded
    assert row.message == "110 batches expire soon and may not finish in time"


def test_an_open_kind_lists_each_below_it() -> None:
    head, *inner = group_warnings([expiring(1), expiring(2)], {"expires"})
    assert head.is_head
    assert [row.is_inner for row in inner] == [True, True]
    assert "nightly expires in 1h" in inner[0].message


def test_kinds_keep_their_order_of_urgency() -> None:
    clock = BatchWarning("clock", "This machine's clock is behind", "Set it.", WarningAction.REFRESH)
    assert [row.kind for row in group_warnings([clock, expiring(1), expiring(2)], ())] == ["clock", "expires"]


def test_only_batches_whose_requests_are_here_are_said_to_be_retried() -> None:
    [own] = group_warnings([expiring(1, bytes=10)], ())
    [foreign] = group_warnings([expiring(1, bytes=0)], ())
    [mixed] = group_warnings([expiring(1, bytes=10), expiring(2, bytes=0)], ())
    assert "{batches.retry} retries " in own.advice
    assert "{batches.retry}" not in foreign.advice
    assert "nothing can be retried from here" in foreign.advice
    assert "except for 1 created elsewhere" in mixed.advice
