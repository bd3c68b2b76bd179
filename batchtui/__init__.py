"""batchtui: a terminal dashboard and CLI for Claude's Message Batches API, and its engine as a library.

    import batchtui

    async with batchtui.open_workspace() as workspace:
        job = await workspace.submit("requests.jsonl")
        await workspace.wait(job)
        async for result in workspace.results(job):
            print(result.custom_id, result.text)

Importing this costs nothing: what a name stands for is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch as Batch
    from batchtui.domain.batches.batch import RequestCounts as RequestCounts
    from batchtui.domain.batches.job import Job as Job
    from batchtui.domain.costs.known_requests import KnownRequests as KnownRequests
    from batchtui.domain.errors import AnswerLost as AnswerLost
    from batchtui.domain.errors import BatchtuiError as BatchtuiError
    from batchtui.domain.errors import CostLimit as CostLimit
    from batchtui.domain.errors import CredentialsMissing as CredentialsMissing
    from batchtui.domain.errors import FateUnknown as FateUnknown
    from batchtui.domain.errors import GatewayError as GatewayError
    from batchtui.domain.errors import InputError as InputError
    from batchtui.domain.errors import NothingToContinue as NothingToContinue
    from batchtui.domain.errors import NothingToRetry as NothingToRetry
    from batchtui.domain.errors import OutputExists as OutputExists
    from batchtui.domain.errors import ResultsDamaged as ResultsDamaged
    from batchtui.domain.errors import ResultsUnavailable as ResultsUnavailable
    from batchtui.domain.errors import StorageError as StorageError
    from batchtui.domain.errors import SubmittedBefore as SubmittedBefore
    from batchtui.domain.errors import UnknownTarget as UnknownTarget
    from batchtui.domain.errors import UsageError as UsageError
    from batchtui.domain.errors import WaitTimedOut as WaitTimedOut
    from batchtui.domain.results.result import Outcome as Outcome
    from batchtui.domain.results.usage import Usage as Usage
    from batchtui.library.blocking import BlockingWorkspace as BlockingWorkspace
    from batchtui.library.opening import open_workspace as open_workspace
    from batchtui.library.result import Result as Result
    from batchtui.library.tasks import BatchRequest as BatchRequest
    from batchtui.library.tasks import TaskResult as TaskResult
    from batchtui.library.tasks import load_requests_from_file as load_requests_from_file
    from batchtui.library.tasks import save_results_to_file as save_results_to_file
    from batchtui.library.workspace import Workspace as Workspace

__version__ = "0.2.0"

_HOMES = {
    "AnswerLost": "batchtui.domain.errors",
    "Batch": "batchtui.domain.batches.batch",
    "BatchRequest": "batchtui.library.tasks",
    "BatchtuiError": "batchtui.domain.errors",
    "BlockingWorkspace": "batchtui.library.blocking",
    "CostLimit": "batchtui.domain.errors",
    "CredentialsMissing": "batchtui.domain.errors",
    "FateUnknown": "batchtui.domain.errors",
    "GatewayError": "batchtui.domain.errors",
    "InputError": "batchtui.domain.errors",
    "Job": "batchtui.domain.batches.job",
    "KnownRequests": "batchtui.domain.costs.known_requests",
    "NothingToContinue": "batchtui.domain.errors",
    "NothingToRetry": "batchtui.domain.errors",
    "Outcome": "batchtui.domain.results.result",
    "OutputExists": "batchtui.domain.errors",
    "RequestCounts": "batchtui.domain.batches.batch",
    "Result": "batchtui.library.result",
    "ResultsDamaged": "batchtui.domain.errors",
    "ResultsUnavailable": "batchtui.domain.errors",
    "StorageError": "batchtui.domain.errors",
    "SubmittedBefore": "batchtui.domain.errors",
    "TaskResult": "batchtui.library.tasks",
    "UnknownTarget": "batchtui.domain.errors",
    "Usage": "batchtui.domain.results.usage",
    "UsageError": "batchtui.domain.errors",
    "WaitTimedOut": "batchtui.domain.errors",
    "Workspace": "batchtui.library.workspace",
    "load_requests_from_file": "batchtui.library.tasks",
    "open_workspace": "batchtui.library.opening",
    "save_results_to_file": "batchtui.library.tasks",
}

# Written out and not read from the imports above: those exist for type checkers only.
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 (names, all of them strings)


def __getattr__(name: str) -> Any:
    """Load what a public name stands for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Kept in the module: the next look-up does not come here any more.
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
