"""Every command line of the README and the manual runs, page by page, on a home and a simulator of its own."""

from __future__ import annotations

import gzip
import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from batchtui.cli.exit_codes import ExitCode
from batchtui.results.answer_digest import answer_digest
from batchtui.results.parsed_result import parse_result
from batchtui.simulator import Scenario
from tests.support import manual
from tests.support.builders import jsonl, requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui

NEVER_ENDS = {"demo", "simulate"}
"""Commands that are parsed by another test and not run: they run until they are interrupted."""
ASKS = {"submit", "retry", "continue", "cancel", "delete", "prune", "check", "resume", "judge"}
"""Commands that would ask: there is nobody, so they are given --yes."""
MODELS = {"first-try": "sonnet-5-5", "second-try": "opus-5-5"}
FOREIGN = "msgbatch_01HkF4xG2Lm8Qp5Rt7Vw9Yzb"
"""The manual's name of a batch that was created elsewhere."""
ENDS_WELL = {ExitCode.DONE, ExitCode.NOT_ALL_SUCCEEDED}
PAGES = [manual.README, *sorted(manual.PAGES.glob("*.md"))]
TABLE = "Ticket ID,subject,body\nT-1,Login,It fails\nT-2,Bill,Twice\n"
TEMPLATE = '+++\nid = "Ticket ID"\nmodel = "cheap"\nmax_tokens = 20\n+++\nA bug? {{ subject }} {{ body }}\n'
FOREIGN_LINE = {
    "custom_id": "o-1",
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello."}]},
}


def command_lines(page: Path) -> list[list[str]]:
    """The arguments of each command line in the code of a page, up to a pipe, a redirection or a comment."""
    lines = []
    for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("batchtui "):
                words = shlex.split(line, comments=True)[1:]
                end = next((place for place, word in enumerate(words) if word in ("|", ">", ">>", "&&")), len(words))
                lines.append(words[:end])
    return [words for words in lines if words and words[0] not in NEVER_ENDS]


@pytest.fixture
def scenario() -> Scenario:
    """Batches that end at once, with some of every failure."""
    return Scenario(
        takes=0.0, cancel_takes=0.0, requests_per_minute=0, errored={"overloaded_error": 0.2}, truncated=0.2, seed=3
    )


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the manual speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    jsonl(tmp_path / "tickets.jsonl", requests(20, "t"))
    jsonl(tmp_path / "letters.jsonl", requests(5, "l"))
    jsonl(tmp_path / "questions.jsonl", requests(60, "q"))
    (tmp_path / "openai.jsonl").write_text(json.dumps(FOREIGN_LINE) + "\n")
    (tmp_path / "sort.md").write_text(TEMPLATE)
    (tmp_path / "rubric.md").write_text("The answer is short.\n")
    for name in ("tickets.csv", "jan.csv", "feb.csv"):
        (tmp_path / name).write_text(TABLE)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "mar.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    return tmp_path


def expected(words: list[str]) -> set[ExitCode]:
    # Every batch has ended by then: there is nothing to cancel, and the command says so.
    return {ExitCode.FAILED} if words[0] == "cancel" else ENDS_WELL


def marks_of_grace(batchtui: Batchtui, files: Path) -> None:
    """Write what another reviewer says of the answers of `nightly`: one is accepted, one rejected."""
    batchtui("watch", "--until-idle")
    answers = [parse_result(line.encode()) for line in batchtui("results", "nightly").out.splitlines()]
    marks = [
        {"custom_id": answer.custom_id, "reviewer": "grace", "verdict": verdict, "answer": answer_digest(answer),
         "marked_at": "2026-12-01T09:30:00+00:00"}
        for answer, verdict in zip(answers, ("accepted", "rejected"), strict=False)
    ]  # fmt: skip
    lines = [{"format": "batchtui-review", "version": 1}, *marks]
    (files / "grace.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if command_lines(page)], ids=lambda page: page.stem)
def test_every_command_line_of_a_page_runs(page: Path, batchtui: Batchtui, files: Path, simulator: Simulator) -> None:
    for name in ("second-try", "first-try", "nightly"):
        # The same questions to two models, neither that of the pages' own files: they can be compared.
        model = [] if name == "nightly" else ["--model", f"claude-{MODELS[name]}"]
        path = jsonl(files / f"{name}.jsonl", requests(20, "n" if name == "nightly" else "t"))
        batchtui("submit", str(path), "--yes", "--name", name, *model)
    marks_of_grace(batchtui, files)
    foreign = simulator.world.plant([json.loads(line) for line in (files / "tickets.jsonl").read_text().splitlines()])
    failed = []
    for words in command_lines(page):
        batchtui("watch", "--until-idle")
        called = [foreign.id if word == FOREIGN else word for word in words]
        if (words[0] in ASKS or "--submit" in words) and "--yes" not in words and "--dry-run" not in words:
            called.append("--yes")
        ran = batchtui(*called)
        if ran.code not in expected(words):
            failed.append((" ".join(called), ran.code, ran.err[-300:]))
    assert failed == []


def test_a_command_that_fails_would_be_noticed(batchtui: Batchtui, files: Path, simulator: Simulator) -> None:
    page = files / "page.md"
    page.write_text("```sh\nbatchtui estimate nosuch.jsonl | cat\nbatchtui list   # all\nbatchtui demo\n```\n")
    assert command_lines(page) == [["estimate", "nosuch.jsonl"], ["list"]]
    assert batchtui(*command_lines(page)[0]).code not in ENDS_WELL
    assert simulator.world.calls == []
