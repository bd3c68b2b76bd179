"""Proxies, certificates and base URLs of the environment: what is wrong there is named in one sentence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import BatchNotFound, Refused, UsageError
from batchtui.gateway.sdk import open_client
from tests.gateway.conftest import KEY, Connect
from tests.gateway.loopback import BATCH, Loopback, Reply

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)


def opened() -> None:
    """Open a client of the SDK, as every command does that asks the API."""
    open_client(base_url="http://127.0.0.1:1", profile=None, api_key=KEY)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
@pytest.mark.parametrize("name", ["ALL_PROXY", "HTTPS_PROXY", "http_proxy"])
def test_a_socks_proxy_without_its_package_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "socksio", None)
    monkeypatch.setenv(name, f"{scheme}://user:secret@127.0.0.1:9")
    with pytest.raises(UsageError, match=f"{name.upper()} names a SOCKS proxy") as caught:
        opened()
    assert "batchtui[socks]" in caught.value.hint
    assert "secret" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("value", ["nonsense://x", "http://[::1", "http://user:secret@h:port"])
def test_a_proxy_that_is_no_address_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(UsageError, match="proxy") as caught:
        opened()
    assert "HTTPS_PROXY" in caught.value.hint
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "value", ["fd00::/8", "fd00::/8,::1,10.0.0.0/8", "[fd00::]/8", "[::1]", "fe80::1%eth0", "1:2:3", "*.corp,.x,,", "*"]
)
def test_addresses_of_ipv6_in_no_proxy_are_no_obstacle(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", value)
    opened()


async def test_other_no_proxy_entries_hold_beside_ipv6_ones(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "fd00::/8,127.0.0.1")
    async with Loopback(Reply.json(BATCH)) as api, connect(api.url) as gateway:
        assert (await gateway.retrieve(BATCH["id"])).id == BATCH["id"]


@pytest.mark.parametrize("kind", ["missing", "folder", "text"])
def test_certificates_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str) -> None:
    file = tmp_path if kind == "folder" else tmp_path / "certificates.pem"
    if kind == "text":
        file.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(UsageError, match="certificates cannot be read") as caught:
        opened()
    assert "SSL_CERT_FILE" in caught.value.hint


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_base_url_that_ends_in_v1_is_the_hint_and_no_evidence_that_a_batch_is_gone(
    connect: Connect, slash: str
) -> None:
    missing = Reply.json({"type": "error", "error": {"type": "not_found_error", "message": "Not found"}}, 404)
    async with Loopback(missing) as api, connect(f"{api.url}/v1{slash}") as gateway:
        with pytest.raises(Refused, match="404") as caught:
            await gateway.retrieve("msgbatch_1")
    assert not isinstance(caught.value, BatchNotFound)
    assert "/v1" in caught.value.hint
