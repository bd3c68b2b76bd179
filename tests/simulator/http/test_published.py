"""Every answer holds to the published OpenAPI document, up to the keys that the recorded real service leaves out.

`published.json` is the part of that document which these operations answer with: see its `source`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from batchtui.simulator import Simulator
from tests.simulator.calling import BATCHES, client, params, requests

if TYPE_CHECKING:
    import httpx2

    from batchtui.simulator import TurnedClock

PUBLISHED = json.loads((Path(__file__).parent / "published.json").read_text(encoding="utf-8"))
OMITTED = {
    "Message": {"container"},
    "Usage": {"server_tool_use", "output_tokens_details"},
    "ResponseTextBlock": {"citations"},
    "ResponseToolUseBlock": {"caller"},
}
"""Required by the document and absent from recorded result lines, which the simulator follows."""


def schema_of(operation: str, status: str = "200") -> dict[str, Any]:
    schemas = json.loads(json.dumps(PUBLISHED["components"]["schemas"]))
    for name, keys in OMITTED.items():
        schemas[name]["required"] = [key for key in schemas[name]["required"] if key not in keys]
    return {**PUBLISHED["operations"][operation][status], "components": {"schemas": schemas}}


def faults(value: object, operation: str, status: str = "200") -> list[str]:
    validator = jsonschema.Draft202012Validator(schema_of(operation, status))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.fixture
def ended(http: httpx2.Client, clock: TurnedClock) -> str:
    batch = http.post(BATCHES, json={"requests": requests(4)}).json()
    clock.turn(86_400)
    return str(batch["id"])


def test_a_batch_at_every_moment_of_its_life(http: httpx2.Client, clock: TurnedClock) -> None:
    created = http.post(BATCHES, json={"requests": requests(4)}).json()
    path = f"{BATCHES}/{created['id']}"
    assert faults(created, "create") == []
    assert faults(http.get(path).json(), "retrieve") == []
    assert faults(http.post(f"{path}/cancel").json(), "cancel") == []
    clock.turn(86_400)
    assert faults(http.get(path).json(), "retrieve") == []
    assert faults(http.get(BATCHES).json(), "list") == []
    assert faults(http.delete(path).json(), "delete") == []


def test_the_empty_list_is_as_published(http: httpx2.Client) -> None:
    assert faults(http.get(BATCHES).json(), "list") == []


def test_refusals_are_as_published(http: httpx2.Client, ended: str) -> None:
    assert faults(http.post(BATCHES, json={"requests": []}).json(), "create", "4XX") == []
    assert faults(http.get(f"{BATCHES}/msgbatch_none").json(), "retrieve", "4XX") == []
    assert faults(http.post(f"{BATCHES}/{ended}/cancel").json(), "cancel", "4XX") == []


@pytest.mark.parametrize("scenario", ["half-fail", "demo", "expires"])
def test_every_line_of_results(scenario: str, clock: TurnedClock) -> None:
    thinking = params(max_tokens=4_000, thinking={"type": "enabled", "budget_tokens": 1_024}, model="claude-haiku-4-5")
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}
    calls = params(tools=[tool], tool_choice={"type": "tool", "name": "look"})
    mixed = [*requests(60), {"custom_id": "thinks", "params": thinking}, {"custom_id": "calls", "params": calls}]
    with Simulator(scenario, clock=clock) as simulator, client(simulator) as http:
        batch = http.post(BATCHES, json={"requests": mixed}).json()
        clock.turn(2 * 86_400)
        lines = http.get(f"{BATCHES}/{batch['id']}/results").text.splitlines()
    assert len(lines) == len(mixed)
    assert [found for line in lines for found in faults(json.loads(line), "results")] == []


def test_the_calls_beside_the_batches(http: httpx2.Client) -> None:
    message = http.post("/v1/messages", json=params()).json()
    assert faults(message, "message") == []
    counted = http.post("/v1/messages/count_tokens", json={key: params()[key] for key in ("model", "messages")}).json()
    assert faults(counted, "count_tokens") == []
    models = http.get("/v1/models").json()
    assert faults(models, "models") == []
    assert faults(http.get(f"/v1/models/{models['data'][0]['id']}").json(), "model") == []
