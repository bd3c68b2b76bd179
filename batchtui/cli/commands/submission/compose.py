"""`batchtui compose`: requests from a template and data, checked, as a file, on stdout, or on their way."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import confirm
from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results
from batchtui.cli.options import (
    Count,
    Dollars,
    Outcomes,
    allow_model_option,
    pilot_options,
    reuse_option,
    samples_option,
    untangle_reuse,
)
from batchtui.cli.views import check_report
from batchtui.cli.views import composition as composition_view
from batchtui.domain.errors import InputError, UsageError
from batchtui.text.layout.tables import TextColumn
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.services.compose.compose import Composed
    from batchtui.services.compose.composition import Composition
    from batchtui.services.compose.options import ComposeOptions
    from batchtui.services.workspace import Workspace

SENDING = ("name", "tags", "max_cost", "reuse", "samples", "pilot", "auto_below", "prime", "dry_run", "force", "yes")
"""Options that go on to `submit`."""


@dataclass(frozen=True, slots=True)
class ComposeArguments:
    """The options of compose about the requests it makes."""

    output: str | None
    preview: int | None
    save: str | None
    show_list: bool
    submits: bool
    samples: int = 1
    """How many equal requests are samples of one question, and not duplicates."""
    asks: bool = False
    """Whether a person is asked about what is not sure of the data, before anything is sent."""


@define_command(
    "compose",
    examples=[
        "batchtui compose --template classify.md --data tickets.csv --id ticket_id -o tickets.jsonl",
        "batchtui compose --template classify.md --data tickets.csv --preview 3",
        "batchtui compose --template describe.md --data photos/ --model premium --submit",
        "batchtui compose --template describe.md --data photos/ --submit --reuse --yes",
        "batchtui compose --template t.md --data report.xlsx --sheet Tickets --skip 3 -o tickets.jsonl",
        "batchtui compose --template t.md --data 'exports/*.csv' --comment // -o all.jsonl",
        "batchtui compose --template t.md --sql \"select id, text from 'x.parquet' where lang = 'de'\" > de.jsonl",
        "batchtui compose --template judge.md --data results:@last --only succeeded --submit",
        "batchtui compose --template summary.md --data results:tickets --group-by answer.topic --submit",
        "batchtui compose --template t.md --data t.csv --field 'label:bug|wish' --field why --save tickets",
    ],
)
@click.option("--template", metavar="T", help="A saved template's name (NAME@2: its version 2), or a file.")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--data",
    multiple=True,
    metavar="FILE",
    help="CSV, TSV, JSON, JSON lines, tasks, Parquet, .xlsx, a folder, 'data/*.csv', results:NAME, or - for stdin;"
    " may be repeated.",
)
@click.option(
    "--only",
    type=Outcomes(),
    default=frozenset(),
    metavar="OUTCOME,…",
    help="Of results:NAME, only these outcomes. `succeeded` includes tool_use.",
)
@click.option("--group-by", metavar="COLUMN", help="One request a value of COLUMN; {{ rows }} are its rows.")
@click.option(
    "--group-tokens",
    type=Count(),
    metavar="N",
    help="About how many tokens the rows of one request may have (default: 100,000). A larger group is split.",
)
@click.option("--sql", metavar="SELECT", help="The rows of a SELECT over files instead (needs batchtui[data]).")
@click.option("--id", metavar="COLUMN", help="Make the custom_ids from this column.")
@click.option("--model", metavar="M", help="A model's id, or cheap, capable or premium.")
@click.option("--max-tokens", type=Count(), metavar="N", help="Maximum tokens per answer.")
@click.option("--system", metavar="TEXT", help="The system prompt; may have {{ placeholders }}.")
@click.option("--schema", metavar="FILE", help="A file with a JSON schema for the answers, or with a tool.")
@click.option("--field", "fields", multiple=True, metavar="NAME:KIND", help="A field of the answers; may be repeated.")
@click.option("--cache/--no-cache", default=None, help="Cache what all requests share for an hour.")
@click.option("--limit", type=Count(), metavar="N", help="Use only the first N rows.")
@click.option("--skip-wrong", is_flag=True, help="Skip rows with errors instead of stopping.")
@click.option("--encoding", metavar="NAME", help="The data's encoding, if it is not recognized.")
@click.option("--delimiter", metavar="CHAR", help="The delimiter (or: tab, none), if it is not recognized.")
@click.option("--header/--no-header", default=None, help="Whether the first row has the column names.")
@click.option("--skip", type=Count(0), metavar="N", help="Skip N lines above the table.")
@click.option("--comment", metavar="CHAR", help="Skip lines that begin with this.")
@click.option("--sheet", metavar="NAME", help="The sheet of a spreadsheet, by name or number (default: the first).")
@click.option("--api-version", metavar="V", help="Check for this anthropic-version.")
@click.option("--beta", "betas", multiple=True, metavar="B", help="Check for this anthropic-beta; may be repeated.")
@allow_model_option
@click.option("-o", "--output", metavar="OUT", help="Write the requests here (default: stdout).")
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
@click.option("--preview", type=Count(), metavar="N", help="Show the first N rows as they would be sent.")
@click.option("--save", metavar="NAME", help="Save the template with these options under this name.")
@click.option("--list", "show_list", is_flag=True, help="List the templates.")
@click.option("--submit", "submits", is_flag=True, help="Continue as `batchtui submit` does.")
@click.option("--name", metavar="N", help="With --submit: the job's name.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="With --submit: a tag; may be repeated.")
@click.option("--max-cost", type=Dollars(), metavar="USD", help="With --submit: send nothing if it may cost more.")
@reuse_option
@samples_option
@pilot_options
@click.option("--prime", is_flag=True, help="With --submit: one request goes first, to fill the cache for the rest.")
@click.option("--dry-run", is_flag=True, help="With --submit: check and plan; send nothing.")
@click.option("--force", is_flag=True, help="With --submit: submit even if identical requests were already submitted.")
@click.option("--yes", is_flag=True, help="With --submit: do not ask.")
def command(
    session: Session,
    output: str | None,
    overwrite: bool,
    preview: int | None,
    save: str | None,
    show_list: bool,
    submits: bool,
    files: tuple[str, ...],
    **options: Any,
) -> int:
    """Make requests from a template and data, one per row or file, and check them.

    Data may be saved results: results:NAME (or an id, or @last) is a table with the columns custom_id, outcome, answer,
    answer.FIELD of structured answers, error, model, tokens_in, tokens_out, cost, request.prompt, the columns that the
    job's own requests were made from, and scores and marks. Results that have ended are fetched. The new job knows
    which job it was made from. --group-by gathers rows: one request a group, named by its value.

    A template is a prompt with {{ column }} placeholders; its file may have a head with more (see `--save`). Rows with
    errors are listed as FILE:LINE, and nothing is written then. Ids are made legal and unique; exports show the
    originals.
    """
    from batchtui.services.compose.options import ComposeOptions

    sending = {name: options.pop(name) for name in SENDING}
    sending["reuse"], files = untangle_reuse(sending["reuse"], files)
    arguments = ComposeArguments(output, preview, save, show_list, submits, sending["samples"])
    _refuse_odd(arguments, sending)
    save_results.refuse_existing(output, overwrite=overwrite)
    save_results.refuse_two_on_stdout(session, output)
    data = (*options.pop("data"), *files)
    options |= {"data": data[0] if data else None, "more_data": data[1:]}
    chosen = ComposeOptions(**options, stdin=sys.stdin.buffer if sys.stdin else None)
    if not submits:
        return session.run(_run(session, chosen, arguments)) or 0
    # A file even where nobody wants one: the command that sends takes files.
    with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:
        file = output or str(Path(folder) / f"{_stem(chosen)}.jsonl")
        asks = not sending["yes"] and not sending["dry_run"] and not session.json
        arguments = ComposeArguments(file, None, save, show_list=False, submits=True, asks=asks)
        code = session.run(_run(session, chosen, arguments)) or 0
        return code or _submit(file, chosen, sending)


def _submit(file: str, chosen: ComposeOptions, sending: dict[str, Any]) -> int:
    """Pass the file to the command that sends it."""
    from batchtui.cli.commands.submission.submit import command as submit

    source = " · ".join(str(part) for part in (chosen.data or chosen.sql, chosen.template) if part)
    headers = {"api_version": chosen.api_version, "betas": chosen.betas, "allowed_models": chosen.allowed_models}
    # The command and not the use case: limits, duplicates and consent are then the same as for a file of one's own.
    # What was not said has the default of that command.
    said = {name: value for name, value in sending.items() if value is not None}
    code: int | None = click.get_current_context().invoke(submit, sources=(file,), source=source, **said, **headers)
    return code or 0


async def _run(session: Session, chosen: ComposeOptions, arguments: ComposeArguments) -> int:
    from batchtui.services.compose.composition import open_composition
    from batchtui.services.compose.template_choice import templates

    async with session.workspace() as workspace:
        if arguments.show_list:
            return _list(session, await templates(workspace))
        if arguments.save is not None and await _save(session, workspace, chosen, arguments):
            return ExitCode.DONE
        composition = await open_composition(workspace, chosen)
        if not session.json:
            for line in composition_view.found_lines(composition):
                session.notes.say(line)
        if arguments.asks:
            _ask(session, composition)
        if arguments.preview is not None:
            return await _preview(session, composition, arguments.preview)
        composed = await _write(session, workspace, composition, arguments)
        return _settle(session, composition, composed, arguments)


def _ask(session: Session, composition: Composition) -> None:
    """Ask to confirm uncertain detections of the data; without a terminal nothing is asked.

    Raises:
        ConsentNeeded: the answer is no.
    """
    if composition.table.doubts and confirm.has_person(session.notes):
        confirm.require_yes(session.notes, "Is the table read correctly?", yes=False, lost="Nothing was sent.")


async def _save(session: Session, workspace: Workspace, chosen: ComposeOptions, arguments: ComposeArguments) -> bool:
    """Save the template and return whether the command has nothing else to do."""
    from batchtui.services.compose.template_choice import save_template

    saved = await save_template(workspace, chosen, arguments.save or "")
    where = workspace.paths.templates / f"{saved.name}.md"
    session.notes.say(f"Saved {saved.name}, version {saved.version}: {where}")
    # Then --save is said by the way, and the requests are made as well.
    if arguments.output is not None or arguments.preview is not None or arguments.submits:
        return False
    if session.json:
        session.out.document({"template": {"name": saved.name, "version": saved.version, "file": str(where)}})
    return True


async def _preview(session: Session, composition: Composition, count: int) -> int:
    from batchtui.services.compose.composition import sample

    rows = await sample(composition, 1, count)
    if session.json:
        found = composition_view.found_document(composition)
        session.out.document({**found, "preview": [composition_view.rendered_document(row) for row in rows]})
    else:
        session.out.lines(composition_view.preview_lines(rows))
    return ExitCode.DONE if all(row.params for row in rows) else ExitCode.INPUT


async def _write(
    session: Session, workspace: Workspace, composition: Composition, arguments: ComposeArguments
) -> Composed:
    from batchtui.services.compose.compose import compose, compose_to_file

    progress, output = check_report.progress_of(session), arguments.output
    # With --submit the submission looks for what was asked before.
    with_known, samples = not arguments.submits, arguments.samples
    if output is not None and output != save_results.STDOUT:
        return await compose_to_file(
            workspace, composition, Path(output), progress, with_known=with_known, samples=samples
        )
    if session.json:
        # stdout has the one JSON document; the requests are made nevertheless, to be counted and checked.
        with tempfile.TemporaryFile() as nowhere:
            return await compose(workspace, composition, nowhere, progress, with_known=with_known, samples=samples)
    return await compose(workspace, composition, session.out.binary, progress, with_known=with_known, samples=samples)


def _settle(session: Session, composition: Composition, composed: Composed, arguments: ComposeArguments) -> int:
    """Print the report and return the exit code. Raises InputError where rows are wrong."""
    report = composed.report
    if session.json and not (arguments.submits and composed.is_written):
        session.out.document(composition_view.composed_document(composition, composed, arguments.output))
        return ExitCode.DONE if composed.is_written else ExitCode.INPUT
    for line in (*check_report.problem_lines(report.problems), *composition_view.composed_lines(composed)):
        session.notes.say(line)
    if not composed.is_written:
        raise InputError(
            f"{amount(report.errors, 'row')} cannot be sent. Nothing was written."
            if report.errors
            else f"{composition.table.name} has no rows. Nothing was written.",
            hint="--skip-wrong skips rows with errors." if report.errors and report.requests else "",
            problems=report.problems,
        )
    return ExitCode.DONE


def _list(session: Session, found: list[Any]) -> int:
    if session.json:
        session.out.document([composition_view.listed_document(listed) for listed in found])
        return ExitCode.DONE
    columns = (TextColumn("name"), TextColumn("version", right=True), TextColumn("whose"), TextColumn("purpose"))
    session.out.table(
        columns,
        [
            (each.name, str(each.version or "?"), "yours" if each.is_own else "built in",
             one_line(each.fault or each.description))
            for each in found
        ],
    )  # fmt: skip
    return ExitCode.DONE


def _refuse_odd(arguments: ComposeArguments, sending: dict[str, Any]) -> None:
    # What is known of the requests is said without --submit, too, and samples are part of that.
    odd = (value for name, value in sending.items() if name != "samples")
    if not arguments.submits and any(value not in (None, False, ()) for value in odd):
        raise UsageError("--name, --tag, --max-cost, --reuse, --pilot, --prime, --dry-run and --yes need --submit.")
    if arguments.submits and arguments.output == save_results.STDOUT:
        raise UsageError("Requests cannot go to stdout and be submitted.", hint="Leave out -o, or pass a file.")


def _stem(chosen: ComposeOptions) -> str:
    """Return the default name of the job: the name of the data."""
    named = (chosen.data or "query").replace("results:", "of-", 1).replace("@", "")
    return PurePath(named).name.removesuffix(".gz").partition(".")[0].strip("-") or "composed"
