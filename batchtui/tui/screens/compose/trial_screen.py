"""`TrialScreen` shows one row that was sent in real time: the request, and the answer beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import match_schema
from batchtui.tui.rendering.answer import answer_parts
from batchtui.tui.rendering.request import request_parts
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.results.side_by_side import SideBySide
from batchtui.tui.widgets.document_pane import Document

if TYPE_CHECKING:
    from batchtui.services.compose.trial import Trial
    from batchtui.services.workspace import Workspace

HERE = (
    "result.other", "result.view", "result.zoom", "result.pager", "result.copy-text", "result.find", "result.next-hit",
    "result.previous-hit",
)  # fmt: skip
"""Commands that work on a result without a list."""


class TrialScreen(SideBySide):
    """Shows one answer, which is stored nowhere."""

    TITLE_IN_PATH = "Try one row"

    def __init__(self, workspace: Workspace, trial: Trial) -> None:
        super().__init__(workspace)
        self._trial = trial

    def on_mount(self) -> None:
        """Show request and answer."""
        trial = self._trial
        answer = parse_result(trial.raw)
        fit = match_schema(answer, trial.plan.params)
        if answer.outcome is Outcome.SUCCEEDED and fit.wanted and not fit.parses:
            answer = answer.with_outcome(Outcome.INVALID)
        self._head.show(answer, len(trial.raw), trial.cost, fit)
        self._answer.show(Document(partial(answer_parts, answer), trial.raw))
        self._request.show(Document(partial(request_parts, trial.plan.request), trial.plan.request))
        self._answer.target.focus()

    def position(self) -> Line:
        """Return that this is not stored."""
        return (*self.hit_words(), Span("tried now; not saved", Tone.DIM))

    def is_available(self, command_id: str) -> bool:
        """Leave out what goes through a list."""
        return (not command_id.startswith("result.") or command_id in HERE) and super().is_available(command_id)
