"""Every format that holds requests is read, and every one that does not is named."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.errors import InputError
from batchtui.intake.records.reader import HEAD, read_records
from tests.intake.builders import check_bytes, lines, only, request, run

REQUESTS = [request("a"), request("b"), request("c")]


def ids(good: list[Any]) -> list[str]:
    return [each.custom_id for each in good]


FORMATS: dict[str, bytes] = {
    "lines": lines(*REQUESTS),
    "lines without the last newline": lines(*REQUESTS).rstrip(),
    "lines with a mark": b"\xef\xbb\xbf" + lines(*REQUESTS),
    "lines ending in CRLF": lines(*REQUESTS).replace(b"\n", b"\r\n"),
    "lines with blank ones": b"\n \n" + lines(*REQUESTS).replace(b"\n", b"\n\n"),
    "an array": json.dumps(REQUESTS).encode(),
    "an array with a mark": b"\xef\xbb\xbf" + json.dumps(REQUESTS).encode(),
    "an array over many lines": json.dumps(REQUESTS, indent=2).encode(),
    "an array, params first": json.dumps([dict(reversed(each.items())) for each in REQUESTS]).encode(),
    "requests": json.dumps({"requests": REQUESTS}).encode(),
    "requests over many lines": json.dumps({"requests": REQUESTS}, indent="\t").encode(),
    "objects over many lines": "\n".join(json.dumps(each, indent=2) for each in REQUESTS).encode(),
    "gzip": gzip.compress(lines(*REQUESTS)),
    "gzip in two members": gzip.compress(lines(*REQUESTS[:2])) + gzip.compress(lines(*REQUESTS[2:])),
    "gzip in two members with zeros between, as tapes pad them": (
        gzip.compress(lines(*REQUESTS[:2])) + bytes(512) + gzip.compress(lines(*REQUESTS[2:])) + bytes(512)
    ),
    "a gzipped array": gzip.compress(json.dumps(REQUESTS).encode()),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read(name: str, tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, FORMATS[name])
    assert (ids(good), report.problems) == (["a", "b", "c"], ())
    assert [json.loads(each.payload) for each in good] == REQUESTS
    assert not any(b"\n" in each.payload for each in good)


def test_bytes_that_need_no_change_are_not_changed(tmp_path: Path) -> None:
    said = b'{"role":"user","content":"\\u00e9 \xe2\x80\xa8 \xc3\xa9"}'
    line = b'{ "params" : {"messages":[' + said + b'],"max_tokens":10,"model":"claude-opus-5-5"}, "custom_id":"a"}'
    good, _ = check_bytes(tmp_path, b"  " + line + b" \r\n" + lines(request("b")))
    assert good[0].payload == line


def test_the_line_separator_inside_a_string_is_no_end_of_line(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "one\u2028two\u2029three\x85four"}]
    good, report = check_bytes(tmp_path, json.dumps(request("a", messages=said), ensure_ascii=False).encode() + b"\n")
    assert (ids(good), report.errors) == (["a"], 0)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1000])
def test_lines_are_the_same_wherever_they_are_cut(size: int) -> None:
    text = b"{" + b" " * HEAD + b"}\n{1}\n\n \r\n{2}\r\n{\xe2\x80\xa8\r}\n\n{3}"
    chunks = [text[:HEAD], *(text[at : at + size] for at in range(HEAD, len(text), size))]
    read = [(n, item.strip()) for first, items in read_records(iter(chunks)) for n, item in enumerate(items, first)]
    assert read == [(n, line.strip()) for n, line in enumerate(text.split(b"\n"), 1)]


def test_requests_know_their_line_and_number(tmp_path: Path) -> None:
    good, _ = check_bytes(tmp_path, b"\n" + lines(request("a")) + b"\n\n" + lines({}) + lines(request("b")))
    assert [(each.seq, each.line) for each in good] == [(1, 2), (2, 6)]


def test_elements_of_an_array_are_counted_from_one(tmp_path: Path) -> None:
    content = json.dumps([request("a"), 7, request("b")]).encode()
    good, report = check_bytes(tmp_path, content)
    assert [each.line for each in good] == [1, 3]
    assert (only(list(report.problems)).code, report.problems[0].line) == ("not-object", 2)


WRONG: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "file-empty"),
    "blank": (b" \n\r\n ", "file-empty"),
    "an empty array": (b"[]", "file-empty"),
    "UTF-16": (json.dumps(REQUESTS).encode("utf-16"), "file-encoding"),
    "UTF-16 without a mark": (json.dumps(REQUESTS).encode("utf-16-le"), "file-encoding"),
    "a table": (b"id,prompt\n1,hello\n2,bye\n", "file-csv"),
    "prose": (b"Dear API,\nplease answer.\n", "file-not-json"),
    "Parquet": (b"PAR1\x15\x04", "file-binary"),
    "zip": (b"PK\x03\x04abc", "file-binary"),
    "binary": (b'{"a": "\x00\x01\x02"}' + b"x" * 50, "file-binary"),
    "an open array": (json.dumps(REQUESTS).encode()[:-1], "file-array"),
    "an array cut in an element": (json.dumps(REQUESTS).encode()[:-20], "file-array"),
    "an array without a comma": (b"[1 2]", "file-array"),
    "text after the array": (json.dumps(REQUESTS).encode() + b"x", "file-extra"),
    "keys beside requests": (b'{"requests": [' + lines(*REQUESTS[:1]).strip() + b'], "name": "x"}', "file-extra"),
    "damaged gzip": (gzip.compress(lines(*REQUESTS))[:-12], "gzip-damaged"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_without_requests_is_named(name: str, tmp_path: Path) -> None:
    content, code = WRONG[name]
    _, report = check_bytes(tmp_path, content)
    assert code in {each.code for each in report.problems}
    assert report.errors


def test_latin_1_is_named_with_line_and_byte(tmp_path: Path) -> None:
    text = json.dumps(request("b", messages=[{"role": "user", "content": "caf\xe9"}]), ensure_ascii=False)
    _, report = check_bytes(tmp_path, lines(request("a")) + text.encode("latin-1"))
    problem = report.problems[0]
    assert (problem.code, problem.line) == ("not-utf8", 2)
    assert "0xe9" in problem.message


def test_several_files_are_one_job(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(lines(request(name)))
    good, _ = run(tmp_path / "b", tmp_path / "a")
    assert [(each.seq, each.custom_id, Path(each.file).name) for each in good] == [(1, "b", "b"), (2, "a", "a")]


def test_a_folder_is_its_parts_in_name_order(tmp_path: Path) -> None:
    for name in ("part-00001", "part-00000.jsonl", "part-00002.json.gz", "_SUCCESS", ".part-00000.crc", "notes.txt"):
        content = lines(request(name[:10]))
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    good, report = run(tmp_path)
    assert (ids(good), report.errors) == (["part-00000", "part-00001", "part-00002"], 0)


def test_an_empty_part_of_a_folder_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "part-00000").write_bytes(b"")
    (tmp_path / "part-00001").write_bytes(lines(*REQUESTS))
    good, report = run(tmp_path)
    assert (len(good), report.problems) == (3, ())


def test_a_folder_of_empty_parts_is_empty(tmp_path: Path) -> None:
    for name in ("part-00000", "part-00001"):
        (tmp_path / name).write_bytes(b"")
    assert only(list(run(tmp_path)[1].problems)).code == "file-empty"


def test_standard_input_is_read(tmp_path: Path) -> None:
    good, _ = run("-", stdin=io.BytesIO(gzip.compress(lines(*REQUESTS))))
    assert ids(good) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["missing.jsonl", "empty-folder", "parquet", "nested"])
def test_unreadable_files_are_named_before_reading_begins(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty-folder").mkdir()
    (tmp_path / "parquet").mkdir()
    (tmp_path / "parquet" / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "nested" / "year=2026").mkdir(parents=True)
    with pytest.raises(InputError) as raised:
        run(tmp_path / name)
    assert name in raised.value.message
    assert raised.value.hint


def test_standard_input_twice_is_refused() -> None:
    with pytest.raises(InputError, match="only once"):
        run("-", "-", stdin=io.BytesIO())


def test_overrides_take_the_place_of_what_stands_there(tmp_path: Path) -> None:
    content = lines(request("a", model="claude-sonnet-4-20250514"), request("b", max_tokens=None))
    good, report = check_bytes(tmp_path, content, model="claude-opus-5-5", max_tokens=7)
    assert report.errors == 0
    assert [json.loads(each.payload)["params"] for each in good] == [
        {**request()["params"], "model": "claude-opus-5-5", "max_tokens": 7},
    ] * 2
    assert {(each.model, each.max_tokens) for each in good} == {("claude-opus-5-5", 7)}


def test_a_key_beside_the_envelope_is_not_sent(tmp_path: Path) -> None:
    good, _ = check_bytes(tmp_path, lines({**request("a"), "note": 1}))
    assert json.loads(good[0].payload) == request("a")


def test_progress_is_counted_in_bytes_of_the_disk(tmp_path: Path) -> None:
    from batchtui.intake import Intake
    from tests.intake.builders import options

    path = tmp_path / "in.gz"
    path.write_bytes(gzip.compress(lines(*REQUESTS)))
    intake = Intake([str(path)], options())
    assert (intake.bytes_read, intake.bytes_total) == (0, path.stat().st_size)
    assert [len(block) for block in intake.blocks()] == [3]
    assert intake.bytes_read == intake.bytes_total


def test_blank_lines_at_the_beginning_count(tmp_path: Path) -> None:
    _, report = check_bytes(tmp_path, b"\n \n\n" + lines(request("a")) + b"{broken\n")
    assert [problem.line for problem in report.problems] == [5]


def test_blank_lines_of_a_whole_block_count() -> None:
    [records] = read_records(iter([b"\n" * 3, b"\n", lines(request("a"))]))
    assert records.first == 5
