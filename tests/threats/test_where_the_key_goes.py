"""To which hosts a key can go, and to which it never does."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import AnswerLost, Refused
from batchtui.gateway.anthropic_client import AnthropicGateway
from tests.gateway.loopback import BATCH, Loopback, Reply
from tests.support.clock import TurnedClock
from tests.support.webhook import inbox
from tests.support.workspaces import KEY
from tests.threats.conftest import SECRET, holding

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.domain.api_call import ApiCall
    from tests.cli.conftest import Batchtui
    from tests.threats.conftest import Night


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AnthropicGateway]:
    """A gateway that keeps no journal."""

    async def nobody(_call: ApiCall) -> None:
        """Leave it."""

    gateway = await AnthropicGateway.connect(base_url=url, api_key=KEY, on_call=nobody, clock=TurnedClock())
    try:
        yield gateway
    finally:
        await gateway.close()


async def test_one_host_gets_the_key(home: Path) -> None:
    async with Loopback(Reply(200, b"stolen")) as foreign:
        ended = {**BATCH, "processing_status": "ended", "results_url": f"{foreign.url}/results"}
        results = Reply(200, b'{"custom_id": "a"}\n', {"content-type": "application/x-jsonl"})
        async with (
            Loopback(Reply.json(ended), results) as api,
            connected(api.url) as gateway,
        ):
            batch = await gateway.retrieve(BATCH["id"])
            async with gateway.results(batch.id) as blocks:
                assert b"stolen" not in b"".join([block async for block in blocks])
        assert [KEY in str(heard.headers) for heard in api.heard] == [True, True]
        assert foreign.heard == []


@pytest.mark.parametrize(
    ("address", "is_said"),
    [("http://gateway.example", True), ("https://gateway.example", False), ("http://127.0.0.1:9", False)],
)
def test_one_host_that_is_spoken_to_unencrypted_is_said(
    batchtui: Batchtui, monkeypatch: pytest.MonkeyPatch, address: str, is_said: bool
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert ("unencrypted" in batchtui("doctor", "--offline").out) is is_said


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed_with_the_key(home: Path, status: int) -> None:
    async with Loopback(Reply.json(BATCH)) as foreign:
        away = Reply(status, b"", {"location": f"{foreign.url}/v1/messages/batches/x"})
        async with (
            Loopback(away) as api,
            connected(api.url) as gateway,
        ):
            for call in (gateway.retrieve, gateway.cancel, gateway.delete):
                with pytest.raises((Refused, AnswerLost)):
                    await call("x")
        assert foreign.heard == []


def test_a_webhook_gets_no_key(night: Night, batchtui: Batchtui, home: Path) -> None:
    with inbox() as box:
        night(f'[notify]\nbell = false\nwebhook = "{box.url}"\n')
        assert batchtui("watch", "--until-idle").code == 0
    assert [document["state"] for document in box.documents] == ["ended"]
    assert KEY not in json.dumps([box.documents, box.headers])
    assert SECRET not in json.dumps(box.documents)
    assert holding(home / "logs", box.url) == []


def test_a_webhook_gets_no_key_and_nothing_goes_out_unencrypted(batchtui: Batchtui, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[notify]\nwebhook = "http://hooks.example.com/x"\n')
    refused = batchtui("config")
    assert refused.code == 2
    assert "https://" in refused.err
