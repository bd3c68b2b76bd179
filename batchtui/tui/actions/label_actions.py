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
    from textual.binding import BindingType


class LabelActions(BaseScreen):
    """A screen of one or many batches whose labels can be edited there."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LABELS)

    @property
    def chosen(self) -> list[int]:
        """The keys of the batches that a command works on."""
        raise NotImplementedError

    def _action_batches_tag(self) -> None:
        from batchtui.tui.actions import flows

        run_guarded(self.app, partial(flows.tag, self.dashboard, self.chosen), group="label")

    def _action_batches_rename(self) -> None:
        from batchtui.tui.actions import flows

        run_guarded(self.app, partial(flows.rename, self.dashboard, self.chosen), group="label")

    def _action_batches_note(self) -> None:
        from batchtui.tui.actions import flows

        run_guarded(self.app, partial(flows.annotate, self.dashboard, self.chosen), group="label")
