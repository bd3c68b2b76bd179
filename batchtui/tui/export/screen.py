"""`ExportScreen` chooses what is written to which files, shows what that comes to, and writes it.

Leaving the screen cancels the writing, and no half file stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from batchtui.domain.errors import BatchtuiError
from batchtui.exporters.formats import Format
from batchtui.services.results.export import ExportPlan, ExportProgress, apply_export, plan_export
from batchtui.settings.user_paths import is_file
from batchtui.text.numbers import amount
from batchtui.text.progress import bar, pace
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.export.options import FORMATS, ExportForm, file_stem, make_folder
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, plain, wrapped
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType

    from batchtui.domain.batch import Batch
    from batchtui.services.results.export import ExportProgress
    from batchtui.services.workspace import Workspace
    from batchtui.tui.export.options import PickedResults

T = TypeVar("T")
COLUMNS = (Column("title", "WHAT", 14, 16, 100, fixed=True), Column("value", "HOW", 20, 200, 95, fixed=True))


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """One choice: its name, its value, and what changes it."""

    title: str
    value: str
    change: Callable[[], None]


def _no_name(text: str) -> str:
    return "a name is needed" if not text or "\0" in text else ""


class ExportScreen(ListScreen[ExportChoice]):
    """Lists the choices; enter changes the one under the cursor."""

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
        self.grid = Grid(COLUMNS, self.page, paint, id="export")

    def on_mount(self) -> None:
        """Show the choices."""
        self._take(self._form)

    def _take(self, form: ExportForm) -> None:
        self._form = form
        self.items = tuple(self._choices())
        self.grid.forget()
        self.grid.show(range(len(self.items)))
        self._planning.request()

    def _choices(self) -> Iterator[ExportChoice]:
        form = self._form
        yield ExportChoice("folder" if self._is_folder else "file", sanitize(form.output), self._ask_output)
        yield ExportChoice("format", form.format, partial(self._take_format, _after(FORMATS, form.format)))
        yield ExportChoice("results", form.only, self._changing(only=_after(form.kinds, form.only)))
        orders = {"input": "of the input", "arrival": "as they came"}
        yield ExportChoice("order", orders[form.order], self._changing(order=_after(tuple(orders), form.order)))
        if form.format is not Format.CHAT:
            joined = "beside the results" if form.with_requests else "left out"
            yield ExportChoice("requests", joined, self._changing(with_requests=not form.with_requests))
            yield ExportChoice("fields", sanitize(form.fields) or "all of them", self._ask_fields)
        if form.format.is_delimited:
            formulas = "guarded with an apostrophe" if form.guard else "as they are: a spreadsheet may run them"
            yield ExportChoice("formulas", formulas, self._changing(guard=not form.guard))
            marked = "UTF-8 with a mark, for Excel" if form.bom else "UTF-8"
            yield ExportChoice("encoding", marked, self._changing(bom=not form.bom))

    def _changing(self, **changes: object) -> Callable[[], None]:
        return lambda: self._take(replace(self._form, **changes))  # type: ignore[arg-type]

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
            TextPrompt(title, self._form.output, check=_no_name),
            lambda text: self._take(replace(self._form, output=text)) if text else None,
        )

    def _ask_fields(self) -> None:
        title = "Fields with commas between them; empty for all"
        hint = "custom_id, text, answer.*, request.prompt"
        self.app.push_screen(
            TextPrompt(title, self._form.fields, placeholder=hint),
            lambda text: self._take(replace(self._form, fields=text)) if text is not None else None,
        )

    async def _plan(self) -> None:
        """Show what the choices come to, or why they cannot be written."""
        said: list[Line] = []
        total = 0
        for group, output in zip(self._groups, self._outputs(), strict=True):
            try:
                plan = await plan_export(self.workspace, group, self._form.options(str(output), overwrite=True))
            except BatchtuiError as error:
                said = [(Span(one_line(f"{error.message} {error.hint}"), Tone.WARN),)]
                break
            total += plan.total
            said += [(Span(one_line(words), Tone.WARN),) for words in _left_out(plan)]
        else:
            files = amount(len(self._groups), "file")
            said.insert(0, (Span(f"{amount(total, 'result')} at most, in {files}", Tone.STRONG),))
            there = [output for output in self._outputs() if is_file(output)]
            said += [(Span(f"{sanitize(str(output))} exists: you will be asked", Tone.WARN),) for output in there[:3]]
        self._summary.show(said)

    def _outputs(self) -> list[Path]:
        return self._form.outputs(self._groups)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Change the choice under the cursor."""
        self.items[event.key].change()

    def _action_export_change(self) -> None:
        if self.grid.key is not None:
            self.items[self.grid.key].change()

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


def paint(item: ExportChoice, column: Column, width: int) -> Line:
    """Return one cell."""
    return (Span(item.title, Tone.DIM),) if column.id == "title" else (Span(item.value, Tone.STRONG),)


def _left_out(plan: ExportPlan) -> Iterator[str]:
    for batch in plan.left_out:
        yield f"without results: {batch.id or batch.name}, {batch.state}"


def _replacing(files: Sequence[Path]) -> Question:
    title = f"Replace {amount(len(files), 'file')}?"
    return Question(title, (Group("There already", tuple(sanitize(str(file)) for file in files[:12])),), yes="replace")


def _after(choices: Sequence[T], now: T) -> T:
    return choices[(choices.index(now) + 1) % len(choices)]


class ExportSummary(LinesView):
    """Draws what an export comes to; while it is written, a bar and its pace."""

    def __init__(self) -> None:
        super().__init__(id="export-summary")
        self._said: Sequence[Line] = ()
        self._going: ExportProgress | None = None

    def show(self, said: Sequence[Line]) -> None:
        """Draw these lines."""
        self._said, self._going = said, None
        self.redraw()

    def show_going(self, name: str, going: ExportProgress) -> None:
        """Draw how far the writing of a file has come."""
        words = f"{sanitize(name)}: {pace(going.written, going.total, going.elapsed)}"
        self._going = going
        giving_up = plain(text_with_keys(self, "{app.back} gives it up; no half file stays."))
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
        return lines[:rows] or [()]
