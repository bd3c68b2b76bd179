"""`batchtui results`: the results of a batch or a job, in a file or on stdout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.flows import save_results
from batchtui.cli.options import DurationType, Outcomes, allow_failures_option, overwrite_option
from batchtui.domain.batches.states import ResultsState
from batchtui.domain.results.result import Outcome

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.services.results.export import ExportOptions

FORMATS = ("jsonl", "json", "csv", "tsv", "md", "parquet", "chat")
FIELDS = (
    "custom_id outcome stop_reason text error_type error_message model input_tokens cache_write_tokens"
    " cache_read_tokens output_tokens request.model request.max_tokens request.system request.prompt original_id note"
    " reused_from tool_names tool_calls type message_id thinking thinking_tokens tool_name tool_input citations raw"
)
"""What --help says of the names of fields: exporters/columns has them, and is too much to load for a help page."""


class Names(click.ParamType[tuple[str, ...]]):
    """Names with commas between them."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names in their order."""
        return value if isinstance(value, tuple) else tuple(filter(None, map(str.strip, str(value).split(","))))


@define_command(
    "results",
    examples=[
        "batchtui results @last > answers.jsonl",
        "batchtui results nightly answers.csv --with-requests",
        "batchtui results msgbatch_01Hk failed.jsonl --only errored,expired --order input",
        "batchtui results nightly tickets.parquet --fields custom_id,answer.category,request.prompt",
        "batchtui results nightly excel.csv --bom",
        "batchtui results nightly train.jsonl --format chat",
        "batchtui results nightly answers.jsonl --timeout 2h",
        "batchtui results nightly --json",
        "batchtui results msgbatch_01Hk rescued.csv --salvage",
    ],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.argument("output", metavar="[OUTPUT]", required=False)
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="The format (default: from OUTPUT's extension, else jsonl)."
)
@click.option(
    "--only",
    type=Outcomes(),
    default=frozenset(),
    metavar="OUTCOME,…",
    help=f"Only these outcomes: {', '.join(Outcome)}. `succeeded` includes tool_use.",
)
@click.option(
    "--order",
    type=click.Choice(("input", "arrival")),
    help="Order of the input or of arrival (default: arrival for jsonl, else input).",
)
@click.option("--with-requests", is_flag=True, help="Add each result's request.")
@click.option(
    "--fields",
    type=Names(),
    default=(),
    metavar="F,…",
    help=f"Only these fields, in this order: {', '.join(FIELDS.split())}; answer.KEY of a JSON answer, and result.PATH"
    " or request.PATH into the line and its request.",
)
@click.option("--no-guard", is_flag=True, help="Write cells of CSV and TSV as they are, formulas included.")
@click.option("--bom", is_flag=True, help="Begin CSV and TSV with a UTF-8 mark, which Excel needs.")
@click.option(
    "--timeout",
    type=DurationType(),
    metavar="S",
    help="How long to retry a failed download (default: 15m).",
)
@click.option("--accept", is_flag=True, help="Save incomplete or foreign results, marked as such.")
@click.option("--salvage", is_flag=True, help="Export every readable line of incomplete results.")
@overwrite_option
@allow_failures_option
async def command(
    session: Session,
    named: str,
    output: str | None,
    overwrite: bool,
    accept: bool,
    salvage: bool,
    allow_failures: bool,
    timeout: float | None,
    **choices: Any,
) -> int:
    """Save the results of a batch or a job, or print them: OUTPUT - or none is stdout.

    Results that are not saved yet are downloaded first; a failed download is retried until --timeout. JSONL in order of
    arrival is byte for byte what the API sent. With --json and no OUTPUT they are only counted. Exits with 4 if not
    every request succeeded.

    Tables have the columns custom_id to output_tokens of --fields, then reused_from if answers were reused,
    tool_names and tool_calls if a tool was called,
    answer.KEY for each key of JSON answers, and with --with-requests those of the request. In CSV and TSV a cell that a
    spreadsheet would run as a formula gets an apostrophe; compose removes it again, and --no-guard leaves it out.
    Parquet has the types of the answers, or of their JSON schema.

    Results are saved only if each request has exactly one readable result. Others are kept in a file that the message
    names: --salvage exports every readable line of it, and --accept saves them as they are; `note` says which results
    belong to no request.

    --format chat writes lines for fine-tuning, {"messages": […]}, of the answers that succeeded unless --only says
    otherwise. What such a line cannot contain (a PDF) is left out and counted.
    """
    from batchtui.services.batches.adopt import find_or_import

    # Before anything is downloaded: a refusal after minutes would come too late.
    save_results.refuse_two_on_stdout(session, output)
    async with session.workspace() as workspace:
        target = await find_or_import(workspace, named)
        target = await save_results.ensure_collected(
            session, workspace, target, accept=accept, salvage=salvage, timeout=timeout
        )
        report = await save_results.export(
            session, workspace, target, replace(_options(output, overwrite=overwrite, **choices), salvage=salvage)
        )
        if session.json:
            session.out.document(report.document())
        else:
            save_results.tell_export(session, report)
        is_partial = salvage and any(batch.results is not ResultsState.SAVED for batch in target.batches)
        return await save_results.exit_of(workspace, target, allow_failures=allow_failures, is_partial=is_partial)


def _options(
    output: str | None,
    *,
    kind: str | None,
    only: frozenset[Outcome],
    order: Any,
    with_requests: bool,
    fields: tuple[str, ...],
    no_guard: bool,
    bom: bool,
    overwrite: bool,
) -> ExportOptions:
    from batchtui.services.results.export import ExportOptions

    return ExportOptions(output, kind, only, order, with_requests, fields, overwrite, guard=not no_guard, bom=bom)
