"""`ComposeScreen` makes a batch of a table: at the left the parts of a draft, at the right any row as its request.

Both change while typing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, Vertical
from textual.geometry import Region

from batchtui.compose.column_names import placeholder_name
from batchtui.services.compose.draft import TEXTS
from batchtui.services.compose.draft_preview import find_problem
from batchtui.text.numbers import count
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.compose import edit_flows, flows
from batchtui.tui.screens.compose.draft_rows import COLUMNS, DraftRow, PartKind, box_room, draft_rows, paint
from batchtui.tui.screens.compose.draft_session import DraftSession
from batchtui.tui.screens.compose.preview import RequestPreview
from batchtui.tui.screens.compose.prompt_editor import PromptEditor
from batchtui.tui.screens.compose.summary import DraftSummary
from batchtui.tui.terminal import external
from batchtui.tui.widgets.document_pane import ViewMode
from batchtui.tui.widgets.form import OPEN_BOX
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.rule import Rule, TitledRule
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.compose.draft import Draft
    from batchtui.services.workspace import Workspace
    from batchtui.tui.rendering.columns import Column

MOST_LOOKED_AT = 1_000
"""Rows among which the next problem is looked for, until all rows were checked."""
FIELDS = "one field per line: why, count:integer, kind:bug|wish, tags:string[], note?"
TOO_LONG = "too long to edit here: it opens in $EDITOR"
MOST_NAMED = 100
"""Columns that are offered while a placeholder is typed."""


class ComposeScreen(BaseScreen):
    """A draft and what it comes to. Each change makes another draft, which is stored and opened."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.COMPOSE)
    SCOPES = (Scope.COMPOSE, Scope.LIST, Scope.TREE, Scope.TEXT, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Compose"

    def __init__(self, workspace: Workspace, draft: Draft) -> None:
        super().__init__(workspace)
        self.desk = DraftSession(self, self, workspace, draft)
        self._parts: Sequence[DraftRow] = ()
        self._writes = "prompt"
        """The part of the draft whose text is in the editor."""
        self.parts: Grid[DraftRow] = Grid(COLUMNS, self._page, self._paint, id="parts")
        self._title = TitledRule("prompt")
        self.writing = PromptEditor()
        self._summary = DraftSummary(self._action_compose_submit)
        self.outcome = RequestPreview(self.desk)

    def content(self) -> Iterator[Widget]:
        """Lay out the parts and the editor, and beside them the preview."""
        with Container(id="composing"):
            with Vertical(id="draft"):
                yield self.parts
                yield self._title
                yield self.writing
                yield Rule()
                yield self._summary
            yield self.outcome

    def on_mount(self) -> None:
        """Open the draft as it was left."""
        self.parts.focus()
        self.take(self.desk.draft)

    # ── what it comes to ───────────────────────────────────────────────────────────────────────────────────────────

    def take(self, draft: Draft) -> None:
        """Continue with another draft."""
        self.desk.take(draft)
        self.writing.show(draft.text(self._writes))

    async def on_opened(self, *, is_other_table: bool) -> None:
        """Show the opened draft; while a change is half typed, the list of rows stays as it was."""
        opened = self.desk.opened
        self.writing.names = [placeholder_name(column) for column in opened.columns[:MOST_NAMED]]
        self._name_writing()
        if is_other_table:
            await self.outcome.table.measure(opened)
        self._show_parts()
        await self.outcome.show_row()
        if not opened.complaints or is_other_table:
            await self.outcome.list_rows()

    async def on_checked(self, complaints: Sequence[str]) -> None:
        """Show what all rows come to."""
        self._summary.show(self.desk.composed, complaints)
        self._show_parts()
        await self.outcome.list_rows()

    def waits(self, complaints: Sequence[str], words: str) -> None:
        """Show that the result of all rows is out of date."""
        self._summary.wait(complaints, words)

    def _show_parts(self) -> None:
        self._parts = tuple(draft_rows(self.desk.opened, self.desk.composed))
        self.parts.update(enumerate(self._parts))
        self.parts.show(range(len(self._parts)))
        self.refresh_frame()

    def on_tick(self) -> None:
        """Look whether the file of the table has changed."""
        super().on_tick()
        self.desk.watch()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, DraftRow]]:
        return [(key, self._parts[key]) for key in keys if key < len(self._parts)]

    def on_grid_cursor_moved(self, event: Grid.CursorMoved) -> None:
        """Show the text of the part, or the request of the row, under the cursor."""
        if self.outcome.is_behind:
            self.outcome.showing.request()
            self.desk.go_further(self.outcome.table.key or 0)
        part = self.parts.item
        if self.parts.has_focus and part is not None and part.id in TEXTS and part.id != self._writes:
            self._write_part(part.id)

    def _write_part(self, part: str) -> None:
        self._writes = part
        self.writing.show(self.desk.draft.text(part))
        self._name_writing()

    def _name_writing(self) -> None:
        """Name the text that is edited, and what can be used in it."""
        hint = FIELDS if self._writes == "answers" else " ".join(f"{{{{ {name} }}}}" for name in self.writing.names)
        self._title.say(self._writes, TOO_LONG if self.writing.read_only else hint)

    def on_request_preview_row_shown(self) -> None:
        """Show which row it is, and what works on it."""
        self.refresh_frame()

    def on_prompt_editor_edited(self, event: PromptEditor.Edited) -> None:
        """Put what is typed into the draft, letter by letter."""
        self.take(self.desk.draft.with_text(self._writes, event.text))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Change the part under the cursor, or show the row under it."""
        if self.outcome.table.has_focus:
            self.outcome.request.target.focus()
        else:
            self._change(self._parts[event.key])

    def _change(self, row: DraftRow) -> None:
        part = row.id
        if part in TEXTS:
            self._write_part(part)
            self.writing.take_keys()
        elif row.kind is PartKind.DOUBT:
            self._action_compose_read_as()
        elif part == "bad rows":
            self.take(replace(self.desk.draft, skip_wrong=not self.desk.draft.skip_wrong))
        elif part == "caching":
            self._action_compose_cache()
        elif part == "priming":
            self._action_compose_prime()
        else:
            edit = partial(edit_flows.edit_part, self.dashboard, self.desk.opened, part, self._region_of_value)
            self._converse(edit)

    def _region_of_value(self) -> Region:
        cell = self.parts.region_of_cell("value")
        return Region(cell.x + len(OPEN_BOX), cell.y, box_room(PartKind.LINE, cell.width), 1)

    def _paint(self, item: DraftRow, column: Column, width: int) -> Line:
        return paint(item, column, width, plain=painter_of(self).plain)

    def _converse(self, ask: Callable[[], edit_flows.Rewriting]) -> None:
        """Run a dialog, and continue with the draft that it returns."""

        async def conversation() -> None:
            draft = await ask()
            if draft is not None and self.is_attached:
                self.take(draft)

        run_guarded(self.app, conversation, group="act")

    def on_descendant_focus(self) -> None:
        """Show what works where the focus is; on a narrow screen show that part alone."""
        self.set_class(self.writing.has_focus, "-writing")
        self.set_class(self.outcome.request.is_ahead, "-reading")
        self.set_class(self.outcome.table.has_focus, "-listing")
        self._title.mark(is_ahead=self.writing.has_focus)
        self.outcome.mark()
        self.refresh_frame()

    def position(self) -> Line:
        """Return which row of how many is shown."""
        rows = self.desk.opened.rows
        if rows is None or self.outcome.shown is None:
            return ()
        total = self.desk.composed.rows if self.desk.composed else rows.read
        more = "" if self.desk.composed or rows.is_whole else " or more"
        return (Span(f"row {count(self.outcome.shown.number)} of {count(total)}{more}", Tone.DIM),)

    def back(self) -> bool:
        """Move the focus back to the parts. Returns whether it was elsewhere."""
        if self.parts.has_focus:
            return False
        self.parts.focus()
        return True

    def is_available(self, command_id: str) -> bool:
        """Return whether a command makes sense where the focus is; in the editor no letter is a command."""
        if self.writing.has_focus and command_id not in ("app.back", "compose.side", "app.quit"):
            return False
        if command_id.startswith("tree.") and self.outcome.request.form is not ViewMode.TREE:
            return False
        if command_id in ("compose.try", "compose.submit", "compose.write"):
            return self.desk.opened.composition is not None
        return command_id not in ("list.mark", "list.sort", "list.reverse") and super().is_available(command_id)

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_compose_side(self) -> None:
        places: list[Widget] = [self.parts, self.outcome.request.target, self.outcome.table]
        here = 0 if self.writing.has_focus or self.focused not in places else places.index(self.focused)
        places[(here + 1) % len(places)].focus()

    def _action_compose_next(self) -> None:
        self.outcome.table.go_to(self.outcome.table.cursor + 1)

    def _action_compose_previous(self) -> None:
        self.outcome.table.go_to(self.outcome.table.cursor - 1)

    def _action_compose_next_problem(self) -> None:
        run_guarded(self, partial(self._go_to_problem, 1), group="latest-problem", exclusive=True)

    def _action_compose_previous_problem(self) -> None:
        run_guarded(self, partial(self._go_to_problem, -1), group="latest-problem", exclusive=True)

    async def _go_to_problem(self, step: int) -> None:
        here = self.outcome.table.key or 1
        # All rows were checked: the answer is known. Else some rows are looked at.
        if self.desk.composed is not None:
            found = following(self.desk.composed.troubled, here, step)
        else:
            found = await find_problem(self.desk.opened, here, step, MOST_LOOKED_AT)
        if found is None:
            self.dashboard.say(f"No row {'below' if step > 0 else 'above'} this one has a problem.")
        else:
            self.outcome.go_to(found)

    def _action_compose_only(self) -> None:
        self.outcome.is_only_troubled = not self.outcome.is_only_troubled
        run_guarded(self, self._relist, group="latest-list")

    async def _relist(self) -> None:
        await self.outcome.list_rows()
        await self.outcome.show_row()

    def _action_compose_count(self) -> None:
        run_guarded(self, self._count, group="count", exclusive=True)

    async def _count(self) -> None:
        with self.dashboard.busy() as say:
            say("counting the tokens of a few requests")
            is_counted = await self.desk.count()
        if is_counted:
            self._summary.show(self.desk.composed)
        else:
            self.dashboard.say("There is nothing to count yet.")

    def _action_compose_view(self) -> None:
        self.outcome.request.turn()
        self.refresh_frame()

    def _action_compose_cache(self) -> None:
        self.take(replace(self.desk.draft, cache=not self.desk.draft.cache))

    def _action_compose_tool(self) -> None:
        self.take(replace(self.desk.draft, as_tool=not self.desk.draft.as_tool))

    def _action_compose_prime(self) -> None:
        is_wanted = not self.desk.draft.prime  # without a mark there is no cache to fill
        self.take(replace(self.desk.draft, prime=is_wanted, cache=self.desk.draft.cache or is_wanted))

    def _action_compose_sql(self) -> None:
        self._converse(partial(edit_flows.edit_query, self.dashboard, self.desk.opened))

    def _action_compose_read_as(self) -> None:
        self._converse(partial(edit_flows.read_otherwise, self.dashboard, self.desk.opened))

    def _action_compose_editor(self) -> None:
        """Edit the part under the cursor in $EDITOR; the template, where that is no text of its own."""
        part = self.parts.item
        field = part.id if part is not None and part.id in TEXTS else ""
        text = self.desk.draft.text(field) if field else edit_flows.template_of_draft(self.desk.draft)
        edited = external.edit_text(self.app, text, f"{field or self.desk.draft.name}.md")
        # An editor that was left without a change must not make a new draft.
        if edited is not None and edited != text:
            self.take(
                self.desk.draft.with_text(field, edited) if field else edit_flows.from_whole(self.desk.draft, edited)
            )

    def _action_compose_try(self) -> None:
        request = self.outcome.shown.request if self.outcome.shown else b""
        run_guarded(self.app, partial(flows.try_row, self.dashboard, request), group="act")

    def _action_compose_write(self) -> None:
        run_guarded(self.app, self._write, group="act")

    async def _write(self) -> None:
        await flows.write(self.dashboard, await self.desk.fresh())

    def _action_compose_save(self) -> None:
        self._converse(partial(flows.save, self.dashboard, self.desk.draft))

    def _action_compose_new(self) -> None:
        self._converse(partial(edit_flows.new_draft, self.dashboard))

    def _action_compose_submit(self) -> None:
        run_guarded(self.app, self._submit, group="act")

    async def _submit(self) -> None:
        opened = await self.desk.fresh()
        # After a submission things go on in the list of batches.
        if await flows.submit(self.dashboard, opened) and self.app.screen is self:
            self.app.pop_screen()


def following(numbers: Sequence[int], here: int, step: int) -> int | None:
    """Return the next larger of ascending numbers, or with -1 the next smaller; None for none."""
    at = bisect_right(numbers, here) if step > 0 else bisect_left(numbers, here) - 1
    return numbers[at] if 0 <= at < len(numbers) else None
