"""`BaseApp` is what the dashboard has apart from its screens: theme, keymap, messages, questions and the clipboard."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.style import Style

from batchtui.text.safe import one_line, sanitize
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands import keymap
from batchtui.tui.host import Host, UndoStep
from batchtui.tui.rendering import themes
from batchtui.tui.rendering.painter import Painter
from batchtui.tui.rendering.spans import Tone
from batchtui.tui.terminal import environment
from batchtui.tui.terminal.driver import TerminalDriver
from batchtui.tui.terminal.textual_fixes import CachedStylesheet, QuietApp, let_go_of_closed_widgets, use_whole_cells
from batchtui.tui.widgets.message_line import MessageLine, MessageLog
from batchtui.tui.widgets.safe_input import LONGEST_PASTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchtui.domain.errors import BatchtuiError
    from batchtui.services.workspace import Workspace
    from batchtui.settings.model import Settings
    from batchtui.tui.dialogs.confirm import Question

CALM_PACE = 2.0
"""Seconds between two repaints of changes on a slow line."""
DOING = 0.5
"""Seconds between two repaints of a progress in the status bar."""
MOST_UNDONE = 50
"""Changes that can be undone, from the latest on."""
TONES = {"information": Tone.TEXT, "warning": Tone.WARN, "error": Tone.BAD}
"""How a message is drawn, by what `say` is told."""


class BaseApp(Host, QuietApp):
    """The app without its screens and background."""

    def __init__(self, workspace: Workspace, ground: environment.TerminalInfo | None = None) -> None:
        """Build it over a workspace, for this terminal or the one that the environment describes.

        Raises:
            UsageError: the settings contain keys that cannot be.
        """
        settings = workspace.settings
        self.terminal = ground or environment.TerminalInfo.of(os.environ)
        self.look = themes.pick_scheme(settings.screen.theme, colours=self.terminal.colours, light=self.terminal.light)
        # Before Textual reads the environment, in its own __init__.
        environment.align_environment()
        super().__init__(TerminalDriver, ansi_color=self.look is themes.ANSI or None)
        self.workspace = workspace
        self.messages = MessageLog()
        self.undo_steps: deque[UndoStep] = deque(maxlen=MOST_UNDONE)
        self.keymap = keymap.merge_keymap(settings.keys)
        self.set_keymap(keymap.textual_overrides(settings.keys))
        # Animations cost bytes over SSH, and make keys wait.
        self.animation_level = "none"
        use_whole_cells()
        let_go_of_closed_widgets()
        self.is_calm = settings.screen.calm == "yes" or (settings.screen.calm == "auto" and self.terminal.remote)
        self._plain = settings.screen.ascii or self.terminal.ascii_only
        self.painter = self._make_painter()
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = self.look.theme.name
        self.stylesheet = CachedStylesheet(self.get_css_variables())
        self._doing = ""

    def _make_painter(self) -> Painter:
        self.set_class(self._plain, "-ascii")
        return Painter(self.look.styles(), Style.parse(self.look.cursor), self._plain)

    @property
    def is_read_only(self) -> bool:
        """Whether everything that changes something at the API is off."""
        return self.workspace.is_read_only

    def _frames(self) -> list[BaseScreen]:
        # Textual repaints its own parts on a theme; lines of spans carry their styles and are painted again.
        return [screen for screen in self.screen_stack if isinstance(screen, BaseScreen) and screen.is_mounted]

    # ── for screens ────────────────────────────────────────────────────────────────────────────────────────────────

    def on_safe_input_paste_cut(self) -> None:
        """Say that a paste was cut."""
        self.say(f"Only the first {LONGEST_PASTE:,} characters were pasted.")

    def say(self, sentence: str, *, tone: str = "information", kind: str = "") -> None:
        """Show a sentence on the message line; see `Host.say`."""
        self.messages.say(sanitize(sentence), self.workspace.clock.now(), TONES[tone], kind=kind)
        self.show_message()

    def show_message(self) -> None:
        """Show the latest message, or that there is none, on every screen."""
        for screen in self.screen_stack:
            for line in screen.query(MessageLine):
                line.redraw()

    def _say_error(self, error: BatchtuiError) -> None:
        self.say(one_line(error.sentence), tone="error")

    @contextmanager
    def busy(self) -> Iterator[Callable[[str], None]]:
        """Show progress in the status bar, with the words given to the function, until the block ends."""
        shown = -DOING

        def say(words: str) -> None:
            nonlocal shown
            self._doing = one_line(words)
            now = self.workspace.clock.monotonic()
            if now - shown >= (CALM_PACE if self.is_calm else DOING):
                shown = now
                # Called from wherever the work is done, which may be a thread.
                self.call_later(self._show_status)

        try:
            yield say
        finally:
            self._doing = ""
            self._show_status()

    def _show_status(self) -> None:
        for frame in self._frames():
            frame.status_changed()

    async def ask(self, question: Question) -> bool:
        """Show a question and return whether the answer was yes. Call it within a worker only."""
        return await self.ask_which(question) is True

    async def ask_which(self, question: Question) -> bool | str:
        """Show a question and return yes, no, or the id of another command that it offers."""
        from batchtui.tui.dialogs.confirm import Confirm

        dialog = Confirm(question, self.workspace.clock.monotonic)
        return await self.push_screen(dialog, wait_for_dismiss=True)

    def can_undo(self, step: UndoStep) -> None:
        """Remember a change, so that the key of undo takes it back; the latest comes first."""
        self.undo_steps.append(step)

    def copy(self, text: str, what: str) -> None:
        """Put a text on the clipboard of the person's terminal (OSC 52), and say how it was sent."""
        self.write_to_terminal(environment.clipboard(text, self.terminal.multiplexer))
        way = f"through {self.terminal.multiplexer}" if self.terminal.multiplexer else "through the terminal"
        cut = "; only its beginning fits" if len(text) > environment.LARGEST_COPY else ""
        self.say(f"Copied {one_line(what)[:60]} {way}{cut}.")

    # ── other settings, another look ───────────────────────────────────────────────────────────────────────────────

    def take_settings(self, settings: Settings) -> None:
        """Apply other settings, as far as they are not read at the start only."""
        before, self.workspace.settings = self.workspace.settings, settings
        self.workspace.__dict__.pop("prices", None)  # made from the settings with the next question
        self.keymap = keymap.merge_keymap(settings.keys)
        self.set_keymap(keymap.textual_overrides(settings.keys))
        self._plain = settings.screen.ascii or self.terminal.ascii_only
        look = self.look
        if settings.screen.theme != before.screen.theme:
            look = themes.pick_scheme(settings.screen.theme, colours=self.terminal.colours, light=self.terminal.light)
        self.show_look(look)
        self._show_status()

    def show_look(self, look: themes.ColourScheme) -> None:
        """Repaint everything in another colour scheme."""
        self.look = look
        self.painter = self._make_painter()
        self.theme = look.theme.name
        for screen in self.screen_stack:
            for widget in screen.query("*"):
                widget.refresh()
