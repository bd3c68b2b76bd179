"""Find out which marks are about an answer that the job does not have any more: `refresh_stale`.

A mark says something of the answer that its reviewer saw. Where a retry brought another one, the mark is stale: it
stays, and is told apart.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from batchtui.results.answer_digest import answer_digest
from batchtui.results.parsed_result import parse_result
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.history import open_job_results

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from batchtui.registry.results.job_results import ResultList
    from batchtui.services.workspace import Workspace

_AT_ONCE = 1_000


async def refresh_stale(workspace: Workspace, job: str) -> int:
    """Find out which marks of a job are about another answer than it has now. Returns how many are.

    Call it where answers of a job may have changed: a retry was collected, marks were imported.

    Raises:
        ResultsUnavailable: no results of the job are saved.
        StorageError: the disk refuses.
    """
    table = workspace.registry.marks
    marks = await table.of_job(job)
    if not marks:
        return 0
    results = await open_job_results(workspace, job)
    try:
        wanted = sorted({mark.custom_id for mark in marks})
        digests = await run_in_thread(lambda: dict(digests_of(results, wanted)))
    finally:
        results.close()
    changed = [
        (mark.custom_id, mark.reviewer, not mark.is_stale)
        for mark in marks
        if mark.is_stale is (digests.get(mark.custom_id, mark.answer) == mark.answer)
    ]
    if changed:
        await table.set_stale(job, changed)
    return sum(digests.get(mark.custom_id, mark.answer) != mark.answer for mark in marks)


def digests_of(results: ResultList, custom_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the digest of the answer to each of these custom_ids; ids without a result are left out. Blocking."""
    waiting = iter(custom_ids)
    while some := list(islice(waiting, _AT_ONCE)):
        for number in results.numbers_of(some):
            answer = parse_result(results.raw(number))
            yield answer.custom_id, answer_digest(answer)
