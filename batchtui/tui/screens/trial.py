"""One row that was tried now: what was asked, and the answer beside it."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.answers.answer import read_answer
from batchtui.answers.structured import check_fit
from batchtui.text.counts import size
from batchtui.tui import pager
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.pieces import Line, Piece, Tone
from batchtui.tui.prompting import prompt_parts
from batchtui.tui.reading import answer_parts
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.pane import Form, Pane, Reading
from batchtui.tui.widgets.result_head import ResultHead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.trying import Trial
    from batchtui.services.workspace import Workspace

HERE = ("result.other", "result.view", "result.zoom", "result.pager", "result.copy-text")
"""What can be done with a result that stands alone."""


class TrialScreen(Frame):
    """Shows one answer that is kept nowhere. It sends nothing."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.RESULT)
    SCOPES = (Scope.RESULT, Scope.TREE, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, trial: Trial) -> None:
        super().__init__(workspace)
        self._trial = trial
        self._head = ResultHead()
        self._request = Pane("request", id="request")
        self._answer = Pane("answer", id="answer")

    def content(self) -> Iterator[Widget]:
        """Lay out the facts, the request and the answer."""
        yield self._head
        with Container(id="readings"):
            yield self._request
            yield self._answer

    def on_mount(self) -> None:
        """Show them."""
        trial = self._trial
        answer = read_answer(trial.raw)
        self._head.show(answer, len(trial.raw), trial.cost, check_fit(answer, trial.plan.params))
        self._answer.show(Reading(partial(answer_parts, answer), trial.raw))
        self._request.show(Reading(partial(prompt_parts, trial.plan.request), trial.plan.request))
        self._answer.target.focus()

    @property
    def _ahead(self) -> Pane:
        return self._request if self._request.is_ahead else self._answer

    def aside(self) -> Line:
        """Say that this is kept nowhere."""
        return (Piece("tried now; kept nowhere", Tone.DIM),)

    def works(self, command_id: str) -> bool:
        """Leave out what goes through a list; offer the keys of the tree where one is shown."""
        if command_id.startswith("tree."):
            return self._ahead.form is Form.TREE
        return (not command_id.startswith("result.") or command_id in HERE) and super().works(command_id)

    def on_descendant_focus(self) -> None:
        """Say what works where the keys arrive, and zoom in on that."""
        self._request.set_class(self._ahead is not self._request, "-aside")
        self._answer.set_class(self._ahead is not self._answer, "-aside")
        self.refresh_footer()

    def _action_result_other(self) -> None:
        (self._answer if self._ahead is self._request else self._request).target.focus()

    def _action_result_view(self) -> None:
        self._ahead.turn()
        self.refresh_footer()

    def _action_result_zoom(self) -> None:
        self.toggle_class("-zoomed")

    async def _action_result_pager(self) -> None:
        pager.page(self.app, await asyncio.to_thread(self._ahead.whole))

    async def _action_result_copy_text(self) -> None:
        text = await asyncio.to_thread(self._ahead.whole)
        self.dashboard.copy(text, f"{self._ahead.id}, {size(len(text))}")
