"""The HTTP face of the simulated service: routes, headers, keys, and the place where faults strike."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from batchtui.simulator.faults import Endpoint, Fault
from batchtui.simulator.http.control_api import Control
from batchtui.simulator.http.request_parsing import check_version, key_of, read_limit, read_object, terms_of
from batchtui.simulator.http.responses import CutConnection, ResultStream, error_response, json_response
from batchtui.simulator.models import CATALOGUE, known, model_object
from batchtui.simulator.replies.messages import answer
from batchtui.simulator.replies.usage import count_input
from batchtui.simulator.results import result_blocks
from batchtui.simulator.validation.early import read_submission
from batchtui.simulator.validation.late import find_problem
from batchtui.simulator.wire_format import ApiError, disposition, make_id, standing_headers
from batchtui.simulator.world import Call, World

SECRET_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})
HEAVY = 5_000
"Batches of this size are parsed and planned in a thread, so that other calls go on."

Handler = Callable[[Request, bytearray, Fault | None], Awaitable[Response]]


def build_app(world: World, prefix: str = "") -> Starlette:
    """The application that serves `world`; every path begins with `prefix`."""
    return Starlette(routes=[*Control(world, prefix).routes(), *Service(world, prefix).routes()])


class Service:
    """The endpoints over one world. It keeps no state of its own and never lets a key decide more than 401."""

    def __init__(self, world: World, prefix: str) -> None:
        self.world = world
        self.prefix = prefix

    def routes(self) -> Iterator[Route]:
        """Every path of the service, and a JSON 404 for any other."""
        batches, batch = "/v1/messages/batches", "/v1/messages/batches/{id}"
        table: list[tuple[str, str, Endpoint, Handler]] = [
            ("POST", batches, "create", self.create),
            ("GET", batches, "list", self.page),
            ("GET", batch, "retrieve", self.retrieve),
            ("DELETE", batch, "delete", self.delete),
            ("POST", f"{batch}/cancel", "cancel", self.cancel),
            ("GET", f"{batch}/results", "results", self.results),
            ("POST", "/v1/messages", "message", self.message),
            ("POST", "/v1/messages/count_tokens", "count_tokens", self.count_tokens),
            ("GET", "/v1/models", "models", self.models),
            ("GET", "/v1/models/{id}", "models", self.model),
        ]
        for method, path, endpoint, handler in table:
            yield Route(self.prefix + path, self._served(endpoint, handler), methods=[method])
        yield Route("/{rest:path}", self._served("*", self.nowhere), methods=["GET", "POST", "DELETE", "PUT", "PATCH"])

    def _served(self, endpoint: Endpoint, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint_function(request: Request) -> Response:
            arrived = self.world.clock.now()
            request_id = self.world.next_request_id()
            try:
                response = await self._guarded(endpoint, handler, request)
            except ApiError as error:
                response = error_response(error, request_id)
            except ClientDisconnect:
                response = CutConnection()
            # A cut connection has no headers; its call is noted nevertheless, with status 0.
            if not isinstance(response, CutConnection):
                response.headers.update(standing_headers(request_id, self.world.clock.now()))
            self.world.note(
                Call(
                    endpoint="unknown" if endpoint == "*" else endpoint,
                    method=request.method,
                    path=request.url.path,
                    query=request.url.query,
                    status=response.status_code,
                    at=arrived,
                    headers={name: value for name, value in request.headers.items() if name not in SECRET_HEADERS},
                    request_id=request_id,
                )
            )
            return response

        return endpoint_function

    async def _guarded(self, endpoint: Endpoint, handler: Handler, request: Request) -> Response:
        """Body, key, version, rate, then the fault that strikes this call around the work itself."""
        scenario = self.world.scenario
        body = await self._read(request, scenario.max_body_bytes)
        # The key before the version and the rate: a bad key is 401, whatever else is wrong with the call.
        self.world.check_key(key_of(request))
        check_version(request)
        batch_calls = ("create", "retrieve", "list", "cancel", "delete", "results")
        # One bucket for all batch endpoints, as documented; count_tokens and messages have limits of their own.
        rate = self.world.rate.spend(self.world.clock.now()) if endpoint in batch_calls else {}
        latency = scenario.latency + (scenario.create_latency if endpoint == "create" else 0.0)
        if latency:
            await asyncio.sleep(latency / self.world.speed)
        response = await self._struck(self.world.faults.take(endpoint), handler, request, body)
        response.headers.update(rate)
        return response

    async def _struck(self, fault: Fault | None, handler: Handler, request: Request, body: bytearray) -> Response:
        if fault is not None and not fault.after:
            early = await _strike(fault)
            if early is not None:
                return early
        response = await handler(request, body, fault)
        # After the handler: the batch exists, and the client never hears of it.
        if fault is not None and fault.kind == "lost_after":
            return CutConnection()
        if fault is not None and fault.after:
            return await _strike(fault) or response
        return response

    async def _read(self, request: Request, most: int) -> bytearray:
        """The whole body; one that is too large is read to its end, so that the client hears the answer."""
        # Grown while it arrives: joining 250 MB at the end would take as long again as receiving them.
        body = bytearray()
        is_too_large = False
        async for chunk in request.stream():
            is_too_large = is_too_large or len(body) + len(chunk) > most
            if is_too_large:
                body.clear()
            else:
                body += chunk
        if is_too_large:
            raise ApiError(413)
        return body

    async def create(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """POST /v1/messages/batches."""
        terms = terms_of(request)
        heavy = len(body) > 1_000_000
        submission = await asyncio.to_thread(read_submission, body) if heavy else read_submission(body)
        batch = self.world.create(submission, terms)
        return json_response(self.world.show(batch, self._base(request)))

    async def page(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """GET /v1/messages/batches."""
        query = request.query_params
        limit = read_limit(query.get("limit", "20"))
        after_id, before_id = query.get("after_id", ""), query.get("before_id", "")
        if after_id and before_id:
            raise ApiError(400, "Only one of before_id and after_id may be given.")
        await self._plan_heavy()
        hidden = 1 if fault is not None and fault.kind == "hidden" else 0
        batches, has_more = self.world.page(limit, after_id, before_id, hidden=hidden)
        base = self._base(request)
        return json_response(_page([self.world.show(batch, base) for batch in batches], has_more=has_more))

    async def retrieve(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """GET /v1/messages/batches/{id}."""
        batch = self.world.find(request.path_params["id"])
        await self._plan_heavy()
        shown = self.world.show(batch, self._base(request))
        response = json_response(shown)
        if shown["processing_status"] != "ended" and self.world.scenario.retry_after:
            response.headers["retry-after"] = str(self.world.scenario.retry_after)
        return response

    async def cancel(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """POST /v1/messages/batches/{id}/cancel."""
        batch = self.world.cancel(request.path_params["id"])
        await self._plan_heavy()
        return json_response(self.world.show(batch, self._base(request)))

    async def delete(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """DELETE /v1/messages/batches/{id}."""
        batch_id = request.path_params["id"]
        self.world.delete(batch_id)
        return json_response({"id": batch_id, "type": "message_batch_deleted"})

    async def results(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """GET /v1/messages/batches/{id}/results."""
        batch = self.world.find(request.path_params["id"])
        await self._plan_heavy()
        state = batch.state(self.world.clock.now())
        if not state.has_results:
            headers = {"x-should-retry": "false"}
            raise ApiError(404, f"Message Batch {batch.id} has no available results.", headers=headers)
        headers = {"content-disposition": disposition(batch.id)}
        # The other kinds have struck before; these change the stream itself.
        at_stream = fault is not None and fault.kind in ("results_cut", "results_stalled", "wrong_line")
        return ResultStream(result_blocks(batch, state), headers, fault if at_stream else None)

    async def message(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """POST /v1/messages: one answer at once."""
        params = read_object(body)
        problem = find_problem(params, terms_of(request), in_batch=False, day=self.world.clock.now().date())
        if problem is not None:
            raise ApiError(404 if problem.error_type == "not_found_error" else 400, problem.message)
        world = self.world
        message_id = make_id("msg", world.scenario.seed, world.next_request_id())
        tokens = world.scenario.answer_tokens
        seed = world.scenario.seed
        said = answer(params, seed=seed, custom_id="", message_id=message_id, answer_tokens=tokens, tier="standard")
        return json_response(said)

    async def count_tokens(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """POST /v1/messages/count_tokens: an estimate."""
        # count_tokens takes no max_tokens, and the checks want one.
        params = {"max_tokens": 1, **read_object(body)}
        problem = find_problem(params, terms_of(request), in_batch=False, day=self.world.clock.now().date())
        if problem is not None:
            raise ApiError(404 if problem.error_type == "not_found_error" else 400, problem.message)
        return json_response({"input_tokens": count_input(params, cache_is_warm=False).total})

    async def models(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """GET /v1/models."""
        query = request.query_params
        limit = read_limit(query.get("limit", "20"))
        names = [model.id for model in CATALOGUE]
        first, last = 0, len(names)
        if query.get("after_id", "") in names:
            first = names.index(query["after_id"]) + 1
        if query.get("before_id", "") in names:
            last = names.index(query["before_id"])
        chosen = CATALOGUE[first:last]
        day = self.world.clock.now().date()
        return json_response(
            _page([model_object(model, day) for model in chosen[:limit]], has_more=len(chosen) > limit)
        )

    async def model(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """GET /v1/models/{id}."""
        found = known(request.path_params["id"])
        if found is None:
            raise ApiError(404, f"model: {request.path_params['id']}")
        return json_response(model_object(found, self.world.clock.now().date()))

    async def nowhere(self, request: Request, body: bytearray, fault: Fault | None) -> Response:
        """Any other path."""
        raise ApiError(404)

    async def _plan_heavy(self) -> None:
        for batch in self.world.unplanned(HEAVY):
            # Drawing the plan of 100,000 requests takes 0.2 s, in which no other call would be answered.
            await asyncio.to_thread(getattr, batch, "plan")

    def _base(self, request: Request) -> str:
        return f"http://{request.headers.get('host', 'localhost')}{self.prefix}"


async def _strike(fault: Fault) -> Response | None:
    """What a fault puts in place of the answer; None where it leaves the answer alone."""
    if fault.kind == "delayed":
        await asyncio.sleep(fault.seconds)
    if fault.kind == "lost_before":
        return CutConnection()
    if fault.kind == "garbled":
        return Response(fault.body, media_type="application/json")
    if fault.kind == "status":
        headers = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
        raise ApiError(
            fault.status, fault.message, error_type=fault.error_type, error_code=fault.error_code, headers=headers
        )
    return None


def _page(data: list[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"data": data, "has_more": has_more, "first_id": first, "last_id": last}
