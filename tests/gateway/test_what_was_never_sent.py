"""Failures after which nothing can have been created: the connection was never made, or never free."""

from __future__ import annotations

import pytest

from batchtui.domain.errors import AnswerLost, Unreachable
from batchtui.gateway.errors import map_exception
from batchtui.gateway.exchange import ApiRequest

ASK = ApiRequest("create", "POST", "/v1/messages/batches", 600.0)


@pytest.mark.parametrize("name", ["ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol"])
def test_without_a_connection_nothing_was_created(name: str) -> None:
    import httpx2

    assert isinstance(map_exception(getattr(httpx2, name)("no"), ASK), Unreachable)


@pytest.mark.parametrize("name", ["ReadTimeout", "WriteTimeout", "ReadError", "WriteError", "RemoteProtocolError"])
def test_with_one_anything_may_have_happened(name: str) -> None:
    import httpx2

    error = map_exception(getattr(httpx2, name)("no"), ASK)
    assert isinstance(error, AnswerLost)
    assert not error.nothing_created
