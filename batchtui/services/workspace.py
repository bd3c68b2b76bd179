"""The composition root: all that a use case needs, opened together by command line, dashboard and library."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

from batchtui.domain.errors import CredentialsMissing, StorageError, UsageError
from batchtui.registry.registry import Registry
from batchtui.runtime import process_identity as process
from batchtui.runtime.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import timedelta

    from batchtui.domain.api_call import ApiCall
    from batchtui.domain.clock import Clock
    from batchtui.gateway.protocol import Gateway
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.commit_watcher import CommitWatcher
    from batchtui.settings.model import Settings
    from batchtui.settings.paths import Paths

log = logging.getLogger(__name__)


class Workspace:
    """One place on this disk and one way to the API. It holds no use case; services take it as their first argument."""

    def __init__(
        self,
        paths: Paths,
        *,
        profile: str | None = None,
        base_url: str | None = None,
        clock: Clock | None = None,
        random: Callable[[int], str] = secrets.token_hex,
        read_only: bool = False,
    ) -> None:
        self.paths = paths
        self._read_only = read_only
        self.profile = profile
        self.base_url = base_url
        self.clock: Clock = clock or SystemClock()
        self.random = random
        """Gives that many random bytes in hexadecimal: names for jobs and temporary things."""
        self.name = process.process_token(random(4))
        """Names this process and workspace to others: see `services.process`."""
        self.registry = Registry(paths.registry, paths.requests, paths.results, clock=self.clock, holder=self.name)
        self.last_call: ApiCall | None = None
        """The latest call to the API, its limits and times."""
        self._gateway: Gateway | None = None
        self._connecting = asyncio.Lock()

    @cached_property
    def commits(self) -> CommitWatcher:
        """What is committed to the registry, by whichever process, for who follows it."""
        from batchtui.services.commit_watcher import CommitWatcher

        return CommitWatcher(self.registry, self.clock)

    @cached_property
    def settings(self) -> Settings:
        """What the user set; read from the disk on first use. Raises where the file has errors."""
        from batchtui.settings.loading import load_settings

        return load_settings(self.paths.config_file)

    @cached_property
    def prices(self) -> PriceBook:
        """What models cost here; the price list itself is read with the first question."""
        from batchtui.pricing.price_book import OwnPrice, PriceBook

        pricing = self.settings.prices
        own = {model: OwnPrice(**asdict(price)) for model, price in pricing.models.items()}
        return PriceBook(own, pricing.discount)

    @property
    def read_only_by(self) -> str:
        """What makes it read-only, as a sentence; empty where nothing does."""
        if self._read_only:
            return "It was asked for, by --read-only, BATCHTUI_READ_ONLY or `open_workspace(read_only=True)`."
        if self.settings.read_only:
            return f"`read_only` is set in {self.paths.config_file}."
        for name in (self.profile, self.workspace_id):
            if name and name in self.settings.places and self.settings.places[name].read_only:
                return f"`places.{name}.read_only` is set in {self.paths.config_file}."
        return ""

    @property
    def is_read_only(self) -> bool:
        """Whether whatever would change something at the API is refused."""
        return bool(self.read_only_by)

    def refuse_if_read_only(self) -> None:
        """Stop whatever would change something at the API where that must not be.

        Raises:
            UsageError: where it must not.
        """
        if because := self.read_only_by:
            raise UsageError(
                "This is read-only: nothing is sent, cancelled or deleted.", hint=because, title="Read-only"
            )

    @property
    def workspace_id(self) -> str | None:
        """The API workspace of the credentials in use; None until an answer named it."""
        return self.last_call.workspace_id if self.last_call else None

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the API's clock is ahead of this machine's; None until an answer named its time."""
        call = self.last_call
        return call.server_time - call.at if call and call.server_time else None

    async def gateway(self) -> Gateway:
        """The way to the API, made on first use: the SDK takes its time to import, and reading needs none of it."""
        async with self._connecting:
            if self._gateway is None:
                self._gateway = await self._connect()
        return self._gateway

    def warm_up(self) -> None:
        """Begin to import the SDK in the background, then the price list, for whoever is about to need them."""
        from batchtui.gateway.sdk import import_sdk
        from batchtui.pricing.price_list import load_list

        _in_background(import_sdk, load_list)

    def warm_up_prices(self) -> None:
        """Begin to read the price list in the background, for whoever is about to count a cost."""
        from batchtui.pricing.price_list import load_list

        _in_background(load_list)

    async def _connect(self) -> Gateway:
        from batchtui.gateway.anthropic_client import AnthropicGateway
        from batchtui.gateway.credentials import describe_credentials

        # A profile that was named and is not there is said better by the connection itself.
        if self.profile is None and describe_credentials() is None:
            raise CredentialsMissing(
                "No API key, token or profile was found.",
                hint="Set ANTHROPIC_API_KEY, or log in with `ant auth login`; `batchtui demo` needs neither.",
            )
        return await AnthropicGateway.connect(
            base_url=self.base_url, profile=self.profile, on_call=self._note_call, clock=self.clock
        )

    async def close(self) -> None:
        """Let go of connections and files."""
        try:
            if self._gateway is not None:
                await self._gateway.close()
        finally:
            await self.registry.close()

    async def _note_call(self, call: ApiCall) -> None:
        self.last_call = call
        try:
            await self.registry.journal.record_call(call)
        except StorageError as error:
            # An answer must never be lost because the journal could not be written.
            log.warning("a call could not be noted: %s", error)


def _in_background(*steps: Callable[[], None]) -> None:
    """Take steps one after the other on a thread that nobody waits for."""

    def take() -> None:
        for step in steps:
            step()

    threading.Thread(target=take, name="warming-up", daemon=True).start()


@asynccontextmanager
async def open_workspace(
    paths: Paths,
    *,
    profile: str | None = None,
    base_url: str | None = None,
    clock: Clock | None = None,
    random: Callable[[int], str] = secrets.token_hex,
    read_only: bool = False,
) -> AsyncIterator[Workspace]:
    """Open the registry and hand out a workspace; nothing is imported or asked that a reader does not need.

    Raises:
        StorageError: where the registry cannot be opened.
    """
    paths.prepare()
    workspace = Workspace(paths, profile=profile, base_url=base_url, clock=clock, random=random, read_only=read_only)
    await workspace.registry.open()
    try:
        yield workspace
    finally:
        await workspace.close()
