"""`CompareScreen` compares two batches or jobs with the same custom_ids, as sums and answer by answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.errors import BatchtuiError
from batchtui.registry.results.pairs import Pair
from batchtui.services.results.compare import Comparison, compare, targets_of
from batchtui.text.numbers import count
from batchtui.text.sentences.batch_names import part_name
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, flow, line, plain
from batchtui.tui.screens.compare import columns
from batchtui.tui.screens.compare.columns import change_words
from batchtui.tui.screens.compare.headers import ComparisonHeader
from batchtui.tui.screens.compare.pair_screen import PairScreen
from batchtui.tui.screens.compare.verdicts import JudgedOrder, by_verdict, pair_verdicts, verdict_line
from batchtui.tui.widgets.facet_bar import FacetBar
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.comparison import AnswerChange
    from batchtui.services.workspace import Workspace


class CompareScreen(ListScreen[Pair]):
    """Shows a comparison, and closes its files when it is left."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COMPARE)
    SCOPES = (Scope.COMPARE, Scope.LIST, Scope.EVERYWHERE)
    DETAIL_TITLE = "both answers"
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "list.reverse"})

    def __init__(self, workspace: Workspace, first: Batch, second: Batch) -> None:
        super().__init__(workspace)
        self._batches = (first, second)
        self._comparison: Comparison | None = None
        self._only: AnswerChange | None = None
        self._verdicts: dict[str, tuple[float | None, str]] = {}
        """What the newest judge of these two says of B, by custom_id: 0 where it lost, and why."""
        self._judged: JudgedOrder | None = None
        self._choosing = CoalescedWorker(self, self._show_chosen)
        self._head = ComparisonHeader([first.name, second.name])
        self._kinds = FacetBar(columns.KINDS, "Comparing")
        self.detail = BothAnswers(self._verdicts.get)
        painter = columns.PairPainter(plain=lambda: painter_of(self).plain)
        self.grid = Grid(columns.columns_of(first.name, second.name), self.page, painter, id="pairs")
        self._say("Reading both")

    def above(self) -> Iterator[Widget]:
        """Lay out the sums and the kinds of change."""
        yield self._head
        yield Rule()
        yield self._kinds

    def on_mount(self) -> None:
        """Begin to compare."""
        run_guarded(self, self._compare, group="latest-comparison")

    def on_unmount(self) -> None:
        """Close the files."""
        if self._comparison is not None:
            self._comparison.pairs.close()

    async def _compare(self) -> None:
        try:
            targets = await targets_of(self.workspace, *self._batches)
            self._comparison = await compare(self.workspace, *targets, on_progress=self._say_comparing)
        except BatchtuiError:
            self._say("These cannot be compared")
            raise
        self._verdicts.update(await pair_verdicts(self.workspace, *(batch.job for batch in self._batches)))
        self._head.show(self._comparison)
        self._say("No answers of this kind")
        await self._show_chosen()

    def _say(self, words: str) -> None:
        self.grid.empty = (line(Span(words, Tone.DIM)),)
        self.grid.repaint()

    def _say_comparing(self, done: int, at_most: int) -> None:
        # The screen may have been left meanwhile.
        if self.is_attached:
            stops = plain(text_with_keys(self, "{app.back} stops"))
            self._say(f"Comparing: {count(done)} of at most {count(at_most)}; {stops}")

    async def _show_chosen(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        only = None if self._only is None else [self._only]
        # A million pairs are ordered on a thread.
        order = await asyncio.to_thread(comparison.pairs.order, only)
        if self._judged is not None:
            order = await asyncio.to_thread(by_verdict, comparison.pairs, order, self._verdicts, self._judged)
        self.grid.show(order)
        self._kinds.show(comparison.pairs.by_difference, self._only)
        self.refresh_frame()

    async def page(self, keys: Sequence[int]) -> Sequence[tuple[int, Pair]]:
        """Read the pairs with these numbers from both files."""
        if self._comparison is None:
            return []
        return [(pair.number, pair) for pair in await asyncio.to_thread(self._comparison.pairs.page, keys)]

    def on_grid_opened(self) -> None:
        """Show both answers."""
        if self._comparison is not None:
            self.app.push_screen(PairScreen(self.workspace, self._comparison, self.grid))

    def on_facet_bar_chosen(self, event: FacetBar.Chosen) -> None:
        """Show only one kind of change."""
        self._choose(event.choice)

    def _choose(self, only: AnswerChange | None) -> None:
        self._only = only
        self._choosing.request()

    def crumbs(self) -> tuple[str, ...]:
        """Return which two are compared."""
        first, second = self._batches
        return (f"{part_name(first)} against {part_name(second)}",)

    def aside(self) -> Line:
        """Return how many pairs are shown."""
        if self._comparison is None:
            return ()
        shown, total = len(self.grid.order), self._comparison.pairs.count
        return (Span(f"{count(shown)} of {count(total)} shown", Tone.DIM),) if shown < total else ()

    def is_available(self, command_id: str) -> bool:
        """Offer commands once both sides were compared."""
        if command_id in ("list.open", "compare.only", "compare.only-back", "compare.copy-custom-id"):
            return self._comparison is not None
        if command_id == "compare.judged":
            return bool(self._verdicts)
        return super().is_available(command_id)

    def back(self) -> bool:
        """Show all pairs again. Returns whether only some were shown."""
        if self._only is None and self._judged is None:
            return False
        self._judged = None
        self._choose(None)
        return True

    def _action_compare_judged(self) -> None:
        # First what got worse alone, then all of them with that first, then as before.
        steps = {None: JudgedOrder.WORSE, JudgedOrder.WORSE: JudgedOrder.ALL, JudgedOrder.ALL: None}
        self._judged = steps[self._judged]
        self._choosing.request()

    def _action_compare_only(self) -> None:
        self._choose(self._kinds.next(1))

    def _action_compare_only_back(self) -> None:
        self._choose(self._kinds.next(-1))

    def _action_compare_copy_custom_id(self) -> None:
        if self.grid.item is not None:
            self.dashboard.copy(self.grid.item.custom_id, self.grid.item.custom_id)


class BothAnswers(ItemView[Pair]):
    """Draws the beginnings of both answers to the request under the cursor, each in two lines."""

    def __init__(self, verdict_on: Callable[[str], tuple[float | None, str] | None]) -> None:
        super().__init__(id="both-answers")
        self._verdict_on = verdict_on

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the beginnings of both answers; nothing where the cursor is on no pair."""
        pair = self.item
        if pair is None:
            return []
        is_plain = painter_of(self).plain
        sides = (("A", pair.first, pair.second), ("B", pair.second, pair.first))
        lines: list[Line] = []
        if (verdict := self._verdict_on(pair.custom_id)) is not None:
            lines += verdict_line(*verdict, columns)
        for name, facts, other in sides:
            said = flow(change_words(facts, other, plain=is_plain), columns - 5)[:2]
            lines += [(Span(f" {name}  " if not at else "    ", Tone.DIM), *part) for at, part in enumerate(said)]
        return lines
