"""Read several files as one table, one after the other, with the columns of all of them: `ManyTables`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.compose.tables.base import Doubt, Row, Table


class ManyTables:
    """Tables that were named together. A row names its file."""

    def __init__(self, name: str, tables: list[Table]) -> None:
        self.name = name
        self._tables = tables
        self.columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
        ids = {table.id_column for table in tables}
        # Only where all files agree: ids of two kinds could be equal by chance.
        self.id_column = ids.pop() if len(ids) == 1 else None
        self.has_blocks = any(table.has_blocks for table in tables)
        self.left_out: Mapping[str, int] = {}
        self._done = 0

    @property
    def kind(self) -> str:
        """How many files there are, and of which kinds."""
        kinds = dict.fromkeys(table.kind for table in self._tables)
        return f"{len(self._tables)} files ({', '.join(kinds)})"

    @property
    def facts(self) -> Mapping[str, str]:
        """What holds for all of them; where they differ, each in its order."""
        names = dict.fromkeys(name for table in self._tables for name in table.facts)
        found = {name: dict.fromkeys(table.facts.get(name, "none") for table in self._tables) for name in names}
        return {name: " / ".join(values) for name, values in found.items()}

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What was found out and may be wrong, with the file."""
        return tuple(
            doubt._replace(about=f"{table.name}: {doubt.about}") for table in self._tables for doubt in table.doubts
        )

    @property
    def kept_columns(self) -> tuple[str, ...] | None:
        """Those of all files; None for all columns, where one keeps all of its own."""
        kept = [table.kept_columns for table in self._tables]
        if all(columns is None for columns in kept):
            return None
        whole = (
            table.columns if columns is None else columns for table, columns in zip(self._tables, kept, strict=True)
        )
        return tuple(dict.fromkeys(column for columns in whole for column in columns))

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""
        all_of_them = [table.progress for table in self._tables]
        sizes = [size for _, size in all_of_them if size is not None]
        return sum(read for read, _ in all_of_them), sum(sizes) if len(sizes) == len(all_of_them) else None

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks, none of them from two files."""
        left_out: dict[str, int] = {}
        for table in self._tables:
            for block in table.rows():
                yield [row if row.file else row._replace(file=table.name) for row in block]
            for what, number in table.left_out.items():
                left_out[what] = left_out.get(what, 0) + number
        self.left_out = left_out

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of one column, of the files that have it."""
        for table in self._tables:
            if column in table.columns:
                yield from table.values(column)

    def keep(self) -> None:
        """Keep what a pipe among them brings."""
        for table in self._tables:
            table.keep()
