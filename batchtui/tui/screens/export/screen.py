"""`ExportScreen` chooses what is written to which files, shows what that comes to, and writes it.

Leaving the screen cancels the writing, and no half file stays.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.errors import BatchtuiError
from batchtui.exporters.formats import Format
from batchtui.services.results.export import ExportPlan, ExportProgress, apply_export, plan_export, preview_export
from batchtui.settings.user_paths import is_file
from batchtui.text.layout.progress import bar, pace
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.command_hints import hint_with_keys
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, plain, shorten, wrapped
from batchtui.tui.screens.export.options import FORMATS, ExportForm, file_stem, make_folder
from batchtui.tui.widgets.form import Field, FieldKind, FormGrid, stepped
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.rule import TitledRule
from batchtui.tui.widgets.text_view import TextView
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.results.export import ExportProgress
    from batchtui.services.workspace import Workspace
    from batchtui.tui.screens.export.options import PickedResults
    from batchtui.tui.widgets.grid.grid import Grid

PREVIEWED = 6
"""Results that are shown as they would be written."""
MOST_SAID = 4
"""Lines that say what an export comes to, at most."""
MOST_LINES = 60
"""Lines of them at most: an answer may have any number."""
ORDERS = ("input", "arrival")


def _no_name(text: str) -> str:
    return "a name is needed" if not text or "\0" in text else ""


class ExportScreen(ListScreen[Field]):
    """A form of the choices, and below it the beginning of what they would write."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EXPORT)
    SCOPES = (Scope.EXPORT, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Export"
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "list.open"})

    def __init__(
        self, workspace: Workspace, name: str, groups: Sequence[Sequence[Batch]], pick: PickedResults | None = None
    ) -> None:
        """Build it.

        Args:
            workspace: where the results are.
            name: whose results they are.
            groups: the batches of each file: one batch, or all of a job.
            pick: results that were picked before; they are written unless something else is chosen.
        """
        super().__init__(workspace)
        self._whose = name
        self._groups = groups
        self._is_folder = len(groups) > 1
        stem = file_stem(name)
        output = f"{stem}/" if self._is_folder else f"{stem}.csv"
        self._form = ExportForm(output, only=pick.words if pick else "all", pick=pick)
        self._planning = CoalescedWorker(self, self._plan)
        self.detail = self._summary = ExportSummary()
        self._preview = TextView(id="export-preview")
        self._preview_title = TitledRule("first rows")
        self._total: int | None = None
        """Results that would be written at most; None where nothing can be."""
        self.grid = self._fields = FormGrid(self.page, id="export")

    def content(self) -> Iterator[Widget]:
        """Lay out the form, what it comes to, and the first rows."""
        yield self.grid
        yield self._summary
        yield self._preview_title
        yield self._preview

    def on_mount(self) -> None:
        """Show the choices."""
        self._take(self._form)

    def _take(self, form: ExportForm) -> None:
        self._form = form
        self._show_fields()
        self._planning.request()

    def _show_fields(self) -> None:
        self.items = tuple(self._form_fields())
        self.grid.styles.height = len(self.items) + 1
        self.grid.update(enumerate(self.items))
        self.grid.show(range(len(self.items)))

    def _form_fields(self) -> Iterator[Field]:
        form = self._form
        yield Field("output", "folder" if self._is_folder else "file", FieldKind.TEXT, sanitize(form.output))
        yield Field("format", "format", FieldKind.CHOICE, str(form.format), tuple(map(str, FORMATS)))
        yield Field("only", "results", FieldKind.CHOICE, form.only, form.kinds)
        yield Field("order", "order", FieldKind.CHOICE, form.order, ORDERS)
        if form.format is not Format.CHAT:
            yield Field("with_requests", "requests", FieldKind.SWITCH, "beside the results", is_on=form.with_requests)
            all_of_them = "" if form.fields else "all fields"
            yield Field("fields", "fields", FieldKind.TEXT, form.fields, note=all_of_them)
        if form.format.is_delimited:
            yield Field(
                "guard", "formulas", FieldKind.SWITCH, "guarded: spreadsheets do not run them", is_on=form.guard
            )
            yield Field("bom", "UTF-8 mark", FieldKind.SWITCH, "for Excel", is_on=form.bom)
        words = "Write" if self._total is None else f"Write {amount(self._total, 'result')}"
        yield Field("write", f"{words}   {{export.write}}", FieldKind.BUTTON, is_on=self._total is not None)

    def _set(self, field: str, value: str) -> None:
        """Take a choice or turn a switch."""
        form = self._form
        if field == "format":
            self._take_format(Format(value))
        elif field == "only":
            self._take(replace(form, only=value))
        elif field == "order":
            self._take(replace(form, order=value))
        elif field == "with_requests":
            self._take(replace(form, with_requests=not form.with_requests))
        elif field == "guard":
            self._take(replace(form, guard=not form.guard))
        elif field == "bom":
            self._take(replace(form, bom=not form.bom))

    def _change(self, key: int, step: int) -> None:
        """Change a field: the next choice, the other state of a switch; a text is typed."""
        item = self.items[key]
        if item.kind is FieldKind.CHOICE:
            self._set(item.id, stepped(item, step))
        elif item.kind is FieldKind.SWITCH:
            self._set(item.id, "")
        elif item.id == "output":
            self._ask_output()
        elif item.id == "fields":
            self._ask_fields()

    def _take_format(self, kind: Format) -> None:
        output = self._form.output
        # A suffix that is no format was chosen by the person, and stays.
        if not self._is_folder and Path(output).suffix.lstrip(".") in set(Format):
            output = str(Path(output).with_suffix(f".{kind.suffix}"))
        order = "arrival" if kind is Format.JSONL else "input"
        # Fine-tuning takes what is whole, unless something else is chosen after it.
        only = "succeeded" if kind is Format.CHAT and self._form.only == "all" else self._form.only
        self._take(replace(self._form, format=kind, output=output, order=order, only=only))

    def _ask_output(self) -> None:
        title = "The folder they are written to" if self._is_folder else "The file they are written to"
        self.app.push_screen(
            TextPrompt(title, self._form.output, check=_no_name, over=self._fields.region_of_text),
            lambda text: self._take(replace(self._form, output=text)) if text else None,
        )

    def _ask_fields(self) -> None:
        title = "Fields with commas between them; empty for all"
        hint = "custom_id, text, answer.*, request.prompt"
        self.app.push_screen(
            TextPrompt(title, self._form.fields, placeholder=hint, over=self._fields.region_of_text),
            lambda text: self._take(replace(self._form, fields=text)) if text is not None else None,
        )

    async def _plan(self) -> None:
        """Show what the choices come to with its first rows, or why they cannot be written."""
        said: list[Line] = []
        plans: list[ExportPlan] = []
        for group, output in zip(self._groups, self._outputs(), strict=True):
            try:
                plan = await plan_export(self.workspace, group, self._form.options(str(output), overwrite=True))
            except BatchtuiError as error:
                words = one_line(f"{error.message} {hint_with_keys(error.hint)}")
                said = [text_with_keys(self, words, Tone.WARN, Tone.STRONG)]
                plans = []
                break
            plans.append(plan)
            said += [(Span(one_line(words), Tone.WARN),) for words in _left_out(plan)]
        self._total = sum(plan.total for plan in plans) if plans else None
        if self._total is not None:
            files = amount(len(self._groups), "file")
            said.insert(0, (Span(f"{amount(self._total, 'result')} at most, in {files}", Tone.STRONG),))
            there = [output for output in self._outputs() if is_file(output)]
            said += [(Span(f"{sanitize(str(output))} exists: you will be asked", Tone.WARN),) for output in there[:3]]
        self._summary.show(said)
        self._show_fields()
        await self._show_first_rows(plans[0] if plans else None)

    async def _show_first_rows(self, plan: ExportPlan | None) -> None:
        if plan is None:
            self._preview_title.say("first rows")
            self._preview.show(())
            return
        try:
            lines = await preview_export(self.workspace, plan, PREVIEWED)
        except BatchtuiError as error:
            lines = [error.message]
        name = sanitize(plan.output.name) if plan.output else ""
        self._preview_title.say(f"first rows of {name}", "as CSV" if plan.format is Format.PARQUET else "")
        # Rows are cut at the edge and not broken: a row a line is what the file looks like.
        shown = [sanitize(line) for line in lines[:MOST_LINES]]
        self._preview.show(lambda columns: ((*shorten((Span(line),), columns),) for line in shown))

    def _outputs(self) -> list[Path]:
        return self._form.outputs(self._groups)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Change the field under the cursor, or press the button."""
        if self.items[event.key].kind is FieldKind.BUTTON:
            self._action_export_write()
        else:
            self._change(event.key, 1)

    def on_form_grid_stepped(self, event: FormGrid.Stepped) -> None:
        """Go on to the next choice of the field under the cursor, or the one before."""
        if self.items[event.key].kind in (FieldKind.CHOICE, FieldKind.SWITCH):
            self._change(event.key, event.step)

    def on_form_grid_picked(self, event: FormGrid.Picked) -> None:
        """Take the choice that was clicked on."""
        self._set(self.items[event.key].id, event.choice)

    def _action_export_change(self) -> None:
        if self.grid.key is not None:
            self._change(self.grid.key, 1)

    def _action_export_write(self) -> None:
        # Of this screen: whoever leaves it gives the writing up, and no half file stays.
        run_guarded(self, self._write, group="export", exclusive=True)

    async def _write(self) -> None:
        outputs = self._outputs()
        files = [output for output in outputs if is_file(output)]
        # Asked once for all files, before any is written.
        if files and not await self.dashboard.ask(_replacing(files)):
            return
        if self._is_folder:
            make_folder(outputs[0].parent)
        try:
            written = await self._write_all(outputs, files)
        finally:
            if self.is_attached:
                self._planning.request()
        self.dashboard.say(f"{amount(written, 'result')} written to {self._form.output}.")
        # The person may have opened another screen over this one meanwhile.
        if self.app.screen is self:
            self.app.pop_screen()

    async def _write_all(self, outputs: Sequence[Path], replaced: Sequence[Path]) -> int:
        written = 0
        for group, output in zip(self._groups, outputs, strict=True):
            options = self._form.options(str(output), overwrite=output in replaced)
            plan = await plan_export(self.workspace, group, options)
            with self.dashboard.busy() as say:
                report = await apply_export(self.workspace, plan, on_progress=partial(self._say_going, say, output))
            written += report.total
        return written

    def _say_going(self, say: Callable[[str], None], output: Path, going: ExportProgress) -> None:
        say(f"writing  {pace(going.written, going.total, going.elapsed)}")
        self._summary.show_going(output.name, going)

    def crumbs(self) -> tuple[str, ...]:
        """Return whose results these are, and what is done with them."""
        return (one_line(self._whose), *super().crumbs())


def _left_out(plan: ExportPlan) -> Iterator[str]:
    for batch in plan.left_out:
        yield f"without results: {batch.id or batch.name}, {batch.state}"


def _replacing(files: Sequence[Path]) -> Question:
    title = f"Replace {amount(len(files), 'file')}?"
    return Question(title, (Group("Already exists", tuple(sanitize(str(file)) for file in files[:12])),), yes="replace")


class ExportSummary(LinesView):
    """Draws what an export comes to; while it is written, a bar and its pace."""

    def __init__(self) -> None:
        super().__init__(id="export-summary")
        self._said: Sequence[Line] = ()
        self._going: ExportProgress | None = None

    def show(self, said: Sequence[Line]) -> None:
        """Show what the export comes to, in these lines, in place of the progress."""
        self._said, self._going = said, None
        self.redraw()

    def show_going(self, name: str, going: ExportProgress) -> None:
        """Draw how far the writing of a file has come."""
        words = f"{sanitize(name)}: {pace(going.written, going.total, going.elapsed)}"
        self._going = going
        giving_up = plain(text_with_keys(self, "{app.back} cancels it; no incomplete file is left."))
        self._said = ((Span(words, Tone.STRONG),), (Span(giving_up, Tone.DIM),))
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines, wrapped."""
        lines: list[Line] = []
        if self._going is not None:
            parts = bar(self._going.written, self._going.total, columns - 2, plain=painter_of(self).plain)
            lines.append((Span(" "), *map(Span, parts, (Tone.RUNNING, Tone.FAINT, Tone.DIM))))
        for said in self._said:
            tone = said[0].tone
            lines += [(Span(f" {part}", tone),) for part in wrapped(said[0].text, columns - 2)]
        # As tall as it has to say, and not as it was before.
        return lines[:MOST_SAID] or [()]
