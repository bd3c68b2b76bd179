"""Getting ready: late imports, nothing on the terminal, credentials found and never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import CredentialsMissing, Refused, UsageError
from batchtui.gateway.anthropic_client import AnthropicGateway
from batchtui.gateway.credentials import describe_credentials, find_credentials
from batchtui.gateway.protocol import ApiHeaders
from tests.gateway.conftest import KEY, Connect, Journal, upload_of
from tests.gateway.loopback import BATCH, Loopback, Reply
from tests.support.clock import TurnedClock

if TYPE_CHECKING:
    from pathlib import Path


def _python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)


def test_the_room_is_entered_without_the_sdk() -> None:
    rooms = (
        "batchtui.gateway, batchtui.gateway.protocol, batchtui.gateway.anthropic_client, batchtui.gateway.credentials"
    )
    code = f"import sys, {rooms}; sys.exit(bool({{'anthropic', 'httpx2', 'pydantic'}} & set(sys.modules)))"
    assert _python(code).returncode == 0


@pytest.mark.parametrize("begin", ["gc.freeze()", "pass"], ids=["a process of its own", "somebody's process"])
def test_the_sdk_is_frozen_in_the_garbage_collector_where_the_process_froze_its_start(begin: str) -> None:
    code = (
        f"import gc; from batchtui.gateway.sdk import import_sdk; {begin}; before = gc.get_freeze_count(); import_sdk()"
        "; print(gc.get_freeze_count() - before, gc.isenabled())"
    )
    set_aside, is_enabled = _python(code).stdout.split()
    assert is_enabled == "True"
    assert (int(set_aside) > 30_000) is (begin == "gc.freeze()")


CONVERSATION = """
import asyncio, logging
from batchtui.gateway.anthropic_client import AnthropicGateway
from batchtui.gateway.protocol import ApiHeaders, Upload
from tests.gateway.loopback import BATCH, Loopback, Reply
from tests.support.clock import TurnedClock

async def chunks():
    yield b"{}"

async def note(call):
    pass

async def main():
    async with Loopback(Reply.json(BATCH)) as api:
        gateway = await AnthropicGateway.connect(base_url=api.url, on_call=note, clock=TurnedClock())
        await gateway.create(Upload(2, chunks), ApiHeaders())
        await gateway.close()
    assert len(api.heard) == 1 and api.heard[0].body == b"{}"
    assert logging.getLogger().handlers == []

asyncio.run(main())
"""


@pytest.mark.parametrize("level", ["debug", "info", ""])
def test_the_sdk_never_writes_to_the_terminal(level: str) -> None:
    done = _python(
        CONVERSATION, ANTHROPIC_LOG=level, ANTHROPIC_API_KEY=KEY, ANTHROPIC_AUTH_TOKEN="other", ANTHROPIC_PROFILE="x"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_without_credentials_nothing_is_sent(journal: Journal) -> None:
    async with Loopback(Reply.json(BATCH)) as api:
        gateway = await AnthropicGateway.connect(base_url=api.url, on_call=journal.note, clock=TurnedClock())
        with pytest.raises(CredentialsMissing) as caught:
            await gateway.create(upload_of(b"{}"), ApiHeaders())
        await gateway.close()
    assert "ANTHROPIC_API_KEY" in caught.value.hint
    assert (api.heard, journal) == ([], [])


@pytest.mark.parametrize("key", ["sk-ant-secret\n", " sk-ant-secret", "sk-ant-secret…", "sk-ant\r\nX-Evil: secret"])
async def test_a_key_that_cannot_be_one_is_never_quoted(connect: Connect, key: str) -> None:
    with pytest.raises(CredentialsMissing) as caught:
        await connect("http://127.0.0.1:9", key=key).__aenter__()
    assert "secret" not in caught.value.message + caught.value.hint


async def test_an_error_that_echoes_the_key_is_redacted(connect: Connect, journal: Journal) -> None:
    echo = Reply.error(401, "authentication_error", f"invalid x-api-key {KEY}\n(Bearer abc.def)" + " very long" * 500)
    async with Loopback(echo) as api, connect(api.url) as gateway:
        with pytest.raises(Refused) as caught:
            await gateway.retrieve("x")
    for said in (caught.value.message, journal[0].error or ""):
        assert KEY not in said
        assert "abc.def" not in said
        assert "\n" not in said
        assert len(said) < 1000
    assert "doctor" in caught.value.hint


@pytest.mark.parametrize("address", ["localhost:8080", "ftp://example.invalid", "http://", "http://[::1", "nonsense"])
async def test_an_address_that_is_none_is_a_sentence(connect: Connect, address: str) -> None:
    with pytest.raises(UsageError) as caught:
        await connect(address).__aenter__()
    assert "ANTHROPIC_BASE_URL" in caught.value.hint


async def test_the_host_is_told_without_a_password(connect: Connect) -> None:
    async with connect("https://me:hidden@gate.example:8443/anthropic/") as gateway:
        assert gateway.host == "https://gate.example:8443/anthropic"


async def test_a_profile_that_does_not_exist_is_a_sentence(journal: Journal) -> None:
    with pytest.raises(CredentialsMissing, match="nobody"):
        await AnthropicGateway.connect(profile="nobody", on_call=journal.note, clock=TurnedClock())


async def test_a_token_of_a_profile_is_sent_and_renewed_after_a_401(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_profile(tmp_path, "work", token="first")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    refused = Reply.error(401, "authentication_error", "expired")
    async with Loopback(refused, Reply.json(BATCH)) as api:
        gateway = await AnthropicGateway.connect(
            base_url=api.url, profile="work", on_call=journal.note, clock=TurnedClock()
        )
        with pytest.raises(Refused):
            await gateway.retrieve("x")
        _write_profile(tmp_path, "work", token="second")
        await gateway.retrieve("x")
        await gateway.close()
    assert [heard.headers["authorization"] for heard in api.heard] == ["Bearer first", "Bearer second"]


def _write_profile(folder: Path, name: str, *, token: str, base_url: str | None = None) -> None:
    for kind in ("configs", "credentials"):
        (folder / kind).mkdir(mode=0o700, exist_ok=True)
    config = {"authentication": {"type": "user_oauth"}, **({"base_url": base_url} if base_url else {})}
    (folder / "configs" / f"{name}.json").write_text(json.dumps(config))
    secret = folder / "credentials" / f"{name}.json"
    secret.write_text(json.dumps({"type": "oauth_token", "access_token": token, "expires_at": 4_000_000_000}))
    secret.chmod(0o600)


def test_no_credential_is_told_as_none() -> None:
    assert describe_credentials() is None
    assert not find_credentials().found


def test_the_first_of_the_chain_wins_and_the_rest_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_profile(tmp_path, "default", token="t")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    assert describe_credentials() == "the profile default of `ant auth login`"
    monkeypatch.setenv("ANTHROPIC_PROFILE", "work")
    assert describe_credentials() == "the profile work (ANTHROPIC_PROFILE)"
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret-1")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "secret-2")
    found = find_credentials()
    assert found.source == "ANTHROPIC_API_KEY in the environment"
    assert found.passed_over == ("ANTHROPIC_AUTH_TOKEN in the environment", "the profile work (ANTHROPIC_PROFILE)")
    assert "secret" not in repr(found)


async def test_a_header_of_a_gateway_is_a_credential_too(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: a\nX-Api-Key: of-the-gateway")
    assert describe_credentials() == "a header in ANTHROPIC_CUSTOM_HEADERS"
    async with Loopback(Reply.json(BATCH)) as api:
        gateway = await AnthropicGateway.connect(base_url=api.url, on_call=journal.note, clock=TurnedClock())
        await gateway.retrieve("x")
        await gateway.close()
    assert api.heard[0].headers["x-api-key"] == "of-the-gateway"


def test_a_named_profile_goes_before_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write_profile(tmp_path, "work", token="t", base_url="https://me:pw@gate.example/v9")
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    found = find_credentials("work")
    assert (found.source, found.found) == ("the profile work (--profile)", True)
    assert found.destination == "https://gate.example/v9"
    assert find_credentials().destination == "https://api.anthropic.com"
    assert not find_credentials("../../etc/passwd").found
