"""`batchtui cost`: what was spent, on what, and what it saved; and a calculator for what is not sent yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.options import Count, Moment
from batchtui.cli.views import spending as spending_view
from batchtui.domain.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.cli.session import Session
    from batchtui.services.spending.ledger import By

BY = ("day", "model", "tag", "job")


@define_command(
    "cost",
    examples=[
        "batchtui cost",
        "batchtui cost nightly",
        "batchtui cost --by model --since 30d",
        "batchtui cost --by day --csv > spending.csv",
        "batchtui cost --requests 1000 --input 500 --output 200 --model claude-haiku-5-5",
    ],
)
@click.argument("named", type=BatchName(), metavar="[ID]", required=False)
@click.option("--by", type=click.Choice(BY), help="One row per day, model, tag or job.")
@click.option("--since", type=Moment(), metavar="DATE", help="Only batches created since then (a date, or 30d).")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated values; amounts in USD.")
@click.option("--requests", type=Count(), metavar="N", help="Calculate the cost of this many requests.")
@click.option("--input", "put_in", type=Count(0), metavar="N", help="With --requests: input tokens per request.")
@click.option("--output", "put_out", type=Count(0), metavar="N", help="With --requests: output tokens per request.")
@click.option(
    "--cached",
    type=Count(0),
    default=0,
    metavar="N",
    help="With --requests: further input tokens per request, read from the cache.",
)
@click.option("--model", "models", multiple=True, metavar="M", help="With --requests: the model (default: all tiers).")
async def command(
    session: Session,
    named: str | None,
    by: By | None,
    since: datetime | None,
    as_csv: bool,
    requests: int | None,
    **work: Any,
) -> None:
    """Show what was spent: by category, in a batch and at standard prices, and what the prompt cache saved.

    Covers one batch or job, or all of them. An unknown amount is shown as unknown, never as $0. With --requests it
    calculates the cost of requests that do not exist yet, and compares models.
    """
    if as_csv and session.json:
        raise UsageError("--csv and --json exclude each other.", hint="Pass one of them.")
    async with session.workspace() as workspace:
        if requests is not None:
            # These choose among batches, and a calculation has none.
            if named or by or since:
                raise UsageError("A calculation takes no ID.", hint="Leave out ID, --by and --since.")
            spending_view.show_calculation(session, _calculated(workspace, requests, **work), as_csv=as_csv)
            return
        from batchtui.services.batches.adopt import find_or_import
        from batchtui.services.spending.ledger import read_ledger

        target = await find_or_import(workspace, named) if named else None
        keys = [batch.key for batch in target.batches] if target else None
        ledger = await read_ledger(workspace, by=by, since=since, batches=keys)
    spending_view.show_ledger(session, ledger, named=named, as_csv=as_csv)


def _calculated(
    workspace: Any, requests: int, *, put_in: int | None, put_out: int | None, cached: int, models: tuple[str, ...]
) -> Any:
    from batchtui.services.estimates.calculator import CalculatorInput, calculate

    if put_in is None or put_out is None:
        raise UsageError(
            "A calculation needs --requests, --input and --output.",
            hint="`batchtui cost --requests 1000 --input 500 --output 200`",
        )
    return calculate(workspace, CalculatorInput(requests, put_in, put_out, cached), models)
