"""A faithful Message Batches API on one's own machine: its own witness, sharing no code with the rest of batchtui."""

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
