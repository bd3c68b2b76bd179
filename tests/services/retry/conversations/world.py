"""Jobs of conversations for tests: requests with tools, a simulator that holds conversations, and tools to run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from batchtui.services.batches.targets import find_target
from batchtui.services.polling.refresh import sweep
from batchtui.services.results.collect import collect
from batchtui.services.retry.conversations.tools import Tool
from batchtui.services.submission.submit import SubmitOptions, apply_submit, plan_submit
from batchtui.simulator.replies.conversation import plan_turns
from tests.support.builders import jsonl

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

MODEL = "claude-sonnet-5-5"
TOOLS: list[dict[str, Any]] = [
    {
        "name": "lookup",
        "description": "Looks a word up.",
        "input_schema": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    },
    {"type": "web_search_20250305", "name": "web_search"},
]


def conversations(count: int, *, tools: list[dict[str, Any]] | None = None, **params: Any) -> list[dict[str, Any]]:
    """Requests that begin conversations; their prompts name their custom_ids."""
    return [
        {
            "custom_id": f"talk-{number}",
            "params": {
                "model": MODEL,
                "max_tokens": 1000,
                "thinking": {"type": "adaptive"},
                "tools": TOOLS if tools is None else tools,
                "messages": [{"role": "user", "content": f"talk-{number}: what does it mean?"}],
                **params,
            },
        }
        for number in range(count)
    ]


async def begin(workspace: Workspace, folder: Path, requests: list[dict[str, Any]], name: str = "talks") -> str:
    """Submit requests; returns the job's id."""
    path = jsonl(folder / f"{name}.jsonl", requests)
    plan = await plan_submit(workspace, [str(path)], SubmitOptions(name=name))
    return (await apply_submit(workspace, plan)).job.id


async def save(workspace: Workspace, clock: TurnedClock, job: str) -> None:
    """Let everything end, and save all results."""
    clock.turn(hours=2)
    await sweep(workspace)
    for batch in (await find_target(workspace, job)).batches:
        await collect(workspace, batch)


def tool(name: str, code: str, **options: Any) -> Tool:
    """A tool that is a small program of Python."""
    return Tool(name, (sys.executable, "-IS", "-c", code), **options)


def logging_tool(name: str, log: Path) -> Tool:
    """A tool that writes a line for each run of it, and answers with its input."""
    # A program of the shell: it starts in a millisecond, and these tests start thousands.
    script = f'read -r line; printf "%s %s\\n" "$BATCHTUI_CUSTOM_ID" "$BATCHTUI_TOOL_USE_ID" >> "{log}"; echo "$line"'
    return Tool(name, ("/bin/sh", "-c", script))


def runs(log: Path) -> Counter[str]:
    """How often each call was run."""
    return Counter(log.read_text().splitlines()) if log.exists() else Counter()


def in_batch(simulator: Simulator, number: int) -> dict[str, dict[str, Any]]:
    """The params of the simulator's n-th batch, by custom_id."""
    batch = simulator.world.batches[number]
    return {custom_id: dict(params) for custom_id, params in zip(batch.custom_ids, batch.params, strict=True)}


def turns_asked(simulator: Simulator) -> Counter[str]:
    """How often each turn was asked for, over all batches: a custom_id with all that was said before it."""
    return Counter(
        json.dumps([custom_id, params])
        for batch in simulator.world.batches
        for custom_id, params in zip(batch.custom_ids, batch.params, strict=True)
    )


def batches_needed(seed: int, custom_id: str, most: int) -> int:
    """How many batches the simulator's conversation of this custom_id takes: its turns, and one for a long answer."""
    turns = plan_turns(seed, custom_id, most)
    return len(turns) + any(turn.is_long for turn in turns)
