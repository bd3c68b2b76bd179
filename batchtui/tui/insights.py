"""`Insights` keeps what the dashboard knows beyond the batches: forecasts, warnings, and what today has cost.

It reads the registry in the background, since a painter must not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.insights.forecast import Forecaster, load_forecaster
from batchtui.services.insights.warnings import list_warnings
from batchtui.services.spending.ledger import LedgerLine, spent_today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.services.insights.warnings import BatchWarning
    from batchtui.services.workspace import Workspace


class Insights:
    """The last reading of forecasts, warnings and costs. It paints nothing and decides nothing."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._history = Forecaster()
        self.warnings: Sequence[BatchWarning] = ()
        self.today = LedgerLine("today")
        """What today's batches have cost so far."""

    async def read(self) -> bool:
        """Read the registry again. Returns whether the warnings or the costs differ."""
        self._history = await load_forecaster(self._workspace)
        # Compared by their words: those are all that is shown.
        before, self.warnings = self.warnings, await list_warnings(self._workspace)
        spent, self.today = self.today, await spent_today(self._workspace)
        return _words(before) != _words(self.warnings) or spent.known != self.today.known

    def of(self, batch: Batch) -> Forecast | None:
        """Return a forecast of the end of a batch; None where it does not run or there is no history."""
        return self._history.of(batch, self._workspace.clock.now())


def _words(warnings: Sequence[BatchWarning]) -> list[tuple[str, str]]:
    return [(warning.message, warning.advice) for warning in warnings]
