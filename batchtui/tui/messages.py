"""Messages that parts of the dashboard post to the app: `BatchesChanged`, `PollChanged` and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.errors import BatchtuiError
    from batchtui.registry.batches.queries import BatchCounts
    from batchtui.services.polling.poller import PollStatus


class BatchesChanged(Message):
    """The registry has changed, by this process or another one. It names the batches and the new counts."""

    def __init__(self, changed: Sequence[Batch], tally: BatchCounts) -> None:
        super().__init__()
        self.changed = changed
        self.tally = tally


class PollChanged(Message):
    """The poller has another status: asking, paused, offline."""

    def __init__(self, status: PollStatus) -> None:
        super().__init__()
        self.status = status


class ScreenShown(Message):
    """A screen or a dialog has come to the front."""


class ActionFailed(Message):
    """Something that a person asked for has failed; the app shows the error."""

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__()
        self.error = error
