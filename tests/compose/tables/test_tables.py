"""Every kind of data is read as what it is, and what is no data is named."""

from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, BinaryIO

import pytest

from batchtui.compose import TableOptions, open_query, open_table
from batchtui.compose.tables.byte_source import HEAD
from batchtui.domain.errors import InputError, UsageError
from tests.compose.builders import composed, composer, request, table

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"id": "a", "text": "Grüße, “hier”"}, {"id": "b", "text": "zwei\nZeilen"}]
CSV = 'id,text\na,"Grüße, “hier”"\nb,"zwei\nZeilen"\n'
GOLDEN = [request("a", "Say Grüße, “hier”"), request("b", "Say zwei\nZeilen")]

KINDS: dict[str, tuple[str, bytes, str]] = {
    "CSV": ("t.csv", CSV.encode(), "CSV"),
    "CSV with a mark": ("t.csv", b"\xef\xbb\xbf" + CSV.encode(), "CSV"),
    "CSV ending in CRLF": ("t.csv", CSV.replace("\n", "\r\n").replace("zwei\r\n", "zwei\n").encode(), "CSV"),
    "CSV ending in CR": ("t.csv", CSV.replace("\n", "\r").replace("zwei\r", "zwei\n").encode(), "CSV"),
    "CSV without the last newline": ("t.csv", CSV.rstrip().encode(), "CSV"),
    "CSV with blank lines": ("t.csv", CSV.replace("\nb", "\n\n\nb").encode(), "CSV"),
    "CSV with semicolons": (
        "t.csv",
        b'id;text\na;"' + CSV[11:26].strip('"\n').encode() + b'"\nb;"zwei\nZeilen"\n',
        "CSV",
    ),
    "CSV in Windows-1252": ("t.csv", CSV.encode("cp1252"), "CSV"),
    "CSV in UTF-16": ("t.csv", CSV.encode("utf-16"), "CSV"),
    "CSV in UTF-16 without a mark": ("t.csv", CSV.encode("utf-16-le"), "CSV"),
    "CSV, gzipped": ("t.csv.gz", gzip.compress(CSV.encode()), "CSV"),
    "CSV with empty cells at the end": ("t.csv", CSV.replace('"\n', '",,\n').encode(), "CSV"),
    "TSV": ("t.tsv", 'id\ttext\na\t"Grüße, “hier”"\nb\t"zwei\nZeilen"\n'.encode(), "TSV"),
    "JSON": ("t.json", json.dumps(ROWS, indent=2).encode(), "JSON"),
    "JSON lines": ("t.jsonl", "\n".join(map(json.dumps, ROWS)).encode(), "JSON lines"),
    "JSON lines, gzipped": ("t.jsonl.gz", gzip.compress("\n".join(map(json.dumps, ROWS)).encode()), "JSON lines"),
    "objects over many lines": (
        "t.json",
        "\n".join(json.dumps(each, indent=1) for each in ROWS).encode(),
        "JSON lines",
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_data_becomes_its_requests(name: str, tmp_path: Path) -> None:
    file, content, kind = KINDS[name]
    source = table(tmp_path, content, file)
    assert (source.kind, source.columns[:2]) == (kind, ("id", "text"))
    assert composed(source, id="id") == (GOLDEN, [])


def test_the_standard_input_is_read_once(tmp_path: Path) -> None:
    source = open_table("-", TableOptions(stdin=io.BytesIO(CSV.encode())))
    assert len(composed(source)[0]) == 2
    with pytest.raises(InputError, match="only once"):
        list(source.rows())


def test_a_file_can_be_read_again(tmp_path: Path) -> None:
    source = table(tmp_path, CSV)
    assert composed(source, id="id") == composed(source, id="id")


def test_parquet_and_sql_are_read_by_duckdb(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    (tmp_path / "t.csv").write_text(CSV)
    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{tmp_path}/t.csv')) TO '{path}' (FORMAT parquet)")
    source = open_table(str(path), TableOptions())
    assert (source.kind, source.columns) == ("Parquet", ("id", "text"))
    assert composed(source, id="id") == (GOLDEN, [])
    found = open_query(f"select id, text from '{path}' where id = 'b'")
    assert composed(found, id="id") == (GOLDEN[1:], [])


def test_values_of_a_query_are_said_plainly(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    source = open_query(
        "select 1.50::decimal(9,2) as d, date '2026-01-02' as day, null as n, [1, 2] as l, {'k': true} as s,"
        " 0.1::float as f, 'nan'::float as nf, 3.4e38::float as big, timestamptz '2026-01-02 03:04:05+00' as t"
    )
    [made], problems = composed(
        source, "{{ d }}|{{ day }}|{{ n }}|{{ l }}|{{ s }}|{{ f }}|{{ nf | default('', true) }}|{{ big }}|{{ t }}"
    )
    expected = '1.50|2026-01-02||[1, 2]|{"k": true}|0.1||3.4e+38|2026-01-02 03:04:05+00:00'
    assert made["params"]["messages"][0]["content"] == expected
    assert [(problem.code, problem.message) for problem in problems] == [
        ("empty-cell", '"n" is empty, and the prompt uses it')
    ]


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("copy (select 1) to 'x.csv'", UsageError), ("select 1; select 2", UsageError), ("install httpfs", UsageError),
        ("attach 'x.db'", UsageError), ("select nope from (select 1 as a)", InputError), ("selct", InputError),
        ("select * from 'nowhere.parquet'", InputError),
    ],
)  # fmt: skip
def test_sql_that_is_no_single_select_is_refused(
    sql: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        open_query(sql)
    assert list(tmp_path.iterdir()) == []


def test_without_duckdb_it_is_said_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match="DuckDB") as raised:
        open_query("select 1")
    assert "batchtui[data]" in raised.value.hint


DELIMITERS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "letters that look like delimiters": ("name\nanna\nhannah\nana\n", ("name",), "none"),
    "commas in a single column": ("text\nhello, world\nbye\n", ("text",), "none"),
    "commas in cells between semicolons": ("id;text\n1;a, b, c\n2;d, e, f\n", ("id", "text"), "semicolon"),
    "semicolons in quoted cells": ('id,text\n1,"a;b;c"\n2,"d;e"\n', ("id", "text"), "comma"),
    "bars": ("a|b\n1|2\n", ("a", "b"), "bar"),
    "a header alone": ("id,text\n", ("id", "text"), "comma"),
}


@pytest.mark.parametrize("name", DELIMITERS)
def test_the_delimiter_is_found(name: str, tmp_path: Path) -> None:
    content, columns, delimiter = DELIMITERS[name]
    source = table(tmp_path, content)
    assert (source.columns, source.facts["delimiter"]) == (columns, delimiter)


HEADERS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "names": ("id,text\n1,x\n", ("id", "text"), "the first row"),
    "numbers": ("1,hello\n2,bye\n", ("column_1", "column_2"), "none"),
    "dates": ("2026-01-01,hello\n2026-01-02,bye\n", ("column_1", "column_2"), "none"),
    "an empty name": ("id,,text\n1,2,3\n", ("id", "column_2", "text"), "the first row"),
    "the same name twice": ("a,a\nb,c\n", ("column_1", "column_2"), "none"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_distinguished_from_data(name: str, tmp_path: Path) -> None:
    content, columns, header = HEADERS[name]
    source = table(tmp_path, content)
    assert (source.columns, source.facts["header"]) == (columns, header)


def test_table_options_override_the_detection(tmp_path: Path) -> None:
    source = table(tmp_path, "a,a\nf\xfcr,x\n".encode("cp1250"), header=True, delimiter=",", encoding="cp1250")
    assert (source.columns, source.facts["encoding"]) == (("a", "a_2"), "CP1250")
    [made], _ = composed(source, "{{ a }}{{ a_2 }}")
    assert made["params"]["messages"][0]["content"] == "fürx"
    for wrong in ({"encoding": "base64"}, {"encoding": "no-such"}, {"delimiter": ",,"}):
        with pytest.raises(UsageError):
            table(tmp_path, CSV, **wrong)


ENCODINGS = {
    "cp1251": "Привет, мир: это обычное письмо",
    "shift_jis": "これは日本語のテキストです",
    "cp1252": "naïve café – 5 €",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_old_encoding_is_guessed(encoding: str, tmp_path: Path) -> None:
    text = ENCODINGS[encoding]
    source = table(tmp_path, ("text\n" + f"{text}\n" * 20).encode(encoding))
    made, problems = composed(source, limit=1)
    assert (made[0]["params"]["messages"][0]["content"], problems) == (f"Say {text}", [])


WRONG: dict[str, tuple[str, bytes, str]] = {
    "empty": ("t.csv", b"", "empty"),
    "blank": ("t.csv", b"\n \n", "empty"),
    "binary": ("t.csv", b"id,text\n\x00\x01\x02,\xff\x00", "binary"),
    "a spreadsheet": ("t.xlsx", b"PK\x03\x04abc", "spreadsheet"),
    "a database": ("t.db", b"SQLite format 3\0", "SQLite"),
    "requests": ("t.jsonl", b'{"custom_id": "a", "params": {}}\n', "already contains requests"),
    "no JSON at all": ("t.json", b"[", "not a complete JSON array"),
    "JSON in UTF-16": ("t.json", json.dumps(ROWS).encode("utf-16"), "UTF-16"),
    "JSON that is none": ("t.jsonl", b"hello\n", "not JSON"),
    "damaged gzip": ("t.csv.gz", gzip.compress(CSV.encode())[:-6], "compressed data"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_table_without_rows_is_named(name: str, tmp_path: Path) -> None:
    file, content, said = WRONG[name]
    with pytest.raises(InputError) as raised:
        table(tmp_path, content, file)
    assert said in raised.value.message


@pytest.mark.parametrize("content", [b"hello\n", b'"text"\n'], ids=["words", "text"])
def test_data_that_is_no_json_is_not_told_to_be_requests(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        composed(table(tmp_path, content, "t.jsonl"), "{{ a }}")
    assert "request" not in f"{raised.value.message} {raised.value.hint}"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        open_table(str(tmp_path / "no.csv"), TableOptions())


ROW_FAULTS: dict[str, tuple[str, str, int, list[str]]] = {
    "too few cells": ("id,text\na,x\nb\nc,z\n", "row-ragged", 3, ["a", "c"]),
    "too many cells": ("id,text\na,x\nb,y,z\nc,z\n", "row-ragged", 3, ["a", "c"]),
    "text after a quotation mark": ('id,text\na,x\nb,"y"z\nc,z\n', "quote-wrong", 3, ["a", "c"]),
    "an open quotation mark": ('id,text\na,x\nb,"y\nc,z\n', "quote-open", 3, ["a"]),
    "a blank prompt": ("id,text\na,x\nb,  \nc,z\n", "empty-text", 3, ["a", "c"]),
}


@pytest.mark.parametrize("name", ROW_FAULTS)
def test_a_wrong_row_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    content, code, line, left = ROW_FAULTS[name]
    made, [problem] = composed(table(tmp_path, content, delimiter=","), "{{ text }}", id="id")
    assert (problem.code, problem.line, [each["custom_id"] for each in made]) == (code, line, left)


def test_lines_are_those_of_the_file_where_cells_go_over_several(tmp_path: Path) -> None:
    content = 'id,text\na,"one\ntwo\nthree"\nb\nc,x\n'
    _, [problem] = composed(table(tmp_path, content), id="id")
    assert problem.line == 5


@pytest.mark.parametrize("content", ["id,text\na,{}\nb,x\n", 'id,text\na,"{}"\nb,x\n', 'id,text\na,"x\n{}\n"\nb,x\n'])
def test_a_cell_of_a_hundred_megabytes_is_named_and_not_held(content: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    before, after = content.split("{}")
    with path.open("w") as file:
        file.write(before)
        for _ in range(100):
            file.write("x" * 1_000_000)
        file.write(after)
    made, [problem] = composed(open_table(str(path), TableOptions()), id="id")
    assert (made, problem.code, problem.line) == ([], "cell-too-long", 2)


def test_bytes_that_are_no_text_are_named_by_row(tmp_path: Path) -> None:
    content = b"id,text\na,x\nb,caf\xe9\nc,z\n"
    made, [problem] = composed(table(tmp_path, content, encoding="utf-8"), id="id")
    assert (problem.line, [each["custom_id"] for each in made]) == (3, ["a", "c"])
    assert "text" in problem.message


JSON_FAULTS: dict[str, tuple[bytes, str, int]] = {
    "a line that is no JSON": (b'{"id": "a", "text": "x"}\n{"id": \n{"id": "c", "text": "z"}\n', "not-json", 2),
    "NaN": (b'{"id": "a", "text": "x"}\n{"id": "b", "text": NaN}\n{"id": "c", "text": "z"}\n', "nan", 2),
    "a key that is missing": (b'{"id": "a", "text": "x"}\n{"id": "b"}\n{"id": "c", "text": "z"}\n', "task-template", 2),
}


@pytest.mark.parametrize("name", JSON_FAULTS)
def test_a_wrong_record_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    content, code, line = JSON_FAULTS[name]
    made, [problem] = composed(table(tmp_path, content, "t.jsonl"), id="id")
    assert (problem.code, problem.line, [each["custom_id"] for each in made]) == (code, line, ["a", "c"])


def test_nested_values_and_bare_texts_are_reached(tmp_path: Path) -> None:
    nested = table(tmp_path, json.dumps([{"user": {"name": "Ada", "tags": ["x", 1, None]}}]), "t.json")
    assert composed(nested, "{{ user.name }} {{ user.tags }}")[0] == [request("row-1", 'Ada ["x", 1, null]')]
    bare = table(tmp_path, '["one", "two"]', "u.json")
    assert composed(bare, "{{ input_data }}")[0] == [request("row-1", "one"), request("row-2", "two")]


def test_columns_of_one_name_get_numbers(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    [made], _ = composed(open_query("select 1 as a, 2 as a"), "{{ a }} {{ a_1 }}")
    assert made["params"]["messages"][0]["content"] == "1 2"


class Endless(io.RawIOBase, BinaryIO):
    """A pipe out of which rows come for ever."""

    given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return (b"id,text\n" if self.given == size else b"") + b"a,some text\n" * (size // 12)


def test_no_more_is_read_than_the_rows_that_are_asked_for() -> None:
    pipe = Endless()
    made = composer(open_table("-", TableOptions(stdin=pipe)), limit=40_000)
    assert sum(len(block) for block in made.blocks()) == 40_000
    assert pipe.given < 40_000 * 12 + 3 * HEAD
