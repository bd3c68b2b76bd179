"""From a table to a checked batch: left the parts of a draft, right any row as it would be sent, live as one types."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, Vertical

from batchtui.composing.columns import called
from batchtui.domain.errors import InputError
from batchtui.services import drafts
from batchtui.services.compose import counted, survey
from batchtui.services.drafting import Opened, complaint, find_problem, has_changed, open_draft, show_row
from batchtui.services.drafts import TEXTS
from batchtui.text.counts import count, size
from batchtui.tui import composing, pager, rewriting
from batchtui.tui.background import Latest, begin, perform
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.draft_parts import COLUMNS, Part, paint, parts_of, table_words
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.prompting import prompt_parts
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.draft_summary import DraftSummary
from batchtui.tui.widgets.grid import Grid
from batchtui.tui.widgets.named_rule import NamedRule
from batchtui.tui.widgets.pane import Form, Pane, Reading
from batchtui.tui.widgets.row_troubles import RowTroubles
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.widgets.table_rows import TableRows
from batchtui.tui.widgets.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services import staging
    from batchtui.services.compose import Composed
    from batchtui.services.drafting import Shown
    from batchtui.services.drafts import Draft
    from batchtui.services.workspace import Workspace
    from batchtui.tui.passages import Part as Passage

AHEAD = 200
"""Rows that are listed before anybody has gone further."""
QUIET = 0.4
"""Seconds without a change after which all rows are looked at."""
PATIENT = 5
"""So many times as long, where rows are files: those may be many gigabytes."""
MOST_LOOKED_AT = 1_000
"""Rows among which the next problem is looked for, until all were looked at."""
FIELDS = "a field a line: why, count:integer, kind:bug|wish, tags:string[], note?"
TOO_LONG = "too long to be written here: $EDITOR takes it"
MOST_NAMED = 100
"""Columns that are offered while one writes."""
NO_ROWS = (line(Piece("no rows yet", Tone.DIM)),)
NO_PROBLEM = (line(Piece("no row has a problem", Tone.GOOD)),)


class ComposeScreen(Frame):
    """A draft, and what it comes to. Each change makes another draft, kept and opened anew. It sends nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COMPOSE)
    SCOPES = (Scope.COMPOSE, Scope.LIST, Scope.TREE, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, draft: Draft) -> None:
        super().__init__(workspace)
        self.draft = draft
        self.opened = Opened(draft)
        self.composed: Composed | None = None
        """What all rows come to; None until they were looked at."""
        self._parts: Sequence[Part] = ()
        self._writes = "prompt"
        """The field of the draft that is written."""
        self.shown: Shown | None = None
        self._only_troubled = False
        """Whether only rows with a problem are listed."""
        self._is_unfit = False
        """Whether no row fits the template."""
        self._keeping = Latest(self, self._keep)
        self._opening = Latest(self, self._open)
        self._showing = Latest(self, self._show_row)
        self._watching = Latest(self, self._watch)
        self.parts: Grid[Part] = Grid(COLUMNS, self._page, paint, id="parts")
        self._title = NamedRule("prompt")
        self.writing = Writing()
        self._summary = DraftSummary()
        self.request = Pane("request", id="request")
        self._troubles = RowTroubles()
        self._table_title = NamedRule("table")
        self.table = TableRows()

    def content(self) -> Iterator[Widget]:
        """Lay out the parts with the text that is written, and beside them the request of a row and the table."""
        with Container(id="composing"):
            with Vertical(id="draft"):
                yield self.parts
                yield self._title
                yield self.writing
                yield Rule()
                yield self._summary
            with Vertical(id="outcome"):
                yield self.request
                yield self._troubles
                yield self._table_title
                yield self.table

    def on_mount(self) -> None:
        """Open the draft as it was left."""
        self.parts.focus()
        self.writing.show(self.draft.prompt)
        self._opening.request()
        self._keeping.request()

    # ── what it comes to ───────────────────────────────────────────────────────────────────────────────────────────

    def take(self, draft: Draft) -> None:
        """Go on with another draft: keep it, and show what it comes to."""
        self.draft, self.composed = draft, None
        self.writing.show(draft.text(self._writes))
        self._keeping.request()
        self._opening.request()

    async def _keep(self) -> None:
        await drafts.keep(self.workspace, self.draft)

    async def _open(self) -> None:
        before = self.opened
        self.opened = opened = await open_draft(self.workspace, self.draft, before)
        rows = opened.rows
        self.writing.names = [called(column) for column in opened.columns[:MOST_NAMED]]
        self._name_writing()
        if rows is not None and rows is not before.rows:
            await asyncio.to_thread(rows.page, 1, AHEAD)
            await self.table.measure(opened)
        self._show_parts()
        await self._show_row()
        if not opened.complaints or rows is not before.rows:  # while something is half typed, the list stays as it was
            await self._list_rows()
        begin(self, self._look_over, group="show-sum", gives_up=True)

    def _show_parts(self) -> None:
        self._parts = tuple(parts_of(self.opened, self.composed))
        self.parts.update(enumerate(self._parts))
        self.parts.show(range(len(self._parts)))
        self.refresh_footer()

    async def _list_rows(self) -> None:
        rows, composed = self.opened.rows, self.composed
        number = 0 if rows is None else max(rows.read, composed.rows if composed else 0)
        troubled = composed.troubled if composed else ()
        shown = troubled if self._only_troubled and composed else range(1, number + 1)
        self.table.empty = NO_PROBLEM if self._only_troubled else NO_ROWS
        self._table_title.say(
            "rows with a problem" if self._only_troubled else "table", table_words(rows.table) if rows else ""
        )
        await self.table.open(self.opened, shown, with_problems=bool(troubled) or self._is_unfit)

    async def _show_row(self) -> None:
        before = self.shown
        self.shown = shown = await show_row(self.opened, self.table.key or 1)
        is_same = shown is not None and before is not None and shown.number == before.number
        raw = shown.request if shown else b""
        if raw or not self.opened.complaints:  # while something is half typed, what there was stays
            reading = Reading(partial(prompt_parts, raw), raw) if raw else Reading(partial(_nothing, shown is not None))
            self.request.show(reading, stays=is_same)
        self._troubles.show(shown.rendered.problems if shown and shown.rendered else (), self.opened.complaints)
        self.refresh_footer()

    async def _look_over(self) -> None:
        """Look at all rows, once nothing changes for a moment; any change gives that up."""
        opened = self.opened
        self._summary.wait(opened.complaints)
        if opened.composition is None:
            return
        await asyncio.sleep(QUIET * (PATIENT if opened.composition.table.has_blocks else 1))
        try:
            composed = await survey(self.workspace, opened.composition, self._say_how_far)
        except InputError as error:
            self._is_unfit = True
            self._summary.show(None, [complaint(error)])
            await self._list_rows()
            return
        self.composed, self._is_unfit = composed, False
        self._summary.show(composed)
        self._show_parts()
        await self._list_rows()

    def _say_how_far(self, reading: staging.Reading) -> None:
        """Hear, on a thread, how far the looking is."""
        words = f"{size(reading.read)} of {size(reading.total)}" if reading.total else size(reading.read)
        self.app.call_later(self._wait, f"looking at all rows: {words}")

    def _wait(self, words: str) -> None:
        if self.composed is None:  # else the looking was over before this could be said
            self._summary.wait((), words)

    def ticked(self) -> None:
        """Look whether the table is another one by now."""
        super().ticked()
        self._watching.request()

    async def _watch(self) -> None:
        if await asyncio.to_thread(has_changed, self.opened):
            self._opening.request()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Part]]:
        return [(key, self._parts[key]) for key in keys if key < len(self._parts)]

    def on_grid_cursor_moved(self, event: Grid.CursorMoved) -> None:
        """Show the text of the part, or the request of the row, under the cursor."""
        if self.table.has_focus or self.table.key != (self.shown.number if self.shown else None):
            self._showing.request()
            self._go_further()
        part = self.parts.item
        if self.parts.has_focus and part is not None and part.id in TEXTS and part.id != self._writes:
            self._write_part(part.id)

    def _write_part(self, part: str) -> None:
        self._writes = part
        self.writing.show(self.draft.text(part))
        self._name_writing()

    def _name_writing(self) -> None:
        """Say what is written, and what can stand in it."""
        hint = FIELDS if self._writes == "answers" else " ".join(f"{{{{ {name} }}}}" for name in self.writing.names)
        self._title.say(self._writes, TOO_LONG if self.writing.read_only else hint)

    def _go_further(self) -> None:
        """Read on where the cursor comes near the last row that was read."""
        rows = self.opened.rows
        if rows is not None and self.composed is None and not rows.is_whole and (self.table.key or 0) > rows.read - 50:
            begin(self, partial(self._read_on, rows.read), group="latest-reading", gives_up=True)

    async def _read_on(self, read: int) -> None:
        if self.opened.rows is not None:
            await asyncio.to_thread(self.opened.rows.page, read, AHEAD)
            await self._list_rows()

    def on_writing_written(self, event: Writing.Written) -> None:
        """Take what is typed, letter by letter."""
        self.take(self.draft.with_text(self._writes, event.text))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Change the part under the cursor; show the row under it."""
        if self.table.has_focus:
            self.request.target.focus()
        else:
            self._change(self._parts[event.key].id)

    def _change(self, part: str) -> None:
        if part in TEXTS:
            self._write_part(part)
            self.writing.take_keys()
        elif part == "wrong rows":
            self.take(replace(self.draft, skip_wrong=not self.draft.skip_wrong))
        elif part == "caching":
            self._action_compose_cache()
        elif part == "priming":
            self._action_compose_prime()
        else:
            self._converse(partial(rewriting.rewritten, self.dashboard, self.opened, part))

    def _converse(self, ask: Callable[[], rewriting.Rewriting]) -> None:
        """Ask for something, and go on with the draft that comes of it."""

        async def conversation() -> None:
            draft = await ask()
            if draft is not None and self.is_attached:
                self.take(draft)

        perform(self.app, conversation, group="act")

    def on_descendant_focus(self) -> None:
        """Say what works where the keys arrive; where there is little room, show that alone."""
        self.set_class(self.writing.has_focus, "-writing")
        self.set_class(self.request.is_ahead, "-reading")
        self.set_class(self.table.has_focus, "-listing")
        self._title.mark(is_ahead=self.writing.has_focus)
        self._table_title.mark(is_ahead=self.table.has_focus)
        self.refresh_footer()

    def aside(self) -> Line:
        """Say which row of how many is shown."""
        rows = self.opened.rows
        if rows is None or self.shown is None:
            return ()
        total = self.composed.rows if self.composed else rows.read
        more = "" if self.composed or rows.is_whole else " or more"
        return (Piece(f"row {count(self.shown.number)} of {count(total)}{more}", Tone.DIM),)

    def back(self) -> bool:
        """Go back to the parts."""
        if self.parts.has_focus:
            return False
        self.parts.focus()
        return True

    def works(self, command_id: str) -> bool:
        """Offer what makes sense where the keys arrive: while one types, nothing that is a letter."""
        if self.writing.has_focus and command_id not in ("app.back", "compose.side", "app.quit"):
            return False
        if command_id.startswith("tree.") and self.request.form is not Form.TREE:
            return False
        if command_id in ("compose.try", "compose.submit", "compose.write"):
            return self.opened.composition is not None
        return command_id not in ("list.mark", "list.sort", "list.reverse") and super().works(command_id)

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_compose_side(self) -> None:
        places: list[Widget] = [self.parts, self.request.target, self.table]
        here = 0 if self.writing.has_focus or self.focused not in places else places.index(self.focused)
        places[(here + 1) % len(places)].focus()

    def _action_compose_next(self) -> None:
        self.table.go_to(self.table.cursor + 1)

    def _action_compose_previous(self) -> None:
        self.table.go_to(self.table.cursor - 1)

    def _action_compose_next_problem(self) -> None:
        perform(self, partial(self._go_to_problem, 1), group="latest-problem", gives_up=True)

    def _action_compose_previous_problem(self) -> None:
        perform(self, partial(self._go_to_problem, -1), group="latest-problem", gives_up=True)

    async def _go_to_problem(self, step: int) -> None:
        here = self.table.key or 1
        if self.composed is not None:
            found = following(self.composed.troubled, here, step)
        else:
            found = await find_problem(self.opened, here, step, MOST_LOOKED_AT)
        if found is None:
            self.dashboard.say(f"No row {'below' if step > 0 else 'above'} this one has a problem.")
        else:
            self.table.go_to(self.table.order.index(found) if self._only_troubled else found - 1)

    def _action_compose_only(self) -> None:
        self._only_troubled = not self._only_troubled
        perform(self, self._relist, group="latest-list")

    async def _relist(self) -> None:
        await self._list_rows()
        await self._show_row()

    def _action_compose_count(self) -> None:
        perform(self, self._count, group="count", gives_up=True)

    async def _count(self) -> None:
        composition, composed = self.opened.composition, self.composed
        if composition is None or composed is None or not composed.loads:
            self.dashboard.say("There is nothing to count yet.")
            return
        with self.dashboard.undertaking() as say:
            say("having a few requests counted")
            result = await counted(self.workspace, composition, composed)
        if self.composed is composed:
            self.composed = result
            self._summary.show(result)

    def _action_compose_view(self) -> None:
        self.request.turn()
        self.refresh_footer()

    def _action_compose_cache(self) -> None:
        self.take(replace(self.draft, cache=not self.draft.cache))

    def _action_compose_tool(self) -> None:
        self.take(replace(self.draft, as_tool=not self.draft.as_tool))

    def _action_compose_prime(self) -> None:
        is_wanted = not self.draft.prime  # without a mark there is no cache to fill
        self.take(replace(self.draft, prime=is_wanted, cache=self.draft.cache or is_wanted))

    def _action_compose_sql(self) -> None:
        self._converse(partial(rewriting.queried, self.dashboard, self.opened))

    def _action_compose_read_as(self) -> None:
        self._converse(partial(rewriting.read_otherwise, self.dashboard, self.opened))

    def _action_compose_editor(self) -> None:
        """Edit the part under the cursor in $EDITOR; the template, where that is no text of its own."""
        part = self.parts.item
        field = part.id if part is not None and part.id in TEXTS else ""
        text = self.draft.text(field) if field else rewriting.whole_text(self.draft)
        edited = pager.edited(self.app, text, f"{field or self.draft.name}.md")
        if edited is not None and edited != text:
            self.take(self.draft.with_text(field, edited) if field else rewriting.from_whole(self.draft, edited))

    def _action_compose_try(self) -> None:
        request = self.shown.request if self.shown else b""
        perform(self.app, partial(composing.try_row, self.dashboard, request), group="act")

    def _action_compose_write(self) -> None:
        perform(self.app, self._write, group="act")

    async def _write(self) -> None:
        await composing.write(self.dashboard, await open_draft(self.workspace, self.draft, self.opened))

    def _action_compose_save(self) -> None:
        self._converse(partial(composing.save, self.dashboard, self.draft))

    def _action_compose_new(self) -> None:
        self._converse(partial(rewriting.begun_anew, self.dashboard))

    def _action_compose_submit(self) -> None:
        perform(self.app, self._submit, group="act")

    async def _submit(self) -> None:
        opened = await open_draft(self.workspace, self.draft, self.opened)
        if await composing.submit(self.dashboard, opened) and self.app.screen is self:
            self.app.pop_screen()


def following(numbers: Sequence[int], here: int, step: int) -> int | None:
    """Return the first of ascending numbers after this one, or with a step of -1 the last before it."""
    at = bisect_right(numbers, here) if step > 0 else bisect_left(numbers, here) - 1
    return numbers[at] if 0 <= at < len(numbers) else None


def _nothing(is_row: bool, _most: int | None) -> Iterator[Passage]:
    """Say why there is nothing to read."""
    yield (Piece("No request can be made of this row." if is_row else "There is no request to show yet.", Tone.DIM),)
