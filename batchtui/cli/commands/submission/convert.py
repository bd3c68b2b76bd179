"""`batchtui convert`: lines made for another API become requests, where that is safe."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results
from batchtui.cli.options import Count
from batchtui.cli.views import check_report
from batchtui.cli.views import json_documents as documents
from batchtui.domain.errors import InputError
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.services.submission.convert import Conversion


@define_command(
    "convert",
    examples=[
        "batchtui convert openai.jsonl -o requests.jsonl --model claude-haiku-5-5 --max-tokens 1024",
        "batchtui convert bedrock.jsonl -o requests.jsonl --model claude-sonnet-5-5",
        "batchtui convert openai.jsonl -o requests.jsonl --model claude-haiku-5-5 --json",
    ],
)
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE")
@click.option("-o", "--output", required=True, metavar="OUT.jsonl", help="Where the requests go; - is stdout.")
@click.option("--model", metavar="M", help="Set this model in every request; required for other services' models.")
@click.option("--max-tokens", type=Count(), metavar="N", help="Set this max_tokens in every request.")
@click.option("--api-version", metavar="V", help="Check for this anthropic-version; 2023-06-01 keeps temperature.")
@click.option("--overwrite", is_flag=True, help="Replace OUT.jsonl if it exists.")
async def command(
    session: Session,
    file: str,
    output: str,
    model: str | None,
    max_tokens: int | None,
    api_version: str | None,
    overwrite: bool,
) -> int:
    """Convert OpenAI chat lines with text, and Bedrock or Vertex lines for Claude, to requests; sends nothing.

    Every request that is written passes `batchtui check`. Lines that cannot be converted safely (tools, images, JSON
    modes, several answers) are left out and named one by one, and the exit code is 3; OUT.jsonl has the others. Ids are
    made legal and unique, and each change is named.
    """
    from batchtui.services.submission.convert import convert
    from batchtui.services.submission.staging.stage import IntakeOptions

    save_results.refuse_two_on_stdout(session, output)
    save_results.refuse_existing(output, overwrite=overwrite)
    stdin = sys.stdin.buffer if sys.stdin else None
    options = IntakeOptions(model=model, max_tokens=max_tokens, api_version=api_version, stdin=stdin)

    # Called only where something could be converted: OUT is neither made nor replaced otherwise.
    def write(requests: IO[bytes]) -> None:
        _write(session, requests, output, overwrite=overwrite)

    async with session.workspace() as workspace:
        made = await convert(workspace, file, write, options, check_report.progress_of(session))
    return _settle(session, made, output)


def _write(session: Session, requests: IO[bytes], output: str, *, overwrite: bool) -> None:
    from batchtui.runtime.atomic_file import open_atomic

    target = None if output == save_results.STDOUT else Path(output)
    with open_atomic(target, session.out.binary, overwrite=overwrite) as out:
        shutil.copyfileobj(requests, out)


def _settle(session: Session, made: Conversion, output: str) -> int:
    """Say what was made and left out. Returns the exit code; raises where nothing was made."""
    if session.json:
        session.out.document(_document(made, output))
        return ExitCode.INPUT if made.left_out or not made.requests else ExitCode.DONE
    for line in check_report.problem_lines((*made.left_out, *made.notes)):
        session.notes.say(line)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in made.kinds.items())
    left = len({(problem.file, problem.line) for problem in made.left_out})
    if not made.requests:
        raise InputError(f"None of {amount(made.lines, 'line')} could be converted. Nothing was written.")
    where = "stdout" if output == save_results.STDOUT else output
    session.notes.say(one_line(f"Wrote {amount(made.requests, 'request')} to {where} ({kinds}); left out {left:,}."))
    return ExitCode.INPUT if left else ExitCode.DONE


def _document(made: Conversion, output: str) -> documents.Document:
    return {
        "output": output if made.requests else None,
        "lines": made.lines,
        "requests": made.requests,
        "kinds": made.kinds,
        "left_out": [documents.problem_document(problem) for problem in made.left_out],
        "problems": [documents.problem_document(problem) for problem in made.notes],
    }
