"""`DashboardApp` is the dashboard as a program: it opens screens, tells them about changes, and runs the background.

The use cases are in services/; the flows of the screens call them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual.events import Key, Paste
from textual.worker import WorkerError

from batchtui.domain.errors import StorageError
from batchtui.domain.notice import NoticeKind
from batchtui.registry.batches.queries import BatchCounts
from batchtui.services.insights import last_visit
from batchtui.services.polling.poller import Poller, PollerState
from batchtui.text.numbers import amount, count
from batchtui.text.sentences import events
from batchtui.tui.app import preload
from batchtui.tui.app.base import CALM_PACE
from batchtui.tui.app.first_steps import FirstSteps
from batchtui.tui.app.global_actions import GlobalActions
from batchtui.tui.app.registry_watcher import RegistryWatcher
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.chrome.status_bar import workspace_colour
from batchtui.tui.host import Status
from batchtui.tui.insights import Insights
from batchtui.tui.messages import ActionFailed, BatchesChanged, PollChanged
from batchtui.tui.screens.batches.screen import BatchesScreen
from batchtui.tui.terminal import environment
from batchtui.tui.terminal.key_queue import KeyQueue
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.workers import CoalescedWorker, run_guarded, run_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Event
    from textual.worker import Worker

    from batchtui.domain.notice import Notice
    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.results.review.queues import QueueChoice
    from batchtui.services.workspace import Workspace
    from batchtui.tui.hints.guide import Guide

TICK = 5.0
"""Seconds between two repaints of times on the screen; nothing is asked of the API for that."""
CALM_TICK = 30.0
"""The same on a slow line."""
INSIGHTS_SECONDS = 60.0
"""Seconds between two readings of what changes with time alone: forecasts and warnings."""


class DashboardApp(GlobalActions):
    """The dashboard over one workspace, which its caller opens and closes."""

    CSS_PATH = "app.tcss"
    TITLE = "batchtui"
    ENABLE_COMMAND_PALETTE = False
    """Textual's palette is off: ours offers the commands of the table."""
    ALLOW_SELECT = False

    def __init__(
        self,
        workspace: Workspace,
        *,
        demo: bool = False,
        guide: Guide | None = None,
        review: tuple[str, QueueChoice | None] | None = None,
        ground: environment.TerminalInfo | None = None,
    ) -> None:
        """Build the dashboard; without a guide it shows the hints of the first days.

        `review`: the id of a job that is reviewed at once, and which of its results.

        Raises:
            UsageError: the settings contain keys that cannot be.
        """
        super().__init__(workspace, ground)
        settings = workspace.settings
        self._is_demo = demo
        self._review = review
        # Whether the person was told already that credentials are missing.
        self._is_locked_out = False
        self._tally = BatchCounts({}, 0)
        self.insights = Insights(workspace)
        self.insights_worker = CoalescedWorker(self, self._refresh_insights)
        self._insights_read_at, self._are_insights_due = 0.0, False
        self.guide = guide
        if guide is None and settings.screen.hints:
            self.guide = FirstSteps(workspace.registry.values, lambda: self.status, lambda: self._scopes)
        self.away = None
        self._key_queue = KeyQueue(self, super().on_event)
        self.bridge = RegistryWatcher(workspace, self.post_message, pace=CALM_PACE if self.is_calm else 0.0)
        self._polling: Worker[None] | None = None
        self.poller = Poller(
            workspace,
            on_status=self._hear_poll,
            on_error=self._say_error,
            collects=settings.refresh.fetch_results,
        )

    def _hear_poll(self, status: PollStatus) -> None:
        self.post_message(PollChanged(status))

    @property
    def status(self) -> Status:
        """What the status bar shows now."""
        return Status(
            self._tally,
            self.poller.status,
            self.workspace.clock.now(),
            place=self.workspace.profile or self.workspace.workspace_id or "",
            colour=workspace_colour(self.workspace),
            is_demo=self._is_demo,
            is_read_only=self.is_read_only,
            doing=self._doing,
            warnings=len(self.insights.warnings),
            warnings_key=next(iter(self.keymap["app.warnings"]), ""),
            spent=self.insights.today.known,
        )

    # ── from the start to the end ──────────────────────────────────────────────────────────────────────────────────

    async def on_mount(self) -> None:
        """Show the registry first, and start the background after the first frame: it imports the SDK."""
        self._tally = await self.bridge.begin()
        await self.push_screen(BatchesScreen(self.workspace))
        if self._review is not None:
            from batchtui.tui.screens.results.review.open import open_review

            run_guarded(self, partial(open_review, self, *self._review), group="open-review")
        self._name_window()
        self.call_after_refresh(self._start_background)

    def _start_background(self) -> None:
        from batchtui.services.notifications.channels import channels
        from batchtui.services.notifications.notifier import Notifier

        preload.preload_screens()
        # The poller runs all the same, so that the refresh key works.
        if not self.workspace.settings.refresh.automatic:
            self.poller.pause(True)
        run_worker(self, self.bridge.run, group="bridge")
        run_worker(self, self.workspace.commits.run, group="commits")
        self._begin_polling()
        # Terminal bells and notifications go out between two frames, never through stdout.
        run_worker(self, Notifier(self.workspace, channels(self.workspace, say=self._ring)).run, group="notices")
        self.set_interval(CALM_TICK if self.is_calm else TICK, self._pass_time)
        self.set_interval(INSIGHTS_SECONDS, self.insights_worker.request)
        self.insights_worker.request()
        run_guarded(self, self._say_what_was_missed, group="away")
        run_guarded(self, self._count_old_outcomes, group="outcomes")
        if self.guide is not None:
            run_worker(self, partial(self.guide.run, self._tell_hint), group="guide")

    async def on_unmount(self) -> None:
        """Wait for all workers to end: the workspace is closed after this."""
        # Textual would cancel them without waiting, and the registry would be closed under them.
        for worker in list(self.workers):
            worker.cancel()
            with suppress(WorkerError):
                await worker.wait()
        with suppress(StorageError):  # to be told the same once more is no reason to fail at the end
            await last_visit.mark_visited(self.workspace)

    def end_by_signal(self, number: int) -> None:
        """Leave at once after a signal."""
        self.exit(128 + number, return_code=128 + number)

    async def on_event(self, event: Event) -> None:
        """Let keys in one at a time; see `KeyQueue`."""
        if isinstance(event, (Key, Paste)) and not event.is_forwarded:
            await self._key_queue.hear(event)
        else:
            await super().on_event(event)

    async def on_key_queue_passing(self, message: KeyQueue.Passing) -> None:
        """Let the next key in when this one has had its effect."""
        await self._key_queue.passed(message)

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def _action_app_refresh(self) -> None:
        # What lies in the place of a registry that is gone is opened only when a person asks for it.
        if self.workspace.registry.is_replaced:
            run_guarded(self, self._reopen_registry, group="reopen")
        else:
            self.poller.refresh_now()

    def _begin_polling(self) -> None:
        self._polling = run_worker(self, self.poller.run, group="poller")

    async def _reopen_registry(self) -> None:
        """Go on with the file that has the registry's name now, and show what it holds."""
        # A download or a refresh that is under way would write what it finds to the row of another batch: in the other
        # file its key stands for that one.
        if self._polling is not None:
            self._polling.cancel()
            with suppress(WorkerError):
                await self._polling.wait()
        try:
            await self.workspace.registry.reopen()
        finally:
            self._begin_polling()
        tally = await self.bridge.begin()
        # Its keys stand for other batches than those that were read so far.
        for screen in self.screen_stack:
            for grid in screen.query(Grid):
                grid.forget()
        self.post_message(BatchesChanged((), tally))
        self.say(f"Opened the registry that is there now: {amount(tally.total, 'batch', 'batches')}.")
        self.poller.refresh_now()

    def on_batches_changed(self, message: BatchesChanged) -> None:
        """Tell all screens: those behind must be right when they come to the front."""
        self._tally = message.tally
        self._look_ahead_soon()
        # A screen behind shows what it was told the moment it comes back.
        for frame in self._frames():
            frame.batches_changed(message)
            frame.status_changed()
            frame.hint_changed()
        self._name_window()

    def go_to_batch(self, key: int) -> None:
        """Put the cursor of the list of batches on this one, which was just made."""
        for frame in self._frames():
            if isinstance(frame, BatchesScreen):
                frame.go_to_batch(key)

    def on_poll_changed(self, message: PollChanged) -> None:
        """Show the status of the poller, and say once that credentials are missing."""
        self._show_status()
        state = message.status.state
        if state is PollerState.NO_CREDENTIALS and not self._is_locked_out:
            self.say(message.status.message, tone="error")
        # While it asks nothing is known yet, and the message would come twice.
        if state is not PollerState.REFRESHING:
            self._is_locked_out = state is PollerState.NO_CREDENTIALS

    def on_action_failed(self, message: ActionFailed) -> None:
        """Show an error in the error box; over a dialog on the message line, so that the dialog stays."""
        if isinstance(self.screen, BaseScreen):
            from batchtui.tui.dialogs.message_box import ErrorBox

            self.push_screen(ErrorBox(message.error))
        else:
            self._say_error(message.error)

    def _ring(self, notices: Sequence[Notice]) -> None:
        from batchtui.services.notifications.channels import terminal_sequences
        from batchtui.text.sentences.notices import sentence as notice_sentence

        self.write_to_terminal(terminal_sequences(notices, self.workspace.settings.notify, os.environ))
        for notice in notices:
            # What is about one batch can be seen in the list; a limit and a digest stand nowhere there.
            if notice.kind is NoticeKind.LIMIT_NEAR:
                self.say(notice_sentence(notice), tone="warning", kind=notice.subject)
            elif notice.kind is NoticeKind.DIGEST:
                self.say(notice_sentence(notice), kind=str(notice.kind))

    def _look_ahead_soon(self) -> None:
        """Read forecasts and warnings now if somebody sees them or the last reading is old; else at the next tick."""
        self._are_insights_due = True
        # Forecasts read all history: not with every commit of a busy minute.
        is_late = self.workspace.clock.monotonic() - self._insights_read_at >= TICK
        front = self.screen_stack[-1] if self.screen_stack else None
        if is_late or (isinstance(front, BaseScreen) and front.SHOWS_WARNINGS):
            self.insights_worker.request()

    async def _refresh_insights(self) -> None:
        self._are_insights_due = False
        self._insights_read_at = self.workspace.clock.monotonic()
        if await self.insights.read():
            self._show_status()
        self.tick()

    async def _count_old_outcomes(self) -> None:
        """Count what earlier versions saved without counting it; once, after an update."""
        from batchtui.services.results.outcomes import count_missing_outcomes

        await count_missing_outcomes(self.workspace)

    async def _say_what_was_missed(self) -> None:
        self.away = await last_visit.since_last_visit(self.workspace)
        # Only a dashboard that was open before can have missed something.
        missed = events.summary(self.away.actions) if self.away else ""
        # The demo's week was made just now: nobody has been here before.
        if missed and not self._is_demo:
            self.say(f"Since you were last here: {missed}.")

    def _pass_time(self) -> None:
        if self.messages.fade(self.workspace.clock.now()):
            self.show_message()
        if self._are_insights_due:
            self.insights_worker.request()
        self.tick()

    def tick(self) -> None:
        """Tell the screen in front that time has passed."""
        front = self.screen_stack[-1] if self.screen_stack else None  # at the very end there is none any more
        if isinstance(front, BaseScreen) and front.is_mounted:
            front.on_tick()

    def _tell_hint(self) -> None:
        for frame in self._frames():
            frame.hint_changed()

    def _name_window(self) -> None:
        running = self._tally.running
        self.write_to_terminal(environment.title(f"batchtui: {count(running)} in progress" if running else "batchtui"))
