"""Write Parquet through pyarrow: typed columns in row groups of bounded size.

Keys of structured answers have the type that all their values share: lists and objects become lists and structs.

pyarrow rather than duckdb: it takes Python columns and writes row groups one by one into any stream, so memory stays
flat and standard output works; duckdb would have to be fed through a temporary CSV or table of its own.
"""

from __future__ import annotations

import importlib
from typing import IO, TYPE_CHECKING, Any

from batchtui.domain.errors import UsageError
from batchtui.exporters.columns import cell_text
from batchtui.exporters.json_types import FLAG, INTEGER, NUMBER, JsonType, ListOf, ObjectOf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord

ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 32 << 20


def require_pyarrow() -> None:
    """Raise UsageError where pyarrow is not installed."""
    _load("pyarrow")


def write_parquet(out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn]) -> None:
    """Write a Parquet file, compressed with zstd.

    Raises:
        UsageError: where pyarrow is not installed.
    """
    arrow, parquet = _load("pyarrow"), _load("pyarrow.parquet")
    schema = arrow.schema([(column.name, _arrow_type(arrow, column.type)) for column in columns])
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(entries, columns):
            arrays = [arrow.array(cells, type=kind) for kind, cells in zip(schema.types, group, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _groups(entries: Iterable[ExportRecord], columns: Sequence[ExportColumn]) -> Iterator[list[list[Any]]]:
    """Yield the cells column by column, as many rows at once as fit."""
    group: list[list[Any]] = [[] for _ in columns]
    rows = size = 0
    for entry in entries:
        for column, cells in zip(columns, group, strict=True):
            cells.append(typed(column.read(entry), column.type))
        rows += 1
        # The length of the line stands for the cells: rows of long answers make smaller groups.
        size += len(entry.line)
        if rows == ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield group
            group = [[] for _ in columns]
            rows = size = 0
    if rows:
        yield group


def typed(cell: object, kind: JsonType | None) -> object:
    """Return a JSON value as a cell of a type; None where it is none of it."""
    if cell is None:
        return None
    if isinstance(kind, ListOf):
        return [typed(item, kind.item) for item in cell] if isinstance(cell, list) else None
    if isinstance(kind, ObjectOf):
        return {key: typed(cell.get(key), held) for key, held in kind.fields} if isinstance(cell, dict) else None
    if kind == FLAG:
        return cell if isinstance(cell, bool) else None
    if kind not in (INTEGER, NUMBER):
        return cell_text(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    if kind == NUMBER:
        return float(cell)
    return cell if isinstance(cell, int) and cell.bit_length() < 64 else None


def _arrow_type(arrow: Any, kind: JsonType | None) -> Any:
    """Return pyarrow's type; what was null everywhere is text, since many readers know no column of nulls."""
    if isinstance(kind, ListOf):
        return arrow.list_(_arrow_type(arrow, kind.item))
    if isinstance(kind, ObjectOf):
        return arrow.struct([(key, _arrow_type(arrow, held)) for key, held in kind.fields])
    if kind == INTEGER:
        return arrow.int64()
    if kind == NUMBER:
        return arrow.float64()
    return arrow.bool_() if kind == FLAG else arrow.string()


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed.",
            hint="Install it with `pip install 'batchtui[parquet]'`, or choose csv, json or jsonl.",
        ) from None
