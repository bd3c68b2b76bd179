"""A query says of every line what an export says of it, however odd the line is, and of a retry what stands."""

from __future__ import annotations

import io
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from batchtui.services.retry.retry import RetryOptions, apply_retry, plan_retry
from batchtui.services.tables.query import open_query
from batchtui.simulator import SCENARIOS
from tests.support.lines import bare, encoded, errored, succeeded, tool_use
from tests.support.results import keep
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

LINES = (
    succeeded("plain", "a text"),
    succeeded("json", '{"topic": "billing", "score": 3, "more": [1, {"a": null}]}'),
    succeeded("padded", '\n  {"topic": "login", "score": 4}'),
    succeeded("fenced", '```json\n{"topic": "login", "score": 5}\n```'),
    succeeded("broken", '{"topic": "billing", '),
    succeeded("list", '["topic"]'),
    succeeded("odd keys", '{"to\\"pic": 1, "a.b": "dots", "it\'s": true}'),
    succeeded("tool", tool_use("answer", {"topic": "tool", "score": 6}), stop_reason="tool_use"),
    succeeded("thinking", {"type": "thinking", "thinking": "hm"}, '{"topic": "thought", "score": 7}'),
    succeeded("two", "first ", "second"),
    succeeded("apart", "first", tool_use("look", {"q": 1}), "second"),
    succeeded("cut", "too lo", stop_reason="max_tokens"),
    succeeded("empty", ""),
    succeeded("nothing"),
    succeeded("signs", "\u202eüß \U0001f600 '\"\\ \x1b[31m"),
    errored("errored", "invalid_request_error", "max_tokens: 9 > 8"),
    encoded({"custom_id": "flat", "result": {"type": "errored", "error": {"type": "x", "message": "flat"}}}),
    bare("expired", "expired"),
    bare("canceled", "canceled"),
    bare("new", "postponed"),
)
UNREADABLE = (b'{"custom_id": "cut off', b"null", b'{"custom_id": "nan", "result": NaN}', b"\xff\xfe no text")


async def asked(workspace: Workspace, sql: str) -> list[dict[str, Any]]:
    async with open_query(workspace, sql) as query:
        names, found = [name for name, _ in query.columns], list[dict[str, Any]]()
        while rows := await query.next_rows():
            found += [dict(zip(names, row, strict=True)) for row in rows]
    return found


async def collected(workspace: Workspace, clock: TurnedClock, job: str) -> None:
    clock.turn(hours=2)
    await sweep(workspace)
    for batch in (await find_target(workspace, job)).batches:
        await collect(workspace, batch)


@pytest.mark.parametrize("lines", [LINES, (*LINES, *UNREADABLE)], ids=["whole", "with unreadable lines"])
async def test_every_line_says_what_it_says_in_an_export(
    workspace: Workspace, clock: TurnedClock, tmp_path: Path, lines: tuple[bytes, ...]
) -> None:
    job = (await submit(workspace, tmp_path, 3)).job.id
    await collected(workspace, clock, job)
    [batch] = (await find_target(workspace, job)).batches
    raw = b"\n".join(lines) + b"\n"
    keep(workspace.registry.results, batch, raw)
    with sqlite3.connect(workspace.registry.path) as connection:
        connection.execute("UPDATE batches SET results_bytes = ?, results_digest = ''", (len(raw),))
    connection.close()
    [batch] = (await find_target(workspace, job)).batches
    out = io.BytesIO()
    fields = ("custom_id", "outcome", "text", "error_type", "error_message", "model", "stop_reason", "output_tokens")
    keys = ("answer.topic", "answer.score", "answer.more", "answer.a.b", "answer.it's", 'answer.to"pic')
    options = ExportOptions(format="jsonl", fields=(*fields, *keys), order="arrival")
    await apply_export(workspace, await plan_export(workspace, [batch], options), stream=out)
    exported = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(exported) == len(lines)
    rows = await asked(workspace, f"select * from results('{job}')")
    assert len(rows) == len(lines)
    for row, one in zip(rows, exported, strict=True):
        assert row["outcome"] == one["outcome"], one
        if row["raw"] is None:  # no JSON: nothing else is said of it
            continue
        assert (row["custom_id"] or "", row["answer"], row["model"]) == (one["custom_id"], one["text"], one["model"])
        assert (row["error"], row["error_type"]) == (one["error_message"], one["error_type"])
        assert (row["stop_reason"], row["tokens_out"] or 0) == (one["stop_reason"], one["output_tokens"])
        for key in keys:
            told = json.loads(row[key]) if key == "answer.more" and row[key] else row[key]
            assert told == one[key], (one["custom_id"], key)
    counted = await asked(workspace, f"select count(*) as n from results('{job}') where \"answer.topic\" = 'login'")
    assert counted == [{"n": 2}]


async def test_of_a_request_that_was_retried_the_result_that_stands_is_a_row(
    workspace: Workspace, simulator: Simulator, clock: TurnedClock, tmp_path: Path
) -> None:
    simulator.world.retemper(SCENARIOS["half-fail"])
    job = (await submit(workspace, tmp_path, 20)).job.id
    await collected(workspace, clock, job)
    before = await asked(workspace, f"select count(*) n from results('{job}') where outcome = 'errored'")
    assert before[0]["n"] > 0
    simulator.world.retemper(SCENARIOS["quiet-night"])
    await apply_retry(workspace, await plan_retry(workspace, await find_target(workspace, job), RetryOptions()))
    await collected(workspace, clock, job)
    target = await find_target(workspace, job)
    plan = await plan_export(workspace, target.batches, ExportOptions())
    report = await apply_export(workspace, plan, stream=io.BytesIO())
    rows = await asked(workspace, f"select outcome, count(distinct custom_id) n from results('{job}') group by 1")
    assert {row["outcome"]: row["n"] for row in rows} == {str(one): count for one, count in report.outcomes.items()}
    assert sum(row["n"] for row in rows) == 20
    assert report.succeeded > 20 - before[0]["n"]
    assert await asked(workspace, f"select count(*) n from requests('{job}')") == [{"n": 20}]
