"""`BatchActions` holds the keys of the list that start something with the chosen batches.

Flows are imported when they begin: see `batchtui.tui.app.preload`.
"""

from __future__ import annotations

from functools import partial

from batchtui.text.numbers import amount, count
from batchtui.tui.actions.label_actions import LabelActions
from batchtui.tui.workers import run_guarded


class BatchActions(LabelActions):
    """A screen on which batches can be chosen. It hands them to the flows."""

    def _action_batches_compose(self) -> None:
        from batchtui.tui.screens.compose.open import open_compose

        run_guarded(self.app, partial(open_compose, self.dashboard), group="act")

    def _action_batches_submit(self) -> None:
        from batchtui.tui.submit import flows

        run_guarded(self.app, partial(flows.submit, self.dashboard), group="act")

    def _action_batches_resume(self) -> None:
        from batchtui.tui.submit import flows

        self.act(flows.resume)

    def _action_batches_cancel(self) -> None:
        from batchtui.tui.actions import flows

        self.act(flows.cancel)

    def _action_batches_delete(self) -> None:
        from batchtui.tui.actions import flows

        self.act(flows.delete)

    def _action_batches_retry(self) -> None:
        from batchtui.tui.screens.retry.open import open_retry

        run_guarded(self.app, partial(open_retry, self.dashboard, self.chosen), group="act")

    def _action_batches_continue(self) -> None:
        from batchtui.tui.screens.retry.conversations import continue_conversations

        run_guarded(self.app, partial(continue_conversations, self.dashboard, self.chosen), group="act")

    def _action_batches_export(self) -> None:
        from batchtui.tui.screens.export.open import open_export

        run_guarded(self.app, partial(open_export, self.dashboard, self.chosen), group="act")

    def _action_batches_compare(self) -> None:
        from batchtui.tui.screens.compare.open import open_compare

        run_guarded(self.app, partial(open_compare, self.dashboard, self.chosen), group="act")

    def _action_batches_judge(self) -> None:
        from batchtui.tui.screens.compare.judge import judge

        run_guarded(self.app, partial(judge, self.dashboard, self.chosen), group="act")

    def _action_batches_copy_id(self) -> None:
        # A worker of the screen: nothing of it has to outlive the list, unlike what is sent.
        run_guarded(self, self._copy_ids, group="copy")

    async def _copy_ids(self) -> None:
        from batchtui.tui.actions import flows

        flows.copy_ids(self.dashboard, await self.workspace.registry.queries.page(self.chosen))

    def _action_batches_sync(self) -> None:
        # Exclusive: a second press begins anew, instead of a second reading of the same list beside the first.
        run_guarded(self.app, self._sync, group="sync", exclusive=True)

    async def _sync(self) -> None:
        from batchtui.services.batches.sync import sync

        # The API lists its batches a page at a time; all pages are read.
        report = await sync(self.workspace)
        self.dashboard.say(
            f"{amount(report.seen, 'batch', 'batches')} at the API: {count(len(report.added))} new, "
            f"{count(len(report.updated))} changed, {count(len(report.gone))} gone."
        )
