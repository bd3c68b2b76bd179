"""The SDK's plain way, as its documentation has it: what batchtui is measured against."""

from __future__ import annotations

import json
import sys
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


def results(url: str, batch_id: str, output: str) -> int:
    """Write the results of a batch to a file. Returns how many there were."""
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key="sk-ant-benchmark")
    count = 0
    with open(output, "w") as file:  # as people write it
        for result in client.messages.batches.results(batch_id):
            file.write(result.model_dump_json() + "\n")
            count += 1
    return count


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
    print(submit(*sys.argv[2:4]) if sys.argv[1] == "submit" else results(*sys.argv[2:5]))
