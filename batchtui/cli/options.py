"""Option types and sets of options that several commands share: `intake_options`."""

from __future__ import annotations

import math
import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from batchtui.domain.errors import UsageError
from batchtui.domain.limits import LARGEST_COUNT, LEAST_BODY_BYTES, MAX_BODY_BYTES, MAX_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.results.result import Outcome
    from batchtui.services.submission.staging.stage import IntakeOptions

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(k|M|G|)B?")
# Decimal: it is not documented whether the API's 256 MB are, and the smaller reading is safe in both cases.
_BYTES = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3}


class Outcomes(click.ParamType[Any]):
    """Outcomes with commas between them: `errored,expired`."""

    name = "outcomes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[Outcome]:
        """Return the outcomes as a set; fails with the words that are known."""
        # Late: most commands that take options from here know no outcomes.
        from batchtui.domain.results.result import Outcome

        # click converts the default, too.
        if isinstance(value, frozenset):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        unknown = [word for word in words if word not in set(Outcome)]
        if unknown or not words:
            # One is named: the sentence lists all that there are.
            named = unknown[0] if unknown else value
            self.fail(f"`{named}` is not an outcome; use {', '.join(Outcome)}", param, ctx)
        return frozenset(map(Outcome, words))


# A century: nobody waits as long, and `timedelta` and `datetime` overflow far above it.
LONGEST_DAYS = 36_500
LONGEST_SECONDS = LONGEST_DAYS * 86_400.0
# `datetime` ends with the year 9999, and time zones and days are added to what is typed.
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MOST_DOLLARS = Decimal(1_000_000_000)
_LONGEST_QUOTE = 40


class Count(click.IntRange):
    """A whole number from `least` on, as large as anything can be that is counted."""

    def __init__(self, least: int = 1, most: int = LARGEST_COUNT) -> None:
        super().__init__(least, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fails with the range that is allowed."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            # click would print the range as `1<=x<=1000000000`, and quote a value of any length.
            self.fail(f"`{_short(value)}` is not a whole number from {self.min} to {self.max}", param, ctx)


class DurationType(click.ParamType[float]):
    """A span of time: `90`, `90s`, `15m`, `2h`, `3d`. Becomes seconds."""

    name = "seconds"

    def __init__(self, *, least: float = 0.0) -> None:
        """`least`: seconds, below which it makes no sense."""
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the span in seconds."""
        # click converts defaults, too: they are seconds already.
        if isinstance(value, (int, float)):
            return float(value)
        found = _SPAN.fullmatch(value.strip())
        if not found:
            self.fail(f"`{_short(value)}` is not a duration; write 90, 15m, 2h or 3d", param, ctx)
        seconds = float(found[1]) * _SECONDS[found[2]]
        if not self._least <= seconds <= LONGEST_SECONDS:
            self.fail(f"`{_short(value)}` is out of range: {self._least:g} seconds to {LONGEST_DAYS} days", param, ctx)
        return seconds


class Size(click.ParamType[int]):
    """A number of bytes of a part: `250000000`, `250MB`. Becomes an int."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if not found:
            self.fail(f"`{_short(value)}` is not a number of bytes; write 250000000 or 250MB", param, ctx)
        size = float(found[1]) * _BYTES[found[2]]
        if not LEAST_BODY_BYTES <= size <= MAX_BODY_BYTES:
            self.fail(f"`{_short(value)}` is out of range: {LEAST_BODY_BYTES} to {MAX_BODY_BYTES} bytes", param, ctx)
        return int(size)


class Moment(click.ParamType[datetime]):
    """A moment: a date, a date and time, or how long ago (`2d`). Without a zone it is this machine's time."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment, aware."""
        if isinstance(value, datetime):
            return value
        if _SPAN.fullmatch(value.strip()):
            return datetime.now(UTC) - timedelta(seconds=DurationType().convert(value, param, ctx))
        try:
            moment = datetime.fromisoformat(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"`{_short(value)}` is not a date; write 2026-11-21, 2026-11-21T18:00 or 2d", param, ctx)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            self.fail(f"`{_short(value)}` is out of range: {_FIRST_YEAR} to {_LAST_YEAR}", param, ctx)
        return moment


class Dollars(click.ParamType[Decimal]):
    """An amount in USD, without the sign."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Return the amount in USD."""
        try:
            # By way of the text: a float would bring its binary digits along.
            amount = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self.fail(f"`{_short(value)}` is not an amount; write 12.50", param, ctx)
        if amount > _MOST_DOLLARS:
            self.fail(f"`{_short(value)}` is out of range: 0 to {_MOST_DOLLARS}", param, ctx)
        return amount


class Factor(click.FloatRange):
    """A number above 0, up to a million. `nan` is none: it compares with nothing, and click would let it through."""

    def __init__(self) -> None:
        super().__init__(min=0, max=1_000_000, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; fails for `nan`."""
        try:
            number = super().convert(value, param, ctx)
        except click.BadParameter:
            number = math.nan
        if math.isnan(number):
            self.fail(f"`{_short(value)}` is not a number above 0 and up to {self.max:,}", param, ctx)
        return number


def _short(value: object) -> str:
    """Return a wrong value as a message quotes it, cut where it is long."""
    text = str(value)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"


REUSE_ON = "on"
"""The value of a `--reuse` without one."""
reuse_option = click.option(
    "--reuse",
    is_flag=False,
    flag_value=REUSE_ON,
    metavar="[AGE]",
    help="Send only what is new and copy the answers that exist: of any age, not older than AGE (--reuse=30d), with"
    " those that depend on the day, too (=all, =all,30d), or not at all (=off). Default: the setting `submit.reuse`.",
)


def pilot_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that sends `--pilot` and `--auto-below`."""
    function = click.option(
        "--auto-below",
        type=Dollars(),
        metavar="USD",
        help="With --pilot: send the others without asking if the whole costs less, with 90 % certainty.",
    )(function)
    return click.option(
        "--pilot",
        type=Count(),
        metavar="N",
        help="Send N requests drawn at random first; `resume` sends the others once you have seen what they cost.",
    )(function)


samples_option = click.option(
    "--samples",
    type=Count(),
    default=1,
    metavar="N",
    help="Up to N equal requests are samples of one question, not duplicates.",
)


def untangle_reuse(reuse: str | None, sources: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """Return the value of `--reuse` and the files. `--reuse FILE` reads like `--reuse=AGE`: then it is a file.

    Raises:
        UsageError: the value is neither.
    """
    from batchtui.domain.costs.known_requests import ReusePolicy

    if reuse is None:
        return None, sources
    try:
        ReusePolicy.parse(reuse)
    except ValueError as error:
        if reuse != "-" and not Path(reuse).exists():
            raise UsageError(f"`{_short(reuse)}` is not a value of --reuse.", hint=f"Write {error}.") from None
        return REUSE_ON, (reuse, *sources)
    return reuse, sources


allow_model_option = click.option(
    "--allow-model",
    "allowed_models",
    multiple=True,
    metavar="M",
    help="Send this model even if it is listed as retired or refuses the request; may be repeated.",
)


yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
max_cost_option = click.option(
    "--max-cost", type=Dollars(), metavar="USD", help="Send nothing if it may cost more (exit 3)."
)
overwrite_option = click.option("--overwrite", is_flag=True, help="Replace OUTPUT if it exists.")
allow_failures_option = click.option("--allow-failures", is_flag=True, help="Exit with 0 even if requests failed.")


def intake_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how request files are read; `intake_of` gathers them."""
    options: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
        click.option("--model", metavar="M", help="Set this model in every request."),
        click.option("--max-tokens", type=Count(), metavar="N", help="Set this max_tokens in every request."),
        click.option(
            "--max-requests",
            type=Count(1, MAX_REQUESTS),
            default=MAX_REQUESTS,
            metavar="N",
            help=f"Maximum requests per part (default {MAX_REQUESTS:,}).",
        ),
        click.option(
            "--max-bytes",
            type=Size(),
            default=MAX_BODY_BYTES,
            metavar="N",
            help=f"Maximum bytes per part (default {MAX_BODY_BYTES:,}).",
        ),
        click.option(
            "--api-version", metavar="V", help="The anthropic-version header, such as 2023-06-01 for older files."
        ),
        click.option("--beta", "betas", multiple=True, metavar="B", help="An anthropic-beta header; may be repeated."),
        allow_model_option,
    ]
    # click lists options in the reverse order of their decoration.
    for option in reversed(options):
        function = option(function)
    return function


INTAKE = ("model", "max_tokens", "max_requests", "max_bytes", "api_version", "betas", "allowed_models")
"""The names of the options that `intake_options` adds."""


count_option = click.option(
    "--count",
    is_flag=True,
    help="Have the API count the tokens of a few requests of each kind; free, creates no batch.",
)


def intake_of(options: dict[str, Any]) -> IntakeOptions:
    """Remove the intake options from the options of a command and return them; `-` reads the process's stdin."""
    from batchtui.services.submission.staging.stage import IntakeOptions

    # `sys.stdin` is None where the shell has closed it (`<&-`).
    return IntakeOptions(**{name: options.pop(name) for name in INTAKE}, stdin=sys.stdin.buffer if sys.stdin else None)
