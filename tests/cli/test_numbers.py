"""Numbers out of range in options: one sentence and exit code 2, never a fault."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import pytest

from batchtui.cli.main import program
from batchtui.cli.options import Dollars, DurationType, Moment, Size
from batchtui.domain.errors import UsageError
from batchtui.services.submission.staging.stage import IntakeOptions

if TYPE_CHECKING:
    from tests.cli.conftest import Batchtui

EXTREMES = (
    "nan", "NaN", "inf", "-inf", "-1", "-0.5", "1e14", "1e400", "1e-400", "10**20", "9" * 20, "9" * 400, "9" * 5000,
    "99999999d", "9" * 300 + "d", "0.0000001", "99999999999GB", "0x10", "٣", "²", "", " ", "0001-01-01",
    "9999-12-31T23:59:59-12:00",
)  # fmt: skip
_LARGEST = 1e13


def numeric() -> list[tuple[str, click.Parameter]]:
    """Every option of every command that takes a number, a span, a size, a moment or an amount."""
    context = click.Context(program)
    commands = [(name, program.get_command(context, name)) for name in program.list_commands(context)]
    numbers = (click.IntRange, click.FloatRange, DurationType, Size, Moment, Dollars)
    return [
        (f"{name} {option.opts[0]}", option)
        for name, command in commands
        if command is not None
        for option in command.params
        if isinstance(option.type, numbers)
    ]


@pytest.mark.parametrize(("where", "option"), numeric(), ids=[where for where, _ in numeric()])
def test_no_option_takes_a_number_that_nothing_can_be_done_with(where: str, option: click.Parameter) -> None:
    for text in EXTREMES:
        try:
            value = option.type.convert(text, option, None)
        except click.BadParameter as error:
            value, said = None, error.format_message()
        else:
            said = ""
        assert len(said) < 200, (where, text[:40])
        if isinstance(value, datetime):
            assert 1970 <= value.year <= 9000, (where, text)
        elif isinstance(value, (int, float, Decimal)):
            assert math.isfinite(value), (where, text)
            assert 0 <= value <= _LARGEST, (where, text)


@pytest.mark.parametrize(
    "words",
    [
        ["cost", "--since", "99999999d"],
        ["sync", "--since", "99999999d"],
        ["resume", "--grace", "99999999999999d"],
        ["resume", "--grace", "1e14"],
        ["prune", "--older-than", "99999999999"],
        ["log", "--limit", "9" * 20],
        ["list", "--limit", "9" * 20],
        ["list", "--limit", "-1"],
        ["wait", "x", "--timeout", "9" * 40],
        ["wait", "x", "--poll-interval", "0"],
        ["simulate", "--speed", "nan"],
    ],
    ids=" ".join,
)
def test_a_number_out_of_range_is_wrong_usage(batchtui: Batchtui, words: list[str]) -> None:
    ran = batchtui(*words)
    assert ran.code == 2
    assert "fault" not in ran.err


@pytest.mark.parametrize("size", ["10", "300000000", "0", "9" * 30])
def test_a_size_that_no_part_can_have_is_wrong_usage(batchtui: Batchtui, size: str) -> None:
    ran = batchtui("check", batchtui.file(), "--max-bytes", size)
    assert ran.code == 2
    assert "out of range: 100 to 250000000 bytes" in ran.err


@pytest.mark.parametrize(
    "numbers",
    [{"max_bytes": 10}, {"max_bytes": 10**20}, {"max_requests": 0}, {"max_requests": 10**6}, {"max_tokens": 0}],
)
def test_the_library_refuses_the_same_numbers(numbers: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        IntakeOptions(**numbers)
