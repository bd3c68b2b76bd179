"""Tools: what may be run, what a tool gets, what becomes of one that misbehaves, and each call once through kills."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import NothingToContinue, StorageError, UsageError
from batchtui.services.batches.targets import find_target
from batchtui.services.retry.conversations.continue_job import ContinueOptions, discard, plan_continue
from batchtui.services.retry.conversations.next_turn import send_next_turn
from batchtui.services.retry.conversations.tool_runs import run_tool
from batchtui.services.retry.conversations.tools import parse_tool, read_tools
from batchtui.simulator import Scenario, Simulator
from tests.services.retry.conversations.world import (
    TOOLS,
    begin,
    conversations,
    in_batch,
    logging_tool,
    runs,
    save,
    tool,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


@pytest.fixture
def simulator(clock: TurnedClock) -> Iterator[Simulator]:
    with Simulator(Scenario(takes=900.0, requests_per_minute=0, seed=11, turns=3), clock=clock) as running:
        yield running


# ── what a tool gets, and what comes of it ──────────────────────────────────────────────────────────────────────────


async def test_a_tool_gets_the_input_as_json_and_its_output_is_the_result() -> None:
    given = {"word": "Straße", "n": [1, None]}
    result = await run_tool(tool("t", "import sys; sys.stdout.write(sys.stdin.read())"), given)
    assert (json.loads(result.content), result.is_error) == (given, False)


async def test_a_tool_gets_no_credentials_and_no_variable_that_was_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LOOKUP_INDEX", "words")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    env = json.loads((await run_tool(tool("t", code, env=("LOOKUP_INDEX",)), {}, custom_id="a")).content)
    assert "secret" not in "".join(env.values())
    assert (env["LOOKUP_INDEX"], env["BATCHTUI_CUSTOM_ID"], env["PATH"]) == ("words", "a", os.environ["PATH"])


@pytest.mark.parametrize(
    ("code", "options", "said"),
    [
        ("import sys; print('half'); sys.exit(2)", {}, "half"),
        ("import sys; print('why', file=sys.stderr); sys.exit(2)", {}, "why"),
        ("import sys; sys.exit(2)", {}, "t ended with code 2."),
        ("print('x' * 2000)", {"max_output": 1000}, "t printed more than 1,000 bytes."),
        ("import time; time.sleep(60)", {"timeout": 0.2}, "t was stopped after 0.2 s."),
    ],
    ids=["code with output", "code with a complaint", "code alone", "too much output", "too long"],
)
async def test_what_goes_wrong_in_a_tool_is_an_error_that_the_model_reads(
    code: str, options: dict[str, float], said: str
) -> None:
    result = await run_tool(tool("t", code, **options), {})
    assert (result.content.strip(), result.is_error) == (said, True)


async def test_a_tool_that_reads_nothing_or_prints_no_text_has_answered() -> None:
    assert not (await run_tool(tool("t", "pass"), {"word": "x" * 1_000_000})).is_error
    assert (await run_tool(tool("t", "import os; os.write(1, b'\\xff\\n')"), {})).content == "\ufffd\n"


async def test_a_child_that_a_tool_leaves_behind_holds_nothing_up() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '30']); print('done')"
    # The child holds the pipe: it is killed when the time is up, and not waited for.
    result = await run_tool(tool("t", code, timeout=0.5), {})
    assert result.is_error


async def test_the_words_of_a_command_are_those_of_a_shell_and_nothing_is_a_shells() -> None:
    shown = parse_tool(f"t={sys.executable} -c 'import sys; print(sys.argv[1:])' 'a b' $HOME ; >x")
    assert (await run_tool(shown, {})).content.strip() == "['a b', '$HOME', ';', '>x']"


# ── which tools there are ───────────────────────────────────────────────────────────────────────────────────────────


def test_tools_of_the_file_stand_beside_those_of_the_command_line_which_go_before(tmp_path: Path) -> None:
    file = tmp_path / "tools.toml"
    file.write_text('[tools.a]\ncommand = "cat -u"\ntimeout = 5\nenv = ["X"]\n[tools.b]\ncommand = ["cat"]\n')
    tools = read_tools(file, ["b=true x"])
    assert (tools["a"].argv, tools["a"].timeout, tools["a"].env) == (("cat", "-u"), 5.0, ("X",))
    assert tools["b"].argv == ("true", "x")
    assert read_tools(tmp_path / "none.toml") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tools.a]\n", "command must be"),
        ('[tools.a]\ncommand = ""\n', "the command is empty"),
        ("[tools.a]\ncommand = 'a \"'\n", "cannot be split"),
        ('[tools.a]\ncommand = "no-such-program-here"\n', "is no program"),
        ('[tools."a b"]\ncommand = "cat"\n', "a tool's name"),
        ('[tools.a]\ncommand = "cat"\nshell = true\n', "unknown key shell"),
        ('[tools.a]\ncommand = "cat"\ntimeout = 0\n', "timeout must be"),
        ('[tools.a]\ncommand = "cat"\nenv = "X"\n', "env must be"),
        ('[a]\ncommand = "cat"\n', "every tool is a section"),
        ("[tools", "not valid TOML"),
    ],
)
def test_what_is_wrong_in_the_file_of_tools_is_named_before_anything_is_run(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "tools.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_tools(file)


def test_a_file_of_tools_that_everybody_may_write_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "tools.toml"
    file.write_text('[tools.a]\ncommand = "cat"\n')
    file.chmod(0o666)
    with pytest.raises(StorageError, match="can be written by everybody"):
        read_tools(file)


# ── once ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_call_that_was_interrupted_is_left_until_a_person_has_it_run_again(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    log = tmp_path / "calls"
    job = await begin(workspace, tmp_path, conversations(6, tools=TOOLS[:1]))
    await save(workspace, clock, job)
    options = ContinueOptions(tools={"lookup": tool("lookup", "import time; time.sleep(60)")})
    running = asyncio.create_task(send_next_turn(workspace, await find_target(workspace, job), options))
    while not (begun := await workspace.registry.tool_calls.of_job(job)):
        assert not running.done()
    running.cancel()
    await asyncio.wait([running])
    lookup = {"lookup": logging_tool("lookup", log)}
    interrupted = {call.key.custom_id for call in begun}
    await send_next_turn(workspace, await find_target(workspace, job), ContinueOptions(tools=lookup))
    assert not interrupted & in_batch(simulator, 1).keys()
    await save(workspace, clock, job)
    only = frozenset(interrupted)
    with pytest.raises(NothingToContinue, match="started and never finished"):
        await send_next_turn(
            workspace, await find_target(workspace, job), ContinueOptions(tools=lookup, custom_ids=only)
        )
    again = ContinueOptions(tools=lookup, rerun_tools=True, custom_ids=only)
    await send_next_turn(workspace, await find_target(workspace, job), again)
    assert set(in_batch(simulator, 2)) == interrupted
    assert set(runs(log).values()) == {1}


async def test_a_tool_that_cannot_be_started_is_named_and_its_call_is_run_later(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    log = tmp_path / "calls"
    job = await begin(workspace, tmp_path, conversations(6, tools=TOOLS[:1]))
    await save(workspace, clock, job)
    with pytest.raises(UsageError, match="The tool lookup cannot be run"):
        await send_next_turn(
            workspace,
            await find_target(workspace, job),
            ContinueOptions(tools=read_tools(tmp_path / "none.toml", [f"lookup={broken}"])),
        )
    assert len(simulator.world.batches) == 1
    options = ContinueOptions(tools={"lookup": logging_tool("lookup", log)})
    await send_next_turn(workspace, await find_target(workspace, job), options)
    assert set(runs(log).values()) == {1}


async def test_the_plan_runs_nothing(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    log = tmp_path / "calls"
    job = await begin(workspace, tmp_path, conversations(6))
    await save(workspace, clock, job)
    options = ContinueOptions(tools={"lookup": logging_tool("lookup", log)})
    plan = await plan_continue(workspace, await find_target(workspace, job), options)
    discard(workspace, plan)
    assert plan.pending
    assert not runs(log)
    assert not await workspace.registry.tool_calls.of_job(job)
    assert len(simulator.world.batches) == 1
    assert not in_batch(simulator, 0).keys() - {f"talk-{n}" for n in range(6)}
