"""Read columns that are no part of an answer beside results, by custom_id: `open_annotations`.

Scores of a judge and marks of a review are such columns. A feature that has some adds one function to `SOURCES`: it
takes the registry and a job's id, and returns an `AnnotationReader` (`AnnotationTable` reads one from a table of the
registry), or None where the job has none. Exports, `--fields`, `results:NAME`, `sql`, filters such as `score:<3` and
the screens of results then have its columns, without knowing what they are.

    SOURCES = (..., read_scores)

    def read_scores(registry: Registry, job: str) -> AnnotationReader | None:
        return AnnotationTable(registry.path, COLUMNS, "SELECT custom_id, score FROM scores WHERE job_id = ?", (job,))

Everything here blocks, and is called on threads.
"""

from __future__ import annotations

from array import array
from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, Self, TypeAlias

from batchtui.registry.results.marks import read_marks
from batchtui.registry.results.score_columns import read_scores
from batchtui.text.filters.annotations import annotation_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from batchtui.domain.results.annotation import AnnotationColumn
    from batchtui.exporters.record import ExportRecord
    from batchtui.registry.registry import Registry
    from batchtui.registry.results.job_results import ResultList

AT_ONCE, BYTES_AT_ONCE = 200, 4 << 20
"""Results whose annotations are looked up together, and bytes of their lines at most."""


class AnnotationReader(Protocol):
    """Columns of one job, by custom_id."""

    @property
    def columns(self) -> tuple[AnnotationColumn, ...]:
        """What they are, in their order."""

    def read(self, custom_ids: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """Return the cells of these custom_ids, in the order of `columns`; ids without any are left out."""

    def stream(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield every custom_id that has cells, with them; memory does not grow with their number."""

    def close(self) -> None:
        """Close what is open."""


_Source: TypeAlias = "Callable[[Registry, str], AnnotationReader | None]"
SOURCES: Final[tuple[_Source, ...]] = (
    lambda registry, job: read_marks(registry.path, job),
    lambda registry, job: read_scores(registry.path, job),
)
"""One function a feature, in the order in which its columns are shown."""


class Annotations:
    """All annotations of one job, whatever feature they come from."""

    def __init__(self, readers: Sequence[AnnotationReader]) -> None:
        self._readers = tuple(readers)
        self.columns = tuple(column for reader in self._readers for column in reader.columns)
        """In the order in which they are shown."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every reader."""
        with ExitStack() as stack:
            for reader in self._readers:
                stack.callback(reader.close)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    def read(self, custom_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return the cells of these custom_ids by the names of their columns; empty for an id without any.

        Raises:
            StorageError: the disk refuses.
        """
        found: dict[str, dict[str, Any]] = {custom_id: {} for custom_id in custom_ids}
        for reader in self._readers:
            names = [column.name for column in reader.columns]
            for custom_id, cells in reader.read(custom_ids).items():
                found[custom_id].update(zip(names, cells, strict=True))
        return found

    def stream(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield every custom_id that has a cell in the column of this name, with the cell.

        Raises:
            StorageError: the disk refuses.
        """
        for reader in self._readers:
            names = [column.name for column in reader.columns]
            if name in names:
                place = names.index(name)
                for custom_id, cells in reader.stream():
                    if cells[place] is not None:
                        yield custom_id, cells[place]
                return

    def annotate(self, entries: Iterable[ExportRecord], *, only_usual: bool = False) -> Iterator[ExportRecord]:
        """Yield results with their annotations, looked up for some hundreds at once.

        `only_usual` leaves out the columns that are shown only where they are asked for by name.

        Raises:
            StorageError: the disk refuses.
        """
        unusual = [column.name for column in self.columns if only_usual and not column.is_usual]
        if len(unusual) == len(self.columns):
            yield from entries
            return
        waiting = iter(entries)
        while block := list(_few(waiting)):
            found = self.read([entry.answer.custom_id for entry in block])
            for entry in block:
                cells = found[entry.answer.custom_id]
                for name in unusual:
                    cells.pop(name, None)
                entry.annotations = cells
                yield entry


def select_results(annotations: Annotations, results: ResultList, text: str) -> tuple[Sequence[int] | None, str]:
    """Return the numbers of the results that meet the terms of a filter such as `score:<3`, in order of arrival.

    None where the text has no such term. The rest of the text is returned with them: words to search for.

    Raises:
        StorageError: the disk refuses.
    """
    terms, rest = annotation_terms(text, annotations.columns)
    if not terms:
        return None, rest
    shown = bytearray(b"\1") * (results.count + 1)
    for term in terms:
        met = bytearray(results.count + 1)
        named = (custom_id for custom_id, cell in annotations.stream(term.column) if term.is_met(cell))
        for number in results.numbers_of(named):
            met[number] = 1
        wanted = not term.is_negated
        # A byte a result: a set of a million numbers would take many times as much memory.
        shown = bytearray(one and bool(other) is wanted for one, other in zip(shown, met, strict=True))
    return array("I", (number for number in range(1, results.count + 1) if shown[number])), rest


def _few(entries: Iterator[ExportRecord]) -> Iterator[ExportRecord]:
    """Yield the next results, as many as are looked up together."""
    size = 0
    for entry in islice(entries, AT_ONCE):
        yield entry
        size += len(entry.line) + len(entry.request or b"")
        if size >= BYTES_AT_ONCE:
            return


def open_annotations(registry: Registry, job: str) -> Annotations:
    """Open the annotations of a job; without any it has no columns. The caller closes it.

    Raises:
        StorageError: the disk refuses.
    """
    readers: list[AnnotationReader] = []
    try:
        for source in SOURCES:
            reader = source(registry, job)
            if reader is not None:
                readers.append(reader)
    except BaseException:
        Annotations(readers).close()
        raise
    return Annotations(readers)
