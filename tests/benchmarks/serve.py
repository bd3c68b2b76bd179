"""A simulator in a process of its own: `python -m tests.benchmarks.serve [FIELD=VALUE…]`, fields of a scenario."""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import replace

from batchtui.simulator import SCENARIOS, serve_forever

if __name__ == "__main__":
    # What the simulator does is on both sides of every ratio: let it be as little as possible.
    gc.disable()
    scenario = replace(SCENARIOS["quiet-night"], takes=1.0, spread=0.0, queue_limit=10**9, requests_per_minute=0)
    wanted = {name: json.loads(value) for name, value in (word.split("=", 1) for word in sys.argv[1:])}
    speed = wanted.pop("speed", 1.0)
    serve_forever(replace(scenario, **wanted), speed=speed, on_ready=lambda url: print(url, flush=True))
