"""Saved results and requests as read-only views, for queries that see no file and no network: `ResultsDb`.

    db = ResultsDb(functions)
    db.add_results("tickets", parts, fields, extras)
    db.lock()
    db.query("select outcome, count(*) from results('tickets') group by outcome")

Nothing is copied: the files are mapped into memory, and Arrow says where each line lies in them. DuckDB takes the JSON
of the columns that a query names out of the lines, on all processors. What is not said by one path into the JSON (an
answer of several blocks, a price) is worked out by a function of batchtui, for the rows that need it alone.
"""

from __future__ import annotations

import importlib
import mmap
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError, UsageError
from batchtui.sql.connection import connect, duckdb_errors, refuse_all_but_select

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

MOST_THREADS = 4
CHUNK_ROWS = 1 << 16
"""Lines that one thread takes at once."""
FETCH_ROWS = 1_000
"""Rows of an answer that are read at once."""
_WRONG = "The query failed"
_EXAMPLE = "select outcome, count(*) from results('@last') group by outcome"
_SPECIAL = {"integer": "BIGINT", "number": "DOUBLE", "flag": "BOOLEAN"}
"""DuckDB's types of structured fields, by the names of ours; other fields are text, or JSON."""


@dataclass(frozen=True, slots=True)
class LineFile:
    """Lines of one file."""

    path: Path
    starts: array[int]
    """Where each line begins, in order."""
    end: int
    """Where the last one ends."""
    codes: bytes = b""
    """The outcome of each line, by its place in a list; empty for requests."""
    counted: bytes | None = None
    """1 for each line that counts, 0 for one that another attempt replaced; None where all count."""
    day: str = ""
    """The day whose prices hold, in ISO form."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Columns beside results, by custom_id: rows that requests were made from, scores, marks."""

    columns: tuple[tuple[str, str], ...]
    """Each with the kind of its values: text, integer, number or flag."""
    rows: Callable[[], Iterator[tuple[str, Sequence[Any]]]]
    """Yields every custom_id once, with its values; it is only called where a query names a column."""


@dataclass(frozen=True, slots=True)
class LineFunctions:
    """What is worked out in Python from a line, as DuckDB asks for it."""

    text: Callable[[str], str | None]
    """The text of an answer."""
    structured: Callable[[str], str | None]
    """The JSON object that an answer is."""
    cost: Callable[[str, str], float | None]
    """What a result cost in USD, by its line and the day of its batch."""
    prompt: Callable[[str], str | None]
    """The last user message of a request."""
    system: Callable[[str], str | None]


class ResultsDb:
    """One database in memory, for queries over saved results. It belongs to one thread at a time."""

    def __init__(self, functions: LineFunctions, outcomes: Sequence[str], scratch: Path) -> None:
        """Open DuckDB.

        Args:
            functions: what is worked out in Python.
            outcomes: the words that the codes of lines stand for.
            scratch: a folder for what does not fit into memory.

        Raises:
            UsageError: DuckDB or pyarrow is not installed.
        """
        threads = min(MOST_THREADS, os.cpu_count() or 1)
        self._connection = connect("Queries over results need", threads=threads, temp_directory=str(scratch))
        self._outcomes = list(outcomes)
        self._maps: list[mmap.mmap] = []
        self._tables = 0
        types = {"text": 1, "structured": 1, "cost": 2, "prompt": 1, "system": 1}
        for name, arguments in types.items():
            self._connection.create_function(
                f"batchtui_{name}",
                _of_lines(getattr(functions, name), arguments),
                ["VARCHAR"] * arguments,
                "DOUBLE" if name == "cost" else "VARCHAR",
                # By default DuckDB refuses a function that returns null.
                null_handling="special",
            )

    def close(self) -> None:
        """Close the database and the files."""
        self._connection.close()
        for mapped in self._maps:
            try:
                mapped.close()
            except BufferError:  # Arrow still holds it: it goes with Arrow's last table
                continue
        self._maps.clear()

    def interrupt(self) -> None:
        """End the query that runs, from another thread."""
        self._connection.interrupt()

    def add_results(
        self,
        name: str,
        files: Sequence[LineFile],
        fields: Sequence[tuple[str, str]],
        extras: Iterable[Extra],
        *,
        is_doubtful: bool,
    ) -> None:
        """Make `results('NAME')`.

        Args:
            name: as queries write it.
            files: its files.
            fields: of structured answers, with the kind of their values.
            extras: columns beside the answers.
            is_doubtful: whether a line may be no JSON: then each is looked at first, which costs as much again.
        """
        lines = self._register(files, has_codes=True)
        columns = dict(_result_columns(fields))
        where = " WHERE counted = 1" if any(file.counted is not None for file in files) else ""
        line = "CASE WHEN json_valid(line) THEN line END" if is_doubtful else "line"
        # One look into each line for all that an answer hangs on: every further path would parse the line again.
        base = (
            f"(SELECT *, json_extract_string(line, {_PATHS}) AS k FROM"
            f" (SELECT {line} AS line, outcome, day FROM {lines}{where}))"
        )
        joins = ""
        for number, extra in enumerate(extras, 1):
            table = self._load(extra)
            columns |= {column: f"e{number}.{_quoted(column)}" for column, _ in extra.columns}
            joins += f" LEFT JOIN {table} AS e{number} ON e{number}.custom_id = {_at('custom_id')}"
        selected = ", ".join(f"{sql} AS {_quoted(column)}" for column, sql in columns.items())
        self._connection.execute(
            f"CREATE VIEW {_quoted(f'results {name}')} AS SELECT {selected} FROM {base} AS l{joins}"
        )

    def add_requests(self, name: str, files: Sequence[LineFile]) -> None:
        """Make `requests('NAME')`: the requests as they were sent."""
        lines = self._register(files, has_codes=False)
        selected = ", ".join(f"{sql} AS {_quoted(column)}" for column, sql in _REQUEST_COLUMNS.items())
        # Requests stand in the body one after the other, with a comma between them.
        base = f"(SELECT rtrim(line, ',') AS line FROM {lines})"
        self._connection.execute(f"CREATE VIEW {_quoted(f'requests {name}')} AS SELECT {selected} FROM {base} AS l")

    def lock(self) -> None:
        """Take every way to a file, the network, or another setting from queries. Nothing can be added any more."""
        for kind in ("results", "requests"):
            self._connection.execute(f"CREATE MACRO {kind}(name) AS TABLE FROM query_table('{kind} ' || name)")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def query(self, sql: str) -> tuple[list[tuple[str, str]], Iterator[list[tuple[Any, ...]]]]:
        """Run one SELECT. Returns the columns with their types, and the rows as they are asked for.

        Raises:
            UsageError: it is no SELECT.
            InputError: it is wrong; the message says where.
        """
        refuse_all_but_select(self._connection, sql, _EXAMPLE)
        with duckdb_errors(_WRONG):
            found = self._connection.execute(sql)
        names = _distinct([column[0] for column in found.description])
        return [(name, str(column[1])) for name, column in zip(names, found.description, strict=True)], _rows(found)

    def query_to_parquet(self, sql: str, out: Any) -> int:
        """Run one SELECT and write its rows as Parquet. Returns how many there were.

        Raises:
            UsageError, InputError: as `query`.
        """
        pyarrow, parquet = _load("pyarrow"), _load("pyarrow.parquet")
        refuse_all_but_select(self._connection, sql, _EXAMPLE)
        with duckdb_errors(_WRONG):
            relation = self._connection.sql(sql)
            # `fetch_record_batch` was its name before DuckDB 1.4.
            read = getattr(relation, "to_arrow_reader", None) or relation.fetch_record_batch
            reader = read(10_000)
            schema = pyarrow.schema(
                [
                    field.with_name(name)
                    for field, name in zip(reader.schema, _distinct(reader.schema.names), strict=True)
                ]
            )
            count = 0
            with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(pyarrow.RecordBatch.from_arrays(batch.columns, schema=schema))
                    count += batch.num_rows
        return count

    def _register(self, files: Sequence[LineFile], *, has_codes: bool) -> str:
        """Lay Arrow over the files, and return the name of the table."""
        pyarrow = _load("pyarrow")
        batches = [batch for file in files for batch in self._batches(pyarrow, file, has_codes=has_codes)]
        schema = [("line", pyarrow.large_string())]
        if has_codes:
            schema += [("outcome", pyarrow.dictionary(pyarrow.uint8(), pyarrow.string())),
                       ("counted", pyarrow.uint8()), ("day", pyarrow.string())]  # fmt: skip
        self._tables += 1
        name = f"lines_{self._tables}"
        self._connection.register(name, pyarrow.Table.from_batches(batches, pyarrow.schema(schema)))
        return name

    def _batches(self, pyarrow: Any, file: LineFile, *, has_codes: bool) -> Iterator[Any]:
        count = len(file.starts)
        if not count:
            return
        try:
            with file.path.open("rb") as opened:
                mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise StorageError(f"{file.path} cannot be read: {error}.") from error
        self._maps.append(mapped)
        offsets = file.starts[:]
        offsets.append(file.end)
        buffers = [None, pyarrow.py_buffer(offsets), pyarrow.py_buffer(mapped)]
        lines = pyarrow.Array.from_buffers(pyarrow.large_string(), count, buffers)
        lines = _valid(pyarrow, lines)
        arrays = [lines]
        if has_codes:
            words = pyarrow.array(self._outcomes, pyarrow.string())
            codes = pyarrow.Array.from_buffers(pyarrow.uint8(), count, [None, pyarrow.py_buffer(file.codes)])
            counted = file.counted if file.counted is not None else b"\1" * count
            marks = pyarrow.Array.from_buffers(pyarrow.uint8(), count, [None, pyarrow.py_buffer(counted)])
            arrays += [pyarrow.DictionaryArray.from_arrays(codes, words), marks]
        for start in range(0, count, CHUNK_ROWS):
            parts = [array.slice(start, CHUNK_ROWS) for array in arrays]
            if has_codes:
                parts.append(pyarrow.repeat(pyarrow.scalar(file.day), len(parts[0])))
            names = ["line", "outcome", "counted", "day"][: len(parts)]
            yield pyarrow.RecordBatch.from_arrays(parts, names)

    def _load(self, extra: Extra) -> str:
        """Take columns beside results into a table of the database, and return its name."""
        pyarrow = _load("pyarrow")
        kinds = {"text": pyarrow.string(), "integer": pyarrow.int64(), "number": pyarrow.float64(),
                 "flag": pyarrow.bool_()}  # fmt: skip
        schema = pyarrow.schema(
            [("custom_id", pyarrow.string()), *((name, kinds[kind]) for name, kind in extra.columns)]
        )
        self._tables += 1
        name = f"extra_{self._tables}"
        reader = pyarrow.RecordBatchReader.from_batches(schema, _record_batches(pyarrow, schema, extra.rows()))
        self._connection.register(f"{name}_in", reader)
        # Kept in the database, which moves to the disk what does not fit into memory.
        self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_in")
        self._connection.unregister(f"{name}_in")
        return name


def _of_lines(function: Callable[..., Any], parameters: int) -> Callable[..., Any]:
    """Return a function of so many parameters that returns null for a null."""

    # Two functions: DuckDB counts the parameters that it sees.
    def of_line(line: str | None) -> Any:
        return None if line is None else function(line)

    def of_two(line: str | None, second: str) -> Any:
        return None if line is None else function(line, second)

    return of_line if parameters == 1 else of_two


def _record_batches(pyarrow: Any, schema: Any, rows: Iterator[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
    block: list[tuple[Any, ...]] = []
    for custom_id, cells in rows:
        block.append((custom_id, *cells))
        if len(block) == FETCH_ROWS:
            yield _record_batch(pyarrow, schema, block)
            block = []
    if block:
        yield _record_batch(pyarrow, schema, block)


def _record_batch(pyarrow: Any, schema: Any, block: Sequence[tuple[Any, ...]]) -> Any:
    arrays = [
        pyarrow.array(cells, type=kind) for cells, kind in zip(zip(*block, strict=True), schema.types, strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(arrays, schema=schema)


def _valid(pyarrow: Any, lines: Any) -> Any:
    """Return lines that are all UTF-8: DuckDB takes that for granted. Only a file with other bytes is copied."""
    try:
        lines.validate(full=True)
    except pyarrow.ArrowInvalid:
        raw = lines.view(pyarrow.large_binary())
        texts = (line.as_py().decode("utf-8", "replace") for line in raw)
        return pyarrow.array(texts, pyarrow.large_string())
    return lines


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            "Queries over results need pyarrow, which is not installed.",
            hint="pip install 'batchtui[data]' installs it.",
        ) from None


def _at(path: str) -> str:
    return f"json_extract_string(l.line, '$.{path}')"


def _number(path: str) -> str:
    return f"coalesce(try_cast({_at(path)} AS BIGINT), 0)"


_CONTENT = "$.result.message.content"
_PATHS = str(["$.result.type", f"{_CONTENT}[0].type", f"{_CONTENT}[0].text", f"{_CONTENT}[1]"])
"""Looked up together, as a list: what it is, the kind and the text of its first block, and whether there is another."""
_IS_PLAIN = "l.k[2] = 'text' AND l.k[4] IS NULL"
"""Whether an answer is one block of text: then its text is one path into the line."""
_TEXT = "l.k[3]"
_IS_BILLED = "l.k[1] = 'succeeded'"
_USAGE = "result.message.usage"
_STRUCTURED = (
    "CASE WHEN l.k[1] IS DISTINCT FROM 'succeeded' THEN NULL"
    f" WHEN {_IS_PLAIN} AND starts_with({_TEXT}, '{{') THEN CASE WHEN json_valid({_TEXT}) THEN {_TEXT} END"
    # Nothing else can be JSON without a fence, a tool call, or a blank before it.
    f" WHEN NOT ({_IS_PLAIN}) OR regexp_matches({_TEXT}, '^[\\s`]') THEN batchtui_structured(l.line) END"
)
_REQUEST_COLUMNS = {
    "custom_id": _at("custom_id"),
    "model": _at("params.model"),
    "max_tokens": f"try_cast({_at('params.max_tokens')} AS BIGINT)",
    "system": "batchtui_system(l.line)",
    "prompt": "batchtui_prompt(l.line)",
    "params": "json_extract(l.line, '$.params')",
}


def _result_columns(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the columns of results with their SQL over a line."""
    yield "custom_id", _at("custom_id")
    yield "outcome", "CAST(l.outcome AS VARCHAR)"
    yield (
        "answer",
        (
            f"CASE WHEN NOT ({_IS_BILLED}) THEN NULL WHEN {_IS_PLAIN} THEN nullif({_TEXT}, '')"
            " ELSE batchtui_text(l.line) END"
        ),
    )
    for field, kind in fields:
        escaped = field.replace('"', '\\"').replace("'", "''")
        value = f"""json_extract_string({_STRUCTURED}, '$."{escaped}"')"""
        yield f"answer.{field}", f"try_cast({value} AS {_SPECIAL[kind]})" if kind in _SPECIAL else value
    yield "answer_json", f"CAST({_STRUCTURED} AS JSON)"
    yield "error", f"coalesce({_at('result.error.error.message')}, {_at('result.error.message')})"
    yield "error_type", f"coalesce({_at('result.error.error.type')}, {_at('result.error.type')})"
    yield "model", _at("result.message.model")
    yield "stop_reason", _at("result.message.stop_reason")
    read = " + ".join(
        _number(f"{_USAGE}.{name}")
        for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    )
    yield "tokens_in", f"CASE WHEN {_IS_BILLED} THEN {read} END"
    yield "tokens_out", f"CASE WHEN {_IS_BILLED} THEN {_number(f'{_USAGE}.output_tokens')} END"
    yield "cost", "batchtui_cost(l.line, l.day)"
    yield "raw", "l.line"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _distinct(names: Sequence[str]) -> list[str]:
    """Return names of which none occurs twice: an object has each key once."""
    found: dict[str, None] = {}
    for name in names:
        other, number = name, 1
        while other in found:
            number += 1
            other = f"{name}_{number}"
        found[other] = None
    return list(found)


def _rows(found: Any) -> Iterator[list[tuple[Any, ...]]]:
    while True:
        with duckdb_errors(_WRONG):
            rows: list[tuple[Any, ...]] = found.fetchmany(FETCH_ROWS)
        if not rows:
            return
        yield rows
