"""Run a SELECT over the saved results and requests of any jobs: `open_query`.

    async with open_query(workspace, "select outcome, count(*) from results('@last') group by 1") as query:
        query.columns                       # names and types
        while rows := await query.next_rows():
            ...

A query reads the results that are saved here, and nothing else: no file, no network, and it writes nothing.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from array import array
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from batchtui.domain.results.result import Outcome
from batchtui.domain.results.usage import Usage
from batchtui.exporters.columns import prompt_of, system_of
from batchtui.exporters.json_types import Scalar, type_of, widest
from batchtui.exporters.record import ExportRecord
from batchtui.pricing.result_pricer import result_cost
from batchtui.registry.requests.source_rows import SourceRows
from batchtui.registry.requests.writer import body_name
from batchtui.registry.results.index import OUTCOMES
from batchtui.registry.results.merge import MergedResults
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.json_text import encode_json
from batchtui.results.line_parser import parse_line
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import structured_value
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.annotations import open_annotations
from batchtui.services.tables.result_rows import ROW, SAMPLES
from batchtui.services.tables.result_source import SCHEME, find_results
from batchtui.sql.results_db import Extra, LineFile, LineFunctions, ResultsDb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

    from batchtui.exporters.json_types import JsonType
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.results.annotations import Annotations
    from batchtui.services.tables.result_source import ResultSet
    from batchtui.services.workspace import Workspace

T = TypeVar("T")
_NAMED = re.compile(r"""\b(results|requests)\s*\(\s*'((?:[^']|'')*)'\s*\)""", re.IGNORECASE)
"""Where a query names saved results: a literal, since they are opened before it runs."""
_COUNT_ALL = re.compile(r"\bcount\s*\(\s*\*\s*\)", re.IGNORECASE)
MOST_FIELDS = 200
"""Fields of structured answers that become columns; `answer_json` has all of them."""


class SqlQuery:
    """A query that runs. Its rows are read as they are asked for."""

    def __init__(
        self, db: ResultsDb, columns: Sequence[tuple[str, str]], rows: Iterator[list[tuple[Any, ...]]]
    ) -> None:
        self._db = db
        self._rows = rows
        self.columns = tuple(columns)
        """Names and DuckDB's types."""

    async def next_rows(self) -> list[tuple[Any, ...]]:
        """Return the next rows, a thousand at most; none at the end. Canceled, the query ends at once.

        Raises:
            InputError: the query fails at a row; the message says why.
        """
        return await _interruptible(self._db, lambda: next(self._rows, []))


@asynccontextmanager
async def open_query(workspace: Workspace, sql: str) -> AsyncIterator[SqlQuery]:
    """Run a SELECT. The results that it names are opened, and closed with it.

    Raises:
        UsageError: it is no SELECT, or DuckDB is not installed.
        UnknownTarget, ResultsUnavailable: it names results that are not there.
        InputError: it is wrong; the message says where.
        StorageError: the disk refuses.
    """
    async with _opened(workspace, sql) as db:
        columns, rows = await _interruptible(db, partial(db.query, sql))
        yield SqlQuery(db, columns, rows)


async def query_to_parquet(workspace: Workspace, sql: str, out: IO[bytes]) -> int:
    """Run a SELECT and write its rows as Parquet. Returns how many there were.

    Raises:
        UsageError, UnknownTarget, ResultsUnavailable, InputError, StorageError: as `open_query`.
    """
    async with _opened(workspace, sql) as db:
        return await _interruptible(db, partial(db.query_to_parquet, sql, out))


async def _interruptible(db: ResultsDb, work: Callable[[], T]) -> T:
    """Run blocking work of a database on a thread; canceled, the query is ended first."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        db.interrupt()
        with suppress(BaseException):
            await running
        raise


@asynccontextmanager
async def _opened(workspace: Workspace, sql: str) -> AsyncIterator[ResultsDb]:
    """Open a database with everything that a query names."""
    wanted = [(kind.lower(), name.replace("''", "'")) for kind, name in _NAMED.findall(sql)]
    sets = {name: await find_results(workspace, name.removeprefix(SCHEME)) for _, name in dict.fromkeys(wanted)}
    async with AsyncExitStack() as stack:
        scratch = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="batchtui-")
        stack.push_async_callback(asyncio.to_thread, scratch.cleanup)
        db = await run_in_thread(
            lambda: ResultsDb(functions(workspace.prices), [str(outcome) for outcome in OUTCOMES], Path(scratch.name))
        )
        stack.push_async_callback(asyncio.to_thread, db.close)
        for kind, name in dict.fromkeys(wanted):
            if kind == "results":
                await run_in_thread(_add_results, workspace, db, name, sets[name], sql)
            else:
                await run_in_thread(_add_requests, workspace, db, name, sets[name])
        await run_in_thread(db.lock)
        yield db


def _add_results(workspace: Workspace, db: ResultsDb, name: str, results: ResultSet, sql: str) -> None:
    registry = workspace.registry
    with MergedResults(results.batches, registry.results, registry.requests) as merged:
        files: list[LineFile] = []
        for batch, reader, mask in zip(merged.batches, merged.readers, merged.counted(), strict=True):
            day = (batch.created_at or batch.planned_at).date().isoformat()
            counted = None if mask is None else bytes(mask[1:])
            files.append(
                LineFile(reader.path, reader.line_starts, reader.summary.bytes, reader.outcomes[1:], counted, day)
            )
        is_doubtful = any(Outcome.UNRECOGNIZED in reader.by_outcome for reader in merged.readers)
        fields = _fields(merged)
    with open_annotations(registry, results.job) as annotations:
        extras = list(_extras(workspace, results.job, annotations, fields, sql))
        db.add_results(name, files, fields, extras, is_doubtful=is_doubtful)


def _fields(merged: MergedResults) -> list[tuple[str, str]]:
    """Return the fields of structured answers with the kinds of their values, as far as a sample tells."""
    kinds: dict[str, JsonType | None] = {}
    for reader in merged.readers:
        seqs = array("I", reader.structured_seqs())
        for seq in seqs[:: max(1, len(seqs) // SAMPLES)]:
            for field, value in ExportRecord(reader.raw(seq)).structured.items():
                if field not in kinds and len(kinds) >= MOST_FIELDS:
                    continue
                known = kinds.get(field)
                if value is not None:
                    kinds[field] = type_of(value) if known is None else widest(known, type_of(value))
                else:
                    kinds.setdefault(field, None)
    return [(field, kind.name if isinstance(kind, Scalar) else "json") for field, kind in kinds.items()]


def _extras(
    workspace: Workspace, job: str, annotations: Annotations, fields: Sequence[tuple[str, str]], sql: str
) -> Iterator[Extra]:
    """Yield the columns beside results that a query may mean: a million rows are not read for nothing."""
    is_all = "*" in _COUNT_ALL.sub("", sql)
    for number, column in enumerate(annotations.columns):
        if column.is_usual and (is_all or column.name.casefold() in sql.casefold()):
            yield Extra(((column.name, column.kind),), partial(_annotation_rows, annotations, number))
    sources = SourceRows.of(workspace.registry.requests.folder / job)
    if sources is None:
        return
    taken = {*_TAKEN, *(f"answer.{field}" for field, _ in fields), *annotations.names}
    # DuckDB takes names for the same whatever their case.
    lower = {name.casefold() for name in taken}
    called = {name: f"{ROW}{name}" if name.casefold() in lower else name for name in sources.columns}
    sources.close()
    meant = [name for name in called if is_all or name.casefold() in sql.casefold()]
    if meant:
        columns = tuple((called[name], "text") for name in meant)
        yield Extra(columns, partial(_source_rows, workspace, job, meant))


_TAKEN = (
    "custom_id", "outcome", "answer", "answer_json", "error", "error_type", "model", "stop_reason", "tokens_in",
    "tokens_out", "cost", "raw",
)  # fmt: skip


def _annotation_rows(annotations: Annotations, number: int) -> Iterator[tuple[str, Sequence[Any]]]:
    for custom_id, cell in annotations.stream(annotations.columns[number].name):
        yield custom_id, (cell,)


def _source_rows(workspace: Workspace, job: str, names: Sequence[str]) -> Iterator[tuple[str, Sequence[Any]]]:
    sources = SourceRows.of(workspace.registry.requests.folder / job)
    if sources is None:
        return
    try:
        for custom_id, row in sources.stream():
            yield custom_id, [_cell(row.get(name)) for name in names]
    finally:
        sources.close()


def _cell(value: Any) -> str | None:
    return value if isinstance(value, str) or value is None else encode_json(value)


def _add_requests(workspace: Workspace, db: ResultsDb, name: str, results: ResultSet) -> None:
    """Make the requests of a job readable: those of the first attempt, which has all of them.

    Raises:
        StorageError: they are not kept.
    """
    store = workspace.registry.requests
    files: list[LineFile] = []
    # Of a batch that is only the second attempt its own requests.
    attempt = min(batch.attempt for batch in results.batches)
    with store.reader(results.job, attempt) as requests:
        for part in requests.parts():
            starts, end = requests.line_starts(part)
            files.append(LineFile(store.folder / results.job / body_name(attempt, part), starts, end))
    db.add_requests(name, files)


def functions(prices: PriceBook) -> LineFunctions:
    """Return what a query works out in Python, line by line."""

    def text(line: str) -> str | None:
        return parse_result(line.encode()).text or None

    def structured(line: str) -> str | None:
        value = structured_value(parse_result(line.encode()))
        return None if value is None else encode_json(value)

    def cost(line: str, day: str) -> float | None:
        found = parse_line(line.encode())
        usage = Usage(*found.tokens)
        made = result_cost(prices, date.fromisoformat(day), found.result_type, found.model, usage, found.geography)
        return None if made is None else float(made.total)

    return LineFunctions(
        text, structured, cost, lambda line: prompt_of(_params(line)) or None, lambda line: system_of(_params(line))
    )


def _params(line: str) -> Mapping[str, Any]:
    try:
        params = parse_json_object(line.encode()).get("params")
    except UnreadableLine:
        return {}
    return params if isinstance(params, dict) else {}
