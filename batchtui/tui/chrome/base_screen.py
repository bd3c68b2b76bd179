"""`BaseScreen` is what every full screen inherits: top line, path, message, hint, footer, and what works."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from batchtui.tui.chrome.footer import Footer
from batchtui.tui.chrome.path_rule import PathRule
from batchtui.tui.chrome.status_bar import StatusBar
from batchtui.tui.commands.table import Scope, of_scope
from batchtui.tui.hints.line import HintLine
from batchtui.tui.host import Host, host_of
from batchtui.tui.messages import ScreenShown
from batchtui.tui.rendering.spans import NOTHING, Line
from batchtui.tui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.dom import DOMNode
    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.services.workspace import Workspace
    from batchtui.tui.commands.table import Command, Offer
    from batchtui.tui.hints.guide import Hint
    from batchtui.tui.messages import BatchesChanged


class BaseScreen(Screen[None]):
    """A screen between top line and footer. Subclasses yield what is between them."""

    TITLE_IN_PATH: ClassVar[str] = ""
    """What the screen is called in the path; screens of one batch return a name from `crumbs` instead."""

    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.EVERYWHERE,)
    """The scopes that are heard here, the closest first."""
    SHOWS_WARNINGS: ClassVar[bool] = False
    """Whether warnings are shown here: they are then read again with every change."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (140, "-wide")]  # noqa: RUF012  (Textual's own form)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self.workspace = workspace
        # Functions and not values: the app may have other settings by the time they are asked.
        self._status_bar = StatusBar(lambda: self.dashboard.status)
        self._guide_line = HintLine(self._hint, lambda: self.dashboard.keymap, self.SCOPES)
        self._path_rule = PathRule(self.path, self.position)
        self._message_line = MessageLine(has_history=lambda: self.is_available("app.activity"))
        self._footer = Footer(lambda: list(self.offers()), self.carry_out)

    @property
    def dashboard(self) -> Host:
        """The app, as a screen may use it."""
        return host_of(self)

    def forecast(self, batch: Batch) -> Forecast | None:
        """Return a forecast of the end of a batch; None where it does not run or there is no history."""
        return self.dashboard.insights.of(batch)

    def compose(self) -> ComposeResult:
        """Lay out the lines above and below the content."""
        yield self._status_bar
        yield self._path_rule
        yield from self.content()
        yield self._message_line
        yield self._guide_line
        yield self._footer

    def content(self) -> Iterator[Widget]:
        """Yield the widgets between the lines."""
        raise NotImplementedError

    def crumbs(self) -> tuple[str, ...]:
        """Return the last places of the path, sanitised: what this screen shows, and what it is."""
        return (self.TITLE_IN_PATH,) if self.TITLE_IN_PATH else ()

    def path(self) -> list[str]:
        """Return the names of the screens from the list of batches to this one; one said twice in a row is left out."""
        places: list[str] = []
        for screen in self.dashboard.screen_stack:
            crumbs = screen.crumbs() if isinstance(screen, BaseScreen) else ()
            places += [crumb for at, crumb in enumerate(crumbs) if at or places[-1:] != [crumb]]
            if screen is self:
                break
        return places

    def position(self) -> Line:
        """Return what the path rule shows at its right end: the row under the cursor, what is marked, the order."""
        return NOTHING

    def back(self) -> bool:
        """Undo what is open here, such as a filter or marks. Returns whether there was anything."""
        return False

    def offers(self) -> Iterator[Offer]:
        """Yield the commands that work now, each with its first key."""
        for command in of_scope(*self.SCOPES):
            keys = self.dashboard.keymap[command.id]
            # A command without a key has been switched off; in read-only mode nothing dangerous is offered.
            if keys and self.is_available(command.id) and not (command.is_danger and self.dashboard.is_read_only):
                yield command, keys[0]

    async def carry_out(self, command: Command) -> None:
        """Do what the command's key would do, on the node that would hear it."""
        node: DOMNode = self
        if command.scope is Scope.EVERYWHERE:
            node = self.app
        elif command.scope in (Scope.LIST, Scope.TEXT):
            # Keys of lists and texts are bound by the widget with the focus.
            node = self.focused or self
        await self.app.run_action(command.action, node)

    def is_available(self, command_id: str) -> bool:
        """Return whether a command makes sense now."""
        if command_id in ("hint.skip", "hint.off"):
            return self._hint() is not None
        return command_id != "app.back" or self.can_go_back

    @property
    def can_go_back(self) -> bool:
        """Whether esc leads anywhere: the first two screens are Textual's own blank one and the list of batches."""
        return self not in self.dashboard.screen_stack[:2]

    def _hint(self) -> Hint | None:
        return self.dashboard.guide.hint if self.dashboard.guide is not None else None

    def hint_changed(self) -> None:
        """Show the hint of this moment."""
        self.set_class(self._hint() is not None, "-guided")
        self._guide_line.tell()

    def batches_changed(self, message: BatchesChanged) -> None:
        """Show what has changed in the registry; called for screens behind, too."""

    def on_tick(self) -> None:
        """Redraw what depends on the time."""
        self._status_bar.redraw()

    def status_changed(self) -> None:
        """Show the status of the background."""
        self._status_bar.redraw()

    def refresh_frame(self) -> None:
        """Show where one is, and which commands work now."""
        self.refresh_position()
        self._footer.redraw()

    def refresh_position(self) -> None:
        """Show the path and the position in it."""
        self._path_rule.redraw()

    def on_screen_resume(self) -> None:
        """Show what has changed while another screen was in front."""
        self.on_tick()
        self.refresh_frame()
        self.hint_changed()
        self.app.post_message(ScreenShown())
