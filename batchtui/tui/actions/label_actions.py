"""`LabelActions` holds the keys for tags, names and notes, which the list and the screen of a batch share.

Flows are imported when they begin: see `batchtui.tui.app.preload`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.binding import BindingType

    from batchtui.tui.host import Host


class LabelActions(BaseScreen):
    """A screen of one or many batches whose labels can be edited there."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LABELS)

    @property
    def chosen(self) -> list[int]:
        """The keys of the batches that a command works on."""
        raise NotImplementedError

    def acted(self) -> None:
        """Take note that something was done with what was chosen."""

    def act(self, flow: Callable[[Host, Sequence[int]], Awaitable[bool]], group: str = "act") -> None:
        """Run a flow over what is chosen; it outlives the screen."""
        run_guarded(self.app, partial(self._run_flow, flow, self.chosen), group=group)

    async def _run_flow(self, flow: Callable[[Host, Sequence[int]], Awaitable[bool]], keys: Sequence[int]) -> None:
        # The screen may have been closed while the flow asked; there are no marks to clear then.
        if await flow(self.dashboard, keys) and self.is_attached:
            self.acted()

    def _action_batches_tag(self) -> None:
        from batchtui.tui.actions import flows

        self.act(flows.tag, "label")

    def _action_batches_rename(self) -> None:
        from batchtui.tui.actions import flows

        self.act(flows.rename, "label")

    def _action_batches_note(self) -> None:
        from batchtui.tui.actions import flows

        self.act(flows.annotate, "label")
