"""Spreadsheets and Parquet are read cell by cell as a person sees them, without what is no data."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.compose import TableOptions, open_table
from batchtui.domain.errors import InputError, UsageError
from tests.compose.builders import composed, request, table
from tests.compose.tables.test_odd_files import CSV, GOLDEN, read

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.compose import Table

openpyxl = pytest.importorskip("openpyxl")
arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
pytest.importorskip("python_calamine")
pytest.importorskip("duckdb")


def workbook(folder: Path, rows: list[list[Any]], **others: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for name, cells in others.items():
        other = book.create_sheet(name)
        for row in cells:
            other.append(row)
    path = folder / "t.xlsx"
    book.save(path)
    return path


def test_a_spreadsheet_is_its_first_sheet_without_titles_and_blank_rows(tmp_path: Path) -> None:
    from datetime import date, datetime

    rows: list[list[Any]] = [
        ["Report", None, None], [None, None, None], ["id", "text", "when"], [1, "one", date(2026, 1, 2)],
        [None, None, None], [2.5, "two\nlines", datetime(2026, 1, 2, 3, 4)], [True, None, None],  # noqa: DTZ001
    ]  # fmt: skip
    source = open_table(str(workbook(tmp_path, rows)), TableOptions())
    assert (source.kind, source.columns) == ("spreadsheet", ("id", "text", "when"))
    assert read(source) == [[1, "one", "2026-01-02"], [2.5, "two\nlines", "2026-01-02 03:04:00"], [True, "", ""]]
    assert dict(source.left_out) == {"blank rows": 1}
    assert [row.line for block in source.rows() for row in block] == [4, 6, 7]
    made, _ = composed(source, "{{ text }} {{ when }}", id="id", limit=1)
    assert made == [request("1", "one 2026-01-02")]


@pytest.mark.parametrize("sheet", ["Second", "2"])
def test_another_sheet_is_named(sheet: str, tmp_path: Path) -> None:
    path = workbook(tmp_path, [["a"], ["x"]], Second=[["id", "text"], ["a", "one"], ["b", "two"]])
    assert composed(open_table(str(path), TableOptions(sheet=sheet)), id="id") == (GOLDEN, [])
    with pytest.raises(UsageError, match="no sheet"):
        open_table(str(path), TableOptions(sheet="Third"))


def test_a_spreadsheet_without_its_package_says_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path, [["id", "text"], ["a", "one"]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(UsageError) as raised:
        open_table(str(path), TableOptions())
    assert "batchtui[data]" in raised.value.hint


def sheet(folder: Path, *rows: list[Any], **choices: Any) -> Table:
    """The one sheet of a spreadsheet with these rows."""
    return open_table(str(workbook(folder, list(rows))), TableOptions(**choices))


BELOW = {"blank rows": 1, "lines below the table": 1}
SHEETS: dict[str, tuple[list[list[Any]], dict[str, int]]] = {
    "a repeated header": ([["id", "text"], [1, "a"], ["id", "text"], [2, "b"]], {"repeated headers": 1}),
    "a table that stands apart": ([[], [None, None, "id", "text"], [None, None, 1, "a"], [None, None, 2, "b"]], {}),
    "remarks below": ([["id", "text"], [1, "a"], [2, "b"], [], ["Total: 2"]], BELOW),
}  # fmt: skip


@pytest.mark.parametrize("name", SHEETS)
def test_what_is_no_data_in_a_sheet_is_left_out_and_counted(name: str, tmp_path: Path) -> None:
    rows, left_out = SHEETS[name]
    source = sheet(tmp_path, *rows)
    assert (source.columns, read(source)) == (("id", "text"), [[1, "a"], [2, "b"]])
    assert (dict(source.left_out), source.doubts) == (left_out, ())


def test_comments_of_a_sheet_are_left_out_where_a_person_says_so(tmp_path: Path) -> None:
    source = sheet(tmp_path, ["id", "text"], ["# old", ""], [2, "b"], comment="#")
    assert (read(source), dict(source.left_out)) == ([[2, "b"]], {"comments": 1})


def test_the_first_sheet_is_the_first_that_is_shown(tmp_path: Path) -> None:
    path = workbook(tmp_path, [["secret"]], Shown=[["id", "text"], [1, "a"]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    book.save(path)
    assert read(open_table(str(path), TableOptions())) == [[1, "a"]]


def test_a_sheet_that_needs_a_password_is_said(tmp_path: Path) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(2000)
    with pytest.raises(InputError, match="protected by a password"):
        table(tmp_path, content, "s.xlsx")


def test_a_sheet_of_a_file_without_sheets_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a spreadsheet"):
        table(tmp_path, CSV, sheet="Data")


def test_two_columns_of_parquet_with_one_name_are_two_columns(tmp_path: Path) -> None:
    parquet.write_table(arrow.Table.from_arrays([arrow.array([1]), arrow.array([2])], names=["a", "a"]), tmp_path / "p")
    source = open_table(str(tmp_path / "p"), TableOptions())
    assert (source.columns, read(source)) == (("a", "a_2"), [[1, 2]])


@pytest.mark.parametrize(
    "template", ["Say {{ text }}", "{{ text | upper }}", "{{ row['text'] }}", "{{ row.text | trim }}"]
)
def test_bytes_of_parquet_that_are_no_text_are_an_error_and_never_replaced(template: str, tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"text": arrow.array([b"good", b"caf\xe9"], arrow.binary())}), tmp_path / "p")
    requests, problems = composed(open_table(str(tmp_path / "p"), TableOptions()), template)
    assert [(problem.line, problem.severity) for problem in problems if problem.severity == "error"] == [(2, "error")]
    assert "good" in requests[0]["params"]["messages"][0]["content"].lower()


@pytest.mark.parametrize("template", ["{{ row }}", "{{ row | tojson }}", "{{ input_data }}"])
def test_bytes_of_parquet_in_a_whole_row_are_base64_and_said(template: str, tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"text": arrow.array([b"good", b"caf\xe9"], arrow.binary())}), tmp_path / "p")
    requests, problems = composed(open_table(str(tmp_path / "p"), TableOptions()), template)
    assert [(problem.code, problem.line, problem.severity) for problem in problems] == [("binary-cell", 2, "warning")]
    contents = [each["params"]["messages"][0]["content"] for each in requests]
    assert ["good" in contents[0], "Y2Fm6Q==" in contents[1]] == [True, True]


def test_strings_of_parquet_that_are_no_text_stop_the_reading(tmp_path: Path) -> None:
    cells = arrow.array([b"good", b"caf\xe9"], arrow.binary())
    strings = arrow.Array.from_buffers(arrow.string(), 2, cells.buffers())
    parquet.write_table(arrow.table({"text": strings}), tmp_path / "p")
    with pytest.raises(InputError, match="UTF"):
        read(open_table(str(tmp_path / "p"), TableOptions()))


def test_a_sheet_whose_rows_are_all_left_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows below --skip 9"):
        sheet(tmp_path, ["id", "text"], [1, "a"], skip=9)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_lengths_of_time_in_parquet_are_iso_8601_in_every_unit(unit: str, tmp_path: Path) -> None:
    from datetime import timedelta

    lengths = [timedelta(hours=1, minutes=2, seconds=3), None, timedelta(0), timedelta(days=-1, seconds=-4)]
    columns = {"id": ["a", "b", "c", "d"], "took": arrow.array(lengths, arrow.duration(unit)), "n": [1, 2, 3, 4]}
    parquet.write_table(arrow.table(columns), tmp_path / "t.parquet")
    rows = read(open_table(str(tmp_path / "t.parquet"), TableOptions()))
    assert rows == [["a", "PT1H2M3S", 1], ["b", None, 2], ["c", "PT0S", 3], ["d", "-P1DT4S", 4]]


def test_lengths_of_time_that_pandas_wrote_keep_their_fraction(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame({"took": [pandas.Timedelta("1h 0.25s")]}).to_parquet(tmp_path / "t.parquet")
    assert read(open_table(str(tmp_path / "t.parquet"), TableOptions())) == [["PT1H0.25S"]]


def test_an_interval_of_a_query_is_iso_8601() -> None:
    from batchtui.compose import open_query

    assert read(open_query("SELECT interval '1 day 2 hours' AS i, time '01:02:03' AS t"))[0][0] == "P1DT2H"


@pytest.mark.parametrize("schema", [b"", b"AAAA", b"/////wAAAAA=", b"not base64", b"/////" + b"8" * 400])
def test_a_damaged_schema_of_arrow_names_no_lengths_of_time(schema: bytes) -> None:
    from batchtui.compose.tables.arrow_schema import duration_units

    assert duration_units(schema) == {}
