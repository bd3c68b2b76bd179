"""What an export of saved results holds of tool calls, schemas and conversations, and how compose reads it back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.compose.tables.base import TableOptions
from batchtui.compose.tables.open import open_table
from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import UsageError
from batchtui.domain.results.result import Outcome
from batchtui.services.results.export import ExportOptions, apply_export, plan_export
from tests.support.lines import succeeded, tool_use
from tests.support.results import a_batch, keep, keep_requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace


def saved(workspace: Workspace, lines: Sequence[bytes], **params: Any) -> Batch:
    """A batch with these results, of the requests a, b, c …"""
    batch = a_batch(succeeded=len(lines))
    keep_requests(workspace.registry.requests, "abcdefgh"[: len(lines)], **params)
    raw = b"\n".join(lines) + b"\n"
    keep(workspace.registry.results, batch, raw)
    return replace(batch, results=ResultsState.SAVED, results_bytes=len(raw), results_digest="")


async def export(workspace: Workspace, batch: Batch, options: ExportOptions) -> tuple[bytes, dict[str, object]]:
    stream = io.BytesIO()
    report = await apply_export(workspace, await plan_export(workspace, [batch], options), stream=stream)
    return stream.getvalue(), report.document()


CALL = tool_use("look", {"x": 1})


@pytest.mark.parametrize(
    ("line", "has_columns"),
    [
        (succeeded("a", CALL, stop_reason="tool_use"), True),
        (succeeded("a", "Let me look.", CALL, stop_reason="max_tokens"), True),
        (succeeded("a", "Let me look.", CALL, "Done."), True),
        (succeeded("a", 'I would use "tool_use" here.'), False),
        (succeeded("a", {"type": "server_tool_use", "name": "web_search", "input": {}}, "Done."), False),
    ],
)
async def test_a_table_has_columns_for_tool_calls_where_any_answer_has_one(
    workspace: Workspace, line: bytes, has_columns: bool
) -> None:
    written, _ = await export(workspace, saved(workspace, [line, succeeded("b", "x")]), ExportOptions(format="csv"))
    rows = list(csv.DictReader(io.StringIO(written.decode())))
    assert ("tool_calls" in rows[0], "tool_names" in rows[0]) == (has_columns, has_columns)
    if has_columns:
        assert [(row["tool_names"], bool(row["tool_calls"])) for row in rows] == [("look", True), ("", False)]


async def test_parquet_has_the_types_that_the_requests_schema_names(workspace: Workspace, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    properties = {
        "score": {"type": "number"}, "tags": {"type": "array", "items": {"type": "string"}},
        "seen": {"type": ["boolean", "null"]}, "place": {"type": "object", "properties": {"city": {"type": "string"}}},
    }  # fmt: skip
    form = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": properties}}}
    lines = [succeeded("a", '{"score": 1, "tags": []}'), succeeded("b", '{"score": 2, "more": 7}')]
    output = tmp_path / "out.parquet"
    batch = saved(workspace, lines, output_config=form)
    await export(workspace, batch, ExportOptions(output=str(output)))
    table = parquet.read_table(output)
    assert {name: str(table.schema.field(name).type) for name in table.column_names if name.startswith("answer.")} == {
        "answer.score": "double", "answer.tags": "list<element: string>", "answer.seen": "bool",
        "answer.place": "struct<city: string>", "answer.more": "int64",
    }  # fmt: skip
    assert table["answer.score"].to_pylist() == [1.0, 2.0]


async def test_chat_takes_what_succeeded_and_is_whole_unless_told_otherwise(workspace: Workspace) -> None:
    lines = [
        succeeded("a", "Yes."),
        succeeded("b", "cut", stop_reason="max_tokens"),
        succeeded("c", "no", stop_reason="refusal"),
    ]
    batch = saved(workspace, lines)
    written, said = await export(workspace, batch, ExportOptions(format="chat"))
    assert [json.loads(line)["messages"] for line in written.splitlines()] == [
        [{"role": "user", "content": "Question a?"}, {"role": "assistant", "content": "Yes."}]
    ]
    assert (said["format"], said["total"], said["skipped"]) == ("chat", 1, 0)
    truncated = ExportOptions(format="chat", only=frozenset({Outcome.TRUNCATED}))
    written, _ = await export(workspace, batch, truncated)
    assert json.loads(written)["messages"][-1]["content"] == "cut"


async def test_results_that_chat_cannot_hold_are_left_out_and_counted(workspace: Workspace) -> None:
    document = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "aa"}}
    batch = saved(workspace, [succeeded("a", "Yes.")], messages=[{"role": "user", "content": [document]}])
    written, said = await export(workspace, batch, ExportOptions(format="chat"))
    assert (written, said["total"], said["skipped"]) == (b"", 0, 1)


@pytest.mark.parametrize(
    "options",
    [ExportOptions(format="chat", fields=("text",)), ExportOptions(format="json", bom=True)],
    ids=["fields of a conversation", "a byte order mark in JSON"],
)
async def test_a_choice_that_means_nothing_in_a_format_is_refused(workspace: Workspace, options: ExportOptions) -> None:
    with pytest.raises(UsageError):
        await export(workspace, saved(workspace, [succeeded("a", "x")]), options)


async def test_rows_are_marked_where_somebody_has_something_to_say_of_them(workspace: Workspace) -> None:
    batch = saved(workspace, [succeeded("a", "x"), succeeded("b", "y")])
    notes = {"b": "not sent by this job"}
    written, _ = await export(workspace, batch, ExportOptions(format="csv", notes=notes))
    rows = csv.DictReader(io.StringIO(written.decode()))
    assert [row["note"] for row in rows] == ["", "not sent by this job"]
    written, _ = await export(workspace, batch, ExportOptions(notes=notes))
    assert [json.loads(line).get("note") for line in written.splitlines()] == [None, "not sent by this job"]


TEXTS = ["=SUM(A1)", "'=x", "- item\n- item", "'quoted' text", "@SUM(1)", "\t=1", "plain", "''+1+cmd|'x'!A1"]


@pytest.mark.parametrize("options", [{}, {"bom": True}], ids=["guarded", "marked"])
@pytest.mark.parametrize("kind", ["csv", "tsv"])
async def test_compose_reads_the_cells_of_an_export_as_they_were(
    workspace: Workspace, tmp_path: Path, kind: str, options: dict[str, bool]
) -> None:
    lines = [succeeded("abcdefgh"[at], text) for at, text in enumerate(TEXTS)]
    output = tmp_path / f"out.{kind}"
    await export(workspace, saved(workspace, lines), ExportOptions(output=str(output), **options))  # type: ignore[arg-type]
    source = open_table(str(output), TableOptions())
    assert [row.values["text"] for block in source.rows() for row in block] == TEXTS


def test_compose_leaves_the_apostrophes_of_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "questions.csv"
    path.write_text("id,question\n1,\"'=SUM(A1)' fails, why?\"\n")
    [block] = [block for block in open_table(str(path), TableOptions()).rows() if block]
    assert block[0].values["question"] == "'=SUM(A1)' fails, why?"
