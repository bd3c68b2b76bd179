"""`batchtui sql`: a SELECT over saved results and requests."""

from __future__ import annotations

import csv
import io
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.flows import save_results
from batchtui.cli.options import overwrite_option
from batchtui.cli.views import sql_rows
from batchtui.domain.errors import UsageError
from batchtui.text.layout.tables import TextColumn
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.services.tables.query import SqlQuery
    from batchtui.services.workspace import Workspace

FORMATS = ("table", "csv", "json", "parquet")
_BY_SUFFIX = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".pq": "parquet"}
MOST_SHOWN = 1_000
"""Rows that a table in the terminal shows at most: more is for a file."""


@define_command(
    "sql",
    examples=[
        "batchtui sql \"select outcome, count(*) from results('@last') group by outcome\"",
        'batchtui sql "select \\"answer.topic\\", avg(tokens_out) from results(\'nightly\') group by 1" --csv',
        "batchtui sql \"select * from results('nightly') where outcome <> 'succeeded'\" -o failed.parquet",
        "batchtui sql \"select outcome, count(*) n from results('@last') group by 1\" --save outcomes",
        "batchtui sql @outcomes --json",
        "batchtui sql --list",
    ],
)
@click.argument("query", metavar="[QUERY]", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option(
    "--format", "kind", type=click.Choice(FORMATS), help="The format (default: from OUT's extension, else a table)."
)
@click.option("-o", "--output", metavar="OUT", help="Write the rows here (default: stdout).")
@overwrite_option
@click.option("--save", metavar="NAME", help="Save the query under this name; @NAME runs it.")
@click.option("--list", "show_list", is_flag=True, help="List the saved queries.")
async def command(
    session: Session,
    query: str | None,
    as_csv: bool,
    kind: str | None,
    output: str | None,
    overwrite: bool,
    save: str | None,
    show_list: bool,
) -> None:
    """Ask a question in SQL over saved results. Needs `pip install 'batchtui[data]'`.

    QUERY is one SELECT of DuckDB, or @NAME for a saved one. results('NAME') are the saved results of a batch or a job
    (a name, an id or its beginning, @last): custom_id, outcome, answer, "answer.FIELD" of structured answers,
    answer_json, error, model, stop_reason, tokens_in, tokens_out, cost, raw, scores and marks, and the columns that the
    requests were composed from. requests('NAME') are the requests: custom_id, model, max_tokens, system, prompt,
    params. A query reads no files and no network, and changes nothing.
    """
    chosen = _format(session, as_csv=as_csv, kind=kind, output=output)
    if output is not None:
        save_results.refuse_existing(output, overwrite=overwrite)
    async with session.workspace() as workspace:
        if show_list:
            _list(session, workspace)
            return
        sql = _sql_of(workspace, query)
        if save is not None:
            from batchtui.services.tables.saved_queries import save_query

            path = save_query(workspace.paths, save, sql)
            session.notes.say(f"Saved {save}: {path}")
        await _run(session, workspace, sql, chosen, output)


def _format(session: Session, *, as_csv: bool, kind: str | None, output: str | None) -> str:
    """Return the format. Raises `UsageError` where two are asked for, or one cannot be had."""
    if as_csv and kind not in (None, "csv"):
        raise UsageError(f"--csv and --format {kind} exclude each other.", hint="Leave one of them out.")
    chosen = "csv" if as_csv else kind or _BY_SUFFIX.get(PurePath(output or "").suffix.lower())
    if chosen is None:
        chosen = "json" if session.json and output is None else "csv" if output is not None else "table"
    if chosen == "parquet" and output is None:
        raise UsageError("Parquet needs a file.", hint="For example -o answers.parquet.")
    return chosen


def _sql_of(workspace: Workspace, query: str | None) -> str:
    from batchtui.services.tables.saved_queries import SIGN, saved_query

    if query is None or not query.strip():
        raise UsageError("A query is missing.", hint="`batchtui sql --help` shows examples.")
    return saved_query(workspace.paths, query.strip()) if query.strip().startswith(SIGN) else query


def _list(session: Session, workspace: Workspace) -> None:
    from batchtui.services.tables.saved_queries import saved_names, saved_query

    found = [(name, saved_query(workspace.paths, name)) for name in saved_names(workspace.paths)]
    if session.json:
        session.out.document([{"name": name, "query": sql} for name, sql in found])
    else:
        columns = (TextColumn("name"), TextColumn("query"))
        session.out.table(columns, [(one_line(name), one_line(sql)) for name, sql in found])


async def _run(session: Session, workspace: Workspace, sql: str, chosen: str, output: str | None) -> None:
    from batchtui.runtime.atomic_file import open_atomic
    from batchtui.services.tables.query import open_query, query_to_parquet

    if output is None:
        async with open_query(workspace, sql) as query:
            await _print(session, query, chosen)
        return
    # Asked before: a file of that name may be replaced.
    with open_atomic(Path(output), None, overwrite=True, notes=workspace.paths.exports) as out:
        if chosen == "parquet":
            count = await query_to_parquet(workspace, sql, out)
        else:
            async with open_query(workspace, sql) as query:
                count = await _write(out, query, "csv" if chosen == "table" else chosen)
    if session.json:
        session.out.document({"output": output, "format": chosen, "rows": count})
    else:
        session.notes.say(f"{amount(count, 'row')} written to {output}.")


async def _print(session: Session, query: SqlQuery, chosen: str) -> None:
    names = [name for name, _ in query.columns]
    if chosen == "json":
        with session.out.array() as add:
            while rows := await query.next_rows():
                add([sql_rows.record_of(names, row) for row in rows])
    elif chosen == "csv":
        await _write(session.out.binary, query, "csv")
    else:
        await _show(session, query)


async def _show(session: Session, query: SqlQuery) -> None:
    """Print a table that fits the terminal, of the first rows."""
    columns = [TextColumn(one_line(name), right=sql_rows.is_number(kind)) for name, kind in query.columns]
    shown: list[tuple[Any, ...]] = []
    while len(shown) <= MOST_SHOWN and (rows := await query.next_rows()):
        shown += rows
    cells = [
        [one_line(sql_rows.cell_text(value)[: sql_rows.LONGEST_CELL]) for value in row] for row in shown[:MOST_SHOWN]
    ]
    session.out.table(columns, cells)
    if len(shown) > MOST_SHOWN:
        session.notes.say(f"The first {MOST_SHOWN:,} rows. -o FILE.csv writes all of them.")


async def _write(out: Any, query: SqlQuery, chosen: str) -> int:
    """Write all rows as CSV or as a JSON array. Returns how many there are."""
    names, count = [name for name, _ in query.columns], 0
    if chosen == "csv":
        out.write(_csv([names]))
    else:
        out.write(b"[")
    while rows := await query.next_rows():
        if chosen == "csv":
            out.write(_csv([[sql_rows.cell_text(value) for value in row] for row in rows]))
        else:
            out.write(_json_rows(names, rows, is_first=count == 0))
        count += len(rows)
    if chosen == "json":
        out.write(b"\n]\n")
    return count


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json_rows(names: list[str], rows: list[tuple[Any, ...]], *, is_first: bool) -> bytes:
    import json

    lines = (json.dumps(sql_rows.record_of(names, row), ensure_ascii=False) for row in rows)
    return (("\n" if is_first else ",\n") + ",\n".join(lines)).encode("utf-8", "backslashreplace")
