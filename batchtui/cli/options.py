"""Option types and sets of options that several commands share: `intake_options`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from batchtui.domain.limits import MAX_BODY_BYTES, MAX_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.services.submission.staging.stage import IntakeOptions

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(k|M|G|)B?")
_BYTES = {"": 1, "k": 1000, "M": 1000**2, "G": 1000**3}


class DurationType(click.ParamType[float]):
    """A span of time: `90`, `90s`, `15m`, `2h`, `3d`. Becomes seconds."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it."""
        if isinstance(value, (int, float)):
            return float(value)
        found = _SPAN.fullmatch(value.strip())
        if not found:
            self.fail(f"`{value}` is no span of time; write 90, 15m, 2h or 3d", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


class Size(click.ParamType[int]):
    """A number of bytes: `250000000`, `250MB`. Becomes an int."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it."""
        if isinstance(value, int):
            return value
        found = _SIZE.fullmatch(value.strip())
        if not found:
            self.fail(f"`{value}` is no number of bytes; write 250000000 or 250MB", param, ctx)
        return int(float(found[1]) * _BYTES[found[2]])


class Moment(click.ParamType[datetime]):
    """A moment: a date, a date and time, or how long ago (`2d`). Without a zone it is this machine's time."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        if found := _SPAN.fullmatch(value.strip()):
            return datetime.now(UTC) - timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
        try:
            return datetime.fromisoformat(value.strip()).astimezone(UTC)
        except ValueError:
            self.fail(f"`{value}` is no date; write 2026-11-21, 2026-11-21T18:00 or 2d", param, ctx)


class Dollars(click.ParamType[Decimal]):
    """An amount in USD, without the sign."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read it."""
        try:
            amount = Decimal(str(value).removeprefix("$"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            self.fail(f"`{value}` is no amount; write 12.50", param, ctx)
        return amount


allow_model_option = click.option(
    "--allow-model",
    "allowed_models",
    multiple=True,
    metavar="M",
    help="Send this model even where it is known to be retired or to refuse the request; may be repeated.",
)


def intake_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how request files are read; `intake_of` gathers them."""
    options: list[Callable[[Callable[..., Any]], Callable[..., Any]]] = [
        click.option("--model", metavar="M", help="Take this model in every request."),
        click.option(
            "--max-tokens", type=click.IntRange(min=1), metavar="N", help="Take this max_tokens in every request."
        ),
        click.option(
            "--max-requests",
            type=click.IntRange(1, MAX_REQUESTS),
            default=MAX_REQUESTS,
            metavar="N",
            help=f"Requests in one part at most (default {MAX_REQUESTS:,}).",
        ),
        click.option(
            "--max-bytes",
            type=Size(),
            default=MAX_BODY_BYTES,
            metavar="N",
            help=f"Bytes in one part at most (default {MAX_BODY_BYTES:,}).",
        ),
        click.option(
            "--api-version", metavar="V", help="The anthropic-version header, such as 2023-06-01 for older files."
        ),
        click.option("--beta", "betas", multiple=True, metavar="B", help="An anthropic-beta header; may be repeated."),
        allow_model_option,
    ]
    for option in reversed(options):
        function = option(function)
    return function


INTAKE = ("model", "max_tokens", "max_requests", "max_bytes", "api_version", "betas", "allowed_models")
"""The names of the options that `intake_options` adds."""


count_option = click.option(
    "--count", is_flag=True, help="Have the API count the input of a few requests of each kind; free, sends no batch."
)


def intake_of(options: dict[str, Any]) -> IntakeOptions:
    """Remove the intake options from the options of a command and return them; `-` reads the process's stdin."""
    from batchtui.services.submission.staging.stage import IntakeOptions

    return IntakeOptions(**{name: options.pop(name) for name in INTAKE}, stdin=sys.stdin.buffer if sys.stdin else None)
