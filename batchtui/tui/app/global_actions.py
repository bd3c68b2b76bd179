"""`GlobalActions` carries out the commands that are heard on every screen, and refuses changes in read-only mode.

Screens are imported when they are opened: see `batchtui.tui.app.preload`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.tui.app.base import BaseApp
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import COMMANDS, Scope
from batchtui.tui.rendering import themes
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.actions import ActionParseResult
    from textual.binding import BindingType
    from textual.dom import DOMNode

    from batchtui.tui.commands.table import Command
    from batchtui.tui.workers import CoalescedWorker

BY_ACTION = {command.action: command for command in COMMANDS}
DANGEROUS = frozenset(command.action for command in COMMANDS if command.is_danger)
AT_ONCE = frozenset({"batches.sync", "batch.fetch", "columns.down", "columns.up", "columns.usual", "settings.default"})
"""Commands that act without showing a screen or a question first."""
READ_ONLY = "Read-only: nothing is sent, canceled or deleted here."


class GlobalActions(BaseApp):
    """The actions of the app itself: help, palette, refresh, the screens that open from anywhere, back and quit."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EVERYWHERE)
    insights_worker: CoalescedWorker
    _awaited = ""
    """The command whose effect is still to be seen; empty for none."""

    @property
    def _scopes(self) -> Sequence[Scope]:
        """The scopes of the screen in front; none in a dialog."""
        return self.screen.SCOPES if isinstance(self.screen, BaseScreen) else ()

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Carry out an action, from a key, the footer or the palette.

        This is the one way that all of them take, so read-only mode is enforced here.
        """
        # A key, a click and the palette all come through here.
        if isinstance(action, str) and action in DANGEROUS and (because := self.workspace.read_only_by):
            self.say(f"{READ_ONLY} {because}")
            return True
        self._awaited = ""
        is_done = await super().run_action(action, default_namespace, namespaces)
        # The tour and the first hints move on when a command has had its effect. An operation shows a screen or a
        # question then; where there is nothing to do it only says so.
        if is_done and self.guide is not None and isinstance(action, str) and action in BY_ACTION:
            command = BY_ACTION[action]
            if command.is_operation and command.id not in AT_ONCE:
                self._awaited = command.id
            else:
                self.guide.followed(command.id)
        return is_done

    def on_screen_shown(self) -> None:
        """Take the last command as carried out, where a screen or a question is what comes of it."""
        awaited, self._awaited = self._awaited, ""
        if awaited and self.guide is not None:
            self.guide.followed(awaited)

    def _action_hint_skip(self) -> None:
        if self.guide is not None:
            self.guide.skip()

    def _action_hint_off(self) -> None:
        if self.guide is not None:
            self.guide.dismiss()

    def _action_app_help(self) -> None:
        from batchtui.tui.dialogs.help import HelpScreen

        scopes = self._scopes or (Scope.EVERYWHERE,)
        self.push_screen(HelpScreen(scopes, self.keymap, is_read_only=self.is_read_only))

    def _action_app_palette(self) -> None:
        from batchtui.tui.dialogs.command_palette import CommandPalette

        if isinstance(self.screen, BaseScreen):
            self.push_screen(CommandPalette(list(self.screen.offers())), self._carry_out)

    async def _carry_out(self, command: Command | None) -> None:
        if command is not None and isinstance(self.screen, BaseScreen):
            await self.screen.carry_out(command)

    def _action_app_pause(self) -> None:
        self.poller.pause()

    def _action_app_activity(self) -> None:
        from batchtui.tui.screens.activity.screen import ActivityScreen

        if not isinstance(self.screen, ActivityScreen):
            self.push_screen(ActivityScreen(self.workspace))

    def _action_app_spending(self) -> None:
        from batchtui.tui.screens.spending.screen import SpendingScreen

        if not isinstance(self.screen, SpendingScreen):
            self.push_screen(SpendingScreen(self.workspace))

    def _action_app_warnings(self) -> None:
        from batchtui.tui.screens.warnings.screen import WarningsScreen

        if not isinstance(self.screen, WarningsScreen):
            self.insights_worker.request()
            self.push_screen(WarningsScreen(self.workspace))

    def _action_app_settings(self) -> None:
        from batchtui.tui.screens.settings.screen import SettingsScreen

        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.workspace))

    def _action_app_undo(self) -> None:
        run_guarded(self, self._undo, group="undo")

    async def _undo(self) -> None:
        if not self.undo_steps:
            self.say("There is nothing to undo: only names, tags, notes and what was forgotten here can be undone.")
            return
        step = self.undo_steps.pop()
        if await step.undo():
            self.say(f"Undone: {step.words}.")
        else:
            self.say(f"Not undone: {step.words}. Something else has happened to it since.", tone="warning")

    def _action_app_theme(self) -> None:
        looks = list(themes.LOOKS.values())
        self.show_look(looks[(looks.index(self.look) + 1) % len(looks)])

    def _action_app_back(self) -> None:
        if not isinstance(self.screen, BaseScreen):
            return
        # An error stays until it is dismissed; anything else is no reason for a second esc.
        is_error = self.messages.shown is not None and self.messages.shown.is_error
        if self.messages.dismiss():
            self.show_message()
        # The first two screens are Textual's own blank one and the list of batches.
        if not is_error and not self.screen.back() and len(self.screen_stack) > 2:
            self.pop_screen()

    def _action_app_leave(self) -> None:
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.exit(0)

    def _action_app_quit(self) -> None:
        self.exit(0)
