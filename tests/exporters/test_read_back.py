"""What is exported is what other programs read: every cell, in every format, by four readers."""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.exporters.columns import named_columns, structured_columns
from batchtui.exporters.formats import Format, write
from batchtui.exporters.record import ExportRecord
from batchtui.text.formula_guard import unguard_formula
from tests.support.lines import encoded, succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = [
    "plain", "", " ", "two\nlines", "a\r\nb", "a\rb", "\n", "\r", "ends in a line\n", "\n\nbegins with two",
    '"', '""', 'she said "hi"', '"quoted"', "a,b;c\td|e", "'", "''", "it's", "back\\slash", "\\", '\\"', "\\n",
    "nul\0inside", "\x1b[31mred", "\x85 next line", "line\u2028para\u2029", "\x0b\x0c\x1c\x1d\x1e", "\ufeffmark",
    "😀 👨‍👩‍👧 🇩🇪", "مرحبا", "\u202eright to left\u202c", "e\u0301 é", "\U0010ffff", "\ufffe",
    "x" * 300_000, "é" * 70_000,
    "=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1+cmd", "\t=1", "\ttab", "\rcarriage", "'=1+1", "''=x", "＝1+1",
    "- item\n- item", "---\nTitle", "-5%", "-$5.00", "+49 151 2345", "@name in running text", "-", "=", "+", "@",
    "NULL", "null", "NA", "nan", "None", "N/A", "true", "False", "1", "007", "1e5", "1.50", "-0", "2026-11-30", "0x1F",
    "#comment", "# Heading", "--", "//", "<script>alert(1)</script>", "{\"a\": 1}", "[1, 2]", "```\nopen fence",
    "  leading", "trailing  ", "\u3000wide", "\xa0nbsp", "%s %d {}", "${x}", "a=b&c=d", "C:\\new\\table",
]  # fmt: skip
"""Texts that some reader, somewhere, has taken for something else."""


def written(kind: Format, **options: Any) -> bytes:
    """Export the texts as the answers a-0, a-1 …, and an id."""
    entries = [ExportRecord(succeeded(f"a-{number}", text)) for number, text in enumerate(HOSTILE)]
    out = io.BytesIO()
    write(kind, out, iter(entries), named_columns(["custom_id", "text"], ()), **options)
    return out.getvalue()


def by_csv(path: Path, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, delimiter=delimiter, strict=True))[1:]


def by_pandas(path: Path, delimiter: str) -> list[list[str]]:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_csv(path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig", engine="c",
                            lineterminator="\n")  # fmt: skip
    return [list(row) for row in frame.itertuples(index=False)]


def by_polars(path: Path, delimiter: str) -> list[list[str]]:
    polars = pytest.importorskip("polars")
    frame = polars.read_csv(path, separator=delimiter, infer_schema=False)
    return [[cell or "" for cell in row] for row in frame.rows()]


def by_duckdb(path: Path, delimiter: str) -> list[list[str]]:
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.execute(
        "SELECT custom_id, text FROM read_csv(?, delim=?, header=true, all_varchar=true, quote='\"', escape='\"',"
        " auto_detect=false, new_line='\\n', max_line_size=4000000, nullstr='\x01',"
        " columns={'custom_id': 'VARCHAR', 'text': 'VARCHAR'}, parallel=false)",
        [str(path), delimiter],
    ).fetchall()
    return [[cell or "" for cell in row] for row in rows]


@pytest.mark.parametrize("reader", [by_csv, by_pandas, by_polars, by_duckdb])
@pytest.mark.parametrize(("kind", "delimiter"), [(Format.CSV, ","), (Format.TSV, "\t")])
@pytest.mark.parametrize("options", [{}, {"guard": False}, {"bom": True}], ids=["guarded", "as it is", "marked"])
def test_every_cell_of_a_delimited_file_is_read_as_it_was_written(
    tmp_path: Path,
    reader: Callable[[Path, str], list[list[str]]],
    kind: Format,
    delimiter: str,
    options: dict[str, bool],
) -> None:
    path = tmp_path / f"out.{kind}"
    path.write_bytes(written(kind, **options))

    rows = reader(path, delimiter)

    assert [row[0] for row in rows] == [f"a-{number}" for number in range(len(HOSTILE))]
    read = [row[1] if options.get("guard") is False else unguard_formula(row[1]) for row in rows]
    assert [(text, was) for text, was in zip(read, HOSTILE, strict=True) if text != was] == []


def json_by_pandas(path: Path) -> list[Any]:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_json(path, lines=path.suffix == ".jsonl", dtype=False)
    return [text if isinstance(text, str) else None for text in frame["text"]]


def json_by_polars(path: Path) -> list[Any]:
    polars = pytest.importorskip("polars")
    frame = polars.read_ndjson(path) if path.suffix == ".jsonl" else polars.read_json(path)
    return list(frame["text"].to_list())


def json_by_duckdb(path: Path) -> list[Any]:
    duckdb = pytest.importorskip("duckdb")
    rows = duckdb.execute(
        "SELECT text FROM read_json(?, columns={'custom_id': 'VARCHAR', 'text': 'VARCHAR'},"
        " maximum_object_size=4000000)",
        [str(path)],
    ).fetchall()
    return [row[0] for row in rows]


def json_by_python(path: Path) -> list[Any]:
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")[:-1] if path.suffix == ".jsonl" else []
    rows = [json.loads(line, parse_constant=pytest.fail) for line in lines] if lines else json.loads(text)
    return [row["text"] for row in list[dict[str, Any]](rows)]


@pytest.mark.parametrize("reader", [json_by_python, json_by_pandas, json_by_polars, json_by_duckdb])
@pytest.mark.parametrize("kind", [Format.JSONL, Format.JSON])
def test_every_text_of_a_json_file_is_read_as_it_was_written(
    tmp_path: Path, reader: Callable[[Path], list[Any]], kind: Format
) -> None:
    path = tmp_path / f"out.{kind}"
    path.write_bytes(written(kind))
    wanted = [text or None for text in HOSTILE]  # an empty answer has no text
    assert [(text, was) for text, was in zip(reader(path), wanted, strict=True) if text != was] == []


def parquet_by_arrow(path: Path) -> list[Any]:
    table = pytest.importorskip("pyarrow.parquet").read_table(path)
    return table["text"].to_pylist()  # type: ignore[no-any-return]


def parquet_by_pandas(path: Path) -> list[Any]:
    frame = pytest.importorskip("pandas").read_parquet(path)
    return [text if isinstance(text, str) else None for text in frame["text"]]


def parquet_by_polars(path: Path) -> list[Any]:
    return pytest.importorskip("polars").read_parquet(path)["text"].to_list()  # type: ignore[no-any-return]


def parquet_by_duckdb(path: Path) -> list[Any]:
    duckdb = pytest.importorskip("duckdb")
    return [row[0] for row in duckdb.execute("SELECT text FROM read_parquet(?)", [str(path)]).fetchall()]


@pytest.mark.parametrize("reader", [parquet_by_arrow, parquet_by_pandas, parquet_by_polars, parquet_by_duckdb])
def test_every_cell_of_a_parquet_file_is_read_as_it_was_written(
    tmp_path: Path, reader: Callable[[Path], list[Any]]
) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "out.parquet"
    path.write_bytes(written(Format.PARQUET))
    wanted = [text or None for text in HOSTILE]
    assert [(text, was) for text, was in zip(reader(path), wanted, strict=True) if text != was] == []


TYPED = [
    {
        "score": 1,
        "tags": ["a", "b"],
        "by": {"name": "Ann", "age": 3},
        "ok": True,
        "mixed": 1,
        "big": 10**40,
        "none": None,
    },
    {"score": 2.5, "tags": [], "by": {"name": "Bo", "mail": "b@x"}, "ok": None, "mixed": "1", "big": 1, "none": None},
    {"score": 3, "tags": None, "by": None, "ok": False, "mixed": [1, "1"], "big": 2, "none": None},
]


def test_structured_answers_have_their_types_in_parquet_for_every_reader(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    duckdb, polars = pytest.importorskip("duckdb"), pytest.importorskip("polars")
    entries = [ExportRecord(succeeded(f"a-{at}", encoded(value).decode())) for at, value in enumerate(TYPED)]
    path = tmp_path / "out.parquet"
    with path.open("wb") as out:
        write(Format.PARQUET, out, iter(entries), structured_columns(entries))

    rows = polars.read_parquet(path).to_dicts()

    assert [row["answer.score"] for row in rows] == [1.0, 2.5, 3.0]
    assert [row["answer.tags"] for row in rows] == [["a", "b"], [], None]
    assert rows[0]["answer.by"] == {"name": "Ann", "age": 3, "mail": None}
    assert rows[1]["answer.by"] == {"name": "Bo", "age": None, "mail": "b@x"}
    assert [row["answer.ok"] for row in rows] == [True, None, False]
    assert [row["answer.mixed"] for row in rows] == ["1", "1", '[1,"1"]']
    assert [row["answer.big"] for row in rows] == [str(10**40), "1", "2"]
    assert [row["answer.none"] for row in rows] == [None, None, None]
    described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert {row[0]: row[1] for row in described} == {
        "answer.score": "DOUBLE", "answer.tags": "VARCHAR[]", "answer.ok": "BOOLEAN", "answer.mixed": "VARCHAR",
        "answer.by": "STRUCT(\"name\" VARCHAR, age BIGINT, mail VARCHAR)", "answer.big": "VARCHAR",
        "answer.none": "VARCHAR",
    }  # fmt: skip
