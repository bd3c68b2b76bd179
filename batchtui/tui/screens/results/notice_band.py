"""`ResultsBanner` says above the results what is wrong with them: not saved and soon gone, or not complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.limits import RESULTS_EXPIRE_SOON
from batchtui.text.numbers import amount
from batchtui.text.safe import display_path, sanitize
from batchtui.tui.commands.key_text import key_of, keymap_of, text_with_keys
from batchtui.tui.rendering.batch_text import moment, span
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, wrapped
from batchtui.tui.screens.results.batch_facts import LABEL
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.results.summary import ResultSummary


class ResultsBanner(LinesView):
    """Draws one line, more where something is wrong, none where there is nothing to say."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._batch: Batch | None = None
        self._path: Path | None = None
        self._summary: ResultSummary | None = None
        self._job: Sequence[Batch] = ()

    def show(self, batch: Batch, path: Path | None = None, summary: ResultSummary | None = None) -> None:
        """Draw this batch; its results are in the file `path`, and `summary` counts them, once they are open."""
        self._batch, self._path, self._summary, self._job = batch, path, summary, ()
        self.redraw()

    def show_job(self, batches: Sequence[Batch]) -> None:
        """Say that the results of these batches, all of one job, are shown together."""
        self._batch, self._job = None, batches
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return what is wrong with the results, and the keys that help; nothing where all is well."""
        if self._job:
            return [fit((Span(" "), *text_with_keys(self, job_words(self._job))), columns)]
        if self._batch is None:
            return []
        fetch = key_of("batch.fetch", keymap_of(self), plain=painter_of(self).plain)
        expiring = expiry_notice(self._batch, self._now(), fetch)
        said = [*expiring, *(discrepancies(self._summary) if self._summary else ())]
        lines: list[Line] = [
            (Span(f" {part}", piece.tone),) for piece in said for part in wrapped(piece.text, columns - 2)
        ]
        if self._path is not None:
            lines.append(file_line(self._path, columns))
        return lines


def expiry_notice(batch: Batch, now: datetime, fetch: str = "w") -> Iterator[Span]:
    """Yield that results will be deleted at the API soon, or are, where they are not saved here; `fetch` is a key."""
    until = batch.results_until
    if batch.results is ResultsState.GONE:
        yield Span("The API deleted these results before they were saved.", Tone.BAD)
    elif batch.state is BatchState.ENDED and batch.results is not ResultsState.SAVED and until is not None:
        # The date is an estimate from the creation; only the API knows, so fetching is still offered.
        if until <= now:
            yield Span(f"The API has probably deleted these results; {fetch} tries to download them anyway.", Tone.BAD)
        elif until - now < RESULTS_EXPIRE_SOON:
            left = f"in {span(until - now)}, {moment(until, now)}"
            yield Span(
                f"The API deletes these results {left}, and they are not saved: {fetch} fetches them.", Tone.WARN
            )


def discrepancies(summary: ResultSummary) -> Iterator[Span]:
    """Yield what does not add up in saved results: missing, unexpected, repeated and unreadable ones."""
    ids = summary.ids
    if ids is not None and ids.missing:
        example = sanitize(ids.missing_examples[0]) if ids.missing_examples else ""
        yield Span(f"{amount(ids.missing, 'request')} without a result, such as {example}", Tone.WARN)
    if ids is not None and ids.unexpected:
        example = sanitize(ids.unexpected_examples[0]) if ids.unexpected_examples else ""
        yield Span(f"{amount(ids.unexpected, 'result')} of no request of this batch, such as {example}", Tone.WARN)
    if summary.duplicates:
        yield Span(f"{amount(summary.duplicates, 'result')} with a custom_id that an earlier one has", Tone.WARN)
    if summary.unreadable:
        yield Span(f"{amount(summary.unreadable, 'line')} that cannot be read; shown as received", Tone.WARN)


def job_words(batches: Sequence[Batch]) -> str:
    """Return what is shown of a job whose results are listed together, with keys in braces."""
    attempts = len({batch.attempt for batch in batches})
    said = f"results of {amount(len(batches), 'batch', 'batches')} of this job together"
    if attempts > 1:
        said += f"; the latest result of {attempts} attempts"
    return f"{said}; {{batch.job}} shows this batch alone"


def file_line(path: Path, columns: int) -> Line:
    """Return the file that results are saved in; a long path without its beginning."""
    shown = display_path(path)
    head = f" {'file':<{LABEL}}"
    room = columns - len(head) - 1
    return (Span(head, Tone.DIM), Span(shown if len(shown) <= room else f"…{shown[-max(1, room - 1) :]}"))
