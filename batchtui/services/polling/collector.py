"""Fetch the results of ended batches in the background, and never give up on one: `Collector`.

The API deletes results 29 days after a batch was created, and a dashboard or `watch` may run for months, so a download
that fails is tried again until the results expire: after seconds at first, then after up to an hour.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import (
    BatchtuiError,
    CredentialsMissing,
    OtherAccount,
    RateLimited,
    Refused,
    ResultsBusy,
    StorageError,
    Unreachable,
)
from batchtui.runtime.clock import sleep_until_any
from batchtui.text.durations import countdown
from batchtui.text.sentences.batch_names import part_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
BACK_OFF = (5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds after the first, second … failure in a row of one batch."""
TRIES_UNTIL_IDLE = 5
"""After so many failures a watch that ends when all is done no longer waits for these results."""
LOOK_FOR_LOST = 300.0
"""Seconds between two looks whether the files of saved results are there: one listing of their folder."""
PATIENCE = 5.0
"""Seconds that another process is waited for before the next batch has its turn."""
AT_ONCE = 100
"""How many batches are read from the registry at a time: 100,000 may be waiting."""
SHORTEST_REST = 1.0


@dataclass(slots=True)
class _Failure:
    """What went wrong with the results of one batch."""

    tries: int
    next_at: float
    """When it is tried again, on the monotonic clock, in seconds."""


class Collector:
    """Saves results one batch after the other: what somebody has opened first, then what expires first."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        on_progress: Callable[[str, int, int], None],
        on_error: Callable[[BatchtuiError], None],
    ) -> None:
        """`on_progress` hears the id of the batch at hand, its number and how many there are; "" at the end."""
        self._workspace = workspace
        self._on_progress = on_progress
        self._on_error = on_error
        self._committed = workspace.commits.follow()
        self._failures: dict[int, _Failure] = {}
        self._preferred: deque[int] = deque(maxlen=AT_ONCE)
        self._rests_until = 0.0
        """Until then nothing is asked: the API cannot be reached, or asked for a pause (retry-after)."""
        self._outages = 0
        self._next_look = 0.0

    async def run(self) -> None:
        """Go on until canceled. Whatever a round meets is logged and reported, and the next one comes."""
        while True:
            try:
                await self._look_for_lost()
                await self._round()
            except Exception as error:
                log.exception("a round of the collector failed")
                self._rest(error)
                self._on_error(as_batchtui_error(error, "Results could not be downloaded"))
            finally:
                self._on_progress("", 0, 0)
            await sleep_until_any(self._workspace.clock, self._pause(), self._committed)

    async def _look_for_lost(self) -> None:
        """Notice saved results whose file was taken away, and say that they are downloaded again."""
        from batchtui.services.results.lost_files import unsave_lost

        now = self._workspace.clock.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + LOOK_FOR_LOST
        if lost := await unsave_lost(self._workspace):
            self._on_error(_lost_notice(lost))

    def prefer(self, key: int) -> None:
        """Fetch the results of this batch before those of all others, also where they failed a short while ago."""
        self._preferred.append(key)
        if failure := self._failures.get(key):
            failure.next_at = 0.0
        self._committed.set()

    async def has_hope(self) -> bool:
        """Return whether results are left whose download has not failed time and again."""
        await self._forget_settled()
        hopeless = [key for key, failure in self._failures.items() if failure.tries >= TRIES_UNTIL_IDLE]
        waiting = await self._workspace.registry.queries.uncollected_count(self._workspace.clock.now())
        return waiting > len(hopeless)

    @property
    def has_failed(self) -> bool:
        """Whether there are results whose last download has failed."""
        return bool(self._failures)

    def _pause(self) -> float:
        """Return the seconds until the next round: the slow interval, or less where a failed one is due earlier."""
        now = self._workspace.clock.monotonic()
        if self._rests_until > now:
            return self._rests_until - now
        due = min((failure.next_at for failure in self._failures.values()), default=now + 3600.0)
        return min(self._workspace.settings.refresh.slow, max(due - now, SHORTEST_REST))

    async def _round(self) -> None:
        """Fetch everything that is due, once: in pages, as 100,000 batches may be waiting."""
        await self._forget_settled()
        failed: list[tuple[Batch, BatchtuiError]] = []
        handled: set[int] = set()
        views, done, last = self._workspace.registry.queries, 0, None
        while not self._is_resting:
            page = await views.uncollected(self._workspace.clock.now(), limit=AT_ONCE, after=last)
            total = done + await views.uncollected_count(self._workspace.clock.now())
            for batch in page:
                # Asked before each batch: somebody may open one while hundreds of others are fetched.
                for one in [*await self._opened(), batch]:
                    # One that was opened comes up a second time, at its own place.
                    if one.key in handled or not self._is_due(one.key) or not await self._is_waiting(one):
                        continue
                    handled.add(one.key)
                    done += 1
                    self._on_progress(one.id or "", done, max(total, done))
                    is_first = one.key not in self._failures
                    error = await self._collect(one)
                    # A failure that lasts is told once; its retries are in the journal.
                    if error is not None and is_first:
                        failed.append((one, error))
            if len(page) < AT_ONCE:
                break
            last = page[-1]
        if failed:
            self._on_error(_one_notice(failed, self._pause()))

    async def _forget_settled(self) -> None:
        """Forget the failures of batches that need no fetch any more: saved elsewhere, deleted, or not a part's own.

        One that stayed would have its next try overdue forever, and each round would follow the last without a rest.
        """
        failed = await self._workspace.registry.queries.page(list(self._failures)) if self._failures else []
        now = self._workspace.clock.now()
        kept = {batch.key for batch in failed if _is_collectable(batch) and now < (batch.results_until or now)}
        self._failures = {key: failure for key, failure in self._failures.items() if key in kept}

    async def _opened(self) -> list[Batch]:
        """Return the batches that somebody has opened since the last look, and whose results can be fetched."""
        keys = list(self._preferred)
        self._preferred.clear()
        opened = await self._workspace.registry.queries.page(keys) if keys else []
        # The latest first: it is the one that is still on the screen.
        return [batch for batch in reversed(opened) if _is_collectable(batch)]

    @property
    def _is_resting(self) -> bool:
        return self._workspace.clock.monotonic() < self._rests_until

    def _is_due(self, key: int) -> bool:
        if self._is_resting:
            return False
        failure = self._failures.get(key)
        return failure is None or failure.next_at <= self._workspace.clock.monotonic()

    async def _is_waiting(self, batch: Batch) -> bool:
        """Return whether the results are still missing: another process or this round may have fetched them."""
        return _is_collectable(await self._workspace.registry.batches.get(batch.key))

    async def _collect(self, batch: Batch) -> BatchtuiError | None:
        """Fetch the results of one batch. Returns why that failed."""
        from batchtui.services.results.collect import collect

        try:
            saved = await collect(self._workspace, batch, patience=PATIENCE)
        except ResultsBusy:
            # Somebody else is saving them: nothing is wrong, and the others need not wait for it.
            tries = self._tries(batch.key) + 1
            self._failures[batch.key] = _Failure(tries, self._workspace.clock.monotonic() + BACK_OFF[1])
            return None
        except Exception as error:
            if not isinstance(error, BatchtuiError):
                log.exception("the results of %s could not be fetched", batch.id)
            failure = as_batchtui_error(error, f"The results of {batch.id} could not be downloaded")
            await self._note_failure(batch, failure)
            return failure
        self._outages = 0
        if saved.results in (ResultsState.SAVED, ResultsState.GONE):
            self._failures.pop(batch.key, None)
        return None

    async def _note_failure(self, batch: Batch, error: BatchtuiError) -> None:
        from batchtui.services.results.fetch_retries import retry_delay

        tries = self._tries(batch.key) + 1
        # With these credentials no later try helps; others may come, and a watch need not wait for them.
        tries = max(tries, TRIES_UNTIL_IDLE) if isinstance(error, OtherAccount) else tries
        seconds = retry_delay(error, tries, BACK_OFF)
        self._failures[batch.key] = _Failure(tries, self._workspace.clock.monotonic() + seconds)
        self._rest(error)
        log.warning("the results of %s could not be fetched (try %d): %s", batch.id, tries, error)
        try:
            await self._workspace.registry.journal.record(
                self._workspace.clock.now(), "results.failed", job=batch.job, key=batch.key, batch_id=batch.id,
                reason=error.message, tries=tries,
            )  # fmt: skip
        except BatchtuiError as refused:
            log.warning("that could not be put into the journal: %s", refused)

    def _tries(self, key: int) -> int:
        return self._failures[key].tries if key in self._failures else 0

    def _rest(self, error: Exception) -> None:
        """Leave the API alone for a while where it would refuse every other batch too."""
        if not isinstance(error, (RateLimited, Unreachable, CredentialsMissing)) and not (
            isinstance(error, Refused) and error.status in (401, 403)
        ):
            return
        self._outages += 1
        asked = getattr(error, "retry_after", None) or 0.0
        seconds = max(BACK_OFF[min(self._outages, 4) - 1], asked)
        self._rests_until = self._workspace.clock.monotonic() + seconds


def _is_collectable(batch: Batch) -> bool:
    """Return whether results can be fetched by themselves: those of batches made elsewhere are when somebody asks."""
    is_open = batch.results in (ResultsState.NONE, ResultsState.PARTIAL)
    return batch.state is BatchState.ENDED and is_open and not batch.is_foreign


def as_batchtui_error(error: Exception, what: str) -> BatchtuiError:
    """Return an exception as an error with a sentence for people."""
    if isinstance(error, BatchtuiError):
        return error
    return BatchtuiError(f"{what}: {type(error).__name__}: {error} (it is retried).", hint="The log has the details.")


def _lost_notice(lost: list[Batch]) -> BatchtuiError:
    """Return one notice about saved results whose files are gone."""
    what = lost[0].id or lost[0].name
    if len(lost) > 1:
        what = f"{len(lost)} batches, {what} among them,"
    return StorageError(
        f"The saved results of {what} are no longer complete on this disk. The API still has them.",
        hint="They are downloaded again.",
    )


def _one_notice(failed: list[tuple[Batch, BatchtuiError]], seconds: float) -> BatchtuiError:
    """Return one notice about all downloads that failed in a round for the first time, retried after some seconds."""
    batch, error = failed[0]
    said = f"The results of {part_name(batch)} could not be fetched"
    if len(failed) > 1:
        said = f"The results of {len(failed)} batches could not be downloaded, {part_name(batch)} among them"
    again = f"retrying in {countdown(seconds)}"
    notice = type(error)(
        f"{said}: {error.message.rstrip('.')}; {again}.", hint="They are downloaded again automatically."
    )
    notice.heading = error.heading
    return notice
