"""Serving a world over HTTP on loopback: inside a program on a thread of its own, or alone in the foreground."""

import asyncio
import logging
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from batchtui.simulator.clock import Clock, RealClock
from batchtui.simulator.http.app import build_app
from batchtui.simulator.persistence import WorldArchive
from batchtui.simulator.scenario import SCENARIOS, Scenario
from batchtui.simulator.world import World

LOOPBACK = "127.0.0.1"


class _CuttableProtocol(H11Protocol):
    """uvicorn's HTTP protocol, which hands each request the transport it came by, so that a fault can really cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _LoopbackServer:
    """The listening socket and its connections within one event loop; it never waits for a client when it stops."""

    def __init__(self, world: World, prefix: str) -> None:
        self._config = Config(
            build_app(world, prefix),
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            lifespan="off",
            ws="none",
            # The SDK keeps its connections, and a client of a turned clock may be silent for long.
            timeout_keep_alive=3_600,
        )
        self._config.load()
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        # uvicorn tells of every cut connection as if it were an accident; here they are meant.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, sock=listener, backlog=2_048)

    def _protocol(self) -> asyncio.Protocol:
        return _CuttableProtocol(config=self._config, server_state=self._state, app_state={})

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._state.connections):
            transport: Any = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()
        # One turn for the connections to learn that they are gone, so that canceled tasks do not answer.
        await asyncio.sleep(0)
        tasks = list(self._state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()
        await asyncio.sleep(0)


def open_listener(port: int) -> socket.socket:
    """A listening socket on loopback; port 0 takes a free one. Raises OSError if the port is taken."""
    return socket.create_server((LOOPBACK, port), backlog=2_048)


def choose(scenario: str | Scenario) -> Scenario:
    """The scenario itself or the one of that name; raises ValueError that names those there are."""
    if isinstance(scenario, Scenario):
        return scenario
    if scenario not in SCENARIOS:
        raise ValueError(f"There is no scenario {scenario!r}; there are: {', '.join(SCENARIOS)}.")
    return SCENARIOS[scenario]


def make_world(scenario: Scenario, clock: Clock, *, speed: float, salt: str, state: Path | None) -> World:
    """A world in memory, or one that is kept in a folder and remembers what is there."""
    archive = None if state is None else WorldArchive(state)
    try:
        return World(scenario, clock, speed=speed, salt=salt, archive=archive)
    except BaseException:
        if archive is not None:
            archive.close()
        raise


class Simulator:
    """A Message Batches API on loopback, served while the `with` block runs, from a thread and a loop of its own.

    It may be used from plain and from async code, and never reaches beyond loopback. With `state` it goes on where the
    last one in that folder stopped.
    """

    def __init__(
        self,
        scenario: str | Scenario = "quiet-night",
        *,
        clock: Clock | None = None,
        port: int = 0,
        prefix: str = "",
        speed: float = 1.0,
        salt: str = "",
        state: Path | None = None,
    ) -> None:
        self.clock: Clock = clock or RealClock()
        self.world = make_world(choose(scenario), self.clock, speed=speed, salt=salt, state=state)
        self.prefix = "/" + prefix.strip("/") if prefix.strip("/") else ""
        self._wanted_port = port
        self._listener: socket.socket | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    @property
    def port(self) -> int:
        """The port it listens on; raises RuntimeError while it does not run."""
        if self._listener is None:
            raise RuntimeError("the simulator is not running")
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The base URL for a client, with the prefix and no slash at its end."""
        return f"http://{LOOPBACK}:{self.port}{self.prefix}"

    def start(self) -> None:
        """Begin to serve; returns once connections are accepted. Raises OSError if the port is taken."""
        # Opened here and not in the thread: a port that is taken raises where it is asked for, and `port` is known at
        # once.
        self._listener = open_listener(self._wanted_port)
        self._ready.clear()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="batchtui-simulator", daemon=True
        )
        self._thread.start()
        # Set in any case, also where serving fails: a thread that died must not leave its caller waiting.
        self._ready.wait()
        if self._stopping is None:
            raise RuntimeError("the simulator could not begin to serve")

    def stop(self) -> None:
        """Cut every connection and wait for the thread, and let go of the state; safe to call twice."""
        self.world.close()
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = self._loop = self._stopping = self._listener = None

    async def _serve(self) -> None:
        assert self._listener is not None
        server = _LoopbackServer(self.world, self.prefix)
        try:
            await server.start(self._listener)
            self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        finally:
            self._ready.set()
        await self._stopping.wait()
        await server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def serve_forever(
    scenario: str | Scenario = "quiet-night",
    *,
    port: int = 0,
    prefix: str = "",
    speed: float = 1.0,
    state: Path | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM, then stop cleanly and return.

    `on_ready` is called with the base URL once connections are accepted. Ids differ from run to run, so that a registry
    that met an earlier run does not take a new batch for an old one; with `state`, a folder, the service goes on where
    it stopped.

    Raises:
        ValueError: There is no scenario of that name, or what the folder holds is no state.
        OSError: The port is taken, the folder cannot be used, or another simulator uses it.
    """
    world = make_world(choose(scenario), RealClock(), speed=speed, salt=secrets.token_hex(8), state=state)
    listener = open_listener(port)
    base = "/" + prefix.strip("/") if prefix.strip("/") else ""
    try:
        asyncio.run(_serve_until_signal(world, base, listener, on_ready))
    finally:
        world.close()


async def _serve_until_signal(
    world: World, prefix: str, listener: socket.socket, on_ready: Callable[[str], None] | None
) -> None:
    server = _LoopbackServer(world, prefix)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    url = f"http://{LOOPBACK}:{listener.getsockname()[1]}{prefix}"
    await server.start(listener)
    if on_ready is not None:
        on_ready(url)
    await stopping.wait()
    await server.stop()
