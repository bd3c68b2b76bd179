"""Which models there are: as the API says for these credentials, kept for a day; else the built-in list."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.simulator import Fault
from tests.support.builders import jsonl, request

if TYPE_CHECKING:
    from batchtui.simulator import Simulator
    from tests.cli.conftest import Batchtui


def test_the_list_is_the_apis_and_is_asked_for_once_a_day(batchtui: Batchtui, simulator: Simulator) -> None:
    first, second = (batchtui("models", "--json").document for _ in range(2))
    assert first["models"] == second["models"]
    assert first["source"] == "api"
    assert len(simulator.world.calls_to("models")) == 1
    haiku = next(model for model in first["models"] if model["id"] == "claude-haiku-5-5")
    assert haiku["batch_price"] == {"input": "0.05", "output": "0.25"}
    assert haiku["max_tokens"] == 64_000  # the built-in list says 128,000


def test_without_credentials_it_is_the_built_in_list(batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    document = batchtui("models", "--json").document
    assert document["source"] == "built-in"
    assert "claude-sonnet-5-5" in {model["id"] for model in document["models"]}


def test_a_network_that_is_down_leaves_what_is_known(batchtui: Batchtui, simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("models", "lost_before", times=None))
    ran = batchtui("models")
    assert ran.code == 0
    assert "the built-in list" in ran.err


def test_offline_asks_nobody(batchtui: Batchtui, simulator: Simulator) -> None:
    assert batchtui("models", "--offline").code == 0
    assert simulator.world.calls == []


@pytest.mark.usefixtures("simulator")
def test_models_show_their_retirement_date_before_and_after_it(batchtui: Batchtui) -> None:
    rows = {line.split()[0]: line for line in batchtui("models").out.splitlines()}
    assert "retired, last day 2026-06-15" in rows["claude-opus-4-20250514"]
    assert "2026-11-30" in rows["claude-sonnet-4-5-20250929"]


def test_a_retired_model_is_an_error_offline_and_a_warning_where_it_is_allowed(batchtui: Batchtui) -> None:
    file = str(jsonl(batchtui.folder / "old.jsonl", [request("a", model="claude-opus-4-1"), request("b")]))
    refused = batchtui("check", file, "--json")
    allowed = batchtui("check", file, "--json", "--allow-model", "claude-opus-4-1")
    assert (refused.code, [(each["code"], each["severity"]) for each in refused.document["problems"]]) == (
        3,
        [("model-retired", "error")],
    )
    assert (allowed.code, [(each["code"], each["severity"]) for each in allowed.document["problems"]]) == (
        0,
        [("model-retired", "warning")],
    )


@pytest.mark.usefixtures("simulator")
def test_a_retired_model_is_sent_where_it_is_allowed(batchtui: Batchtui) -> None:
    file = str(jsonl(batchtui.folder / "old.jsonl", [request("a", model="claude-opus-4-1"), request("b")]))
    assert batchtui("submit", file, "--yes").code == 3
    assert batchtui("submit", file, "--yes", "--allow-model", "claude-opus-4-1").code == 0


def test_checks_go_by_the_list_once_it_was_heard_and_ask_nobody(batchtui: Batchtui, simulator: Simulator) -> None:
    """The API allows this model less than the built-in list does."""
    file = str(jsonl(batchtui.folder / "long.jsonl", [request("a", max_tokens=100_000), request("b")]))
    assert batchtui("check", file).code == 0
    assert simulator.world.calls == []
    batchtui("models")

    ran = batchtui("check", file, "--json")

    assert (ran.code, [problem["code"] for problem in ran.document["problems"]]) == (3, ["max-tokens-limit"])
    assert len(simulator.world.calls) == 1


def test_a_submission_has_the_list_fetched_for_the_next_check(batchtui: Batchtui, simulator: Simulator) -> None:
    batchtui.submitted()
    file = str(jsonl(batchtui.folder / "long.jsonl", [request("a", max_tokens=100_000), request("b")]))
    assert batchtui("submit", file, "--yes").code == 3
    assert len(simulator.world.calls_to("models")) == 1


@pytest.mark.long
def test_a_check_needs_neither_a_key_nor_the_sdk(batchtui: Batchtui) -> None:
    code = (
        "import sys\nfrom batchtui.cli import run\nfrom batchtui.cli.main import program\n"
        f"run.run(program, ['check', {batchtui.file()!r}])\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert "3 requests in 1 part" in ran.stdout
    assert not {"anthropic", "textual"} & set(ran.stderr.split())
