"""One job of many kinds: plain text, a system prompt, several turns, an image, a tool."""

import base64
import sys
from pathlib import Path
from typing import Any

import batchtui

MODEL = "claude-haiku-5-5"


def ask(custom_id: str, content: Any, **params: Any) -> dict[str, Any]:
    messages = content if isinstance(content, list) and "role" in content[0] else [{"role": "user", "content": content}]
    return {"custom_id": custom_id, "params": {"model": MODEL, "max_tokens": 300, "messages": messages, **params}}


def main(image: str) -> None:
    data = base64.b64encode(Path(image).read_bytes()).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    requests = [
        ask("plain", "Name three rivers."),
        ask("system", "Name three rivers.", system="Answer in Portuguese."),
        ask("turns", [
            {"role": "user", "content": "My name is Ada."},
            {"role": "assistant", "content": "Hello, Ada."},
            {"role": "user", "content": "What is my name?"},
        ]),
        ask("image", [{"type": "image", "source": source}, {"type": "text", "text": "What is shown?"}]),
        ask("tool", "What is the weather in Lisbon?", tools=[
            {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
        ]),
    ]  # fmt: skip
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(requests, name="mixed", if_submitted="reuse")
        workspace.wait(job)
        for result in workspace.results(job):
            print(result.custom_id, result.outcome, result.text[:60], [call["name"] for call in result.tool_calls])


if __name__ == "__main__":
    main(*sys.argv[1:])
