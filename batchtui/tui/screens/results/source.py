"""`ResultSource` is what results are browsed from: one batch or a whole job, with requests and prices."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.errors import BatchtuiError
from batchtui.pricing.result_pricer import result_pricer
from batchtui.results.parsed_result import ParsedResult, parse_result
from batchtui.results.structured_output import SchemaMatch, match_schema
from batchtui.services.results.annotations import open_annotations, select_results
from batchtui.tui.rendering.answer import answer_parts
from batchtui.tui.rendering.request import params_of, request_parts, transcript_parts
from batchtui.tui.rendering.spans import Span, Tone
from batchtui.tui.widgets.document_pane import Document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.results.result import ResultFacts
    from batchtui.registry.results.job_results import JobResults, ResultList
    from batchtui.registry.results.reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.rendering.plain import Part


class LoadedResult(NamedTuple):
    """Everything that is shown of one result, read on a thread."""

    raw: bytes
    answer: ParsedResult
    request: bytes | None
    """None where it is not stored here."""
    fit: SchemaMatch | None
    cost: Cost | None
    batch: Batch
    annotations: Mapping[str, object] = {}
    """What is said beside the answer: scores, marks."""
    origin: str = ""
    """Which attempt and part it came in; empty where all results come from one batch."""

    @property
    def answer_document(self) -> Document:
        """The answer as it is read."""
        return Document(partial(answer_parts, self.answer, raw=self.raw), self.raw)

    @property
    def conversation_document(self) -> Document:
        """All turns up to the answer, with calls of tools and their results; the answer where nothing is stored."""
        if self.request is None:
            return self.answer_document
        return Document(partial(transcript_parts, self.request, self.answer), self.raw)

    @property
    def request_document(self) -> Document:
        """The request as it is read; a sentence where it is not stored."""
        if self.request is None:
            return Document(_not_stored)
        return Document(partial(request_parts, self.request), self.request)


@dataclass(frozen=True, slots=True)
class ResultSource:
    """Results to browse. Whoever made it closes it."""

    workspace: Workspace
    results: ResultList
    batch_of: Callable[[int], Batch]
    """Returns the batch that a result came in, by its number here."""
    picked: Callable[[Sequence[int]], Mapping[int, Sequence[int]]]
    """Returns results as an export takes them, by batch."""
    price: Callable[[ResultFacts], Cost | None]
    batches: tuple[Batch, ...]
    """All that results come from."""
    is_job: bool = False

    def load(self, seq: int) -> LoadedResult:
        """Read one result with its request; blocking."""
        raw = self.results.raw(seq)
        [facts] = self.results.page([seq])
        # Only the index knows that an answer is not the JSON that its request asked for.
        answer = parse_result(raw).with_outcome(facts.outcome)
        batch = self.batch_of(seq)
        request = self.request_of(seq, answer.custom_id)
        # The schema is in the request, so an answer alone cannot be judged.
        fit = match_schema(answer, params_of(request)) if request and answer.message else None
        origin = f"attempt {batch.attempt}, part {batch.part}" if self.is_job else ""
        with open_annotations(self.workspace.registry, batch.job) as found:
            said = found.read([answer.custom_id])[answer.custom_id]
            shown = {
                column.name: said[column.name] for column in found.columns if column.is_usual and column.name in said
            }
        return LoadedResult(raw, answer, request, fit, self.price(facts), batch, shown, origin)

    def select(self, text: str) -> tuple[Sequence[int] | None, str]:
        """Return the numbers of the results that a filter such as `score:<3` asks for, and the rest; blocking.

        None where the text has no such term.
        """
        with open_annotations(self.workspace.registry, self.batches[0].job) as found:
            return select_results(found, self.results, text)

    def request_of(self, seq: int, custom_id: str) -> bytes | None:
        """Return the request as it was stored when it was sent, since the API does not return requests; blocking."""
        batch = self.batch_of(seq)
        store = self.workspace.registry.requests
        # A request that was pruned or never here is no failure of showing the answer.
        with suppress(BatchtuiError, FileNotFoundError):
            if store.has(batch.job):
                with store.reader(batch.job, batch.attempt) as requests:
                    return requests.find(custom_id)
        return None


def batch_source(workspace: Workspace, batch: Batch, reader: ResultReader) -> ResultSource:
    """Return the results of one batch."""
    return ResultSource(
        workspace, reader, lambda _: batch, lambda seqs: {batch.key: seqs},
        result_pricer(workspace.prices, day_of(batch)), (batch,),
    )  # fmt: skip


def job_source(workspace: Workspace, results: JobResults) -> ResultSource:
    """Return the results of a job, each priced on the day of its own batch."""

    @cache
    def pricer(day: date) -> Callable[[ResultFacts], Cost | None]:
        return result_pricer(workspace.prices, day)

    def price(facts: ResultFacts) -> Cost | None:
        return pricer(day_of(results.batch_of(facts.seq)))(facts)

    batches = tuple(results.batches)
    return ResultSource(workspace, results, results.batch_of, results.picked, price, batches, is_job=True)


def day_of(batch: Batch) -> date:
    """Return the day whose prices hold for a batch."""
    return (batch.created_at or batch.planned_at).date()


def _not_stored(_most: int | None) -> Iterator[Part]:
    yield (Span("The request is not stored here: the batch was created elsewhere.", Tone.DIM),)
