"""A faithful Message Batches API on one's own machine: its own witness, sharing no code with the rest of batchtui.

Modules:

    app               routes, headers, keys, and where faults strike
    batch             one batch, its state worked out from the clock
    batch_plan        how a batch will go, drawn from the seed
    clock             the real clock, or one that a test turns
    closed_objects    the objects inside params, as the published document has them
    control_api       what tests may ask that the real service would never answer
    conversation      judge a conversation: calls of tools, caching, media
    early_validation  what is checked when a batch is created
    faults            what can be made to go wrong on demand
    late_validation   what is checked only when a batch has ended
    models            the models that GET /v1/models lists
    persistence       keep a world in a folder
    rate_limit        the rate limit
    replies           what the simulated models say
    request_parsing   what a call brings: key, version, betas, body
    responses         answers as they leave, and connections that are cut
    results           the results of a batch as a JSONL download
    scenario          how a simulated service behaves
    schema_checks     judge JSON Schemas in tools and structured outputs
    schema_values     values that fit a JSON schema
    server            serve a world over HTTP on loopback
    usage             token counts that add up
    wire_format       ids, timestamps, headers and bodies as the real service sends them
    world             the service itself: every batch and every call
"""

from batchtui.simulator.batch import BatchState, SimulatedBatch
from batchtui.simulator.clock import Clock, RealClock, TurnedClock
from batchtui.simulator.faults import Fault
from batchtui.simulator.scenario import SCENARIOS, Scenario
from batchtui.simulator.server import Simulator, serve_forever
from batchtui.simulator.world import Call, World

__all__ = [
    "SCENARIOS",
    "BatchState",
    "Call",
    "Clock",
    "Fault",
    "RealClock",
    "Scenario",
    "SimulatedBatch",
    "Simulator",
    "TurnedClock",
    "World",
    "serve_forever",
]
