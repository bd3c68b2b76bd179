"""Many questions about one long text: the text is cached, so that only the first request pays for all of it."""

import sys
from pathlib import Path
from typing import Any

import batchtui

QUESTIONS = ["Who speaks?", "What is promised?", "What is left open?", "Where does it contradict itself?"]


def request(number: int, text: str, question: str) -> dict[str, Any]:
    # A batch runs for longer than five minutes: the cache of one hour is the one that lasts.
    prefix = {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    params = {
        "model": "claude-sonnet-5-5",
        "max_tokens": 300,
        "system": [prefix],
        "messages": [{"role": "user", "content": question}],
    }
    return {"custom_id": f"q-{number}", "params": params}


def main(file: str) -> None:
    text = Path(file).read_text(encoding="utf-8")
    first, *others = [request(number, text, question) for number, question in enumerate(QUESTIONS, 1)]
    with batchtui.open_workspace() as workspace:
        # One request goes ahead and fills the cache, for the rest to read from.
        workspace.wait(workspace.submit([first], name="prime", if_submitted="reuse"))
        job = workspace.submit(others, name="questions", if_submitted="reuse")
        workspace.wait(job)
        read = sum(result.usage.cache_read_tokens for result in workspace.results(job))
        print(f"{read} tokens came out of the cache; the job cost {workspace.cost(job)} USD")


if __name__ == "__main__":
    main(*sys.argv[1:])
