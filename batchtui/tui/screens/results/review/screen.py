"""`ReviewScreen` shows one answer large; a key marks it, stores that, and shows the next one.

A key acts on the answer that is shown, never on the one that a faster key has gone to: each key is carried out before
the next one is heard.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.results.mark import LONGEST_NOTE, ReviewMark, ReviewVerdict, label_complaint, split_labels
from batchtui.registry.results.marks import MARK_COLUMNS
from batchtui.results.answer_digest import answer_digest
from batchtui.services.results.annotations import open_annotations
from batchtui.services.results.review.queues import QueueChoice, score_columns
from batchtui.services.results.review.session import ReviewSession, labels_of, reviewer_of, set_labels
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.key_text import text_naming_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.messages import ActionFailed
from batchtui.tui.rendering.request import params_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.results.header import ResultHeader
from batchtui.tui.screens.results.review.fields import review_document
from batchtui.tui.screens.results.review.mark_lines import MarkLines
from batchtui.tui.screens.results.review.queues import choose_queue
from batchtui.tui.screens.retry.open import open_rejected_retry
from batchtui.tui.terminal import external
from batchtui.tui.widgets.document_pane import DocumentPane
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from typing import Any

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.workspace import Workspace
    from batchtui.tui.screens.results.source import LoadedResult, ResultSource

SCROLLED = 5
"""Lines that a text is scrolled by at once."""
OWN_COLUMNS = frozenset(column.name for column in MARK_COLUMNS)
"""Columns beside results that are marks: they are shown in their own place, those of others not before one's own."""
NEED_RESULT = frozenset({
    "review.accept", "review.reject", "review.note", "review.copy-id", "review.pager", "review.next", "review.previous",
    "review.first", "review.last", "review.next-unmarked", "review.previous-unmarked",
})  # fmt: skip


class ReviewScreen(BaseScreen):
    """The review of one job."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.REVIEW)
    SCOPES = (Scope.REVIEW, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Review"
    AUTO_FOCUS = ""

    def __init__(
        self,
        workspace: Workspace,
        source: ResultSource,
        shown: Sequence[int] = (),
        choice: QueueChoice | None = None,
        *,
        close: Callable[[], None] | None = None,
    ) -> None:
        """Build it.

        Args:
            workspace: where marks are kept.
            source: what is reviewed.
            shown: the numbers of the results that the list shows, where it shows only some.
            choice: which results; None for the queue that was open last.
            close: closes the files of the source, where nobody else does.
        """
        super().__init__(workspace)
        self._source = source
        self._shown = shown
        self._choice = choice
        self._close = close
        self.session = ReviewSession(workspace, source.batches[0].job, reviewer_of(workspace), source.results)
        self._labels: tuple[str, ...] = ()
        self._advances = workspace.settings.review.advance
        self._read: LoadedResult | None = None
        self._own: ReviewMark | None = None
        self._is_open = False
        self._has_scores = False
        self._head = ResultHeader()
        self._marks = MarkLines()
        self._request = DocumentPane("request", id="request")
        self._answer = DocumentPane("answer", id="answer")
        self._ahead = self._answer

    def content(self) -> Iterator[Widget]:
        """Lay out whose answer it is, what is marked, the request and the answer."""
        yield self._head
        yield self._marks
        yield Rule()
        with Container(id="readings"):
            yield self._request
            yield self._answer

    def on_mount(self) -> None:
        """Open the queue."""
        for pane in (self._request, self._answer):
            # Keys go to the screen whatever was clicked: j must never mean the next line here.
            for widget in pane.query("*"):
                widget.can_focus = False
            pane.set_class(pane is not self._ahead, "-aside")
        self.set_focus(None)
        run_guarded(self, partial(self._open, self._choice), group="open-review", exclusive=True)

    def on_unmount(self) -> None:
        """Close the files of the results, where they are this screen's."""
        if self._close is not None:
            self._close()

    async def _open(self, choice: QueueChoice | None) -> None:
        self._labels = await labels_of(self.workspace, self.session.job)
        await self.session.open(choice, self._params, self._shown)
        self._has_scores = bool(score_columns(await asyncio.to_thread(self._columns)))
        self._is_open = True
        await self._show()

    def _columns(self) -> tuple[Any, ...]:
        with open_annotations(self.workspace.registry, self.session.job) as annotations:
            return annotations.columns

    def _params(self, number: int, custom_id: str) -> Mapping[str, Any] | None:
        request = self._source.request_of(number, custom_id)
        return params_of(request) if request else None

    async def _show(self) -> None:
        """Show the result that the session is at, with what is marked of it."""
        number = self.session.number
        if number is None:
            self._read = self._own = None
            self._marks.show(None, (), self._labels)
            self.dashboard.say(
                text_naming_keys(
                    self.dashboard,
                    f"No result to review: {self.session.choice.words}. {{review.queue}} chooses others.",
                )
            )
        else:
            read = await asyncio.to_thread(self._source.load, number)
            own, others = await self.session.marks_of(read.answer.custom_id, answer_digest(read.answer))
            beside = {name: said for name, said in read.annotations.items() if name not in OWN_COLUMNS}
            self._read, self._own = read, own
            self._head.show(read.answer, len(read.raw), read.cost, read.fit, read.origin, beside)
            self._marks.show(own, others, self._labels)
            self._answer.show(review_document(read))
            self._request.show(read.request_document)
        self.refresh_frame()

    async def _carry_out(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do what a key asks for before the next key is heard; a failure is shown, and nothing is marked."""
        try:
            await work()
        except BatchtuiError as error:
            self.app.post_message(ActionFailed(error))

    # ── what is shown around it ────────────────────────────────────────────────────────────────────────────────────

    def position(self) -> Line:
        """Return how far the review is, and what is reviewed."""
        if not self._is_open:
            return (Span("opening the results …", Tone.DIM),)
        progress = self.session.progress
        queue = one_line(self.session.choice.words)
        if self._read is None:
            return (Span(queue, Tone.DIM),)
        rejected = (Span(f", {count(progress.rejected)} rejected", Tone.BAD),) if progress.rejected else ()
        return (
            Span(f"{queue} · " if self.size.width >= 100 else "", Tone.DIM),
            Span(f"{count(progress.marked)} of {count(progress.items)} marked"),
            *rejected,
            Span(f" · item {count(self.session.at + 1)}", Tone.DIM),
        )

    def is_available(self, command_id: str) -> bool:
        """Return whether a command makes sense for what is shown."""
        if command_id in NEED_RESULT:
            return self._read is not None
        if command_id.startswith("review.label-"):
            return self._read is not None and int(command_id.rpartition("-")[2]) <= len(self._labels)
        if command_id == "review.undo":
            return self.session.can_undo
        if command_id == "review.retry":
            return self._is_open and self.session.progress.rejected > 0
        return super().is_available(command_id)

    # ── marking ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _mark(self, change: Callable[[ReviewMark], ReviewMark], *, goes_on: bool = False) -> None:
        own, read = self._own, self._read
        if own is None or read is None:
            return
        # What was said of an earlier answer says nothing of this one; its note may.
        fresh = ReviewMark(own.custom_id, own.reviewer, answer_digest(read.answer), note=own.note)
        after = change(fresh if own.is_stale else own)
        await self.session.mark(own, after)
        if goes_on and self._advances and not self.session.go(1):
            self._say_end()
        await self._show()

    def _say_end(self) -> None:
        progress = self.session.progress
        rest = progress.items - progress.marked
        words = f"{amount(rest, 'result')} not marked yet: {{review.next-unmarked}}" if rest else "All are marked."
        self.dashboard.say(text_naming_keys(self.dashboard, f"End of the queue. {words}"))

    async def _action_review_accept(self) -> None:
        await self._decide(ReviewVerdict.ACCEPTED)

    async def _action_review_reject(self) -> None:
        await self._decide(ReviewVerdict.REJECTED)

    async def _decide(self, verdict: ReviewVerdict) -> None:
        await self._carry_out(partial(self._mark, lambda mark: replace(mark, verdict=verdict), goes_on=True))

    async def _action_review_label(self, number: int) -> None:
        if number <= len(self._labels):
            name = self._labels[number - 1]
            await self._carry_out(partial(self._mark, lambda mark: mark.with_label(name)))
        else:
            self.dashboard.say(
                text_naming_keys(
                    self.dashboard, f"There are {amount(len(self._labels), 'label')}; {{review.labels}} names them."
                )
            )

    def _action_review_note(self) -> None:
        run_guarded(self, self._note, group="review-note", exclusive=True)

    async def _note(self) -> None:
        own = self._own
        if own is None:
            return
        prompt = TextPrompt(f"Note on {one_line(own.custom_id)}", one_line(own.note), check=note_complaint)
        typed = await self.app.push_screen(prompt, wait_for_dismiss=True)
        if typed is not None and typed != own.note:
            await self._mark(lambda mark: replace(mark, note=typed))

    async def _action_review_undo(self) -> None:
        await self._carry_out(self._undo)

    async def _undo(self) -> None:
        taken = await self.session.undo()
        if taken is None:
            self.dashboard.say("Nothing was marked in this session that could be taken back.")
            return
        self.dashboard.say(f"Took the mark of {one_line(taken.custom_id)} back.")
        await self._show()

    def _action_review_labels(self) -> None:
        run_guarded(self, self._name_labels, group="review-labels", exclusive=True)

    async def _name_labels(self) -> None:
        prompt = TextPrompt(
            "Labels of this job, with commas between them", ", ".join(self._labels),
            check=lambda typed: label_complaint(split_labels(typed)), placeholder="correct, vague, wrong language",
        )  # fmt: skip
        typed = await self.app.push_screen(prompt, wait_for_dismiss=True)
        if typed is not None:
            await set_labels(self.workspace, self.session.job, split_labels(typed))
            self._labels = await labels_of(self.workspace, self.session.job)
            await self._show()

    # ── going on ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _go(self, step: int) -> None:
        if self.session.go(step):
            await self._carry_out(self._show)
        elif self._read is not None:
            self.dashboard.say("This is the first result of the queue." if step < 0 else "This is the last result.")

    async def _action_review_next(self) -> None:
        await self._go(1)

    async def _action_review_previous(self) -> None:
        await self._go(-1)

    async def _action_review_first(self) -> None:
        await self._go(-self.session.at)

    async def _action_review_last(self) -> None:
        await self._go(len(self.session.order) - 1 - self.session.at)

    async def _action_review_next_unmarked(self) -> None:
        await self._go_to_unmarked(1)

    async def _action_review_previous_unmarked(self) -> None:
        await self._go_to_unmarked(-1)

    async def _go_to_unmarked(self, step: int) -> None:
        if self.session.go_to_unmarked(step):
            await self._carry_out(self._show)
        elif self._read is not None:
            self.dashboard.say("Every other result of the queue is marked.")

    def _action_review_queue(self) -> None:
        run_guarded(self, self._choose_queue, group="review-queue", exclusive=True)

    async def _choose_queue(self) -> None:
        chosen = await choose_queue(
            self.dashboard, self.session.choice, self._source.results.by_outcome,
            shown=len(self._shown), scored=self._has_scores, seed=secrets.randbelow(1 << 31),
        )  # fmt: skip
        if chosen is not None:
            await self._open(chosen)

    def _action_review_advance(self) -> None:
        self._advances = not self._advances
        self.dashboard.say(
            "Accepting and rejecting show the next result." if self._advances else "Marking stays at the result."
        )

    def _action_review_retry(self) -> None:
        run_guarded(self.app, partial(open_rejected_retry, self.dashboard, self.session.job), group="act")

    # ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_review_down(self) -> None:
        self._ahead.scroll_lines(SCROLLED)

    def _action_review_up(self) -> None:
        self._ahead.scroll_lines(-SCROLLED)

    def _action_review_other(self) -> None:
        self._ahead = self._answer if self._ahead is self._request else self._request
        for pane in (self._request, self._answer):
            # CSS hides the pane with this class in zoom.
            pane.set_class(pane is not self._ahead, "-aside")
        self.dashboard.say(f"{'The request' if self._ahead is self._request else 'The answer'} is scrolled now.")

    def _action_review_zoom(self) -> None:
        self.toggle_class("-zoomed")

    async def _action_review_pager(self) -> None:
        if self._read is not None:
            external.open_pager(self.app, await asyncio.to_thread(self._ahead.whole))

    def _action_review_copy_id(self) -> None:
        if self._read is not None:
            self.dashboard.copy(self._read.answer.custom_id, self._read.answer.custom_id)


def note_complaint(text: str) -> str:
    """Return what is wrong with a note; empty where nothing is."""
    return f"at most {LONGEST_NOTE:,} characters" if len(text) > LONGEST_NOTE else ""
