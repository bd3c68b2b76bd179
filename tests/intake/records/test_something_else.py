"""Files that are something else than requests are named for what they are, with what to do."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.intake.builders import check_bytes, lines, only, request

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.submission.problem import Problem
    from batchtui.intake import CheckedRequest

BOM = b"\xef\xbb\xbf"
CLAUDE = {"max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
OPENAI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def ids(good: list[CheckedRequest]) -> list[str]:
    return [each.custom_id for each in good]


def first_problem(folder: Path, content: bytes) -> Problem:
    return check_bytes(folder, content)[1].problems[0]


def tar(kind: int, name: str = "requests.jsonl") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=kind) as archive:
        entry = tarfile.TarInfo(name)
        content = lines(*(request(f"r{number}") for number in range(50)))
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def old_tar() -> bytes:
    """Return an archive as before POSIX: no magic word, so that only its checksum tells."""
    block = bytearray(tar(tarfile.USTAR_FORMAT))
    block[257:512] = bytes(255)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


LINES: dict[str, tuple[dict[str, Any], str]] = {
    "OpenAI chat": ({"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": OPENAI}, "openai-line"),
    "OpenAI responses": ({"custom_id": "a", "method": "POST", "url": "/v1/responses", "body": {}}, "openai-line"),
    "OpenAI embeddings": ({"custom_id": "a", "url": "/v1/embeddings", "body": {"input": "x"}}, "openai-line"),
    "Bedrock": ({"recordId": "CALL0000001", "modelInput": CLAUDE}, "bedrock-line"),
    "Bedrock without an id": ({"modelInput": {"inputText": "Hi"}}, "bedrock-line"),
    "Bedrock Nova": ({"recordId": "1", "modelInput": {"schemaVersion": "messages-v1", "messages": []}}, "bedrock-line"),
    "Vertex, Claude": (
        {"custom_id": "a", "request": {"anthropic_version": "vertex-2023-10-16", **CLAUDE}},
        "vertex-line",
    ),
    "Vertex, Gemini": ({"request": GEMINI}, "gemini-line"),
    "Gemini with a key": ({"key": "a", "request": {**GEMINI, "generation_config": {}}}, "gemini-line"),
    "Gemini, bare": (GEMINI, "gemini-line"),
    "results": ({"custom_id": "a", "result": {"type": "succeeded", "message": {}}}, "results-line"),
    "errors": ({"custom_id": "a", "result": {"type": "errored", "error": {}}}, "results-line"),
    "OpenAI's results": ({"id": "b", "custom_id": "a", "response": {"body": {}}, "error": None}, "results-line"),
    "Bedrock's results": ({"recordId": "1", "modelInput": CLAUDE, "modelOutput": {}}, "results-line"),
    "Bedrock's errors": ({"recordId": "1", "modelInput": CLAUDE, "error": {"errorCode": 400}}, "results-line"),
    "Vertex's results": ({"status": "", "request": GEMINI, "response": {}}, "results-line"),
    "Gemini's results": ({"key": "a", "response": {"candidates": []}}, "results-line"),
    "params encoded twice": ({"custom_id": "a", "params": json.dumps(request()["params"])}, "json-string"),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("shape", ["lines", "array"])
def test_a_line_of_another_kind_is_named_and_its_keys_are_not_complained_of(
    name: str, shape: str, tmp_path: Path
) -> None:
    line, code = LINES[name]
    content = lines(line, line) if shape == "lines" else json.dumps([line, line]).encode()
    problem = only(list(check_bytes(tmp_path, content)[1].problems))
    assert (problem.code, problem.count, problem.line) == (code, 2, 1)
    assert problem.hint


@pytest.mark.parametrize("name", ["OpenAI chat", "Bedrock", "Vertex, Claude"])
def test_the_hint_names_convert_when_a_conversion_is_safe(name: str, tmp_path: Path) -> None:
    assert "batchtui convert" in first_problem(tmp_path, lines(LINES[name][0])).hint


def test_a_request_with_such_keys_beside_params_is_a_request(tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, lines({**request("a"), "body": {}, "url": "x", "recordId": "1"}))
    assert (ids(good), report.errors) == (["a"], 0)


TAR = tar(tarfile.USTAR_FORMAT)
FILES: dict[str, tuple[bytes, str, str]] = {
    "tar": (TAR, "file-binary", "tar archive"),
    "tar of GNU": (tar(tarfile.GNU_FORMAT), "file-binary", "tar archive"),
    "tar of pax with a long name": (tar(tarfile.PAX_FORMAT, "é" * 120), "file-binary", "tar archive"),
    "tar before POSIX": (old_tar(), "file-binary", "tar archive"),
    "tar.gz": (gzip.compress(TAR), "file-binary", "tar archive"),
    "gzip twice": (gzip.compress(gzip.compress(lines(request()))), "file-binary", "gzip twice"),
    "zip": (zipped(a=lines(request())), "file-binary", "zip archive"),
    "an empty zip": (zipped(), "file-binary", "zip archive"),
    "a spreadsheet": (zipped(**{"xl/workbook.xml": b"<x/>"}), "file-binary", "spreadsheet"),
    "a spanned zip": (b"PK\x07\x08" + zipped(a=b"x"), "file-binary", "zip archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "file-binary", "7z"),
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "file-pointer",
        "Git LFS pointer",
    ),
    "LFS, Windows": (
        b"version https://git-lfs.github.com/spec/v1\r\noid sha256:4d7a\r\nsize 1\r\n",
        "file-pointer",
        "Git LFS pointer",
    ),
    "LFS, extended": (
        b"version https://git-lfs.github.com/spec/v1\next-0-foo sha256:1\noid sha256:2\nsize 3\n",
        "file-pointer",
        "Git LFS pointer",
    ),
    "annex": (b"/annex/objects/SHA256E-s3--4d.jsonl\n", "file-pointer", "git-annex"),
    "CSV": (b"id,prompt\n1,hello\n", "file-csv", "table"),
    "quoted CSV": (b'"id","prompt"\r\n"1","a, b"\r\n', "file-csv", "table"),
    "TSV": (b"id\tprompt\n1\thello\n", "file-csv", "table"),
    "CSV with semicolons and a mark": (BOM + b"id;prompt\n1;hello\n", "file-csv", "table"),
    "CSV with JSON in it": (b'custom_id,params\na,"{""model"": ""x""}"\n', "file-csv", "table"),
    "HTML": (b"<!DOCTYPE html>\n<html><body>Sign in</body></html>", "file-markup", "web page"),
    "HTML after blanks": (b"\n\n  <html lang=en><p>404", "file-markup", "web page"),
    "HTML of a comment": (b"<!-- x --><HTML></HTML>", "file-markup", "web page"),
    "XML": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "file-markup", "XML"),
    "UTF-16LE": (lines(request()).decode().encode("utf-16-le"), "file-encoding", "UTF-16"),
    "UTF-16BE": (lines(request()).decode().encode("utf-16-be"), "file-encoding", "UTF-16"),
    "UTF-32LE": (lines(request()).decode().encode("utf-32-le"), "file-encoding", "UTF-32"),
    "UTF-16LE, Japanese": (
        json.dumps(request(system="日本語" * 60), ensure_ascii=False).encode("utf-16-le"),
        "file-encoding",
        "UTF-16",
    ),
    "UTF-16BE, a table": ("id,prompt\n1,hello\n".encode("utf-16-be"), "file-encoding", "UTF-16"),
    "a string": (json.dumps(json.dumps(request())).encode(), "json-string", "encoded twice"),
    "strings": (lines(json.dumps(request("a")), json.dumps(request("b"))), "json-string", "encoded twice"),
    "one long string": (json.dumps(json.dumps([request("a", system="x" * 40_000)])).encode(), "json-string", "twice"),
    "an array of strings": (json.dumps([json.dumps(request())] * 2).encode(), "json-string", "encoded twice"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_something_else_is_named(name: str, tmp_path: Path) -> None:
    content, code, words = FILES[name]
    problem = first_problem(tmp_path, content)
    assert (problem.code, words in problem.message, bool(problem.hint)) == (code, True, True), problem


@pytest.mark.parametrize(("name", "encoding"), [("UTF-16LE", "UTF-16LE"), ("UTF-16BE", "UTF-16BE")])
def test_the_order_of_bytes_is_said_as_iconv_needs_it(name: str, encoding: str, tmp_path: Path) -> None:
    assert f"-f {encoding} " in first_problem(tmp_path, FILES[name][0]).hint


@pytest.mark.parametrize("end", [b",", b", ", b",\r"])
def test_a_comma_after_each_line_is_named(end: bytes, tmp_path: Path) -> None:
    content = b"".join(lines(request(name)).strip() + end + b"\n" for name in "ab")
    problem = only(list(check_bytes(tmp_path, content)[1].problems))
    assert (problem.code, problem.message, problem.count) == ("not-json", "there is a comma after the object", 2)


@pytest.mark.parametrize(
    "content",
    [
        BOM + lines(request("a")) + BOM + lines(request("b")),
        lines(request("a")) + b"\n" + BOM + b" " + BOM + lines(request("b")),
        BOM + BOM + lines(request("a")) + BOM + b"\r\n" + lines(request("b")),
        b"\n" + BOM + b"[" + lines(request("a")) + b"," + lines(request("b")) + b"]",
    ],
    ids=["files put together", "a blank line between", "twice at the beginning", "before an array"],
)
def test_byte_order_marks_in_the_middle_are_read_over(content: bytes, tmp_path: Path) -> None:
    good, report = check_bytes(tmp_path, content)
    assert (ids(good), report.errors) == (["a", "b"], 0)
    assert all(not each.payload.startswith(BOM) for each in good)


def test_overrides_apply_to_lines_with_a_byte_order_mark(tmp_path: Path) -> None:
    content = lines(request("a")) + BOM + lines(request("b"))
    assert [each.max_tokens for each in check_bytes(tmp_path, content, max_tokens=7)[0]] == [7, 7]


def test_a_wrong_request_behind_a_mark_is_judged_as_one(tmp_path: Path) -> None:
    content = lines(request("a")) + BOM + lines(request("b c"))
    assert only(list(check_bytes(tmp_path, content)[1].problems[:1])).code == "custom-id-pattern"
