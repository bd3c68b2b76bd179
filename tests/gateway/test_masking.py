"""Whatever a server echoes: the credential that was sent is masked in it, in any shape and any spelling."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from batchtui.domain.errors import BatchtuiError
from tests.gateway.loopback import BATCH, Loopback, Reply

if TYPE_CHECKING:
    from tests.gateway.conftest import Connect, Journal

ODD_KEY = 'Zq8/x+"w0=rd~<of>a&gateway'
SPELLINGS = {
    "as it is": lambda key: key,
    "in a URL": lambda key: quote(key, safe=""),
    "in a URL, in lower case": lambda key: quote(key, safe="").lower(),
    "twice in a URL": lambda key: quote(quote(key, safe=""), safe=""),
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in JSON with slashes escaped": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "in JSON within JSON": lambda key: json.dumps(json.dumps(key)[1:-1])[1:-1],
    "as code units": lambda key: "".join(f"\\u{ord(char):04X}" for char in key),
    "in HTML": lambda key: html.escape(key).replace("&quot;", "&#34;").replace("&lt;", "&#60;").replace(
        "&gt;", "&#x3E;").replace("&amp;", "&#38;"),
}  # fmt: skip


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
async def test_a_key_of_any_shape_is_masked_in_an_error_message(
    connect: Connect, journal: Journal, spell: object
) -> None:
    assert callable(spell)
    echoed = spell(ODD_KEY)
    reply = Reply.error(400, "invalid_request_error", f"bad key {echoed} given", headers={"request-id": echoed})
    async with Loopback(reply) as api, connect(api.url, key=ODD_KEY) as gateway:
        with pytest.raises(BatchtuiError) as caught:
            await gateway.retrieve(BATCH["id"])
    said = (
        f"{caught.value.message} {getattr(caught.value, 'request_id', '')} {journal[0].error} {journal[0].request_id}"
    )
    assert "[key]" in said
    assert echoed not in said
    assert "bad key [key] given" in said


async def test_a_batch_whose_id_is_the_key_is_refused(connect: Connect) -> None:
    key = "gw.Token-0123456789"
    async with Loopback(Reply.json({**BATCH, "id": key})) as api, connect(api.url, key=key) as gateway:
        with pytest.raises(BatchtuiError, match="not a batch id"):
            await gateway.retrieve(BATCH["id"])


async def test_a_header_of_the_users_own_is_masked_too(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "Authorization: Token proxy-token-77")
    reply = Reply.error(403, "permission_error", "proxy-token-77 may not do that")
    async with Loopback(reply) as api, connect(api.url) as gateway:
        with pytest.raises(BatchtuiError) as caught:
            await gateway.retrieve(BATCH["id"])
    assert "proxy-token-77" not in caught.value.message
