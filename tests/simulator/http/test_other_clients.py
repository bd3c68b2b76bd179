"""Clients that share no line with ours get through all six calls: curl, and the TypeScript twin of the SDK."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.calling import BATCHES, requests

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.simulator import Simulator, TurnedClock

TYPESCRIPT = """
import Anthropic from "@anthropic-ai/sdk";
const client = new Anthropic();
const turn = (seconds) => fetch(process.env.ANTHROPIC_BASE_URL + "/_simulator/clock",
    {method: "POST", body: JSON.stringify({turn: seconds})});
const params = {model: "claude-haiku-5-5", max_tokens: 64, messages: [{role: "user", content: "Hello."}]};
const requests = ["a", "b", "c"].map((custom_id) => ({custom_id, params}));
const first = await client.messages.batches.create({requests});
const second = await client.messages.batches.create({requests});
const canceled = await client.messages.batches.cancel(second.id);
await turn(86400);
const ended = await client.messages.batches.retrieve(first.id);
const results = [];
const lines = await client.messages.batches.results(first.id);
for await (const line of lines) results.push([line.custom_id, line.result.type]);
const gone = await client.messages.batches.delete(first.id);
const left = [];
for await (const batch of client.messages.batches.list()) left.push(batch.id);
console.log(JSON.stringify({canceling: canceled.processing_status, ended: ended.processing_status,
    results: results.sort(), gone: gone.type, left: left.length}));
"""


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed here")
    return found


def test_curl_gets_through_all_six_calls(simulator: Simulator, clock: TurnedClock) -> None:
    headers = ["-H", "x-api-key: k", "-H", "anthropic-version: 2023-06-01"]

    def call(*arguments: str) -> Any:
        command = [needs("curl"), "-sS", "--noproxy", "*", *headers, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    batches = simulator.url + BATCHES
    batch = json.loads(call("-d", json.dumps({"requests": requests(2)}), batches))
    assert json.loads(call(f"{batches}/{batch['id']}"))["processing_status"] == "in_progress"
    assert json.loads(call("-X", "POST", f"{batches}/{batch['id']}/cancel"))["processing_status"] == "canceling"
    clock.turn(86_400)
    lines = call(f"{batches}/{batch['id']}/results").splitlines()
    assert {json.loads(line)["custom_id"] for line in lines} == {"r-0", "r-1"}
    assert json.loads(call("-X", "DELETE", f"{batches}/{batch['id']}"))["type"] == "message_batch_deleted"
    assert json.loads(call(batches))["data"] == []


@pytest.mark.long
def test_the_typescript_sdk_completes_a_batch(simulator: Simulator, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "six-calls.js").write_text(TYPESCRIPT)
    install = [needs("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts", "@anthropic-ai/sdk"]
    try:
        subprocess.run(install, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"the SDK for TypeScript cannot be installed here: {str(error.stderr)[-200:]}")
    environment = {
        "PATH": os.environ["PATH"],
        "ANTHROPIC_BASE_URL": simulator.url,
        "ANTHROPIC_API_KEY": "k",
    }
    done = subprocess.run(
        [needs("node"), "six-calls.js"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "canceling": "canceling",
        "ended": "ended",
        "results": [["a", "succeeded"], ["b", "succeeded"], ["c", "succeeded"]],
        "gone": "message_batch_deleted",
        "left": 1,
    }
