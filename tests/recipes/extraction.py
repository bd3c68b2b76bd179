"""Pull facts out of texts with a tool: what comes back is the tool's input, one JSON object a text."""

import json
import sys
from pathlib import Path
from typing import Any

import batchtui

TOOL = {
    "name": "note_invoice",
    "description": "Note what an invoice says.",
    "input_schema": {
        "type": "object",
        "properties": {"number": {"type": "string"}, "total": {"type": "number"}, "currency": {"type": "string"}},
        "required": ["number", "total"],
    },
}


def request(custom_id: str, text: str) -> dict[str, Any]:
    params = {
        "model": "claude-haiku-4-5",
        "max_tokens": 500,
        "tools": [TOOL],
        "tool_choice": {"type": "tool", "name": TOOL["name"]},
        "messages": [{"role": "user", "content": f"Note this invoice:\n\n{text}"}],
    }
    return {"custom_id": custom_id, "params": params}


def main(folder: str, output: str) -> None:
    files = sorted(Path(folder).glob("*.txt"))
    with batchtui.open_workspace() as workspace, Path(output).open("w", encoding="utf-8") as target:
        job = workspace.submit(
            (request(file.stem, file.read_text(encoding="utf-8")) for file in files), name="invoices"
        )
        workspace.wait(job)
        for result in workspace.results(job):
            if result.succeeded:
                target.write(json.dumps({"file": result.custom_id, **result.structured}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
