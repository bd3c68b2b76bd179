"""Files that are odd in one place are read but for that place, which is named; what is no table is named, too."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.compose import TableOptions, open_table, open_tables
from batchtui.compose.tables.delimited import rows as delimited_rows
from batchtui.domain.errors import InputError, UsageError
from tests.compose.builders import composed, request, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.compose import Table

CSV = "id,text\na,one\nb,two\n"
GOLDEN = [request("a", "Say one"), request("b", "Say two")]


def read(source: Table) -> list[list[Any]]:
    """The cells of a table without faults."""
    rows = [row for block in source.rows() for row in block]
    assert [row.fault for row in rows if row.fault] == []
    return [list(row.values.values()) for row in rows]


BLANK = {
    "rows of delimiters": ("id,subject,body,,,\n1,a,b,,,\n2,c,d,,,\n,,,,,\n,,,,,\n", 2),
    "blank lines": ("id,subject,body\n\n1,a,b\n\n\n2,c,d\n\n", 4),
    "blanks and tabs": ("id,subject,body\n1,a,b\n , ,\n\t,,\n2,c,d\n", 2),
    "quoted nothing": ('id,subject,body\n1,a,b\n"","",""\n2,c,d\n', 1),
    "semicolons": ("id;subject;body\n1;a;b\n;;\n2;c;d\n;;\n;;\n", 3),
}


@pytest.mark.parametrize("name", BLANK)
def test_blank_rows_are_left_out_and_counted(name: str, tmp_path: Path) -> None:
    content, blank = BLANK[name]
    source = table(tmp_path, content)
    assert (source.columns, read(source)) == (("id", "subject", "body"), [["1", "a", "b"], ["2", "c", "d"]])
    assert dict(source.left_out) == {"blank rows": blank}


@pytest.mark.parametrize(
    ("content", "left_out"),
    [
        ("# made\nid,text\n1,a\n# two, or three, words\n2,b\n", {"comments": 1}),
        ("id,text\n1,a\nid,text\n2,b\nid,text\n", {"repeated headers": 2}),
        ("id,text\n1,a\n2,b\n\nTotal: 2\n", {"blank rows": 1, "lines below the table": 1}),
        ("id,text\n1,a\n2,b\n(2 rows)\n\n", {"blank rows": 1, "lines below the table": 1}),
    ],
)
def test_rows_that_are_not_data_are_left_out_and_counted(
    content: str, left_out: dict[str, int], tmp_path: Path
) -> None:
    source = table(tmp_path, content)
    assert (read(source), dict(source.left_out)) == ([["1", "a"], ["2", "b"]], left_out)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,text,more\n1,a,b\n2\n3,c,d\n", 3), ("id,text,more\n1,a,b\n3,c,d\n4,e", 4),
        ("id,text,more\n1,a,b\nTotal: 5\n3,c,d\n", 3), ("id,text,more\n1,a,b\n3,c,d\n\n4,e\n", 5),
    ],
)  # fmt: skip
def test_a_row_that_is_cut_short_is_an_error_and_no_remark(content: str, line: int, tmp_path: Path) -> None:
    faults = [row for block in table(tmp_path, content).rows() for row in block if row.fault]
    assert [(row.line, row.fault.code) for row in faults if row.fault] == [(line, "row-ragged")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,subject\n1,he\0llo\n2,ok\n", 2), ("id,subject\n1,ok\n2,\0\n", 3),
        ("id;subject\n1;ok\n2;o\0\0k\n3;ok\n", 3),
        ('id,subject\n1,"a\nb\0"\n2,ok\n', 2), ("id\tsubject\n\x001\tok\n2\tok\n", 2),
    ],
)  # fmt: skip
def test_a_nul_costs_its_row_alone(content: str, line: int, tmp_path: Path) -> None:
    rows = [row for block in table(tmp_path, content).rows() for row in block]
    assert [(row.line, row.fault.code) for row in rows if row.fault] == [(line, "nul")]
    assert len(rows) - 1 == sum(bool(row.values) for row in rows)


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\n\x1a\x1a\x1a", "\n\x1a\0\0", "\x1a\r\n"])
def test_a_dos_end_of_file_is_no_text(end: str, tmp_path: Path) -> None:
    source = table(tmp_path, "id,subject\r\n1,Hello" + end)
    assert read(source) == [["1", "Hello"]]


def test_json_lines_that_were_put_together_have_marks_in_the_middle(tmp_path: Path) -> None:
    line = b'\xef\xbb\xbf{"id": "a", "text": "one"}\n\xef\xbb\xbf{"id": "b", "text": "two"}\n'
    made, problems = composed(table(tmp_path, line, "t.jsonl"), "Say {{ text }}", id="id")
    assert (made, problems) == (GOLDEN, [])


@pytest.mark.parametrize(
    ("text", "rows", "left_out"),
    [
        ("id,text\na,one\n\ufeffid,text\nb,two\n", [["a", "one"], ["b", "two"]], {"repeated headers": 1}),
        ("\ufeffid,text\na,one\n\ufeffb,two\n", [["a", "one"], ["b", "two"]], {}),
        ("id,te\0xt\na,one\nb,two\n", [["a", "one"], ["b", "two"]], {}),
        ("id,text\na,one\ufeff\nb,\ufefftwo\n", [["a", "one\ufeff"], ["b", "\ufefftwo"]], {}),
    ],
    ids=["with its header", "without", "NUL in a name", "within text"],
)
def test_marks_between_files_and_nul_in_names_are_no_text(
    text: str, rows: list[list[str]], left_out: dict[str, int], tmp_path: Path
) -> None:
    source = table(tmp_path, text)
    assert (source.columns, read(source), dict(source.left_out)) == (("id", "text"), rows, left_out)


@pytest.mark.parametrize("delimiter", [",", ";", "|"])
def test_a_blank_beside_quotation_marks_is_named(delimiter: str, tmp_path: Path) -> None:
    text = 'id,text,x\n1,"a" ,b\n2,"c" ,e\n3,f,g\n4,"h",i\n'.replace(",", delimiter)
    rows = [row for block in table(tmp_path, text).rows() for row in block]
    assert [row.line for row in rows if row.fault and row.fault.code in ("quote-space", "quote-wrong")] == [2, 3]
    assert [row.values["x"] for row in rows if not row.fault] == ["g", "i"]


@pytest.mark.parametrize("piece", [1, 2, 7, 64])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_do_not_depend_on_where_the_reading_stops(
    piece: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_rows, "PIECE", piece)
    text = f'id,text{end}a,"one{end}two"{end}{end}b,three{end}c{end}d,four{end}\x1a'
    source = table(tmp_path, text, delimiter=",", header=True)
    rows = [(row.line, list(row.values.values())) for block in source.rows() for row in block]
    assert rows == [(2, ["a", f"one{end}two"]), (5, ["b", "three"]), (6, []), (7, ["d", "four"])]
    assert list(source.values("id")) == ["a", "b", "c", "d"]


def test_a_dos_end_in_the_middle_is_text(tmp_path: Path) -> None:
    assert read(table(tmp_path, "id,subject\n1,a\x1ab\n2,c\n")) == [["1", "a\x1ab"], ["2", "c"]]


POINTERS = {
    "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "git-annex": b"/annex/objects/SHA256E-s12--abc.csv\n",
    "a web page": b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
}


@pytest.mark.parametrize("name", POINTERS)
@pytest.mark.parametrize("file", ["t.csv", "t.jsonl", "t.parquet", "t.tsv"])
def test_a_file_that_is_not_a_table_is_named_for_what_it_is(name: str, file: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=name):
        table(tmp_path, POINTERS[name], file)


@pytest.mark.long
@pytest.mark.parametrize("rows", [10, 20_000])
@pytest.mark.parametrize(("byte", "sign"), [(b"\xe9", "é"), (b"\x93", "“"), (b"\xdf", "ß")])
def test_one_odd_byte_is_named_with_its_line_and_column(rows: int, byte: bytes, sign: str, tmp_path: Path) -> None:
    line = "x,Grüße aus Köln\n".encode()
    content = b"id,text\n" + line * rows + b"y,caf" + byte + b"\n" + line
    made, problems = composed(table(tmp_path, content), "Say {{ text }}")
    [problem] = problems
    assert (len(made), problem.line, problem.code) == (rows + 1, rows + 2, "not-utf8")
    assert ('"text"' in problem.message, sign in problem.hint) == (True, True)


def test_an_odd_byte_in_a_column_that_is_not_used_does_no_harm(tmp_path: Path) -> None:
    content = "id,text,author\n1,a,Grüße\n2,b,Café ".encode() + b"\xe9\n"
    made, problems = composed(table(tmp_path, content), "Say {{ text }}")
    assert (len(made), problems) == (2, [])


def test_an_unsure_header_says_why_and_what_to_do(tmp_path: Path) -> None:
    [doubt] = table(tmp_path, "Anna,Berlin\nBert,Bonn\n").doubts
    assert str(doubt) == (
        "header: first row? yes, because its cells are short and all different; --no-header otherwise"
    )
    [doubt] = table(tmp_path, "a,a\nb,c\n").doubts
    assert str(doubt) == 'header: first row? no, because "a" is in it twice; --header otherwise'
    assert table(tmp_path, "a,a\nb,c\n", header=True).doubts == ()
    assert table(tmp_path, "id,text\n1,hello\n").doubts == ()
    assert table(tmp_path, "sep=;\nid;text\n1;hello\n").doubts == ()
    [doubt] = table(tmp_path, "A report\nof today\nid,text,n\n1,hello,2\n").doubts
    assert str(doubt).startswith("skipped: 2 lines above the table, because")


def test_lines_above_and_comments_are_left_out_where_a_person_says_so(tmp_path: Path) -> None:
    content = "one\ntwo,three\nid,text\na,one\n; remark\nb,two\n"
    source = table(tmp_path, content, skip=2, comment=";")
    assert composed(source, id="id") == (GOLDEN, [])
    assert source.facts["skipped"] == "2 lines above the table"
    assert table(tmp_path, CSV, skip=0).columns == ("id", "text")
    with pytest.raises(UsageError):
        table(tmp_path, CSV, comment=" ")


def zipped(**files: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_dot_", ".").replace("_in_", "/"), content)
    return target.getvalue()


def zstd(content: bytes) -> bytes:
    compressed: bytes = pytest.importorskip("zstandard").ZstdCompressor().compress(content)
    return compressed


PACKED: dict[str, Callable[[], bytes]] = {
    "gz": lambda: gzip.compress(CSV.encode()),
    "bz2": lambda: bz2.compress(CSV.encode()),
    "bz2, two streams": lambda: bz2.compress(b"id,text\na,one\n") + bz2.compress(b"b,two\n"),
    "xz": lambda: lzma.compress(CSV.encode()),
    "xz, two streams": lambda: lzma.compress(b"id,text\na,one\n") + lzma.compress(b"b,two\n"),
    "zst": lambda: zstd(CSV.encode()),
    "zst, two frames": lambda: zstd(b"id,text\na,one\n") + zstd(b"b,two\n"),
    "zip": lambda: zipped(t_dot_csv=CSV),
    "zip of macOS": lambda: zipped(t_dot_csv=CSV, __MACOSX_in__dot__t_dot_csv="x"),
}


@pytest.mark.parametrize("name", PACKED)
def test_a_compressed_table_is_read(name: str, tmp_path: Path) -> None:
    file = f"t.csv.{name.split(',')[0].split(' ')[0]}"
    source = table(tmp_path, PACKED[name](), file)
    assert composed(source, id="id") == (GOLDEN, [])
    assert composed(source, id="id") == (GOLDEN, [])


@pytest.mark.parametrize("name", ["bz2", "xz", "zst", "zip", "gz"])
def test_compressed_data_that_ends_early_is_said(name: str, tmp_path: Path) -> None:
    packed = zipped(t_dot_csv=CSV * 500) if name == "zip" else PACKED[name]()
    with pytest.raises(InputError, match=r"damaged|compressed data"):
        composed(table(tmp_path, packed[: len(packed) * 2 // 3], f"t.csv.{name}"), id="id")


def test_a_zip_of_several_files_names_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 files: a\.csv, b\.csv"):
        table(tmp_path, zipped(a_dot_csv=CSV, b_dot_csv=CSV), "t.zip")


def test_zstd_without_its_package_says_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(UsageError) as raised:
        table(tmp_path, b"\x28\xb5\x2f\xfd" + b"\0" * 20, "t.csv.zst")
    assert "batchtui[data]" in raised.value.hint


@pytest.mark.long
def test_a_decompression_bomb_is_read_a_piece_at_a_time(tmp_path: Path) -> None:
    packed = bz2.compress(b"id,text\n" + b"a,one\n" * 2_000_000)
    made, _ = composed(table(tmp_path, packed, "t.csv.bz2"), limit=10)
    assert len(made) == 10


@pytest.mark.parametrize("form", ["*.csv", "**/*.csv", "[ab].csv", "?.csv"])
def test_a_pattern_is_the_rows_of_its_files_in_order(form: str, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("id,text\nb,two\n")
    (tmp_path / "a.csv").write_text("text,id\none,a\n")
    (tmp_path / "c.txt").write_text("other")
    source = open_tables([str(tmp_path / form)], TableOptions())
    assert (source.kind, composed(source, id="id")) == ("2 files (CSV)", (GOLDEN, []))


def test_several_files_name_the_file_of_each_problem(tmp_path: Path) -> None:
    for name, content in (("a.csv", "id,text\na,one\n"), ("b.csv", "id,text\nb\nc,\n")):
        (tmp_path / name).write_text(content)
    source = open_tables([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], TableOptions())
    made, problems = composed(source, id="id")
    assert len(made) == 2
    assert [(each.file.rpartition("/")[2], each.line, each.code) for each in problems] == [
        ("b.csv", 2, "row-ragged"), ("b.csv", 3, "empty-cell"),
    ]  # fmt: skip


def test_documents_by_a_pattern_are_a_request_each(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).write_text(name)
    made, _ = composed(open_tables([str(tmp_path / "*.txt")], TableOptions()), "Read {{ text }}")
    assert made == [request("a_txt", "Read a.txt"), request("b_txt", "Read b.txt")]


def test_a_pattern_that_fits_nothing_is_said_and_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No file matches"):
        open_tables([str(tmp_path / "*.csv")], TableOptions())
    (tmp_path / "t [1].csv").write_text(CSV)
    assert composed(open_tables([str(tmp_path / "t [1].csv")], TableOptions()), id="id") == (GOLDEN, [])


@pytest.mark.long
def test_a_pipe_with_ids_to_be_made_keeps_the_legal_ones(tmp_path: Path) -> None:
    pipe = io.BytesIO(b"id,text\na b,one\n" + b"".join(b"r%d,x\n" % number for number in range(60_000)) + b"a_b,two\n")
    made, problems = composed(open_table("-", TableOptions(stdin=pipe)), id="id")
    assert (len(made), problems) == (60_002, [])
    assert (made[0]["custom_id"], made[-1]["custom_id"]) == ("a_b-row1", "a_b")


TWO_TABLES = {
    "the header in another case": ("id,text\n1,a\nID,Text\n2,b\n", {"repeated headers": 1}, []),
    "the header in another order": ("id,text\n1,a\ntext,id\nb,2\n", {}, [(3, "header-order", "error")]),
    "another header": ("id,text\n1,a\nkey,title\n2,b\n", {}, [(3, "header-inside", "warning")]),
    "another width": (
        "id,text,note\n1,a,b\n2,a,b\nname,age\nanna,3\n", {}, [(4, "row-ragged", "error"), (5, "row-ragged", "error")]),
    "a row of usual words that are texts": ("id,text\n1,a\ncount,the number of orders this year\n", {}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO_TABLES)
def test_a_second_table_in_the_file_is_never_read_as_the_first(name: str, tmp_path: Path) -> None:
    content, left_out, faults = TWO_TABLES[name]
    source = table(tmp_path, content)
    rows = [row for block in source.rows() for row in block]
    assert [(row.line, row.fault.code, row.fault.severity) for row in rows if row.fault] == faults
    assert (source.columns[0], dict(source.left_out)) == ("id", left_out)


@pytest.mark.parametrize(
    ("content", "skip"),
    [
        ("id,subject,body\n1,a,x\n2,b,y\n" + "3,c,x,extra\n4,d,y,extra\n" * 5, 3),
        ("id,subject,body\n1,a,x\n2,b,y\n\nSection two\nname,age\nanna,3\nben,4\ncara,5\ndan,6\n", 5),
    ],
)
def test_a_smaller_table_above_is_not_passed_over_unasked(content: str, skip: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contains two tables") as fault:
        table(tmp_path, content)
    assert f"--skip {skip}" in fault.value.hint
    assert len(read(table(tmp_path, content, skip=skip))) in (4, 10)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["id,text\n1,one\n", "ид;текст\n1;привет\n2;мир\n", "编号,内容\n1,这是例子\n"])
def test_utf16_without_a_mark_is_found_in_any_script(text: str, encoding: str, tmp_path: Path) -> None:
    assert read(table(tmp_path, text.encode(encoding))) == read(table(tmp_path, text.encode("utf-8")))


def test_room_behind_the_text_is_no_data(tmp_path: Path) -> None:
    assert read(table(tmp_path, CSV + "\0" * 500)) == [["a", "one"], ["b", "two"]]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("t.txt.csv", "id    text\n----- ------\n1     a b\n2     c d\n", "columns of fixed width"),
        ("t.csv", "{\\rtf1 text}", "an RTF document"),
        ("t.json", '{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}', "a whole table in one object"),
        ("t.json", '{"0": {"a": 1}, "1": {"a": 2}}', "a whole table in one object"),
        ("t.json", '{"3": {"a": 1}, "7": {"a": 2}}', "a whole table in one object"),
        ("t.json", '{"0": "one text", "1": "another"}', "a whole table in one object"),
        ("t.json", '{"columns": ["a"], "index": [0, 1], "data": [[1], [2]]}', "a whole table in one object"),
    ],
)
def test_a_table_in_a_form_that_would_be_misread_is_refused(file: str, content: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        table(tmp_path, content, file)


@pytest.mark.parametrize(
    ("file", "content", "about"),
    [
        ("t.csv", '"1,""a"",text"\n"2,""b"",more"\n', "delimiter"),
        ("t.json", '{"data": [{"a": 1}, {"a": 2}]}', "rows"),
        ("t.jsonl", '{"a": 1, "a": 2}\n{"a": 3}\n', "columns"),
    ],
)
def test_a_form_that_is_seldom_meant_is_doubted(file: str, content: str, about: str, tmp_path: Path) -> None:
    assert about in [doubt.about for doubt in table(tmp_path, content, file).doubts]


def test_json_is_json_also_where_its_file_is_called_csv(tmp_path: Path) -> None:
    assert read(table(tmp_path, '[{"a": 1}, {"a": 2}]')) == [[1], [2]]
    assert table(tmp_path, "[id],[text]\n1,a\n").columns == ("[id]", "[text]")


LEGACY = {
    "koi8_r": "ид;текст\n1;привет как дела сегодня хорошая погода\n2;спасибо, всё хорошо, а у тебя\n",
    "cp1255": "id;text\n1;שלום מה שלומך היום\n2;תודה רבה על הכל\n",
    "cp1251": "ид;текст\n1;привет мир, как дела\n2;сегодня хорошая погода\n",
    "cp1250": "id;tekst\n1;zażółć gęślą jaźń, proszę bardzo\n2;źdźbło trawy i żółw na łące\n",
    "big5": "編號,內容\n1,這是一個中文文本的例子我們去公園\n2,今天天氣很好我們去公園散步吧\n",
}


@pytest.mark.parametrize("encoding", LEGACY)
def test_a_guessed_encoding_is_right_and_doubted(encoding: str, tmp_path: Path) -> None:
    source = table(tmp_path, LEGACY[encoding].encode(encoding))
    assert read(source) == read(table(tmp_path, LEGACY[encoding], "u.csv"))
    assert [doubt.about for doubt in source.doubts] == ["encoding"]
    assert table(tmp_path, LEGACY[encoding].encode(encoding), encoding=encoding).doubts == ()


def test_western_text_with_its_usual_letters_is_not_doubted(tmp_path: Path) -> None:
    assert table(tmp_path, "id;text\n1;Größe in €, „schön“\n2;niño\n".encode("cp1252")).doubts == ()


def test_one_row_in_another_encoding_does_not_change_that_of_the_rest(tmp_path: Path) -> None:
    content = "id,text\n1,café\n".encode() + "2,über\n3,ok\n".encode("cp1252")
    _, problems = composed(table(tmp_path, content))
    assert [(problem.code, problem.line) for problem in problems] == [("not-utf8", 3)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_text_that_ends_within_a_character_is_named(encoding: str, tmp_path: Path) -> None:
    _, problems = composed(table(tmp_path, "id,text\n1,a\n2,b".encode(encoding)[:-1]))
    assert [(problem.code, problem.line) for problem in problems] == [("not-utf8", 3)]


@pytest.mark.parametrize(
    "content", ["id,amount\n1,10\n2,20\nTotal,30\n", "id,n,amount\n1,a,10\n2,b,20\n,,\nAverage:,,15\n"]
)
def test_a_total_below_the_table_is_said(content: str, tmp_path: Path) -> None:
    requests, problems = composed(table(tmp_path, content), "Say {{ amount }}")
    assert (len(requests), [(problem.code, problem.severity) for problem in problems]) == (
        3,
        [("total-row", "warning")],
    )


def test_only_the_last_row_can_be_a_total(tmp_path: Path) -> None:
    rows = "".join(f"{number},x\nTotal,7\n" for number in range(1000))
    _, problems = composed(table(tmp_path, "id,text\n" + rows))
    assert [(problem.code, problem.count, problem.line) for problem in problems] == [("total-row", 1, 2001)]


def test_titles_of_as_many_cells_as_a_pair_are_no_names_of_rows(tmp_path: Path) -> None:
    """A bank's account and dates above a header with one cell more."""
    source = table(
        tmp_path,
        "Account Number,XXXX1234\nDate Range,01/01/2026 - 01/31/2026\n\nDate,Description,Amount\n"
        "01/02/2026,COFFEE,-3.50\n01/03/2026,PAY,100.00\n",
    )
    assert (source.columns, len(read(source))) == (("Date", "Description", "Amount"), 2)


def test_a_header_of_more_names_than_the_rows_have_cells_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"3 columns in line 1, 2 from line 2"):
        table(tmp_path, "id,text,extra\n1,a\n2,b\n3,c\n")


def test_rows_of_more_cells_than_the_header_have_a_doubt(tmp_path: Path) -> None:
    assert [doubt.about for doubt in table(tmp_path, "id,text\n1,a,x\n2,b,y\n3,c,z\n").doubts] == ["header"]


def test_lines_that_are_all_left_out_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows below"):
        table(tmp_path, CSV, skip=7)


def test_a_table_called_txt_is_doubted_and_read_as_one_where_a_person_says_so(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("id\ttext\na\tone\nb\ttwo\n")
    source = open_tables([str(tmp_path / "t.txt")], TableOptions())
    assert ([doubt.about for doubt in source.doubts], len(read(source))) == (["requests"], 1)
    assert "--delimiter tab" in source.doubts[0].option
    assert composed(open_tables([str(tmp_path / "t.txt")], TableOptions(delimiter="tab")), id="id") == (GOLDEN, [])
    (tmp_path / "t.txt").write_text("Dear all, here it is.\nYours, Anna\n")
    assert open_tables([str(tmp_path / "t.txt")], TableOptions()).doubts == ()


def test_data_in_json_is_not_spoken_of_as_requests(tmp_path: Path) -> None:
    assert composed(table(tmp_path, CSV, "t.jsonl"), id="id") == (GOLDEN, [])
    with pytest.raises(InputError) as fault:
        table(tmp_path, "// x\n{}\n", "t.jsonl")
    assert "request" not in f"{fault.value} {fault.value.hint}"
    _, problems = composed(table(tmp_path, '{"text": 1}{"text": 2}\n', "t.jsonl"))
    assert "request" not in f"{problems[0].message} {problems[0].hint}"


def test_a_hundred_thousand_columns_of_one_name_are_opened_in_seconds(tmp_path: Path) -> None:
    """Names are told apart in one pass: by pairs it took minutes."""
    began = time.process_time()
    source = table(tmp_path, "a," * 100_000 + "b\n" + "1," * 100_000 + "2\n", header=True)
    assert (len(source.columns), source.columns[99_999]) == (100_001, "a_100000")
    assert time.process_time() - began < 10


OF_TEXT: dict[str, dict[str, Any]] = {
    "--delimiter": {"delimiter": ";"}, "--encoding": {"encoding": "cp1252"}, "--header": {"header": True},
    "--no-header": {"header": False}, "--skip": {"skip": 2}, "--comment": {"comment": "#"},
}  # fmt: skip


@pytest.mark.parametrize("option", OF_TEXT)
@pytest.mark.parametrize("name", ["t.json", "t.jsonl", "notes", "t.md"])
def test_an_option_about_delimited_text_is_refused_where_it_would_be_ignored(
    name: str, option: str, tmp_path: Path
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("one")
    (tmp_path / "t.md").write_text("one")
    (tmp_path / "t.json").write_text('[{"id": "a", "text": "one"}]')
    (tmp_path / "t.jsonl").write_text('{"id": "a", "text": "one"}\n')
    with pytest.raises(UsageError, match=f"; {option} applies only to tables of text such as CSV"):
        open_table(str(tmp_path / name), TableOptions(**OF_TEXT[option]))


@pytest.mark.parametrize("delimiter", ["§", "¶", "¬", "‡", "†", "¦"])
def test_signs_that_stand_in_no_text_are_delimiters(delimiter: str, tmp_path: Path) -> None:
    source = table(tmp_path, "id,text\na,one; two\nb,three\n".replace(",", delimiter))
    assert (source.columns, read(source)) == (("id", "text"), [["a", "one; two"], ["b", "three"]])


@pytest.mark.parametrize("second", ["Kennung,Wortlaut,Punkte", "Q1,words,Q three", "key,words,Bewertung (von)"])
def test_a_second_header_of_unusual_names_is_doubted(second: str, tmp_path: Path) -> None:
    source = table(tmp_path, f"id,text,score\n{second}\na,one,2\nb,two,3\n")
    assert [doubt.about for doubt in source.doubts] == ["second header"]
    assert "--skip 1" in str(source.doubts[0])


@pytest.mark.parametrize("row", ["x,one,n/a", "x,one,", "x,one,-", "x,one,7", "x2,one,NA", "x,one,room 7"])
def test_a_row_with_a_missing_number_is_no_second_header(row: str, tmp_path: Path) -> None:
    assert table(tmp_path, f"id,text,score\n{row}\na,one,2\nb,two,3\n").doubts == ()
