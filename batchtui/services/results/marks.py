"""Marks of a review beside results: `read_marks` as columns, `refresh_stale` after the answers have changed.

A mark says something of the answer that its reviewer saw. Where a retry brought another one, the mark is stale: it
stays, and is told apart.
"""

from __future__ import annotations

from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.domain.results.annotation import AnnotationColumn
from batchtui.registry.results.annotations import AnnotationTable
from batchtui.results.answer_digest import answer_digest
from batchtui.results.parsed_result import parse_result
from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.history import open_job_results

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from batchtui.registry.registry import Registry
    from batchtui.registry.results.job_results import ResultList
    from batchtui.services.workspace import Workspace

COLUMNS = (
    AnnotationColumn("review"),
    AnnotationColumn("labels", alias="label"),
    AnnotationColumn("review_note"),
    AnnotationColumn("reviewer"),
)
"""Names of the columns; `note` is taken by what is said of results that were salvaged."""
_AT_ONCE = 1_000
_SELECT = (
    "SELECT custom_id,"
    " group_concat(DISTINCT nullif(coalesce(verdict, '') || iif(is_stale, ' (stale)', ''), '')) AS review,"
    " (SELECT group_concat(value, ', ') FROM (SELECT DISTINCT each.value FROM marks AS m, json_each(m.labels) AS each"
    " WHERE m.job_id = marks.job_id AND m.custom_id = marks.custom_id ORDER BY 1)) AS labels,"
    " group_concat(nullif(note, ''), '; ') AS note,"
    " group_concat(reviewer, ', ') AS reviewer"
    " FROM (SELECT * FROM marks WHERE job_id = ? ORDER BY custom_id, reviewer) AS marks GROUP BY custom_id"
)
"""One row a result: what several reviewers say stands side by side in a cell."""
_ANY = "SELECT custom_id FROM marks WHERE job_id = ? LIMIT 1"


def read_marks(registry: Registry, job: str) -> AnnotationTable | None:
    """Return the marks of a job as columns beside its results; None where nothing is marked.

    Raises:
        StorageError: the registry cannot be read.
    """
    with closing(AnnotationTable(registry.path, (), _ANY, (job,))) as marked:
        if next(marked.stream(), None) is None:
            return None
    return AnnotationTable(registry.path, COLUMNS, _SELECT, (job,))


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
