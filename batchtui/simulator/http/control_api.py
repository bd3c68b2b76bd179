"""The control endpoint: what tests and people may ask of the simulator that the real service would never answer.

GET    /_simulator                    how it stands: scenario, time, batches, faults to come
GET    /_simulator/batches            every batch ever created, with its custom_ids
GET    /_simulator/calls?endpoint=E   every call so far, without its key
POST   /_simulator/clock              {"turn": SECONDS}: time goes by at once
POST   /_simulator/faults             a fault, or several: the keys of `Fault`
DELETE /_simulator/faults             none of those that wait will strike
POST   /_simulator/plant              {"requests": […]}: a batch that somebody else made
PUT    /_simulator/scenario           {"name": NAME}, or the keys of `Scenario`: behave so from now on
"""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batchtui.simulator.batch import SimulatedBatch
from batchtui.simulator.faults import Fault
from batchtui.simulator.http.request_parsing import read_object
from batchtui.simulator.http.responses import json_response
from batchtui.simulator.scenario import SCENARIOS, Scenario
from batchtui.simulator.wire_format import ApiError
from batchtui.simulator.world import Call, World

PATH = "/_simulator"
_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])
_SCENARIO: TypeAdapter[Scenario] = TypeAdapter(Scenario)

Handler = Callable[[Request, bytes], Any]


class Control:
    """Looks into a world and turns its screws. Its own calls are no calls of the service, and need no key."""

    def __init__(self, world: World, prefix: str) -> None:
        self.world = world
        self.prefix = prefix

    def routes(self) -> Iterator[Route]:
        """Every path of the control endpoint."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "", self.overview),
            ("GET", "/batches", self.batches),
            ("GET", "/calls", self.calls),
            ("POST", "/clock", self.turn),
            ("POST", "/faults", self.add_faults),
            ("DELETE", "/faults", self.clear_faults),
            ("POST", "/plant", self.plant),
            ("PUT", "/scenario", self.retemper),
        ]
        for method, path, handler in table:
            yield Route(self.prefix + PATH + path, _served(handler), methods=[method])

    def overview(self, request: Request, body: bytes) -> dict[str, Any]:
        """Return scenario, clock, batches, calls and faults as they are now."""
        world = self.world
        return {
            "scenario": world.scenario.name,
            "now": world.clock.now().isoformat(),
            "speed": world.speed,
            "batches": len(world.batches),
            "calls": len(world.calls),
            "faults": _FAULTS.dump_python(list(world.faults.pending), mode="json"),
        }

    def batches(self, request: Request, body: bytes) -> list[dict[str, Any]]:
        """Every batch ever created, also those that are deleted."""
        return [self._describe(batch) for batch in list(self.world.batches)]

    def calls(self, request: Request, body: bytes) -> list[dict[str, Any]]:
        """Every call so far, of one endpoint or of all."""
        endpoint = request.query_params.get("endpoint")
        calls = self.world.calls_to(endpoint) if endpoint else list(self.world.calls)
        return [_call(call) for call in calls]

    def turn(self, request: Request, body: bytes) -> dict[str, Any]:
        """Let time go by."""
        clock: Any = self.world.clock
        if not hasattr(clock, "turn"):
            raise ApiError(400, "The clock of this simulator cannot be turned.")
        seconds = read_object(bytearray(body)).get("turn")
        # Some thirty years: `datetime` overflows far above it.
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < 10**9:
            raise ApiError(400, "turn: a number of seconds, 0 or more, is needed.")
        clock.turn(seconds)
        return {"now": clock.now().isoformat()}

    def add_faults(self, request: Request, body: bytes) -> dict[str, Any]:
        """Let these faults strike from now on."""
        text = body.strip()
        # One fault or a list of them, as is easier to type in a shell.
        self.world.faults.add(*_FAULTS.validate_json(text if text.startswith(b"[") else b"[" + text + b"]"))
        return self.overview(request, body)

    def clear_faults(self, request: Request, body: bytes) -> dict[str, Any]:
        """Forget every fault that waits."""
        self.world.faults.clear()
        return self.overview(request, body)

    def plant(self, request: Request, body: bytes) -> dict[str, Any]:
        """Create a batch as somebody else would."""
        requests = read_object(bytearray(body)).get("requests")
        if not isinstance(requests, list) or not requests:
            raise ApiError(400, "requests: a list with at least one request is needed.")
        return self._describe(self.world.plant(requests))

    def retemper(self, request: Request, body: bytes) -> dict[str, Any]:
        """Take another scenario."""
        wanted = read_object(bytearray(body))
        # A name with further keys is a scenario of one's own that is only called so.
        named = SCENARIOS.get(str(wanted.get("name"))) if len(wanted) == 1 else None
        self.world.retemper(named or _SCENARIO.validate_python(wanted))
        return self.overview(request, body)

    def _describe(self, batch: SimulatedBatch) -> dict[str, Any]:
        state = batch.state(self.world.clock.now())
        return {
            "id": batch.id,
            "created_at": batch.created_at.isoformat(),
            "processing_status": state.status,
            "request_counts": state.counts,
            "ends_at": batch.ends_at.isoformat(),
            "deleted_at": batch.deleted_at and batch.deleted_at.isoformat(),
            "custom_ids": batch.custom_ids,
        }


def _served(handler: Handler) -> Callable[[Request], Any]:
    async def endpoint_function(request: Request) -> Response:
        # A page in somebody's browser may reach loopback, too; it always says where it comes from.
        if "origin" in request.headers:
            return json_response({"error": "The control endpoint is not for browsers."}, 403)
        try:
            return json_response(handler(request, await request.body()))
        except ApiError as error:
            return json_response({"error": error.message}, error.status)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return json_response({"error": f"{where}: {first['msg']}"}, 400)

    return endpoint_function


def _call(call: Call) -> dict[str, Any]:
    return {
        "endpoint": call.endpoint,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "status": call.status,
        "at": call.at.isoformat(),
        "headers": dict(call.headers),
        "request_id": call.request_id,
    }
