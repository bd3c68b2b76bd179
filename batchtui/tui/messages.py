"""What has happened, as the parts of the dashboard tell each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batch import Batch
    from batchtui.domain.errors import BatchtuiError
    from batchtui.registry.batch_queries import BatchCounts
    from batchtui.services.polling.poller import PollStatus


class BatchesChanged(Message):
    """The registry has moved on, by this process or by another one."""

    def __init__(self, changed: Sequence[Batch], tally: BatchCounts) -> None:
        super().__init__()
        self.changed = changed
        self.tally = tally


class PollChanged(Message):
    """The background stands differently towards the API."""

    def __init__(self, status: PollStatus) -> None:
        super().__init__()
        self.status = status


class ActionFailed(Message):
    """Something that a person asked for has failed."""

    def __init__(self, error: BatchtuiError) -> None:
        super().__init__()
        self.error = error
