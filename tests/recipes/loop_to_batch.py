"""An existing loop of real-time calls, turned into a batch: the same params, half the price, one more line of code.

Before:

    for name, params in work:
        message = await client.messages.create(**params)
        use(name, message.content)
"""

import asyncio
import sys
from typing import Any

import batchtui


def work(count: int) -> dict[str, dict[str, Any]]:
    """What the loop called `messages.create` with."""
    return {
        f"call-{number}": {
            "model": "claude-haiku-5-5",
            "max_tokens": 100,
            "messages": [{"role": "user", "content": f"Translate {number} into words."}],
        }
        for number in range(count)
    }


async def main(count: str) -> None:
    calls = work(int(count))
    requests = ({"custom_id": name, "params": params} for name, params in calls.items())
    async with batchtui.open_workspace() as workspace:
        job = await workspace.submit(requests, name="loop", if_submitted="reuse")
        await workspace.wait(job)
        async for result in workspace.results(job):
            print(result.custom_id, result.text[:40])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
