"""`batchtui list`: the registry's batches, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.options import Count
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.cli.views import target as target_view
from batchtui.domain.batches.query import SORT_KEYS, BatchQuery
from batchtui.domain.batches.states import BatchState
from batchtui.services.results.outcomes import count_missing_outcomes
from batchtui.text.filters.language import terms_of
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.query import SortKey
    from batchtui.services.workspace import Workspace

RUNNING = "running"
ON_A_SCREEN = 50
"""Rows that are shown on a terminal unless `--limit` or `--all` is given; a pipe gets all."""
AT_ONCE = 2000
"""Batches that are read and written at a time."""


@define_command(
    "list",
    examples=[
        "batchtui list",
        "batchtui list --status running --refresh",
        "batchtui list --tag eval --json | jq -r '.[].id'",
        "batchtui list --filter 'nightly errored:>0 age:<2d !tag:test'",
        "batchtui list --filter 'cost:>5' --sort cost",
    ],
)
@click.option(
    "--status",
    "states",
    multiple=True,
    type=click.Choice([RUNNING, *(state.value for state in BatchState)]),
    help="Only batches in this state; may be repeated. running: in_progress or canceling.",
)
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only batches with this tag; may be repeated.")
@click.option(
    "--filter", "text", default="", metavar="F", help="As in the dashboard: words, status:ended, errored:>0, !tag:t."
)
@click.option("--sort", type=click.Choice(SORT_KEYS), default="newest", show_default=True, help="What to sort by.")
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option("--limit", type=Count(), metavar="N", help="Show at most this many.")
@click.option("--all", "everything", is_flag=True, help="Show all batches, including deleted ones.")
@click.option("--refresh", is_flag=True, help="Ask the API first; without this option no network is used.")
async def command(
    session: Session,
    states: tuple[str, ...],
    tags: tuple[str, ...],
    text: str,
    sort: SortKey,
    reverse: bool,
    limit: int | None,
    everything: bool,
    refresh: bool,
) -> None:
    """List the registry's batches, newest first.

    A filter consists of words, which are searched for in names, ids, tags and files, and of field filters: FIELD:VALUE,
    such as status:ended,running  tag:eval  name:"my
    job"  model:haiku  requests:>1k  errored:>0  cost:>5  age:<2d  took:>1h. All of them must match; `!` negates one.
    `batchtui help filters` lists the fields.
    """
    query = BatchQuery(
        states=_states(states), tags=tags, terms=terms_of(text), deleted=everything, sort=sort, descending=reverse
    )
    async with session.workspace() as workspace:
        if refresh:
            from batchtui.services.polling.refresh import refresh_all

            await refresh_all(workspace)
            await _name_lost(session, workspace)
        # Of results that an earlier version saved: filters such as `truncated:>0` count by them.
        await count_missing_outcomes(workspace)
        order = await workspace.registry.queries.order(query)
        if limit is None and session.out.is_terminal and not session.json and not everything:
            limit = ON_A_SCREEN
        wanted = order[:limit]
        await (_write_documents if session.json else _write_rows)(session, workspace, wanted)
    if not order and not session.json:
        session.notes.say(_nothing(has_filter=bool(states or tags or text)))
    if len(wanted) < len(order) and not session.json:
        session.notes.say(f"{len(wanted)} of {amount(len(order), 'batch', 'batches')}; --all shows the rest.")


async def _name_lost(session: Session, workspace: Workspace) -> None:
    """Say which saved results are not on this disk any more while the API has them."""
    from batchtui.services.results.lost_files import unsave_lost

    for batch in await unsave_lost(workspace):
        session.notes.say(
            f"The saved results of {batch.id} are no longer complete on this disk;"
            f" `batchtui results {batch.id}` downloads them again."
        )


async def _write_rows(session: Session, workspace: Workspace, keys: Sequence[int]) -> None:
    """Write a table, page by page, so that memory stays the same however many batches there are."""
    views, table = workspace.registry.queries, batch_views.BatchTable(session.out, workspace.clock.now())
    for start in range(0, len(keys), AT_ONCE):
        table.show(await views.summaries(keys[start : start + AT_ONCE]))


async def _write_documents(session: Session, workspace: Workspace, keys: Sequence[int]) -> None:
    # The table has no column for the end, and the history is a query over all ended batches.
    views, ends = workspace.registry.queries, await target_view.ends(workspace)
    with session.out.array() as add:
        for start in range(0, len(keys), AT_ONCE):
            add(documents.batch_documents(await views.page(keys[start : start + AT_ONCE]), ends))


def _states(names: tuple[str, ...]) -> frozenset[BatchState]:
    chosen = {BatchState(name) for name in names if name != RUNNING}
    return frozenset(chosen | ({BatchState.IN_PROGRESS, BatchState.CANCELING} if RUNNING in names else set()))


def _nothing(*, has_filter: bool) -> str:
    if has_filter:
        return "No batch matches."
    return (
        "No batches yet. `batchtui submit FILE` sends the first one; `batchtui demo` shows the dashboard without a key."
    )
