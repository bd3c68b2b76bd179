"""Read the scores of a job, a column for each criterion: `read_scores`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from batchtui.domain.errors import StorageError
from batchtui.domain.results.annotation import AnnotationColumn
from batchtui.registry.results.annotations import AnnotationTable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def criteria_of(registry: Path, job: str) -> tuple[str, ...]:
    """Return the criteria that answers of a job have scores for, the overall score (an empty name) first.

    Raises:
        StorageError: the file cannot be read.
    """
    try:
        uri = f"{registry.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            # What judges were asked, not what answers have: a job may have a million scores.
            rows = connection.execute(
                "WITH of(id) AS (VALUES (?)), asked(criterion) AS ("
                " SELECT '' FROM judges, of WHERE first = of.id AND second IS NULL"
                " UNION SELECT c.value ->> 'name' FROM of, judges AS j, json_each(j.document, '$.rubric.criteria') AS c"
                "  WHERE j.first = of.id AND j.second IS NULL"
                " UNION SELECT 'win' FROM judges, of WHERE second IS NOT NULL AND of.id IN (first, second))"
                " SELECT criterion FROM asked, of WHERE EXISTS (SELECT 1 FROM scores WHERE job = of.id)"
                " ORDER BY criterion <> '', criterion",
                (job,),
            ).fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{registry} cannot be read: {error}.") from error
    return tuple(row[0] for row in rows)


def score_select(criteria: Sequence[str]) -> str:
    """Return a SELECT of custom_id, then the values and then the reasons of these criteria; its one value is the job.

    Of several judges the newest counts that has a score for the criterion.
    """
    newest = (
        "(SELECT t.{what} FROM scores AS t WHERE t.job = s.job AND t.custom_id = s.custom_id AND t.criterion = '{name}'"
        " ORDER BY t.number DESC LIMIT 1)"
    )
    # Names of criteria are a to z, 0 to 9 and _ (`judging.rubric`), so they need no quoting.
    assert all(name.replace("_", "").isalnum() or not name for name in criteria)
    cells = [newest.format(what=what, name=name) for what in ("value", "reason") for name in criteria]
    named = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(cells))
    return f"SELECT s.custom_id AS custom_id, {named} FROM scores AS s WHERE s.job = ? GROUP BY s.custom_id"


def read_score_spread(registry: Path, job: str) -> AnnotationTable:
    """Return as one column how far the scores of several judges lie apart, for results where they do.

    Raises:
        StorageError: the file cannot be read.
    """
    select = (
        "SELECT custom_id, max(spread) FROM (SELECT custom_id, max(value) - min(value) AS spread FROM scores"
        " WHERE job = ? GROUP BY custom_id, criterion HAVING max(value) > min(value)) GROUP BY custom_id"
    )
    return AnnotationTable(registry, (AnnotationColumn("spread", "number"),), select, (job,))


def read_scores(registry: Path, job: str) -> AnnotationTable | None:
    """Return the scores of a job as columns: `score`, `score.CRITERION`, `score.win`; None where it has none."""
    criteria = criteria_of(registry, job)
    if not criteria:
        return None
    columns = [AnnotationColumn(f"score.{name}" if name else "score", "number") for name in criteria]
    columns += [
        AnnotationColumn(f"score.{name}.reason" if name else "score.reason", is_usual=False) for name in criteria
    ]
    return AnnotationTable(registry, columns, score_select(criteria), (job,))
