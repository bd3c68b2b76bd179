"""Every format, byte for byte."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import UsageError
from batchtui.exporters.columns import default_columns, named_columns, structured_columns
from batchtui.exporters.formats import Format, format_of, write
from batchtui.exporters.json_types import FLAG, INTEGER, NUMBER, TEXT, ListOf
from batchtui.exporters.record import ExportRecord
from tests.support.builders import request
from tests.support.lines import bare, encoded, errored, succeeded, tool_use

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.exporters.columns import ExportColumn

PLAIN = [
    (succeeded("r-1", 'He said "hi", and left.\nThen: =SUM(A1)'), request("r-1", "What did he say?", system="Brief.")),
    (errored("r-2", message="messages.1: Field required"), request("r-2", "…")),
    (bare("r-3", "expired"), request("r-3", [{"type": "text", "text": "Look:"}, {"type": "image"}])),  # type: ignore[arg-type]
]
STRUCTURED = [
    succeeded("r-1", '{"city": "Zürich", "people": 434335, "wet": true, "tags": ["a"]}'),
    succeeded("r-2", tool_use("report", {"city": "=cmd|' /C calc'!A0", "degrees": 21.5}), stop_reason="tool_use"),
    succeeded("r-3", "No idea."),
]


def entries(with_requests: bool = False) -> list[ExportRecord]:
    return [ExportRecord(line, encoded(body) if with_requests else None) for line, body in PLAIN]


def written(
    kind: Format,
    items: Sequence[ExportRecord],
    columns: Sequence[ExportColumn] | None = None,
    *,
    with_requests: bool = False,
) -> str:
    out = io.BytesIO()
    write(kind, out, iter(items), columns, with_requests=with_requests)
    return out.getvalue().decode()


def test_jsonl_is_the_lines_as_they_came() -> None:
    assert written(Format.JSONL, entries()) == "".join(line.decode() + "\n" for line, _ in PLAIN)


def test_jsonl_with_requests_adds_them_at_the_end() -> None:
    assert written(Format.JSONL, entries(with_requests=True)[2:], with_requests=True) == (
        '{"custom_id":"r-3","result":{"type":"expired"},"request":{"model":"claude-haiku-5-5","max_tokens":256,'
        '"messages":[{"role":"user","content":[{"type":"text","text":"Look:"},{"type":"image"}]}]}}\n'
    )


def test_jsonl_of_chosen_fields() -> None:
    columns = named_columns(["custom_id", "answer.tags", "output_tokens", "result.message.usage.service_tier"], ())
    items = [ExportRecord(line) for line in STRUCTURED[:2]]
    assert written(Format.JSONL, items, columns) == (
        '{"custom_id":"r-1","answer.tags":["a"],"output_tokens":5,"result.message.usage.service_tier":"batch"}\n'
        '{"custom_id":"r-2","answer.tags":null,"output_tokens":5,"result.message.usage.service_tier":"batch"}\n'
    )


def test_json_is_one_array_with_an_object_a_line() -> None:
    assert written(Format.JSON, [ExportRecord(bare("a", "expired")), ExportRecord(bare("b", "canceled"))]) == (
        '[\n{"custom_id":"a","result":{"type":"expired"}},\n{"custom_id":"b","result":{"type":"canceled"}}\n]\n'
    )


def test_json_of_nothing_is_an_empty_array() -> None:
    assert written(Format.JSON, []) == "[]\n"


def test_json_stays_json_where_a_line_is_none() -> None:
    assert written(Format.JSON, [ExportRecord(b"<html>")]) == '[\n"<html>"\n]\n'


def test_csv_has_a_row_for_each_result() -> None:
    assert written(Format.CSV, entries(), default_columns((), with_requests=False)) == (
        "custom_id,outcome,stop_reason,text,error_type,error_message,model,"
        "input_tokens,cache_write_tokens,cache_read_tokens,output_tokens\n"
        'r-1,succeeded,end_turn,"He said ""hi"", and left.\nThen: =SUM(A1)",,,claude-haiku-5-5,14,0,0,5\n'
        "r-2,errored,,,invalid_request_error,messages.1: Field required,,0,0,0,0\n"
        "r-3,expired,,,,,,0,0,0,0\n"
    )


def test_csv_joins_results_with_their_requests() -> None:
    columns = named_columns(
        ["custom_id", "request.model", "request.max_tokens", "request.system", "request.prompt"], ()
    )
    assert written(Format.CSV, entries(with_requests=True), columns) == (
        "custom_id,request.model,request.max_tokens,request.system,request.prompt\n"
        "r-1,claude-haiku-5-5,256,Brief.,What did he say?\n"
        "r-2,claude-haiku-5-5,256,,…\n"
        'r-3,claude-haiku-5-5,256,,"Look:\n[image]"\n'
    )


def test_csv_spreads_structured_answers_into_columns() -> None:
    items = [ExportRecord(line) for line in STRUCTURED]
    structured = structured_columns(items)
    assert [(column.name, column.type) for column in structured] == [
        ("answer.city", TEXT),
        ("answer.people", INTEGER),
        ("answer.wet", FLAG),
        ("answer.tags", ListOf(TEXT)),
        ("answer.degrees", NUMBER),
    ]
    assert written(Format.CSV, items, (*named_columns(["custom_id"], ()), *structured)) == (
        "custom_id,answer.city,answer.people,answer.wet,answer.tags,answer.degrees\n"
        'r-1,Zürich,434335,true,"[""a""]",\n'
        "r-2,'=cmd|' /C calc'!A0,,,,21.5\n"
        "r-3,,,,,\n"
    )


def test_tsv_separates_cells_with_tabs_and_keeps_them_whole() -> None:
    columns = named_columns(["custom_id", "text"], ())
    assert (
        written(Format.TSV, [ExportRecord(succeeded("a", "one\ttwo"))], columns) == 'custom_id\ttext\na\t"one\ttwo"\n'
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd|x", "'+1+cmd|x"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", '"\'\t=1"'),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ("+3.5", "+3.5"),
        ("-1.2e-3", "-1.2e-3"),
        ("a=b", "a=b"),
        ("- a list", "- a list"),
    ],
)
def test_cells_that_a_spreadsheet_would_run_are_made_harmless(text: str, cell: str) -> None:
    kind = Format.TSV if "\t" in text else Format.CSV
    columns = named_columns(["text"], ())
    assert written(kind, [ExportRecord(succeeded("a", text))], columns) == f"text\n{cell}\n"


def test_a_custom_id_stays_what_it_is() -> None:
    columns = named_columns(["custom_id"], ())
    assert written(Format.CSV, [ExportRecord(bare("-lead-9", "expired"))], columns) == "custom_id\n-lead-9\n"


def test_markdown_holds_each_answer_under_its_id() -> None:
    assert written(Format.MD, entries(with_requests=True), with_requests=True) == (
        "## `r-1`\n\n*succeeded · claude-haiku-5-5 · 14 tokens in, 5 out*\n\n> What did he say?\n\n"
        'He said "hi", and left.\nThen: =SUM(A1)\n'
        "\n---\n\n"
        "## `r-2`\n\n*errored · invalid_request_error*\n\n> …\n\n> messages.1: Field required\n"
        "\n---\n\n"
        "## `r-3`\n\n*expired*\n\n> Look:\n> [image]\n"
    )


def test_markdown_fences_what_a_tool_was_given_whatever_it_holds() -> None:
    items = [ExportRecord(succeeded("r`1", tool_use("f", {"x": "```"}), stop_reason="tool_use"))]
    assert written(Format.MD, items) == (
        "## ``r`1``\n\n*tool_use · claude-haiku-5-5 · 14 tokens in, 5 out*\n\n"
        'tool call f:\n\n````\n{\n  "x": "```"\n}\n````\n'
    )


def test_markdown_of_chosen_fields() -> None:
    columns = named_columns(["outcome", "text"], ())
    assert written(Format.MD, [ExportRecord(succeeded("a", "Hi."))], columns) == (
        "## `a`\n\n**outcome**\n\nsucceeded\n\n**text**\n\nHi.\n"
    )


@pytest.mark.long
def test_parquet_keeps_kinds_and_values() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    items = [ExportRecord(line) for line in STRUCTURED]
    columns = (*named_columns(["custom_id", "output_tokens"], ()), *structured_columns(items))
    out = io.BytesIO()
    write(Format.PARQUET, out, iter(items), columns)
    table = parquet.read_table(io.BytesIO(out.getvalue()))
    assert [str(field.type) for field in table.schema] == [
        "string", "int64", "string", "int64", "bool", "list<element: string>", "double"
    ]  # fmt: skip
    assert table.to_pydict() == {
        "custom_id": ["r-1", "r-2", "r-3"],
        "output_tokens": [5, 5, 5],
        "answer.city": ["Zürich", "=cmd|' /C calc'!A0", None],
        "answer.people": [434335, None, None],
        "answer.wet": [True, None, None],
        "answer.tags": [["a"], None, None],
        "answer.degrees": [None, 21.5, None],
    }


def test_parquet_of_nothing_has_its_columns() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    out = io.BytesIO()
    write(Format.PARQUET, out, iter(()), named_columns(["custom_id"], ()))
    assert parquet.read_table(io.BytesIO(out.getvalue())).column_names == ["custom_id"]


def test_without_pyarrow_parquet_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="pyarrow") as refused:
        write(Format.PARQUET, io.BytesIO(), iter(()), ())
    assert "batchtui[parquet]" in refused.value.hint


@pytest.mark.parametrize("kind", [Format.JSONL, Format.JSON, Format.CSV, Format.TSV, Format.MD])
def test_hostile_lines_are_written_in_every_format(kind: Format) -> None:
    lines = [
        b'{"custom_id":"a","result":{"type":"succeeded","message":{"content":[{"type":"text","text":"\\ud800"}]}}}',
        b"\xff\xfe",
        succeeded("b\x00", "\x1b[31m\u202e"),
        b'{"custom_id":"c","result":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    ]
    out = io.BytesIO()
    columns = default_columns((), with_requests=True) if kind.is_table else None
    write(kind, out, (ExportRecord(line, b"{") for line in lines), columns, with_requests=True)
    assert out.getvalue()


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (None, Format.JSONL),
        ("-", Format.JSONL),
        ("out.csv", Format.CSV),
        ("a/b.TSV", Format.TSV),
        ("notes.md", Format.MD),
        ("x.parquet", Format.PARQUET),
        ("x.ndjson", Format.JSONL),
        ("x.json", Format.JSON),
        ("x", Format.JSONL),
        ("x.docx", Format.JSONL),
    ],
)
def test_the_name_of_a_file_tells_its_format(output: str | None, kind: Format) -> None:
    assert format_of(output) is kind


@pytest.mark.parametrize("name", ["tokens", "answer.", "result.", "", "result"])
def test_a_field_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="no field"):
        named_columns([name], ())


def test_structured_columns_are_bounded() -> None:
    many = [ExportRecord(succeeded("a", '{"' + f"k{n}" + '": 1}')) for n in range(500)]
    assert len(structured_columns(many)) == 200
