"""The table that `results:NAME` is, wherever data is named: `ResultsTable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.base import Readable, Row
from batchtui.domain.errors import InputError, StorageError
from batchtui.services.tables.result_rows import ResultRows
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.services.tables.result_source import ResultSet
    from batchtui.services.workspace import Workspace

KIND = "results"


class ResultsTable(Readable):
    """Saved results of a job or a batch, one row a result. Files are opened for each reading, and closed after it."""

    id_column = "custom_id"
    has_blocks = False
    kind = KIND

    def __init__(self, name: str, workspace: Workspace, results: ResultSet) -> None:
        """Look at the results for their columns; blocking.

        Raises:
            InputError: they cannot be read.
        """
        self.name = name
        self._workspace = workspace
        self.results = results
        with self._opened() as rows:
            self.columns = rows.columns
            self.kept_columns = rows.source_columns
            self._total = rows.count
        self._read = 0

    def _opened(self) -> ResultRows:
        try:
            return ResultRows(self._workspace, self.results)
        except StorageError as error:
            raise InputError(error.message, hint=error.hint) from error

    @property
    def facts(self) -> Mapping[str, str]:
        """Whose results these are, and which."""
        found = {"job": f"{self.results.name} ({self.results.job})", "rows": amount(self._total, "result")}
        if self.results.only is not None:
            found["only"] = ", ".join(sorted(str(outcome) for outcome in self.results.only))
        if self.results.left_out:
            found["left out"] = f"{amount(self.results.left_out, 'batch', 'batches')} without results"
        return found

    @property
    def progress(self) -> tuple[int, int | None]:
        """Rows read so far, and results in all where none is left out."""
        return self._read, self._total if self.results.only is None else None

    def rows(self) -> Iterator[list[Row]]:
        """Yield the results in blocks, in the order of the job's input where its requests are kept."""
        self._read = 0
        with self._opened() as opened:
            try:
                for block in opened.rows():
                    first = self._read + 1
                    self._read += len(block)
                    yield [
                        Row(number, values, parents=((self.results.job, values["custom_id"]),))
                        for number, values in enumerate(block, first)
                    ]
            except StorageError as error:
                raise InputError(error.message, hint=error.hint) from error

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of one column; custom_ids without reading anything else."""
        if column != self.id_column:
            yield from super().values(column)
            return
        with self._opened() as opened:
            yield from opened.custom_ids()
