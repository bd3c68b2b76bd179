"""Parquet, through pyarrow: typed columns in row groups of bounded size.

pyarrow rather than duckdb: it takes Python columns and writes row groups one by one into any stream, so memory stays
flat and standard output works; duckdb would have to be fed through a temporary CSV or table of its own.
"""

from __future__ import annotations

import importlib
from typing import IO, TYPE_CHECKING, Any

from batchtui.domain.errors import UsageError
from batchtui.exporters.columns import Kind, cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord

ROWS_AT_ONCE = 10_000
BYTES_AT_ONCE = 32 << 20


def require_pyarrow() -> None:
    """Say so, before anything is done, where pyarrow is not installed. Raises `UsageError`."""
    _load("pyarrow")


def write_parquet(out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn]) -> None:
    """Write a Parquet file, compressed with zstd.

    Raises:
        UsageError: where pyarrow is not installed.
    """
    arrow, parquet = _load("pyarrow"), _load("pyarrow.parquet")
    kinds = {
        Kind.TEXT: arrow.string(), Kind.INTEGER: arrow.int64(), Kind.NUMBER: arrow.float64(), Kind.FLAG: arrow.bool_()
    }  # fmt: skip
    schema = arrow.schema([(column.name, kinds[column.kind]) for column in columns])
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(entries, columns):
            arrays = [arrow.array(cells, type=kinds[c.kind]) for c, cells in zip(columns, group, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))


def _groups(entries: Iterable[ExportRecord], columns: Sequence[ExportColumn]) -> Iterator[list[list[Any]]]:
    """Yield the cells column by column, as many rows at once as fit."""
    group: list[list[Any]] = [[] for _ in columns]
    rows = size = 0
    for entry in entries:
        for column, cells in zip(columns, group, strict=True):
            cells.append(_typed(column.read(entry), column.kind))
        rows += 1
        size += len(entry.line)
        if rows == ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield group
            group = [[] for _ in columns]
            rows = size = 0
    if rows:
        yield group


def _typed(cell: object, kind: Kind) -> object:
    if cell is None:
        return None
    if kind is Kind.TEXT:
        return cell_text(cell)
    if kind is Kind.FLAG:
        return cell if isinstance(cell, bool) else None
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    if kind is Kind.NUMBER:
        return float(cell)
    return cell if isinstance(cell, int) and cell.bit_length() < 64 else None


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            "Parquet needs pyarrow, which is not installed.",
            hint="Install it with `pip install 'batchtui[parquet]'`, or choose csv, json or jsonl.",
        ) from None
