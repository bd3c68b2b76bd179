"""The fixtures that others use: their own test, with the plain SDK, in a project of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

THEIRS = """
import os
import anthropic
import pytest


@pytest.fixture
def batch_scenario():
    return "half-fail"


def test_a_night_goes_by_at_once(batch_simulator, batch_clock):
    params = {"model": "claude-haiku-5-5", "max_tokens": 64, "messages": [{"role": "user", "content": "Hello."}]}
    requests = [{"custom_id": f"r-{number}", "params": params} for number in range(4)]
    with anthropic.Anthropic() as client:
        batch = client.messages.batches.create(requests=requests)
        batch_clock.turn(86_400)
        assert client.messages.batches.retrieve(batch.id).processing_status == "ended"
        results = list(client.messages.batches.results(batch.id))
    assert {result.result.type for result in results} == {"succeeded", "errored"}
    assert batch_simulator.world.batches[0].custom_ids == [request["custom_id"] for request in requests]
"""


def test_a_project_of_somebody_else_tests_its_batch_code_offline(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["batchtui.testing"]\n')
    (tmp_path / "test_theirs.py").write_text(THEIRS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
