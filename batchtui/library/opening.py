"""Open a workspace, with `async with` or plain `with`: `open_workspace`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
        read_only: refuse whatever would change something at the API, as `--read-only` does: `submit`, `retry`,
            `resume`, `cancel` and `delete` raise `UsageError`. Looking, fetching and exporting go on.
        clock: turned by tests; None is the system's.

    Raises:
        StorageError: on entering, where the registry cannot be opened.
    """
    return Opening(home, profile=profile, base_url=base_url, read_only=read_only, clock=clock)


class Opening(AbstractAsyncContextManager["Workspace"], AbstractContextManager["BlockingWorkspace"]):
    """A workspace to be opened by `async with` or `with`; nothing is opened before."""

    def __init__(self, home: str | Path | None, **wishes: Any) -> None:
        """`wishes`: as `open_workspace` has them."""
        self._home = Path(home) if home is not None else None
        self._wishes = wishes
        self._stack = AsyncExitStack()
        self._blocking: BlockingWorkspace | None = None

    async def __aenter__(self) -> Workspace:
        from batchtui.services.workspace import open_workspace as open_engine
        from batchtui.settings.paths import Paths

        paths = Paths.locate(self._home)
        return Workspace(await self._stack.enter_async_context(open_engine(paths, **self._wishes)))

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
