"""Read saved results row by row with everything that is known of them: `ResultRows`.

A row has the custom_id, the columns that its request was made from, the outcome, the answer, the fields of a structured
answer, the request, tokens, cost, and what features have said beside it (scores, marks).
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self

from batchtui.exporters.columns import STRUCTURED, prompt_of, system_of
from batchtui.exporters.record import ExportRecord
from batchtui.pricing.result_pricer import result_cost
from batchtui.registry.original_ids import read_original_ids
from batchtui.registry.requests.source_rows import SourceRows
from batchtui.registry.results.index import OUTCOMES
from batchtui.registry.results.merge import MergedResults
from batchtui.services.results.annotations import open_annotations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from batchtui.registry.results.merge import Found
    from batchtui.services.tables.result_source import ResultSet
    from batchtui.services.workspace import Workspace

BEFORE: Final = ("custom_id", "original_id")
"""The columns that name a row; `original_id` only where ids were changed."""
AFTER: Final = (
    "outcome", "answer", "error", "model", "stop_reason", "tokens_in", "tokens_out", "cost",
    "request.model", "request.max_tokens", "request.system", "request.prompt",
)  # fmt: skip
"""The columns that every table of results has, without the fields of structured answers, which follow `answer`."""
ROW = "row."
"""Begins the name of a column of the request's row that is called as one of ours."""
SAMPLES = 2_000
"""Structured answers that are read to find the fields they have."""
MOST_FIELDS = 200
"""Fields of structured answers that become columns."""
AT_ONCE, BYTES_AT_ONCE = 500, 4 << 20
"""Rows that are read together, and bytes of their results and requests at most."""


class ResultRows:
    """Reads the results of one job, or of one batch. Its methods block; memory does not grow with their number."""

    def __init__(self, workspace: Workspace, results: ResultSet) -> None:
        """Open the results and everything beside them.

        Raises:
            StorageError: the disk refuses.
            ResultsUnavailable: a file of results is gone.
        """
        registry = workspace.registry
        self.results = results
        self._prices = workspace.prices
        self._stack = ExitStack()
        try:
            self.merged = self._stack.enter_context(MergedResults(results.batches, registry.results, registry.requests))
            self._annotations = self._stack.enter_context(open_annotations(registry, results.job))
            self._sources = SourceRows.of(registry.requests.folder / results.job)
            if self._sources is not None:
                self._stack.callback(self._sources.close)
            self._originals = read_original_ids(workspace.paths, registry, results.job)
            self.fields = self._find_fields()
        except BaseException:
            self._stack.close()
            raise
        self._days: list[date] = [(batch.created_at or batch.planned_at).date() for batch in self.merged.batches]
        self._outcomes = [reader.outcomes for reader in self.merged.readers]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every file."""
        self._stack.close()

    @property
    def count(self) -> int:
        """Results at most: one that another attempt replaced is in it."""
        return sum(reader.count for reader in self.merged.readers)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns of the rows that the requests were made from, as this table calls them."""
        return tuple(self._called.values())

    @property
    def _called(self) -> dict[str, str]:
        """What each column of the request's row is called here."""
        names = self._sources.columns if self._sources is not None else ()
        taken = {*BEFORE, *AFTER, *(STRUCTURED + field for field in self.fields), *self._annotations.names}
        return {name: f"{ROW}{name}" if name in taken else name for name in names}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in their order."""
        named = BEFORE if self._originals else BEFORE[:1]
        head, tail = AFTER[:2], AFTER[2:]
        fields = tuple(STRUCTURED + field for field in self.fields)
        said = tuple(column.name for column in self._annotations.columns if column.is_usual)
        return (*named, *self.source_columns, *head, *fields, *tail, *said)

    def _find_fields(self) -> tuple[str, ...]:
        """Return the fields that structured answers have, as far as a sample tells."""
        found: dict[str, None] = {}
        for reader in self.merged.readers:
            seqs = list(reader.structured_seqs())
            step = max(1, len(seqs) // SAMPLES)
            for seq in seqs[::step]:
                found.update(dict.fromkeys(ExportRecord(reader.raw(seq)).structured))
                if len(found) > MOST_FIELDS:
                    return tuple(found)[:MOST_FIELDS]
        return tuple(found)

    def custom_ids(self) -> Iterator[str]:
        """Yield the custom_id of every row, in any order."""
        for _, custom_id, _ in self.merged.latest():
            yield custom_id

    def rows(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the rows in blocks: in the order of the input where the requests are kept, else as they came.

        Raises:
            StorageError: the disk refuses.
        """
        merged, only = self.merged, self.results.only
        places = merged.in_input_order(only) if merged.has_requests else merged.in_arrival_order(only)
        block: list[tuple[Found, ExportRecord]] = []
        size = 0
        for place in places:
            entry = ExportRecord(merged.line(place))
            entry.read_as = OUTCOMES[self._outcomes[place.source][place.seq]]
            if merged.has_requests:
                entry.request = merged.request(place, "" if place.request else entry.answer.custom_id)
            block.append((place, entry))
            size += len(entry.line) + len(entry.request or b"")
            if len(block) >= AT_ONCE or size >= BYTES_AT_ONCE:
                yield self._read(block)
                block, size = [], 0
        if block:
            yield self._read(block)

    def _read(self, block: Sequence[tuple[Found, ExportRecord]]) -> list[dict[str, Any]]:
        custom_ids = [entry.answer.custom_id for _, entry in block]
        sources = self._sources.read(custom_ids) if self._sources is not None else {}
        said = self._annotations.read(custom_ids) if self._annotations.columns else {}
        called = self._called
        return [
            self._row(place, entry, sources.get(custom_id, {}), said.get(custom_id, {}), called)
            for custom_id, (place, entry) in zip(custom_ids, block, strict=True)
        ]

    def _row(
        self,
        place: Found,
        entry: ExportRecord,
        source: Mapping[str, Any],
        said: Mapping[str, Any],
        called: Mapping[str, str],
    ) -> dict[str, Any]:
        answer, params = entry.answer, entry.params
        reading = answer.reading
        row: dict[str, Any] = {"custom_id": answer.custom_id}
        if self._originals:
            row["original_id"] = self._originals.get(answer.custom_id, answer.custom_id)
        for name, column in called.items():
            row[column] = source.get(name)
        usage = answer.usage
        cost = result_cost(
            self._prices, self._days[place.source], reading.result_type, reading.model, usage, reading.geography
        )
        row["outcome"] = str(entry.outcome)
        row["answer"] = answer.text or None
        for field, value in entry.structured.items():
            row[STRUCTURED + field] = value
        for field in self.fields:
            row.setdefault(STRUCTURED + field, None)
        row["error"] = answer.error_message or None
        row["model"] = reading.model
        row["stop_reason"] = reading.stop_reason
        is_billed = reading.result_type == "succeeded"
        row["tokens_in"] = usage.total_input if is_billed else None
        row["tokens_out"] = usage.output_tokens if is_billed else None
        row["cost"] = None if cost is None else float(cost.total)
        row["request.model"] = params.get("model")
        row["request.max_tokens"] = params.get("max_tokens")
        row["request.system"] = system_of(params)
        row["request.prompt"] = prompt_of(params) or None
        row.update({beside.name: said.get(beside.name) for beside in self._annotations.columns if beside.is_usual})
        return row
