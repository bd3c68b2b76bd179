"""What a hostile server, or an answer of its, can do: be wrong, and no more."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import AnswerLost
from batchtui.exporters.columns import default_columns
from batchtui.exporters.formats import Format, write
from batchtui.exporters.record import ExportRecord
from batchtui.gateway import transport
from batchtui.registry.results.store import ResultStore
from batchtui.simulator import Fault, Simulator
from tests.cli.test_completion import completions
from tests.gateway.loopback import BATCH, Loopback, Reply
from tests.support.lines import succeeded
from tests.support.results import a_batch
from tests.threats.test_where_the_key_goes import connected
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Batchtui, Later

TITLE = "\x1b]0;owned\x07"
DRIVES = f"{TITLE}\x9b2J\u202e[b]x[/b]"
"""What would set a title, clear a screen, turn text round and be bold, if anything let it."""
OBEYED = set("\x1b\x07\x9b\u202e\r")


@pytest.mark.long
async def test_text_cannot_drive_the_terminal_on_a_screen(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=[DRIVES], size=(120, 30)) as shown:
        await shown.shows("[b]x[/b]")
        for keys in (("a",), ("escape", "enter"), ("enter",), ("escape", "c")):
            await shown.press(*keys)
            assert not set(shown.text) & OBEYED


def test_text_cannot_drive_the_terminal_from_the_command_line(
    batchtui: Batchtui, simulator: Simulator, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(batchtui.folder)
    batchtui.submitted(1, "r", "--name", DRIVES, "--tag", DRIVES)
    later.turn(60)
    for words in ("list", "wait @last", "status @last", "log", "cost --by job", "cost --by tag", "results @last x.md",
                  "compare @last @last --changes", "delete @last --yes"):  # fmt: skip
        ran = batchtui(*words.split())
        assert ran.code == 0, ran
        assert not set(ran.out + ran.err) & OBEYED, words


def test_text_cannot_drive_the_terminal_out_of_an_error(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("create", "status", status=400, message=DRIVES))
    ran = batchtui("submit", batchtui.file(), "--yes")
    assert ran.code == 1
    assert "owned" in ran.err
    assert not set(ran.err) & OBEYED


@pytest.mark.parametrize("hostile", ["$(touch pwned)", "a;b `c`", "a -rf", "a\nb"])
def test_completion_offers_plain_words(batchtui: Batchtui, simulator: Simulator, home: Path, hostile: str) -> None:
    batchtui.submitted(1, "r", f"--name={hostile}")
    batchtui.submitted(1, "s", "--name", "plain")
    offered = completions(home, "status", "")
    assert "plain" in offered
    assert [word for word in offered if "pwned" in word or set(word) & set("$`;\n ") or word.startswith("-")] == []


def test_a_spreadsheet_runs_nothing() -> None:
    out = io.BytesIO()
    lines = [succeeded("a", "=HYPERLINK(1)"), succeeded("b", "@SUM(1)"), succeeded("c", "-2+cmd|' /C calc'!A0")]
    write(Format.CSV, out, (ExportRecord(each, b"{}") for each in lines), default_columns((), with_requests=False))
    cells = [cell for row in csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"))) for cell in row]
    assert {"'=HYPERLINK(1)", "'@SUM(1)", "'-2+cmd|' /C calc'!A0"} <= set(cells)


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "..", "a/b", "a\x00b", "x" * 300])
async def test_an_id_is_never_a_path(tmp_path: Path, home: Path, hostile: str) -> None:
    store = ResultStore(tmp_path / "results")
    assert store.paths(replace(a_batch(), id=hostile)).raw.parent == tmp_path / "results"


@pytest.mark.parametrize("hostile", ["../models", "a/b?c=d#e", "a%2fb", "a\r\nx-evil: 1"])
async def test_an_id_is_never_a_path_of_a_url(home: Path, hostile: str) -> None:
    async with Loopback(Reply.json(BATCH)) as api, connected(api.url) as gateway:
        await gateway.retrieve(hostile)
    assert not set(api.heard[0].target.removeprefix("/v1/messages/batches/")) & set("/?#")
    assert "x-evil" not in api.heard[0].headers


async def test_a_flood_is_cut_off(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert transport.MOST_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(transport, "MOST_BYTES", 100_000)
    endless = Reply(200, b" " * 200_000, {"content-type": "application/json"})
    async with Loopback(endless) as api, connected(api.url) as gateway:
        with pytest.raises(AnswerLost, match="does not end"):
            await gateway.retrieve("msgbatch_01")


@pytest.mark.parametrize(
    "lie",
    [
        Fault("results", "results_cut", at_byte=700, clean=True),
        Fault("results", "results_cut", at_byte=700),
        Fault("results", "wrong_line", body="no result at all"),
        Fault("results", "wrong_line", body=succeeded("somebody-else").decode()),
        Fault("results", "wrong_line", body=succeeded("r-00000").decode()),
    ],
    ids=["cut short", "broken off", "no result", "somebody else's", "doubled"],
)
def test_lies_are_noticed(batchtui: Batchtui, simulator: Simulator, later: Later, lie: Fault) -> None:
    batchtui.submitted(3)
    later.turn(60)
    simulator.world.faults.add(replace(lie, times=100))
    assert batchtui("results", "@last", str(batchtui.folder / "out.jsonl"), "--timeout", "1").code == 1
    assert not (batchtui.folder / "out.jsonl").exists()
    assert batchtui("status", "@last", "--offline", "--json").document["results"] != "saved"
