"""Store how judge jobs were made, what they answered, and the scores that this gives: `JudgeTable`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batchtui.domain.results.judgment import OVERALL, WIN, JudgeRecord, Judgment, Placing, Verdict
from batchtui.domain.results.win_rate import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import aiosqlite

    from batchtui.domain.results.judgment import Rubric
    from batchtui.registry.database.connection import Database

_NOTE = """
INSERT INTO judgments VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (judge, custom_id, placing) DO UPDATE SET
 verdict = excluded.verdict, usable = excluded.usable, attempt = excluded.attempt, reason = excluded.reason
WHERE (excluded.usable, excluded.attempt) >= (judgments.usable, judgments.attempt)
"""
_SCORE = "INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?)"
_WON = {Verdict.FIRST: (1.0, 0.0), Verdict.SECOND: (0.0, 1.0), Verdict.TIE: (0.5, 0.5)}
CONTRADICTION = "The judge contradicts itself: it went by the position."


class JudgeTable:
    """Reads and writes what judges said. Writing the same answers again changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, job_id: str) -> JudgeRecord | None:
        """Return how a job judges; None where it is no judge job."""
        row = await self._database.one("SELECT * FROM judges WHERE job_id = ?", (job_id,))
        return JudgeRecord.from_document(row["first"], row["second"], json.loads(row["document"])) if row else None

    async def newest_pair(self, first: str, second: str) -> str | None:
        """Return the newest judge job that compares these two jobs, in either order; None where there is none."""
        row = await self._database.one(
            "SELECT job_id FROM judges WHERE (first, second) IN (VALUES (?, ?), (?, ?)) ORDER BY number DESC LIMIT 1",
            (first, second, second, first),
        )
        return str(row["job_id"]) if row else None

    async def of_job(self, job_id: str) -> list[str]:
        """Return the judge jobs that judge or compare this job, the newest first."""
        rows = await self._database.all(
            "SELECT job_id FROM judges WHERE first = ? OR second = ? ORDER BY number DESC", (job_id, job_id)
        )
        return [row["job_id"] for row in rows]

    async def unread_batches(self, job_id: str | None = None) -> list[int]:
        """Return the batches of judge jobs (or of this one) whose saved results were not read, the oldest first."""
        rows = await self._database.all(
            "SELECT b.key FROM judges AS j JOIN batches AS b ON b.job_id = j.job_id WHERE b.results = 'saved'"
            " AND b.key NOT IN (SELECT batch FROM judged_batches) AND b.job_id = coalesce(?, b.job_id) ORDER BY b.key",
            (job_id,),
        )
        return [row["key"] for row in rows]

    async def note(self, judge: str, judgments: Sequence[Judgment], rubric: Rubric) -> None:
        """Write judgments and the scores that follow from them, in one transaction.

        A usable answer takes the place of one that is not; of two such answers the one of the later attempt counts.
        """
        async with self._database.transaction() as tx:
            record = await _record(tx, judge)
            await tx.executemany(_NOTE, [_judgment_row(judge, one) for one in judgments])
            if record.second is None:
                await self._score_alone(tx, judge, record, judgments, rubric)
            else:
                await self._score_pairs(tx, judge, record, {one.custom_id for one in judgments})

    async def mark_read(self, batch: int) -> None:
        """Note that all results of a batch were read."""
        async with self._database.transaction() as tx:
            await tx.execute("INSERT OR IGNORE INTO judged_batches VALUES (?)", (batch,))

    async def verdicts(self, judge: str) -> list[tuple[str, Placing, Verdict]]:
        """Return what each answer of a judge job says, in order of the custom_ids."""
        rows = await self._database.all(
            "SELECT custom_id, placing, verdict FROM judgments WHERE judge = ? ORDER BY custom_id, placing", (judge,)
        )
        return [(row["custom_id"], Placing(row["placing"]), Verdict(row["verdict"])) for row in rows]

    async def scores(self, judge: str, job_id: str) -> list[tuple[str, str, float | None, str]]:
        """Return custom_id, criterion, value and reason of the scores that a judge job gave the answers of a job."""
        rows = await self._database.all(
            "SELECT custom_id, criterion, value, reason FROM scores WHERE job = ? AND judge = ?"
            " ORDER BY custom_id, criterion",
            (job_id, judge),
        )
        return [(row["custom_id"], row["criterion"], row["value"], row["reason"]) for row in rows]

    @staticmethod
    async def _score_alone(
        tx: aiosqlite.Connection, judge: str, record: _Numbered, judgments: Iterable[Judgment], rubric: Rubric
    ) -> None:
        rows: list[tuple[object, ...]] = []
        for one in judgments:
            if one.verdict is not Verdict.SCORED:
                continue
            # An earlier attempt that is read late must not replace what a later one said.
            async with tx.execute(
                "SELECT attempt FROM judgments WHERE judge = ? AND custom_id = ? AND placing = ?",
                (judge, one.custom_id, one.placing),
            ) as cursor:
                stored = await cursor.fetchone()
            if stored is None or stored[0] != one.attempt:
                continue
            scores = {name: value for name, (value, _) in one.scores.items()}
            reasons = "\n".join(f"{name}: {reason}" for name, (_, reason) in one.scores.items())
            overall = next(iter(one.scores.values()))[1] if len(one.scores) == 1 else reasons
            head = (record.first, one.custom_id)
            tail = (record.number, judge)
            rows.append((*head, OVERALL, *tail, rubric.overall(scores), overall))
            rows += [(*head, name, *tail, value, reason) for name, (value, reason) in one.scores.items()]
        await tx.executemany(_SCORE, rows)

    @staticmethod
    async def _score_pairs(tx: aiosqlite.Connection, judge: str, record: _Numbered, custom_ids: set[str]) -> None:
        rows: list[tuple[object, ...]] = []
        for custom_id in sorted(custom_ids):
            async with tx.execute(
                "SELECT placing, verdict, reason FROM judgments WHERE judge = ? AND custom_id = ?", (judge, custom_id)
            ) as cursor:
                said = {Placing(row[0]): (Verdict(row[1]), str(row[2])) async for row in cursor}
            rows += _pair_scores(judge, record, custom_id, said)
        await tx.executemany(_SCORE, rows)


class _Numbered:
    """The jobs that a judge job judges, and its number among the judges."""

    def __init__(self, number: int, first: str, second: str | None) -> None:
        self.number, self.first, self.second = number, first, second


async def _record(tx: aiosqlite.Connection, judge: str) -> _Numbered:
    async with tx.execute("SELECT number, first, second FROM judges WHERE job_id = ?", (judge,)) as cursor:
        row = await cursor.fetchone()
    assert row is not None
    return _Numbered(row[0], row[1], row[2])


async def insert_judge(tx: aiosqlite.Connection, job_id: str, record: JudgeRecord) -> None:
    """Write how a job judges, within the transaction that plans it."""
    await tx.execute(
        "INSERT INTO judges (job_id, first, second, document) VALUES (?, ?, ?, ?)",
        (job_id, record.first, record.second, json.dumps(record.document())),
    )
    by_rule = [Judgment(custom_id, Placing.RULE, verdict, 1) for custom_id, verdict in record.losses]
    await tx.executemany(_NOTE, [_judgment_row(job_id, one) for one in by_rule])
    numbered = await _record(tx, job_id)
    for one in by_rule:
        said = {one.placing: (one.verdict, "")}
        await tx.executemany(_SCORE, _pair_scores(job_id, numbered, one.custom_id, said))


def _judgment_row(judge: str, one: Judgment) -> tuple[object, ...]:
    return (judge, one.custom_id, one.placing, one.verdict, one.verdict.is_usable, one.attempt, one.reason)


def _pair_scores(
    judge: str, record: _Numbered, custom_id: str, said: dict[Placing, tuple[Verdict, str]]
) -> list[tuple[object, ...]]:
    """Return a row of scores for each side; none while an order has no usable answer."""
    if (rule := said.get(Placing.RULE)) is not None:
        decided: Verdict | None = rule[0]
        reason = "The other answer failed." if decided is not Verdict.TIE else ""
    else:
        forward, backward = said.get(Placing.FORWARD), said.get(Placing.BACKWARD)
        if forward is None or backward is None or not (forward[0].is_usable and backward[0].is_usable):
            return []
        decided = decide(forward[0], backward[0])
        reason = forward[1] if decided is not None else CONTRADICTION
    values = _WON[decided] if decided is not None else (None, None)
    return [
        (job, custom_id, WIN, record.number, judge, value, reason)
        for job, value in zip((record.first, record.second), values, strict=True)
    ]
