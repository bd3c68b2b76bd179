"""Plain HTTP calls to a simulator, and small requests to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2

if TYPE_CHECKING:
    from batchtui.simulator import Simulator

HEADERS = {"x-api-key": "sk-ant-test", "anthropic-version": "2026-10-21"}
BATCHES = "/v1/messages/batches"


def params(**changes: Any) -> dict[str, Any]:
    plain = {"model": "claude-haiku-5-5", "max_tokens": 256, "messages": [{"role": "user", "content": "Say hello."}]}
    return {**plain, **changes}


def requests(count: int = 3, **changes: Any) -> list[dict[str, Any]]:
    return [{"custom_id": f"r-{number}", "params": params(**changes)} for number in range(count)]


def client(simulator: Simulator, **headers: str) -> httpx2.Client:
    return httpx2.Client(base_url=simulator.url, headers={**HEADERS, **headers}, timeout=10.0)
