"""`RetryScreen` shows what failed in a job by kind, what to change, and what sending it again would cost.

Each choice makes another plan. A plan stages requests on the disk, so the one before is discarded.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.errors import BatchtuiError, NothingToRetry
from batchtui.services.retry.retry import RetryOptions, RetryPlan, discard, plan_retry
from batchtui.services.retry.unresolved import FailureChoice
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import figure_words
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.command_hints import hint_with_keys
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.text_prompt import TextPrompt, parse_tokens, token_complaint
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import OUTCOME_TONES
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, line, plain, wrapped
from batchtui.tui.screens.retry.flows import send_again
from batchtui.tui.screens.retry.form import RetryFields
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView, LinesView
from batchtui.tui.widgets.rule import TitledRule
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.results.failure_groups import Kind
    from batchtui.services.batches.targets import Target
    from batchtui.services.workspace import Workspace

COLUMNS = (
    Column("chosen", "SEND", 4, 4, 100, fixed=True),
    Column("count", "COUNT", 6, 8, 95, right=True, fixed=True),
    Column("kind", "KIND", 14, 24, 90, fixed=True),
    Column("advice", "WHAT TO DO", 24, 60, 80),
    Column("message", "MESSAGE", 20, 200, 60),
)


class RetryScreen(ListScreen[FailureChoice]):
    """Lists kinds of failure; the marked ones are sent again."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.RETRY)
    SCOPES = (Scope.RETRY, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Retry"
    UNAVAILABLE = frozenset({"list.sort", "list.open"})

    def __init__(
        self,
        workspace: Workspace,
        target: Target,
        custom_ids: frozenset[str] | None = None,
        only: frozenset[str] = frozenset(),
    ) -> None:
        """`custom_ids`: only these, whatever their failure; None for what is worth it, or for what `only` names."""
        super().__init__(workspace)
        self._target = target
        self._options = RetryOptions(only, custom_ids=custom_ids)
        self._plan: RetryPlan | None = None
        self._planning = CoalescedWorker(self, self._make_plan)
        self.detail = self._summary = RetrySummary()
        self._kind = KindOfFailure()
        actions = (self._action_retry_max_tokens, self._action_retry_model, self._action_retry_send)
        self._fields = RetryFields(actions)
        self.grid = Grid(COLUMNS, self.page, self._paint, id="failures")
        self.grid.empty = (line(Span("Looking for what failed …", Tone.DIM)),)

    def content(self) -> Iterator[Widget]:
        """Lay out the kinds of failure, what is changed in all requests, and what that comes to."""
        yield self.grid
        yield self._kind
        yield TitledRule("what is changed")
        yield self._fields
        yield TitledRule("what will be sent")
        yield self._summary

    def on_mount(self) -> None:
        """Make the first plan: what is worth sending again unchanged."""
        self._planning.request()

    def on_unmount(self) -> None:
        """Discard the plan that was not sent."""
        self._let_go()

    async def _make_plan(self) -> None:
        self._let_go()
        self._summary.show(None, "planning …")
        self._fields.show(self._options, None, self.items)
        try:
            plan = await plan_retry(self.workspace, self._target, self._options)
        except NothingToRetry as nothing:
            self._show_why_not(nothing)
            self._show_choices()
            return
        except BatchtuiError as error:
            self._show_why_not(error)
            raise
        # The screen was left while the plan was made: nobody would discard what it has staged.
        if not self.is_attached:
            discard(self.workspace, plan)
            return
        self._plan, self.items = plan, plan.failed
        self._summary.show(plan, "")
        self._show_choices()

    def _show_why_not(self, error: BatchtuiError) -> None:
        """Say why there is no plan: below the list, and in it while nothing was found yet."""
        self._summary.show(None, error.message)
        if not self.items:
            hint = text_with_keys(self, hint_with_keys(one_line(error.hint)), Tone.DIM, Tone.STRONG)
            self.grid.empty = (line(Span(one_line(error.message), Tone.STRONG)), (), hint)
            self.grid.repaint()

    def _show_choices(self) -> None:
        self.grid.forget()
        self.grid.marks = {key for key, failed in enumerate(self.items) if failed.group.kind in self._chosen}
        self.grid.show(range(len(self.items)))
        self._fields.show(self._options, self._plan, self.items)
        self.refresh_frame()

    def show_detail(self) -> None:
        """Show the kind of failure under the cursor in full."""
        self._kind.show(self.grid.item)

    def _let_go(self) -> None:
        if self._plan is not None:
            discard(self.workspace, self._plan)
            self._plan = None

    def _choose(self, options: RetryOptions) -> None:
        self._options = options
        self.grid.repaint()
        self._planning.request()

    @property
    def _chosen(self) -> frozenset[Kind]:
        """The kinds that are sent again."""
        if self._options.groups:
            return self._options.groups
        return frozenset(failed.group.kind for failed in self.items if failed.is_chosen)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Send a kind again, or leave it."""
        self._take_marks(self.grid.marks ^ {event.key})

    def on_grid_marks_changed(self) -> None:
        """Send the marked kinds again."""
        self._take_marks(self.grid.marks)

    def _take_marks(self, marks: set[int]) -> None:
        kinds = frozenset(self.items[key].group.kind for key in marks if key < len(self.items))
        # Marks that were set by a plan are no choice of the person.
        if kinds == self._chosen:
            return
        # A retry of nothing makes no sense; the marks are put back.
        if not kinds:
            self.dashboard.say(plain(text_with_keys(self, "At least one kind has to be chosen; {app.back} goes back.")))
            self._show_choices()
            return
        self._choose(replace(self._options, groups=kinds))

    def _action_retry_model(self) -> None:
        title, text = "Model for all requests; empty keeps each request's own", self._options.model or ""
        ask = TextPrompt(title, text, over=partial(self._fields.region_of_box, 1))
        self.app.push_screen(ask, self._take_model)

    def _take_model(self, model: str | None) -> None:
        if model is not None:
            self._choose(replace(self._options, model=model or None))

    def _action_retry_max_tokens(self) -> None:
        title, text = "max_tokens for all requests; empty keeps each request's own", str(self._options.max_tokens or "")
        ask = TextPrompt(title, text, check=token_complaint, over=partial(self._fields.region_of_box, 0))
        self.app.push_screen(ask, self._take_max_tokens)

    def _take_max_tokens(self, typed: str | None) -> None:
        if typed is not None:
            self._choose(replace(self._options, max_tokens=parse_tokens(typed)))

    def _action_retry_send(self) -> None:
        if self._plan is not None:
            run_guarded(self.app, partial(self._send, self._plan), group="act")

    async def _send(self, plan: RetryPlan) -> None:
        if await send_again(self.dashboard, plan):
            # What was sent is no longer laid aside: there is nothing to let go of.
            self._plan = None
            self.app.pop_screen()

    def is_available(self, command_id: str) -> bool:
        """Offer sending once there is a plan."""
        if command_id == "retry.send":
            return self._plan is not None
        return super().is_available(command_id)

    def crumbs(self) -> tuple[str, ...]:
        """Return whose failures these are, and what is done with them."""
        name = self._target.job.name if self._target.job else self._target.batches[0].name
        return (one_line(name), *super().crumbs())

    def aside(self) -> Line:
        """Return how many requests were marked, where some were."""
        named = self._options.custom_ids
        if self._plan is not None and self._plan.rejected:
            return (Span(f"{amount(self._plan.rejected, 'answer')} rejected in a review", Tone.DIM),)
        return (Span(f"{count(len(named))} requests marked", Tone.DIM),) if named else ()

    def _paint(self, item: FailureChoice, column: Column, width: int) -> Line:
        return paint(item, column, is_chosen=item.group.kind in self._chosen, plain=painter_of(self).plain)


class KindOfFailure(ItemView[FailureChoice]):
    """Draws what to do about the kind of failure under the cursor, and what its requests got for an answer."""

    def __init__(self) -> None:
        super().__init__(id="failure-kind")

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the advice for the kind of failure under the cursor, and its message."""
        if self.item is None:
            return []
        group = self.item.group
        said = one_line(group.pattern or group.example)
        lines: list[Line] = [(Span(f" {part}"),) for part in wrapped(self.item.advice, columns - 2)]
        return [*lines, fit((Span(f" {said}", Tone.DIM),), columns)][:rows]


class RetrySummary(LinesView):
    """Draws what the plan would do."""

    def __init__(self) -> None:
        super().__init__(id="retry-summary")
        self._plan: RetryPlan | None = None
        self._said = ""

    def show(self, plan: RetryPlan | None, said: str) -> None:
        """Draw this plan; `said` is why there is none."""
        self._plan, self._said = plan, said
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return four lines about the plan, or why there is none."""
        if self._plan is None:
            return [(Span(f" {one_line(self._said)}", Tone.DIM),), (), (), ()]
        return [fit((Span(" "), *pieces), columns) for pieces in plan_lines(self._plan)]


def plan_lines(plan: RetryPlan) -> Iterator[Line]:
    """Yield what a plan would do, in four lines."""
    length = sum(part.bytes for part in plan.parts)
    parts = amount(len(plan.parts), "part")
    yield (Span(f"{amount(plan.requests, 'request')}", Tone.STRONG),
           Span(f" in {parts}, {size(length)}, as attempt {plan.attempt} of the same job", Tone.DIM))  # fmt: skip
    changed = f"{amount(plan.changed, 'request')} changed; " if plan.changed else "as they were sent; "
    yield (Span(changed, Tone.DIM), Span(", ".join(map(one_line, plan.models)), Tone.TEXT))
    yield (Span("estimated cost  ", Tone.DIM), Span(figure_words(plan.estimate.cost)))
    untouched = [f"{count(plan.succeeded)} succeeded, not retried"]
    untouched += [f"{count(plan.missing)} without a result"] if plan.missing else []
    untouched += [f"{count(plan.away)} of batches that the API does not show"] if plan.away else []
    yield (Span("; ".join(untouched), Tone.DIM),)


def paint(item: FailureChoice, column: Column, *, is_chosen: bool, plain: bool) -> Line:
    """Return one cell."""
    group = item.group
    match column.id:
        case "chosen":
            return (Span("[x]" if is_chosen else "[ ]", Tone.ACCENT if is_chosen else Tone.DIM),)
        case "count":
            return (Span(count(group.count)),)
        case "kind":
            sign = OUTCOMES[group.outcome]
            word = group.error_type or group.stop_reason or sign.word
            return (Span(f"{sign.glyph_in(plain=plain)} {one_line(word)}", OUTCOME_TONES[group.outcome]),)
        case "advice":
            return (Span(item.advice, Tone.DIM),)
    return (Span(one_line(group.pattern or group.example), Tone.DIM),)
