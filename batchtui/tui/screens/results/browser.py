"""`ResultBrowser` is results to look through: filtered by outcome, a search or a kind of failure, with a preview."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Container, Vertical
from textual.message import Message

from batchtui.domain.results.result import Outcome
from batchtui.text.numbers import count, size
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.commands.key_text import keymap_of, text_with_keys
from batchtui.tui.rendering.result_columns import OUTCOME_KINDS
from batchtui.tui.rendering.spans import Line, Span, Tone, joined, line
from batchtui.tui.screens.export.options import PickedResults
from batchtui.tui.screens.results.failure_list import FailureList
from batchtui.tui.screens.results.grid import ResultGrid
from batchtui.tui.screens.results.preview import ResultPreview
from batchtui.tui.screens.results.selection import ResultSearch, ResultSelection
from batchtui.tui.widgets.facet_bar import FacetBar
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from batchtui.tui.screens.results.source import ResultSource


class ResultBrowser(Vertical):
    """The outcomes, the search, the list, its preview and the failures: they choose the results that are shown.

    It reads through the source that it was given and closes nothing.
    """

    class Changed(Message):
        """Other results are shown, or another part of this widget has the focus."""

    def __init__(self) -> None:
        super().__init__()
        self._source: ResultSource | None = None
        self._choice = ResultSelection()
        self._search = ResultSearch(self._say_searching)
        self._choosing = CoalescedWorker(self, self._show)
        self._searching = CoalescedWorker(self, self._find)
        self.grid = ResultGrid()
        self._outcomes = FacetBar(OUTCOME_KINDS, "Results", self._key_of)
        self._failures = FailureList()
        self.preview = ResultPreview()
        self._bar = FilterBar("what an answer, an error or a custom_id says")

    def compose(self) -> ComposeResult:
        """Lay out the outcomes, the search, the list with its preview, and the failures by kind."""
        yield self._outcomes
        yield self._bar
        with Container(id="results-body"):
            yield self.grid
            yield self.preview
        yield self._failures

    def _key_of(self, place: int) -> str:
        """Return the key that chooses an outcome by its place; empty where there is none."""
        keys = keymap_of(self).get(f"batch.outcome-{place + 1}", ())
        return keys[0] if keys else ""

    def on_unmount(self) -> None:
        """Stop the search."""
        self._search.stop()

    async def open(self, source: ResultSource) -> None:
        """Show these results, all of them."""
        # What was searched for in other results is over; what is typed while the first ones open is searched for.
        if self._source is not None:
            self._search.stop()
            self._bar.close()
        await self.grid.open(source)
        self._source = source
        self._choice = ResultSelection()
        self.grid.empty = (line(Span("No result matches", Tone.STRONG)),)
        # Grouping reads the messages of all failures.
        groups = await asyncio.to_thread(lambda: source.results.groups)
        # CSS shows the list of failures only where there are any.
        self.screen.set_class(bool(groups), "-failing")
        self._failures.show(groups)
        await self._show()
        if self._search.text:
            self._searching.request()

    # ── which are shown ────────────────────────────────────────────────────────────────────────────────────────────

    async def _show(self) -> None:
        source = self._source
        if source is None:
            return
        await self.grid.choose(self._choice, self._search.words)
        besides = self._failures.mark(self._choice.group)
        self._outcomes.show(source.results.by_outcome, self._choice.outcome, besides=besides)
        self._bar.say(Span(f"{count(len(self.grid.order))} of {count(source.results.count)} ", Tone.CHIP))
        self.follow()
        self.post_message(self.Changed())

    def follow(self) -> None:
        """Show the result under the cursor in the preview."""
        self.preview.follow(self._source, self.grid.key, self.grid.searched)

    async def _find(self) -> None:
        source = self._source
        if source is None:
            return
        text = self._search.text
        found = await self._search.run(source.results, source.select)
        if text == self._search.text and source is self._source:  # else another one is under way already
            self._choice = replace(self._choice, found=found)
            await self._show()

    def _say_searching(self, done: int, total: int) -> None:
        if self.is_attached:
            words = f"searching {size(done)} of {size(total)}, {{app.back}} stops "
            self._bar.say(*text_with_keys(self, words, Tone.RUNNING, Tone.RUNNING))

    def _choose(self, choice: ResultSelection) -> None:
        self._choice = choice
        self._choosing.request()

    def step_outcome(self, step: int) -> None:
        """Show only the next outcome, or with -1 the one before."""
        self._choose(replace(self._choice, outcome=self._outcomes.next(step), group=None))

    def choose_outcome(self, number: int) -> bool:
        """Show only the outcome of this number in the line of outcomes, 1 for all. Returns whether there is one."""
        if self._source is None:
            return True
        if self._outcomes.has(number):
            self._choose(replace(self._choice, outcome=self._outcomes.choice(number), group=None))
        return self._outcomes.has(number)

    @property
    def number_of_outcomes(self) -> int:
        """How many places the line of outcomes has, all of them included."""
        return len(self._outcomes.choices)

    def on_facet_bar_chosen(self, event: FacetBar.Chosen) -> None:
        """Show only results with this outcome."""
        event.stop()
        self._choose(replace(self._choice, outcome=event.choice, group=None))

    def on_failure_list_chosen(self, event: FailureList.Chosen) -> None:
        """Show only failures of this kind, and give the focus back to the list."""
        event.stop()
        self._choose(replace(self._choice, outcome=None, group=event.group))
        self._leave_groups()

    def search(self) -> None:
        """Open the field of the search, also while results are still opened: letters must not act as keys."""
        self._bar.open()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Search while typing."""
        event.stop()
        self._search.text = event.text.strip()
        self._searching.request()

    def on_filter_bar_left(self, event: FilterBar.Left) -> None:
        """Give the focus back to the list."""
        event.stop()
        self.grid.focus()

    def pick(self) -> PickedResults | None:
        """Return the results that are picked out: the marked ones, else those shown; None for all."""
        source, shown = self._source, self.grid.order
        if source is None:
            return None
        if self.grid.marks:
            words = f"only the {count(len(self.grid.marks))} that are marked"
            return PickedResults(words, source.picked(self.grid.chosen))
        if not shown or len(shown) == source.results.count:
            return None
        return PickedResults(f"only the {count(len(shown))} that are shown", source.picked(shown))

    async def marked_failures(self) -> frozenset[str]:
        """Return the custom_ids of the marked results that have not succeeded."""
        source = self._source
        if source is None:
            return frozenset()
        is_failure = await asyncio.to_thread(source.results.mask, Outcome.failures())
        marked = [seq for seq in self.grid.marks if is_failure[seq]]
        return frozenset(facts.custom_id for facts in await asyncio.to_thread(source.results.page, marked))

    # ── where the keys arrive ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_among_groups(self) -> bool:
        """Whether the kinds of failure have the focus."""
        return self._failures.grid.has_focus

    def turn_to_groups(self) -> None:
        """Move the focus to the kinds of failure, or back to the list."""
        if self.is_among_groups:
            self._leave_groups()
        elif self.screen.has_class("-failing"):
            self.screen.add_class("-choosing")
            self._failures.grid.focus()

    def _leave_groups(self) -> None:
        self.screen.remove_class("-choosing")
        self.grid.focus()

    def on_descendant_focus(self) -> None:
        """Tell that other keys work now."""
        self.post_message(self.Changed())

    def back(self) -> bool:
        """Leave the failures, else clear search, filters or marks. Returns whether there was anything to undo."""
        if self.is_among_groups:
            self._leave_groups()
        elif self._bar.display:
            self._search.stop()
            self._bar.close()
        elif self._choice.outcome is not None or self._choice.group is not None:
            self._choose(replace(self._choice, outcome=None, group=None))
        elif self.grid.marks:
            self.grid.unmark()
        else:
            return False
        return True

    def position(self) -> Line:
        """Return how many results are marked, else how many are shown."""
        if self._source is None:
            return ()
        shown, total = len(self.grid.order), self._source.results.count
        marked = (Span(f"{count(len(self.grid.marks))} marked", Tone.WARN),) if self.grid.marks else ()
        only = (Span(f"{count(shown)} of {count(total)} shown", Tone.DIM),) if shown != total else ()
        return joined([marked, only, row_words(self.grid.cursor, shown, "result")], " · ")
