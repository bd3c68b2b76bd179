"""A gateway for each test, with short patience and a list of the calls it reported."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from batchtui.gateway.anthropic_client import AnthropicGateway
from batchtui.gateway.protocol import Upload
from batchtui.gateway.sdk import Patience
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batchtui.domain.api_call import ApiCall

KEY = "sk-ant-test-secret"
SHORT = Patience(connect=2.0, answer=2.0, create=2.0, message=2.0, stall=2.0)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No credential and no address of the machine that runs the tests."""
    for name in [name for name in os.environ if name.startswith("ANTHROPIC_")]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Journal(list["ApiCall"]):
    """The calls a gateway reported."""

    async def note(self, call: ApiCall) -> None:
        self.append(call)


@pytest.fixture
def journal() -> Journal:
    return Journal()


Connect: TypeAlias = Callable[..., AbstractAsyncContextManager[AnthropicGateway]]


@pytest.fixture
def connect(journal: Journal) -> Connect:
    @asynccontextmanager
    async def connected(
        base_url: str, *, patience: Patience = SHORT, key: str = KEY
    ) -> AsyncIterator[AnthropicGateway]:
        gateway = await AnthropicGateway.connect(
            base_url=base_url, api_key=key, on_call=journal.note, clock=TurnedClock(), patience=patience
        )
        try:
            yield gateway
        finally:
            await gateway.close()

    return connected


def upload_of(*chunks: bytes, length: int | None = None) -> Upload:
    async def flow() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return Upload(sum(map(len, chunks)) if length is None else length, flow)
