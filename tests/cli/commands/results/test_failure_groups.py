from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from batchtui.cli import run as cli_run
from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import exit_for
from batchtui.domain import errors
from batchtui.domain.errors import BatchtuiError

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.cli.session import Session
    from tests.cli.conftest import Batchtui


def tree(root: type[BatchtuiError] = BatchtuiError) -> list[type[BatchtuiError]]:
    children = [child for child in root.__subclasses__() if child.__module__ == errors.__name__]
    return [root, *(cls for child in children for cls in tree(child))]


EXPECTED = {
    "UsageError": 2, "UnknownTarget": 2, "NothingToRetry": 2, "NothingToContinue": 2,
    "ConsentNeeded": 2, "InputError": 3,
    "CostLimit": 3, "SubmittedBefore": 3, "CanaryRefused": 3, "WaitTimedOut": 5, "FateUnknown": 6,
}  # fmt: skip


def failing(error: BaseException) -> click.Command:
    """A program whose only command fails."""

    @define_command("fail", examples=["fail"])
    async def command(session: Session) -> None:
        raise error

    return click.Group("batchtui", {"fail": command})


def said(program: click.Command, capture: pytest.CaptureFixture[bytes], *args: str) -> tuple[int, str, str]:
    code = cli_run.run(program, ["fail", *args])
    out, err = capture.readouterr()
    return code, out.decode(), err.decode()


@pytest.mark.parametrize("cls", tree())
def test_every_error_has_the_exit_code_of_the_contract(cls: type[BatchtuiError]) -> None:
    assert exit_for(cls("It went wrong.")) == EXPECTED.get(cls.__name__, 1)


@pytest.mark.parametrize("cls", tree())
def test_every_error_is_said_as_title_sentence_and_hint(
    cls: type[BatchtuiError], home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, err = said(failing(cls("It went wrong.", hint="Do that.")), capsysbinary)

    assert (code, out, err) == (exit_for(cls("")), "", f"{cls('It went wrong.').sentence}\n  Do that.\n")


@pytest.mark.parametrize("cls", tree())
def test_every_error_is_one_document_on_stdout_where_json_is_asked_for(
    cls: type[BatchtuiError], home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, out, err = said(failing(cls("It went wrong.", hint="Do that.")), capsysbinary, "--json")

    document = json.loads(out)["error"]
    document.pop("problems", None)
    assert document == {
        "type": cls.type, "code": cls.code, "title": cls.title, "message": "It went wrong.", "hint": "Do that."
    }  # fmt: skip
    assert err == ""


def test_hostile_text_in_an_error_does_not_reach_the_terminal(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, _, err = said(failing(BatchtuiError("\x1b]0;owned\x07\x9b2J \u202e", hint="\x1b[A")), capsysbinary)

    assert not set(err) & set("\x1b\x07\x9b\u202e")


def test_an_unexpected_error_is_a_sentence_with_its_traceback_in_the_log(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, err = said(failing(ZeroDivisionError("by nought")), capsysbinary)

    log = home / "logs" / "batchtui.log"
    assert (code, out) == (70, "")
    assert err == (
        f"Internal error in batchtui: ZeroDivisionError: by nought\n  The details are in {log}; please report it.\n"
    )
    assert "Traceback" in log.read_text()


def test_the_log_is_for_the_user_alone(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    said(failing(ZeroDivisionError()), capsysbinary)

    assert (home / "logs" / "batchtui.log").stat().st_mode & 0o777 == 0o600


def test_wrong_usage_is_one_document_too(batchtui: Batchtui) -> None:
    ran = batchtui("list", "--limit", "none", "--json")

    assert ran.code == 2
    assert set(ran.document["error"]) == {"type", "code", "title", "message", "hint"}


NO_NAME = "x" * 300
"""No file can be called so, nor be looked for."""


@pytest.mark.parametrize(
    "words",
    [("check", NO_NAME), ("compose", "--data", NO_NAME), ("compose", "--template", NO_NAME, "--data", "-"),
     ("compose", "--data", "-", "-o", NO_NAME), ("wait", "@last", NO_NAME)],
    ids=["check", "table", "template", "output", "wait"],
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused_in_words(batchtui: Batchtui, words: tuple[str, ...]) -> None:
    ran = batchtui(*words)

    assert ran.code in (1, 2, 3)
    assert NO_NAME in ran.err
    assert "Internal error in batchtui" not in ran.err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_130_without_a_traceback(
    error: BaseException, home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code, out, err = said(failing(error), capsysbinary)

    assert (code, out, err) == (130, "", "Stopped. Batches in progress at the API continue.\n")
