"""Review every file of a folder as one batch; a remark a file, in one Markdown document."""

import re
import sys
from pathlib import Path

import batchtui

PROMPT = "Review this file. Name at most three faults that matter, each with its line; say nothing about style.\n\n"


def main(folder: str, output: str) -> None:
    files = sorted(Path(folder).rglob("*.py"))
    names = {re.sub(r"[^a-zA-Z0-9_-]", "_", str(file.relative_to(folder)))[-64:]: file for file in files}
    requests = (
        {
            "custom_id": custom_id,
            "params": {
                "model": "claude-opus-5-5",
                "max_tokens": 1_000,
                "messages": [{"role": "user", "content": PROMPT + file.read_text(encoding="utf-8")}],
            },
        }
        for custom_id, file in names.items()
    )
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(requests, name="review", tags=["review"], max_cost=5, if_submitted="reuse")
        workspace.wait(job)
        parts = [f"## {names[result.custom_id]}\n\n{result.text}\n" for result in workspace.results(job)]
    Path(output).write_text("\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
