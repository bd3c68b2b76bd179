"""Open everything a use case needs: registry, gateway, settings, clock: `Workspace`, `open_workspace`.

The composition root: command line, dashboard and library all begin here.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from functools import cached_property, partial
from typing import TYPE_CHECKING

from batchtui.domain.errors import (
    AnswerLost,
    CredentialsMissing,
    GatewayError,
    OtherAccount,
    RegistryDamaged,
    StorageError,
    UsageError,
)
from batchtui.domain.submission.send_evidence import BoundBatch
from batchtui.registry.registry import Registry
from batchtui.runtime import process_identity
from batchtui.runtime.clock import SystemClock
from batchtui.runtime.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import timedelta

    from batchtui.domain.api_call import ApiCall
    from batchtui.domain.batches.batch import Batch, RemoteBatch, RemotePage, UnreadableEntry
    from batchtui.domain.clock import Clock
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.gateway.protocol import Gateway
    from batchtui.pricing.price_book import PriceBook
    from batchtui.services.commit_watcher import CommitWatcher
    from batchtui.settings.model import Settings
    from batchtui.settings.paths import Paths

log = logging.getLogger(__name__)

KEPT_DAYS = 90
"""Days that calls stay in the journal where the settings cannot be read."""
ACCOUNT_SECONDS = 300.0
"""How long the account of the credentials is taken as known."""


class Workspace:
    """Registry, settings and gateway of one user. Use cases are functions that take it as their first argument."""

    def __init__(
        self,
        paths: Paths,
        *,
        profile: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        clock: Clock | None = None,
        random: Callable[[int], str] = secrets.token_hex,
        read_only: bool = False,
    ) -> None:
        self.paths = paths
        self._read_only = read_only
        self.profile = profile
        self.base_url = base_url
        self._api_key = api_key
        self.clock: Clock = clock or SystemClock()
        self.random = random
        """Returns that many random bytes in hexadecimal, for names of jobs and files; tests make it predictable."""
        self.name = process_identity.process_token(random(4))
        """Names this process and workspace to others: see `runtime.process_identity`."""
        self.registry = Registry(
            paths.registry,
            paths.requests,
            paths.results,
            clock=self.clock,
            holder=self.name,
            machine=process_identity.machine_id(),
        )
        self.last_call: ApiCall | None = None
        """The latest call to the API, its limits and times."""
        self.server_clock = ServerClock(self.clock)
        self.account: Account | None = None
        """The account of the credentials in use, of the latest response that proves it; None until one did."""
        self._account_heard = 0.0
        self._unreadable: set[UnreadableEntry] = set()
        self._gateway: Gateway | None = None
        self._connecting = asyncio.Lock()

    @cached_property
    def commits(self) -> CommitWatcher:
        """Watches for commits to the registry, by this process and others."""
        from batchtui.services.commit_watcher import CommitWatcher

        return CommitWatcher(self.registry, self.clock)

    @cached_property
    def settings(self) -> Settings:
        """The user's settings, read with the first use. Raises `UsageError` where the file has errors."""
        from batchtui.settings.loading import load_settings

        return load_settings(self.paths.config_file)

    @cached_property
    def prices(self) -> PriceBook:
        """The prices that apply to this user; the price list itself is loaded with the first question."""
        from batchtui.pricing.price_book import OwnPrice, PriceBook

        pricing = self.settings.prices
        own = {model: OwnPrice(**asdict(price)) for model, price in pricing.models.items()}
        return PriceBook(own, pricing.discount)

    @property
    def read_only_by(self) -> str:
        """Why the workspace is read-only, as a sentence; empty where it is not."""
        if self._read_only:
            return "Leave out --read-only, BATCHTUI_READ_ONLY or `open_workspace(read_only=True)`."
        if self.settings.read_only:
            return f"`read_only` is set in {self.paths.config_file}."
        for name in (self.profile, self.workspace_id):
            if name and name in self.settings.places and self.settings.places[name].read_only:
                return f"`places.{name}.read_only` is set in {self.paths.config_file}."
        return ""

    @property
    def is_read_only(self) -> bool:
        """Whether everything that would change something at the API is refused."""
        return bool(self.read_only_by)

    def refuse_if_read_only(self) -> None:
        """Every use case that changes something at the API calls this first.

        Raises:
            UsageError: the workspace is read-only.
        """
        if because := self.read_only_by:
            raise UsageError(
                "This is read-only: nothing is sent, canceled or deleted.", hint=because, title="Read-only"
            )

    @property
    def workspace_id(self) -> str | None:
        """The API workspace of the credentials in use; None until an answer named it."""
        if self.account is not None:
            return self.account.workspace
        return self.last_call.workspace_id if self.last_call else None

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the API's clock is ahead of this machine's; None until an answer named its time."""
        return self.server_clock.skew

    def hear(self, response: RemotePage | RemoteBatch | GatewayError) -> None:
        """Take the account and the server's time from a response that has just arrived."""
        self.server_clock.hear(response.server_time)
        if response.account is not None:
            self.account = response.account
            self._account_heard = self.clock.monotonic()

    async def note_unreadable(self, entries: Sequence[UnreadableEntry]) -> None:
        """Write to the journal which entries of the API's list cannot be read, each once."""
        # Kept here, too: every look at the list meets the same ones, and the journal is long.
        new = [entry for entry in entries if entry not in self._unreadable]
        if new:
            await self.registry.journal.record_unreadable(self.clock.now(), new)
            self._unreadable.update(new)

    async def front_account(self, *, max_age: float = ACCOUNT_SECONDS) -> Account:
        """Return the account of the credentials in use, with one list call where it was not heard of lately.

        Args:
            max_age: seconds; a profile can be switched to another account while a process runs.

        Raises:
            CredentialsMissing: there are none.
            GatewayError: the API cannot be reached, or what answers does not name an account.
        """
        # Monotonic: a clock that is set back must not keep an old account for hours.
        if self.account is not None and self.clock.monotonic() - self._account_heard <= max_age:
            return self.account
        gateway = await self.gateway()
        try:
            # The cheapest call that every key may make, and whose headers name organization and workspace.
            page = await gateway.list_page(limit=1)
        except GatewayError as error:
            self.hear(error)
            if error.account is None:
                raise
            # A refusal names the account, too, where the API itself has answered.
            return error.account
        self.hear(page)
        if page.account is None:
            raise AnswerLost(
                "The API did not return the account of these credentials.", hint="`batchtui doctor` examines it."
            )
        return page.account

    async def is_reachable(self, batch: Batch) -> bool:
        """Whether these credentials are those of a batch's account, as far as that is known."""
        return not is_elsewhere(batch, await self.front_account())

    async def gateway(self) -> Gateway:
        """Return the gateway, made with the first use: importing the SDK takes long, and most commands need none."""
        # Two tasks that ask at once share one client, with one pool of connections.
        async with self._connecting:
            if self._gateway is None:
                self._gateway = await self._connect()
        return self._gateway

    def warm_up(self) -> None:
        """Start importing the SDK and then the price list in the background."""
        from batchtui.gateway.sdk import import_sdk
        from batchtui.pricing.price_list import load_list

        _in_background(import_sdk, load_list)

    @property
    def has_own_key(self) -> bool:
        """Whether a program passed a key, which goes before whatever the environment has."""
        return self._api_key is not None

    def warm_up_prices(self) -> None:
        """Start reading the price list in the background."""
        from batchtui.pricing.price_list import load_list

        _in_background(load_list)

    async def _connect(self) -> Gateway:
        from batchtui.gateway.anthropic_client import AnthropicGateway
        from batchtui.gateway.credentials import describe_credentials

        # A profile that was named and is not there is said better by the connection itself.
        if self._api_key is None and self.profile is None and describe_credentials() is None:
            raise CredentialsMissing(
                "No API key, token or profile was found.",
                hint="Set ANTHROPIC_API_KEY, or log in with `ant auth login`; `batchtui demo` needs neither.",
            )
        return await AnthropicGateway.connect(
            base_url=self.base_url,
            profile=self.profile,
            api_key=self._api_key,
            on_call=self._note_call,
            clock=self.clock,
        )

    async def close(self) -> None:
        """Close connections and files; where something was written, back the registry up if that is due."""
        try:
            if self._gateway is not None:
                await self._gateway.close()
                with suppress(StorageError):  # said by whatever needs the registry next
                    await self.keep_house()
        finally:
            await self.registry.close()

    async def keep_house(self) -> None:
        """Once a day copy the registry and delete old calls from its journal. What the disk refuses is logged.

        Raises:
            RegistryDamaged: the registry is damaged.
        """
        for work in (self.registry.back_up_daily, partial(self.registry.trim_journal_daily, self._journal_days)):
            try:
                await work()
            except RegistryDamaged:
                raise
            except StorageError as error:
                log.warning("%s", error)

    @property
    def _journal_days(self) -> int:
        try:
            return self.settings.journal_days
        except UsageError:  # the file has errors: what is said of them is said where settings are used
            return KEPT_DAYS

    async def _note_call(self, call: ApiCall) -> None:
        self.last_call = call
        if call.server_time is not None and call.answered_at is not None:
            # A download goes on long after its headers came: its Date is older than this moment.
            self.server_clock.hear(call.server_time + (self.clock.now() - call.answered_at))
        try:
            await self.registry.journal.record_call(call)
        except StorageError as error:
            # An answer must never be lost because the journal could not be written.
            log.warning("a call could not be noted: %s", error)


def is_elsewhere(batch: Batch, account: Account | None) -> bool:
    """Whether a batch is certainly of another account than this one.

    What earlier versions sent has no address and no organisation on record; then its workspace alone decides.
    """
    return not BoundBatch(batch.id or "", batch.account, batch.workspace_id).is_at(account)


def refuse_other_account(batch: Batch, account: Account) -> None:
    """Stop where a batch belongs to another account than the credentials in use.

    Raises:
        OtherAccount: with both accounts.
    """
    if is_elsewhere(batch, account):
        where = batch.account or f"workspace {batch.workspace_id}"
        profile = f" It was planned with the profile {batch.profile}." if batch.profile else ""
        raise OtherAccount(
            f"{batch.id or f'{batch.name} part {batch.part}'} belongs to {where}; these credentials are for {account}."
            f"{profile} Nothing was sent or changed.",
            hint="Use the credentials it was submitted with: --profile NAME, or the API key and ANTHROPIC_BASE_URL.",
        )


def _in_background(*steps: Callable[[], None]) -> None:
    """Run functions one after the other in a daemon thread; the program may end before they have."""

    def take() -> None:
        for step in steps:
            step()

    # A daemon: the end of a command must not wait for an import that nobody needs any more.
    threading.Thread(target=take, name="warming-up", daemon=True).start()


@asynccontextmanager
async def open_workspace(
    paths: Paths,
    *,
    profile: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    clock: Clock | None = None,
    random: Callable[[int], str] = secrets.token_hex,
    read_only: bool = False,
) -> AsyncIterator[Workspace]:
    """Open the registry and yield a workspace. The SDK is not imported, and the API not asked, before they are needed.

    Raises:
        StorageError: where the registry cannot be opened.
    """
    paths.prepare()
    workspace = Workspace(
        paths, profile=profile, base_url=base_url, api_key=api_key, clock=clock, random=random, read_only=read_only
    )
    await workspace.registry.open()
    try:
        yield workspace
    finally:
        await workspace.close()
