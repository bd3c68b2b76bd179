"""`Host` declares what screens and flows may ask of the app; `DashboardApp` derives from it and does it.

Screens are typed against this class, never against `DashboardApp`: that one imports the screens to open them, so a
screen that imported it in turn would make the whole dashboard one circle.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from textual.app import App

from batchtui.tui.rendering.spans import Tone

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from textual.dom import DOMNode

    from batchtui.registry.batches.queries import BatchCounts
    from batchtui.services.insights.last_visit import SinceLastVisit
    from batchtui.services.polling.poller import Poller, PollStatus
    from batchtui.services.workspace import Workspace
    from batchtui.settings.model import Settings
    from batchtui.tui.commands.keymap import Keymap
    from batchtui.tui.dialogs.confirm import Question
    from batchtui.tui.hints.guide import Guide
    from batchtui.tui.insights import Insights
    from batchtui.tui.rendering.painter import Painter
    from batchtui.tui.widgets.message_line import MessageLog


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the status bar shows, as one value."""

    tally: BatchCounts
    poll: PollStatus
    now: datetime
    place: str = ""
    """The profile, or the workspace that the API names; empty where neither is known."""
    colour: Tone = Tone.DIM
    """The colour that tells this place from others."""
    is_demo: bool = False
    is_read_only: bool = False
    doing: str = ""
    """Progress of what a person has started, such as an upload; empty where nothing runs."""
    warnings: int = 0
    warnings_key: str = ""
    """The key that shows the warnings; empty where none does."""
    spent: Decimal = Decimal(0)
    """What today's batches have cost so far, USD."""


@dataclass(frozen=True, slots=True)
class UndoStep:
    """A change of what is kept here alone, and how to take it back."""

    words: str
    """What was done: "tagged 3 jobs". Sanitised."""
    undo: Callable[[], Awaitable[bool]]
    """Takes it back. Returns whether it could: something else may have happened since."""


class Host(App[int]):
    """The app as screens and flows see it. It declares attributes and methods, and implements none of them."""

    # Set by the app in its __init__; declared here for types only.
    workspace: Workspace
    keymap: Keymap
    """The keys in use by command id, the settings' own laid over the table's."""
    painter: Painter
    messages: MessageLog
    """What was said in this session; the latest of it is on the message line."""
    poller: Poller
    insights: Insights
    guide: Guide | None
    """What chooses the hint on the screen; None where hints are off."""
    away: SinceLastVisit | None
    """What happened since a dashboard was last open; None where none ever was."""

    @property
    def status(self) -> Status:
        """What the status bar shows now."""
        raise NotImplementedError

    @property
    def is_read_only(self) -> bool:
        """Whether everything that changes something at the API is off."""
        raise NotImplementedError

    def say(self, sentence: str, *, tone: str = "information", kind: str = "") -> None:
        """Show a sentence that needs no answer on the message line.

        Args:
            sentence: what happened, to which batch, and what to do.
            tone: "information", "warning" or "error"; the latter two stay until the person dismisses them.
            kind: what makes it the same message as an earlier one, which is then counted; the sentence itself if empty.
        """
        raise NotImplementedError

    async def ask(self, question: Question) -> bool:
        """Show a question and return whether the answer was yes. Call it within a worker only."""
        raise NotImplementedError

    async def ask_which(self, question: Question) -> bool | str:
        """Show a question and return yes, no, or the id of another command that it offers."""
        raise NotImplementedError

    def copy(self, text: str, what: str) -> None:
        """Copy a text to the clipboard of the person's terminal, and say so; `what` names it in that sentence."""
        raise NotImplementedError

    def can_undo(self, step: UndoStep) -> None:
        """Remember a change, so that the key of undo takes it back; the latest comes first."""
        raise NotImplementedError

    def go_to_batch(self, key: int) -> None:
        """Put the cursor of the list of batches on this one, which was just made, as soon as the list has it."""
        raise NotImplementedError

    def busy(self) -> AbstractContextManager[Callable[[str], None]]:
        """Return a context that gives a function to show progress in the status bar; it is cleared at the end."""
        raise NotImplementedError

    def take_settings(self, settings: Settings) -> None:
        """Apply other settings to the running dashboard."""
        raise NotImplementedError


def host_of(node: DOMNode) -> Host:
    """Return the app that a widget or screen belongs to."""
    # Textual knows it as some App; the only one that ever runs here is a Host.
    return cast("Host", node.app)
