"""Open a workspace, with `async with` or plain `with`: `open_workspace`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UsageError
from batchtui.library import arguments
from batchtui.library.workspace import Workspace

if TYPE_CHECKING:
    from types import TracebackType

    from batchtui.domain.clock import Clock
    from batchtui.library.blocking import BlockingWorkspace


def open_workspace(
    home: str | Path | None = None,
    *,
    profile: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    read_only: bool = False,
    clock: Clock | None = None,
) -> Opening:
    """Open the registry: `async with` gives a `Workspace`, plain `with` a `BlockingWorkspace`.

    It is the registry of the command line and the dashboard: what is submitted here shows there at once, and what a
    crash of this program leaves open `batchtui resume` finishes. Nothing is asked of the API before it is needed.

    Args:
        home: folder of everything; None for `BATCHTUI_HOME`, else the places of the system.
        profile: a profile of credentials; None for the SDK's own chain (`ANTHROPIC_API_KEY` …).
        base_url: another server than the API's, as for tests against the simulator.
        api_key: a key that goes before the SDK's chain, as from a vault; it is kept in memory only, never stored or
            logged. It does not go with `profile`.
        read_only: refuse whatever would change something at the API, as `--read-only` does: `submit`, `retry`,
            `resume`, `cancel` and `delete` raise `UsageError`. Looking, fetching and exporting go on.
        clock: turned by tests; None is the system's.

    Raises:
        UsageError: an argument has a value that cannot be meant.
        StorageError: on entering, where the registry cannot be opened.
    """
    _refuse_odd_key(api_key)
    # The SDK would take the key, and parts would be planned under a profile that did not send them.
    if api_key is not None and profile is not None:
        raise UsageError("api_key and profile exclude each other.", hint="Pass one of them.")
    return Opening(
        None if home is None else arguments.path_of("home", home),
        profile=arguments.text_or_none("profile", profile),
        base_url=arguments.text_or_none("base_url", base_url),
        api_key=api_key,
        read_only=arguments.flag("read_only", read_only),
        clock=clock,
    )


def _refuse_odd_key(api_key: object) -> None:
    """Refuse what is no text, without quoting it: it may be most of a key."""
    if api_key is not None and not (isinstance(api_key, str) and api_key.strip()):
        raise UsageError("api_key must be a key as text.", hint="Leave it out for the SDK's own chain of credentials.")


class Opening(AbstractAsyncContextManager["Workspace"], AbstractContextManager["BlockingWorkspace"]):
    """A workspace to be opened by `async with` or `with`; nothing is opened before."""

    def __init__(self, home: str | Path | None, **keywords: Any) -> None:
        """`keywords`: as `open_workspace` has them."""
        self._home = Path(home) if home is not None else None
        self._keywords = keywords
        self._stack = AsyncExitStack()
        self._blocking: BlockingWorkspace | None = None

    async def __aenter__(self) -> Workspace:
        # Imported on entering, so that `import batchtui` stays cheap for programs that may never open one.
        from batchtui.services.workspace import open_workspace as open_engine
        from batchtui.settings.paths import Paths

        paths = Paths.locate(self._home)
        return Workspace(await self._stack.enter_async_context(open_engine(paths, **self._keywords)))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def __enter__(self) -> BlockingWorkspace:
        from batchtui.library.blocking import BlockingWorkspace

        self._blocking = BlockingWorkspace(self)
        return self._blocking

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._blocking is not None:
            self._blocking.close()
