"""Read what a judge job has answered into scores: `read_judge_results`.

It runs when results of a judge job are saved, by any command. It may run again at any time:
the same answers give the same scores.
"""

from __future__ import annotations

import logging
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.results.judgment import Placing
from batchtui.judging.replies import read_reply
from batchtui.judging.requests import placing_of
from batchtui.registry.jobs.lineage_ids import LineageIds
from batchtui.registry.results.index import OUTCOMES
from batchtui.results.parsed_result import parse_result
from batchtui.runtime.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Generator

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.judgment import JudgeRecord, Judgment
    from batchtui.registry.registry import Registry
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
AT_ONCE = 1_000
"""Answers whose scores are written in one transaction: other processes write between two of them."""


async def read_judge_results(workspace: Workspace, batch: Batch) -> None:
    """Write the scores of a batch whose results are saved; nothing happens where it is not of a judge job.

    Raises:
        StorageError: the disk refuses. What was written stays, and the rest follows with the next call.
    """
    judges = workspace.registry.judges
    record = await judges.get(batch.job)
    if record is None:
        return
    waiting = _judgments(workspace.registry, batch, record)
    try:
        while block := await run_in_thread(lambda: list(islice(waiting, AT_ONCE))):
            await judges.note(batch.job, block, record.rubric)
    finally:
        waiting.close()
    await judges.mark_read(batch.key)


async def read_all_judge_results(workspace: Workspace, job: str | None = None) -> None:
    """Write the scores that were not written yet, as after a kill; of one judge job, or of all."""
    for batch in await workspace.registry.queries.page(await workspace.registry.judges.unread_batches(job)):
        await try_judge_results(workspace, batch)


async def try_judge_results(workspace: Workspace, batch: Batch) -> None:
    """Write the scores of a batch as `read_judge_results`; what is in the way goes to the log."""
    try:
        await read_judge_results(workspace, batch)
    except BatchtuiError as error:
        # The results are saved nevertheless; the next round reads them.
        log.warning("the scores of %s could not be read: %s", batch.id, error)


def _judgments(registry: Registry, batch: Batch, record: JudgeRecord) -> Generator[Judgment]:
    ids = LineageIds.of(registry.requests.folder / batch.job)
    try:
        with registry.results.reader(batch) as reader:
            outcomes = reader.outcomes
            for seq in range(1, reader.count + 1):
                answer = parse_result(reader.raw(seq))
                outcome = OUTCOMES[outcomes[seq]]
                judged, placing = answer.custom_id, Placing.ALONE
                if record.second is not None:
                    placing = placing_of(answer.custom_id)
                if ids is not None:
                    parents = ids.parents_of([answer.custom_id]).get(answer.custom_id, [])
                    if not parents:
                        continue
                    judged = parents[0][1]
                yield read_reply(
                    answer, outcome, record.rubric, custom_id=judged, placing=placing, attempt=batch.attempt
                )
    finally:
        if ids is not None:
            ids.close()
