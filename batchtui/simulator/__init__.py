"""Simulate the Message Batches API on this machine: `Simulator`. It shares no code with the rest of batchtui.

Modules:

    batch        one batch, its state worked out from the clock
    batch_plan   how a batch will go, drawn from the seed
    clock        the real clock, or one that a test turns
    faults       what can be made to go wrong on demand
    http/        routes, requests and answers, the server on loopback
    models       the models that GET /v1/models lists
    persistence  keep a world in a folder
    rate_limit   the rate limit
    replies/     what the simulated models answer
    results      the results of a batch as a JSONL download
    scenario     how a simulated service behaves
    signatures   sign the blocks of an answer, so that a changed conversation is noticed
    validation/  what is checked early, and what late
    wire_format  ids, timestamps, headers and bodies as the real service sends them
    world        the service itself: every batch and every call
"""

from batchtui.simulator.batch import BatchState, SimulatedBatch
from batchtui.simulator.clock import Clock, RealClock, TurnedClock
from batchtui.simulator.faults import Fault
from batchtui.simulator.http.server import Simulator, serve_forever
from batchtui.simulator.scenario import SCENARIOS, Scenario
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
