from __future__ import annotations

import json
import os
import signal
import urllib.request
from typing import TYPE_CHECKING

import pytest

from batchtui.tui.commands.table import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Batchtui


@pytest.fixture
def _no_credentials(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.name == "home"
    monkeypatch.delenv("ANTHROPIC_API_KEY")


@pytest.mark.usefixtures("_no_credentials")
def test_the_demo_tells_its_story_without_a_terminal_and_without_a_key(batchtui: Batchtui, home: Path) -> None:
    ran = batchtui.process("demo", "--speed", "200")

    assert ran.code == 0, ran
    assert "$ batchtui submit" in ran.out
    assert "answers.jsonl: 240 results: " in ran.out
    assert not home.exists()


def test_the_demo_leaves_the_environment_as_it_was(batchtui: Batchtui) -> None:
    before = dict(os.environ)

    ran = batchtui("demo", "--speed", "200", "--json")

    assert (ran.code, ran.document["export"]["total"]) == (0, 240)
    assert dict(os.environ) == before


def test_a_scenario_that_does_not_exist_is_said_with_those_that_do(batchtui: Batchtui) -> None:
    ran = batchtui("demo", "--scenario", "sunny")

    assert ran.code == 2
    assert "half-fail" in ran.err


def test_a_scenario_can_be_a_file(batchtui: Batchtui, tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("takes = 0.0\nerrored = {overloaded_error = 1.0}\n")

    ran = batchtui("demo", "--scenario", str(scenario), "--json")

    assert ran.document["export"]["errored"] == 240


def test_a_scenario_file_that_is_wrong_is_said(batchtui: Batchtui, tmp_path: Path) -> None:
    scenario = tmp_path / "mine.toml"
    scenario.write_text("tkaes = 0.0\n")

    ran = batchtui("simulate", "--scenario", str(scenario))

    assert ran.code == 2
    assert "tkaes" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_simulate_serves_until_it_is_told_to_end(batchtui: Batchtui, number: signal.Signals) -> None:
    process = batchtui.start("simulate", "--json")
    assert process.stdout is not None
    told = ""
    while not told.endswith("}\n") or told.count("{") != told.count("}"):
        told += process.stdout.readline()
    document = json.loads(told)
    asked = urllib.request.Request(
        f"{document['url']}/v1/messages/batches",
        headers={"x-api-key": document["env"]["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"},
    )
    with urllib.request.urlopen(asked, timeout=5) as answer:
        listed = json.load(answer)

    process.send_signal(number)
    _, err = process.communicate(timeout=10)

    assert (listed["data"], process.returncode, err) == ([], 0, "")
    assert document["env"]["ANTHROPIC_BASE_URL"] == document["url"]


def test_a_port_that_is_taken_is_said(batchtui: Batchtui) -> None:
    process = batchtui.start("simulate")
    assert process.stdout is not None
    port = process.stdout.readline().strip().rpartition(":")[2]

    ran = batchtui("simulate", "--port", port)

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert ran.code == 1
    assert f"Port {port} cannot be used" in ran.err


def test_keys_names_every_command_of_the_dashboard(batchtui: Batchtui) -> None:
    assert [entry["id"] for entry in batchtui("keys", "--json").document] == [command.id for command in COMMANDS]


def test_keys_shows_a_persons_own_keys(batchtui: Batchtui, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[keys]\n"app.theme" = "ctrl+t"\n')

    [theme] = [entry for entry in batchtui("keys", "--json").document if entry["id"] == "app.theme"]

    assert theme["keys"] == ["ctrl+t"]
