"""The SDK's plain way, as its documentation has it: what batchtui is measured against."""

from __future__ import annotations

import csv
import json
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def submit(url: str, source: str) -> str:
    """Read a file of requests and create a batch. Returns its id."""
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-benchmark")
    with open(source) as file:  # as people write it
        requests = [json.loads(line) for line in file]
    return client.messages.batches.create(requests=requests).id


def results(url: str, batch_id: str, output: str) -> float:
    """Write the results of a batch to a file. Returns the seconds of the loop alone."""
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-benchmark")
    began = time.perf_counter()
    with open(output, "w") as file:  # as people write it
        for result in client.messages.batches.results(batch_id):  # noqa: FURB122
            file.write(result.model_dump_json() + "\n")
    return time.perf_counter() - began


def table(url: str, batch_id: str, source: str, output: str) -> float:
    """Write the results as CSV in the order of the input, each with its request. Returns the seconds of the loop."""
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-benchmark")
    began = time.perf_counter()
    found = {result.custom_id: result.result for result in client.messages.batches.results(batch_id)}
    with open(source) as requests, open(output, "w", newline="") as file:  # as people write it
        rows = csv.writer(file)
        rows.writerow(["custom_id", "type", "stop_reason", "model", "input", "output", "text", "prompt"])
        for line in requests:
            request = json.loads(line)
            result = found[request["custom_id"]]
            said: list[object] = [""] * 5
            if result.type == "succeeded":
                message = result.message
                text = "".join(block.text for block in message.content if block.type == "text")
                said = [
                    message.stop_reason,
                    message.model,
                    message.usage.input_tokens,
                    message.usage.output_tokens,
                    text,
                ]
            rows.writerow([request["custom_id"], result.type, *said, request["params"]["messages"][-1]["content"]])
    return time.perf_counter() - began


def write_requests(path: Path, count: int, size: int, *, tools: int = 0) -> None:
    """Write right requests of about that many bytes each, and as many tools, the same in each."""
    given = f'"tools":{json.dumps([tool(n) for n in range(tools)])},' if tools else ""
    filler = 'The quick brown fox jumps over the lazy dog, and \\"why\\" is anybody\'s guess. '
    with path.open("w") as file:
        for number in range(count):
            head = (
                f'{{"custom_id":"request-{number:07}","params":{{"model":"claude-haiku-5-5","max_tokens":1024,{given}'
            )
            text = f"Document {number}: " + filler * max(1, (size - 170) // (len(filler) - 2))
            file.write(head + f'"messages":[{{"role":"user","content":"{text}"}}]}}}}\n')


def tool(number: int) -> dict[str, Any]:
    """A tool as people define them."""
    properties = {
        "query": {"type": "string", "description": "What to look for"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        "kinds": {"type": "array", "items": {"type": "string", "enum": ["book", "film", "song"]}},
    }
    return {
        "name": f"look_up_{number}",
        "description": "Look up a thing in the catalogue by its name and the day it was made.",
        "input_schema": {"type": "object", "properties": properties, "required": ["query"]},
    }


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["submit", url, source]:
            print(submit(url, source))
        case ["results", url, batch, output]:
            print(results(url, batch, output))
        case ["table", url, batch, source, output]:
            print(table(url, batch, source, output))
