"""Seconds for checking a file, for json.loads over it, and for hashing: `python -m tests.benchmarks.checks FILE`."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from batchtui.domain.limits import API_VERSION
from batchtui.intake import CheckOptions, Intake
from batchtui.intake.request_digest import RequestHasher
from batchtui.intake.schema.request import validator
from batchtui.intake.shapes import Key, raw_key


def check(source: str) -> float:
    """Seconds for all checks of a file."""
    intake = Intake([source], CheckOptions(api_version=API_VERSION, today=datetime.now(UTC).date()))
    began = time.perf_counter()
    for _ in intake.blocks():
        pass
    seconds = time.perf_counter() - began
    assert intake.report().errors == 0
    return seconds


def parse(source: str) -> float:
    """Seconds for json.loads over its lines."""
    with Path(source).open("rb") as file:
        began = time.perf_counter()
        for line in file:
            json.loads(line)
        return time.perf_counter() - began


def hashing(source: str) -> float:
    """Seconds of a check that go into the digests of the requests."""
    validate, hasher, seconds = validator(API_VERSION).validate_json, RequestHasher(API_VERSION), 0.0
    with Path(source).open("rb") as file:
        first = validate(file.readline())["params"]
        digest = hasher.function_for(Key(*raw_key(first)))
        while lines := file.readlines(1 << 20):
            found = [validate(line)["params"] for line in lines]
            # What most requests of a job share, such as tools, is the very same object in a check, too.
            for params in found:
                if "tools" in params:
                    params["tools"] = first["tools"]
            began = time.perf_counter()
            for params in found:
                digest(params)
            seconds += time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    print(check(sys.argv[1]), parse(sys.argv[1]), hashing(sys.argv[1]))
