"""The dashboard as a program: it opens screens, keeps the background going and shows failures. It holds no use case."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.style import Style
from textual.app import App
from textual.events import Key, Paste
from textual.worker import WorkerError

from batchtui.domain.errors import StorageError
from batchtui.registry.views import Tally
from batchtui.services import presence
from batchtui.services.notices import Notifier, channels
from batchtui.services.poller import Poller, PollerState
from batchtui.services.ringing import ringing
from batchtui.text import happening
from batchtui.text.counts import count
from batchtui.text.safe import safe, squeezed
from batchtui.tui import keymap, places, terminal, themes
from batchtui.tui.background import Latest, begin, perform
from batchtui.tui.bindings import bindings
from batchtui.tui.bridge import Bridge
from batchtui.tui.commands import COMMANDS, Scope
from batchtui.tui.driver import PromptDriver
from batchtui.tui.hints import Hints
from batchtui.tui.look import Painting
from batchtui.tui.messages import BatchesChanged, Failed, PollChanged
from batchtui.tui.outlook import Outlook
from batchtui.tui.screens.activity import ActivityScreen
from batchtui.tui.screens.confirm import Confirm, Question
from batchtui.tui.screens.dashboard import DashboardScreen
from batchtui.tui.screens.error_box import ErrorBox
from batchtui.tui.screens.frame import Frame
from batchtui.tui.screens.help import HelpScreen
from batchtui.tui.screens.palette import PaletteScreen
from batchtui.tui.screens.settings import SettingsScreen
from batchtui.tui.screens.spend import SpendScreen
from batchtui.tui.screens.warnings import WarningsScreen
from batchtui.tui.turns import Turns
from batchtui.tui.widgets.status_bar import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from textual.actions import ActionParseResult
    from textual.binding import BindingType
    from textual.dom import DOMNode
    from textual.events import Event

    from batchtui.domain.errors import BatchtuiError
    from batchtui.domain.notice import Notice
    from batchtui.services.poller import PollStatus
    from batchtui.services.workspace import Workspace
    from batchtui.settings.model import Settings
    from batchtui.tui.commands import Command
    from batchtui.tui.guide import Guide

TICK = 5.0
"""Seconds after which times on the screen are looked at again; most have not changed then, and nothing is sent."""
CALM_TICK, CALM_PACE = 30.0, 2.0
"""The same on a slow line; and seconds between two repaints of what has changed there."""
LOOK_AHEAD = 60.0
"""Seconds after which it is looked again what only time brings about."""
DOING = 0.5
"""Seconds between two repaints of how something goes."""
FAREWELL = 3.0
"""Seconds that the background has for its last words; it takes a few milliseconds of them."""
BY_ACTION = {command.action: command for command in COMMANDS}
DANGEROUS = frozenset(command.action for command in COMMANDS if command.is_danger)
READ_ONLY = "Read-only: nothing is sent, cancelled or deleted here."


class DashboardApp(App[int]):
    """The dashboard over one workspace that somebody else has opened and will close."""

    CSS_PATH = "app.tcss"
    TITLE = "batchtui"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.EVERYWHERE)
    ENABLE_COMMAND_PALETTE = False
    """Ours offers the same commands, from the same table, in the same look."""
    ALLOW_SELECT = False

    def __init__(
        self,
        workspace: Workspace,
        *,
        demo: bool = False,
        guide: Guide | None = None,
        ground: terminal.Terminal | None = None,
    ) -> None:
        """Build it, with the hints of the first days where no other guide is given.

        Raises:
            UsageError: where the settings give keys that cannot be.
        """
        settings = workspace.settings
        self.terminal = ground or terminal.Terminal.of(os.environ)
        self.look = themes.chosen(settings.screen.theme, colours=self.terminal.colours, light=self.terminal.light)
        terminal.drop_empty_no_color()
        super().__init__(PromptDriver, ansi_color=self.look is themes.ANSI or None)
        self.workspace = workspace
        self.keymap = keymap.merged(settings.keys)
        self.set_keymap(keymap.overridden(settings.keys))
        self.animation_level = "none"
        self.is_calm = settings.screen.calm == "yes" or (settings.screen.calm == "auto" and self.terminal.remote)
        self._plain = settings.screen.ascii or self.terminal.ascii_only
        self.painting = self._painting()
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = self.look.theme.name
        self._is_demo = demo
        self._doing = ""
        self._is_locked_out = False
        self._tally = Tally({}, 0)
        self.outlook = Outlook(workspace)
        self._looking_ahead = Latest(self, self._look_ahead)
        self._looked_at, self._is_look_due = 0.0, False
        self.guide: Guide | None = guide
        if guide is None and settings.screen.hints:
            self.guide = Hints(workspace.registry.facts, lambda: self.status, lambda: self._scopes)
        self.away: presence.Away | None = None
        """What happened since a dashboard was last open; None where none ever was."""
        self._turns = Turns(self, super().on_event)
        self.bridge = Bridge(
            workspace.registry, workspace.clock, self.post_message, pace=CALM_PACE if self.is_calm else 0.0
        )
        self.poller = Poller(
            workspace,
            on_status=self._hear_poll,
            on_error=self._say_error,
            collects=settings.refresh.fetch_results,
        )

    def _hear_poll(self, status: PollStatus) -> None:
        self.post_message(PollChanged(status))

    def _painting(self) -> Painting:
        return Painting(self.look.styles(), Style.parse(self.look.cursor), self._plain)

    @property
    def is_read_only(self) -> bool:
        """Whether everything that changes something at the API is off."""
        return self.workspace.is_read_only

    @property
    def status(self) -> Status:
        """What the status line says now."""
        return Status(
            self._tally,
            self.poller.status,
            self.workspace.clock.now(),
            place=self.workspace.profile or self.workspace.workspace_id or "",
            colour=places.colour(self.workspace),
            is_demo=self._is_demo,
            is_read_only=self.is_read_only,
            doing=self._doing,
            warnings=len(self.outlook.cautions),
            warnings_key=next(iter(self.keymap["app.warnings"]), ""),
            spent=self.outlook.today.known,
            saved=self.outlook.today.saved,
        )

    # ── from the start to the end ──────────────────────────────────────────────────────────────────────────────────

    async def on_mount(self) -> None:
        """Show the registry first; only then wake the background, which imports the SDK."""
        self._tally = await self.bridge.begin()
        await self.push_screen(DashboardScreen(self.workspace))
        self._name_window()
        self.call_after_refresh(self._start_background)

    def _start_background(self) -> None:
        if not self.workspace.settings.refresh.automatic:
            self.poller.pause(True)
        begin(self, self.bridge.run, group="bridge")
        begin(self, self.poller.run, group="poller")
        begin(self, Notifier(self.workspace, channels(self.workspace, say=self._ring)).run, group="notices")
        self.set_interval(CALM_TICK if self.is_calm else TICK, self._pass_time)
        self.set_interval(LOOK_AHEAD, self._looking_ahead.request)
        self._looking_ahead.request()
        perform(self, self._say_what_was_missed, group="away")
        if self.guide is not None:
            begin(self, partial(self.guide.run, self._tell_hint), group="guide")

    async def on_unmount(self) -> None:
        """Wait for what is under way to let go: the workspace is closed after this, and nobody may open it again."""
        for worker in list(self.workers):
            worker.cancel()
            with suppress(WorkerError):
                await worker.wait()
        with suppress(StorageError):  # to be told the same once more is no reason to fail at the end
            await presence.leave(self.workspace)

    def _fatal_error(self) -> None:
        """Leave the terminal to whoever started the dashboard: the failure is raised there, not painted here."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> Exception | None:
        """The fault of the program that ended it; None where it was left."""
        return self._exception

    def end_by_signal(self, number: int) -> None:
        """Leave at once, as after a key."""
        self.exit(128 + number, return_code=128 + number)

    async def on_event(self, event: Event) -> None:
        """Let keys in one at a time, each when the one before has had its effect."""
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self._turns.hear(event)
        else:
            await super().on_event(event)

    async def on_turns_passing(self, message: Turns.Passing) -> None:
        """Let the next key in, when this one has had its effect."""
        await self._turns.passed(message)

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def on_batches_changed(self, message: BatchesChanged) -> None:
        """Tell the screens, all of them: those behind must be right when they come to the front."""
        self._tally = message.tally
        self.poller.wake()
        self._look_ahead_soon()
        for frame in self._frames():
            frame.batches_changed(message)
            frame.status_changed()
            frame.hint_changed()
        self._name_window()

    def on_poll_changed(self, message: PollChanged) -> None:
        """Show how the background stands."""
        self._show_status()
        state = message.status.state
        if state is PollerState.NO_CREDENTIALS and not self._is_locked_out:
            self.say(message.status.message, tone="error")
        if state is not PollerState.REFRESHING:
            self._is_locked_out = state is PollerState.NO_CREDENTIALS

    def on_failed(self, message: Failed) -> None:
        """Show a failure: in the error box, or beside a dialog that is open."""
        if isinstance(self.screen, Frame):
            self.push_screen(ErrorBox(message.error))
        else:
            self._say_error(message.error)

    def _ring(self, notices: Sequence[Notice]) -> None:
        self._send(ringing(notices, self.workspace.settings.notify, os.environ))

    def _look_ahead_soon(self) -> None:
        """Look at once where somebody looks at the warnings, or none was taken for a while; else with the next tick."""
        self._is_look_due = True
        is_late = self.workspace.clock.monotonic() - self._looked_at >= TICK
        if is_late or isinstance(self.screen_stack[-1] if self.screen_stack else None, WarningsScreen):
            self._looking_ahead.request()

    async def _look_ahead(self) -> None:
        self._is_look_due = False
        self._looked_at = self.workspace.clock.monotonic()
        if await self.outlook.read():
            self._show_status()
        self.tick()

    async def _say_what_was_missed(self) -> None:
        self.away = await presence.away(self.workspace)
        missed = happening.summary(self.away.acts) if self.away else ""
        if missed:
            keys = self.keymap["app.activity"]
            self.say(f"Since you were last here: {missed}." + (f" Press {keys[0]} to see it." if keys else ""))

    def _pass_time(self) -> None:
        if self._is_look_due:
            self._looking_ahead.request()
        self.tick()

    def tick(self) -> None:
        """Time has passed."""
        front = self.screen_stack[-1] if self.screen_stack else None  # at the very end there is none any more
        if isinstance(front, Frame) and front.is_mounted:
            front.ticked()

    def _tell_hint(self) -> None:
        for frame in self._frames():
            frame.hint_changed()

    @property
    def _scopes(self) -> Sequence[Scope]:
        """What is heard on the screen in front."""
        return self.screen.SCOPES if isinstance(self.screen, Frame) else ()

    def _frames(self) -> list[Frame]:
        return [screen for screen in self.screen_stack if isinstance(screen, Frame) and screen.is_mounted]

    def _name_window(self) -> None:
        running = self._tally.running
        self._send(terminal.title(f"batchtui: {count(running)} running" if running else "batchtui"))

    def _send(self, sequence: str) -> None:
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    # ── for screens ────────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, sentence: str, *, tone: str = "information") -> None:
        """Say something that asks for nothing; it goes away by itself."""
        self.notify(safe(sentence), severity="error" if tone == "error" else "information", markup=False)

    def _say_error(self, error: BatchtuiError) -> None:
        self.say(squeezed(f"{error.heading}: {error.message}"), tone="error")

    @contextmanager
    def undertaking(self) -> Iterator[Callable[[str], None]]:
        """Show in the status line how something goes that takes its time; the words go with the end of the block."""
        shown = -DOING

        def say(words: str) -> None:
            nonlocal shown
            self._doing = squeezed(words)
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
        """Ask, and wait for the answer; only within a worker."""
        dialog = Confirm(question, self.workspace.clock.monotonic)
        return await self.push_screen(dialog, wait_for_dismiss=True)

    def copy(self, text: str, what: str) -> None:
        """Put a text on the clipboard of the machine the person sits at, and say how it went out."""
        self._send(terminal.clipboard(text, self.terminal.multiplexer))
        way = f"through {self.terminal.multiplexer}" if self.terminal.multiplexer else "through the terminal"
        cut = "; only its beginning fits" if len(text) > terminal.LARGEST_COPY else ""
        self.say(f"Copied {squeezed(what)[:60]} {way}{cut}.")

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Carry out a command, whichever way it was asked for; what must not be is refused with a sentence."""
        if isinstance(action, str) and action in DANGEROUS and (because := self.workspace.read_only_by):
            self.say(f"{READ_ONLY} {because}")
            return True
        is_done = await super().run_action(action, default_namespace, namespaces)
        if is_done and self.guide is not None and isinstance(action, str) and action in BY_ACTION:
            self.guide.followed(BY_ACTION[action].id)
        return is_done

    def _action_hint_skip(self) -> None:
        if self.guide is not None:
            self.guide.skip()

    def _action_hint_off(self) -> None:
        if self.guide is not None:
            self.guide.dismiss()

    def _action_app_help(self) -> None:
        scopes = self._scopes or (Scope.EVERYWHERE,)
        self.push_screen(HelpScreen(scopes, self.keymap, is_read_only=self.is_read_only))

    def _action_app_palette(self) -> None:
        if isinstance(self.screen, Frame):
            self.push_screen(PaletteScreen(list(self.screen.offers())), self._carry_out)

    async def _carry_out(self, command: Command | None) -> None:
        if command is not None and isinstance(self.screen, Frame):
            await self.screen.carry_out(command)

    def _action_app_refresh(self) -> None:
        self.poller.refresh_now()

    def _action_app_pause(self) -> None:
        self.poller.pause()

    def _action_app_activity(self) -> None:
        if not isinstance(self.screen, ActivityScreen):
            self.push_screen(ActivityScreen(self.workspace))

    def _action_app_spending(self) -> None:
        if not isinstance(self.screen, SpendScreen):
            self.push_screen(SpendScreen(self.workspace))

    def _action_app_warnings(self) -> None:
        if not isinstance(self.screen, WarningsScreen):
            self._looking_ahead.request()
            self.push_screen(WarningsScreen(self.workspace))

    def take_settings(self, settings: Settings) -> None:
        """Go by other settings from now on, as far as they are not only looked at when the dashboard starts."""
        before, self.workspace.settings = self.workspace.settings, settings
        self.workspace.__dict__.pop("prices", None)  # made from the settings with the next question
        self.keymap = keymap.merged(settings.keys)
        self.set_keymap(keymap.overridden(settings.keys))
        self._plain = settings.screen.ascii or self.terminal.ascii_only
        look = self.look
        if settings.screen.theme != before.screen.theme:
            look = themes.chosen(settings.screen.theme, colours=self.terminal.colours, light=self.terminal.light)
        self.show_look(look)
        self._show_status()

    def _action_app_settings(self) -> None:
        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.workspace))

    def _action_app_theme(self) -> None:
        looks = list(themes.LOOKS.values())
        self.show_look(looks[(looks.index(self.look) + 1) % len(looks)])

    def show_look(self, look: themes.Look) -> None:
        """Paint everything in another look."""
        self.look = look
        self.painting = self._painting()
        self.theme = look.theme.name
        for screen in self.screen_stack:
            for widget in screen.query("*"):
                widget.refresh()

    def _action_app_back(self) -> None:
        if isinstance(self.screen, Frame) and not self.screen.back() and len(self.screen_stack) > 2:
            self.pop_screen()

    def _action_app_leave(self) -> None:
        if len(self.screen_stack) > 2:
            self.pop_screen()
        else:
            self.exit(0)

    def _action_app_quit(self) -> None:
        self.exit(0)


def run_dashboard(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    *,
    demo: bool = False,
    guide: Callable[[Workspace], Guide] | None = None,
) -> int:
    """Run the dashboard until it is left, and return the exit code: 0, or 128 and a signal's number.

    Args:
        open_workspace: opens the workspace, on the loop of the dashboard.
        demo: whether it runs on a simulator, so that the screen says so.
        guide: makes what guides a person, in place of the hints of the first days.

    Raises:
        BatchtuiError: where the workspace cannot be opened or the settings cannot be read.
    """
    return asyncio.run(_run(open_workspace, demo, guide))


async def _settle(before: set[asyncio.Task[Any]]) -> None:
    """Let what was begun come to its end before the registry closes: a shielded commit is finished, not cut."""
    others = asyncio.all_tasks() - before
    if others:
        await asyncio.wait(others, timeout=FAREWELL)


async def _run(
    open_workspace: Callable[[], AbstractAsyncContextManager[Workspace]],
    demo: bool,
    guide: Callable[[Workspace], Guide] | None,
) -> int:
    async with open_workspace() as workspace:
        before = asyncio.all_tasks()
        app = DashboardApp(workspace, demo=demo, guide=guide(workspace) if guide else None)
        with terminal.ended_by_signals(app.end_by_signal):
            code = await app.run_async(mouse=workspace.settings.screen.mouse)
        await _settle(before)
        if app.failure is not None:
            raise app.failure
    return code or 0
