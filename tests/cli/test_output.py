from __future__ import annotations

import io
import json
from typing import cast

import pytest

from batchtui.cli.output.stdout import PipeClosed, Stdout, _Guarded


class FakeStdout:
    """A stdout of which a test decides what it is."""

    def __init__(self, encoding: str = "utf-8", *, is_terminal: bool = False) -> None:
        self.buffer = io.BytesIO()
        self.encoding = encoding
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def written(self) -> bytes:
        return self.buffer.getvalue()


def output_to(monkeypatch: pytest.MonkeyPatch, stdout: FakeStdout) -> Stdout:
    monkeypatch.setattr("sys.stdout", cast("io.TextIOWrapper", stdout))
    return Stdout()


def test_results_reach_a_pipe_byte_for_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout()

    output_to(monkeypatch, stdout).binary.write(b"\x1b[31m\xff\x9b\n")

    assert stdout.written == b"\x1b[31m\xff\x9b\n"


def test_results_reach_a_terminal_as_safe_text(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout(is_terminal=True)
    binary = output_to(monkeypatch, stdout).binary

    for block in (b"\x1b[31m d\xc3", b"\xa9j\xc3\xa0 \xc2\x9b2J\xff\n"):
        binary.write(block)

    assert stdout.written.decode() == "␛[31m déjà <U+009B>2J\ufffd\n"


def test_text_reaches_a_locale_that_lacks_its_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout("ascii")
    output = output_to(monkeypatch, stdout)

    output.line("naïve ●")

    assert (stdout.written, output.is_plain) == (b"na\\xefve \\u25cf\n", True)


def test_documents_are_utf_8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout("ascii")

    output_to(monkeypatch, stdout).document({"name": "naïve"})

    assert stdout.written.decode() == '{\n  "name": "naïve"\n}\n'


def test_a_lone_surrogate_does_not_break_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout()

    output_to(monkeypatch, stdout).document({"name": "\ud800"})

    assert b"\\ud800" in stdout.written


@pytest.mark.parametrize(
    "sign", ["\x9b31m", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\U000e0041", "\x1b"]
)
def test_a_document_drives_no_terminal_and_says_what_it_said(monkeypatch: pytest.MonkeyPatch, sign: str) -> None:
    stdout = FakeStdout()

    output_to(monkeypatch, stdout).document({f"name{sign}": [f"é{sign}😀"]})

    assert sign[0].encode() not in stdout.written
    assert "é".encode() in stdout.written
    assert json.loads(stdout.written) == {f"name{sign}": [f"é{sign}😀"]}


def test_a_document_is_json_whatever_number_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = FakeStdout()

    output_to(monkeypatch, stdout).document({"rate": [float("inf"), float("nan"), 1.5]})

    assert json.loads(stdout.written, parse_constant=pytest.fail) == {"rate": [None, None, 1.5]}


def test_a_closed_pipe_is_distinguished_from_other_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.BytesIO):
        def write(self, data: object) -> int:
            raise BrokenPipeError

    stdout = FakeStdout()
    stdout.buffer = Closed()

    with pytest.raises(PipeClosed):
        output_to(monkeypatch, stdout).line("anything")


def test_a_writer_that_goes_flushes_nothing_behind_ones_back() -> None:
    stream = io.BytesIO()
    writer = _Guarded(stream)
    writer.write(b"x")
    writer.close()
    assert stream.getvalue() == b"x"
    stream.close()
    writer.close()
