"""`batchtui simulate`: a Message Batches API of our own, for any client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.options import Count, Factor
from batchtui.domain.errors import StorageError, UsageError

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.simulator import Scenario


@define_command(
    "simulate",
    examples=[
        "batchtui simulate",
        "batchtui simulate --port 8377 --scenario half-fail --speed 60",
        "batchtui simulate --scenario mine.toml --state ~/simulated",
    ],
)
@click.option("--port", type=Count(0, 65535), default=0, metavar="P", help="The port (default: a free one).")
@click.option("--scenario", default="quiet-night", show_default=True, metavar="NAME", help="A name, or a TOML file.")
@click.option("--speed", type=Factor(), default=1.0, metavar="X", help="How many times faster than real time.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the batches in this folder and continue from it (default: in memory).",
)
def command(session: Session, port: int, scenario: str, speed: float, state: Path | None) -> None:
    """Serve a simulator of the API on this machine until it is interrupted; any client can use it.

    Its controls are at /_simulator: batches, calls, faults to come, and the clock.
    """
    from batchtui.simulator import serve_forever

    def ready(url: str) -> None:
        if session.json:
            session.out.document({"url": url, "scenario": scenario, "env": _environment(url)})
        else:
            session.out.line(f"The simulator ({scenario}) listens at {url}")
            session.out.lines(f"export {name}={value}" for name, value in _environment(url).items())
            session.notes.say("Press Ctrl-C to stop it.")
        # A script reads the address from a pipe, which is buffered by blocks, and this process then serves for hours.
        session.out.flush()

    try:
        serve_forever(chosen_scenario(scenario), port=port, speed=speed, state=state, on_ready=ready)
    # Mostly a port that another program holds; with --state it may also be the folder.
    except OSError as error:
        what = f"Port {port}" if state is None else f"Port {port} or {state}"
        raise StorageError(
            f"{what} cannot be used: {error.strerror or error}.", title="Cannot listen", hint="Pass another one."
        ) from error
    except ValueError as error:
        raise StorageError(str(error), title="Cannot read the state") from error


def _environment(url: str) -> dict[str, str]:
    """Return the two variables that point the SDK, the official CLI and batchtui at the simulator."""
    return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-ant-simulated"}


def chosen_scenario(named: str) -> Scenario:
    """Find a scenario by its name or in a TOML file. Raises `UsageError`."""
    from batchtui.simulator import SCENARIOS, Scenario

    if named in SCENARIOS:
        return SCENARIOS[named]
    if not named.endswith(".toml"):
        raise UsageError(f"There is no scenario `{named}`.", hint=f"Use {', '.join(SCENARIOS)}, or a TOML file.")
    try:
        return Scenario.from_toml(Path(named))
    except (OSError, ValueError) as error:
        raise UsageError(f"{named} is not a valid scenario: {error}.") from error
