"""The tree of all errors, each with a title, a message and a hint: `BatchtuiError`.

BatchtuiError
├── UsageError                a wrong argument, option or value
│   ├── UnknownTarget         an id, a name or a beginning of one that names nothing, or more than one thing
│   ├── NothingToRetry        everything has succeeded, or is not retried by default
│   └── NothingToContinue     all conversations have ended, or the others cannot be continued
├── InputError                the input has errors; nothing was sent
│   ├── CostLimit             it may cost more than a limit allows; nothing was sent
│   ├── SubmittedBefore       identical requests were already submitted; nothing was sent
│   └── CanaryRefused         the API refuses one request of a shape; nothing was sent
├── ConsentNeeded             a person has to say yes first
├── StorageError              the disk, a file, or the registry
│   ├── SchemaTooNew          the registry was written by a newer batchtui
│   ├── RegistryDamaged       the registry's file is damaged, or not a registry
│   ├── RegistryReplaced      it was deleted or replaced while it was open; nothing is sent any more
│   └── OutputExists          an existing file would be replaced
├── CredentialsMissing        no key, token or profile was found
├── ResultsUnavailable        not ended yet, gone, or deleted
├── ResultsBusy               another process has been fetching the same results for too long
├── ResultsDamaged            what arrived is not what the counts promise
├── OtherAccount              the credentials in use belong to another account than the part
├── TakenOver                 another process has taken over what this one was sending
├── FateUnknown               a create got no response, and its part needs a decision
├── NeverSent                 a part was not sent, so its end cannot be waited for
├── WaitTimedOut              still in progress when the time was up
└── GatewayError              the API responded with an error, or not at all
    ├── Refused               400, 401, 403, 404, 413 …: nothing was created
    │   └── BatchNotFound     404 on a batch
    ├── RateLimited           429: nothing was created; may be tried later
    │   └── SpendLimitReached 429 that must not be tried again
    └── AnswerLost            time-out, dropped connection, 408, 409, 5xx, garbled: it may have been done
        └── Unreachable       the connection was never made: nothing was created
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from batchtui.domain.submission.problem import Problem
    from batchtui.domain.submission.send_evidence import Account


class BatchtuiError(Exception):
    """A failure with a title, a message and a hint for people, and a type and a code for scripts."""

    type: ClassVar[str] = "error"
    """A stable word for scripts."""
    code: ClassVar[str] = "BT-ERROR"
    """The stable code under which the manual explains it: `batchtui help BT-INPUT`. It follows from the type."""
    title: ClassVar[str] = "Error"
    is_self_contained: ClassVar[bool] = False
    """Whether the message says what happened without the title before it."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = f"BT-{cls.type.upper().replace('_', '-')}"

    def __init__(self, message: str, *, hint: str = "", title: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.heading = title or self.title

    @property
    def sentence(self) -> str:
        """The message as it is shown on a line of its own: behind its title, unless it needs none."""
        if self.is_self_contained and self.heading == self.title:
            return self.message
        return f"{self.heading}: {self.message}"


class UsageError(BatchtuiError):
    """A wrong argument, option or value."""

    type = "usage"
    title = "Usage error"


class UnknownTarget(UsageError):
    """An id, a name or a beginning of one that names nothing, or more than one thing."""

    type = "not_found"
    title = "No such batch"
    is_self_contained = True


class NothingToRetry(UsageError):
    """Everything has succeeded, or is retried only where `only` names it."""

    type = "nothing_to_retry"
    title = "Nothing to retry"


class NothingToContinue(UsageError):
    """All conversations of a job have ended, or the others cannot be continued as things are."""

    type = "nothing_to_continue"
    title = "Nothing to continue"
    interrupted = 0
    """Conversations with a tool call that was started and never finished: a person may have such calls run again."""
    has_open = False
    """Whether some conversations are not finished."""


class InputError(BatchtuiError):
    """The input has errors; nothing was sent."""

    type = "input"
    title = "Errors in the input"

    def __init__(
        self, message: str, *, hint: str = "", title: str | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message, hint=hint, title=title)
        self.problems = tuple(problems)


class CostLimit(InputError):
    """It may cost more than a limit allows, or nobody can say what it costs at most; nothing was sent."""

    type = "cost_limit"
    title = "Cost limit exceeded"


class SubmittedBefore(InputError):
    """Identical requests were already submitted; sending them again has to be asked for. Nothing was sent."""

    type = "submitted_before"
    title = "Already submitted"


class CanaryRefused(InputError):
    """The API refuses one request of a shape, so it would refuse all of them. Nothing was sent."""

    type = "canary_refused"
    title = "Canary refused"


class ConsentNeeded(BatchtuiError):
    """A person has to say yes first, and there is none to ask."""

    type = "consent_needed"
    title = "Confirmation needed"


class StorageError(BatchtuiError):
    """The disk, a file, or the registry."""

    type = "storage"
    title = "Storage error"
    is_self_contained = True


class SchemaTooNew(StorageError):
    """The registry was written by a newer batchtui; it was not touched."""

    type = "schema_too_new"
    title = "Registry too new"


class RegistryDamaged(StorageError):
    """The registry's file is damaged, or not a registry."""

    type = "registry_damaged"
    title = "Registry damaged"

    @classmethod
    def at(cls, path: object, why: str) -> RegistryDamaged:
        """Return the error about the registry at a path."""
        return cls(
            f"The registry {path} is damaged: {why.rstrip('.')}.",
            hint="`batchtui doctor --repair` rebuilds it from its last backup and from what is still readable.",
        )


class RegistryReplaced(StorageError):
    """The registry's file was deleted or replaced by another one while it was open."""

    type = "registry_replaced"
    title = "Registry replaced"


class OutputExists(StorageError):
    """An existing file would be replaced."""

    type = "output_exists"
    title = "File exists"


class CredentialsMissing(BatchtuiError):
    """No key, token or profile was found where the SDK looks."""

    type = "credentials"
    title = "No credentials"
    is_self_contained = True


class ResultsUnavailable(BatchtuiError):
    """The results cannot be fetched: the batch has not ended yet, or they are expired or deleted."""

    type = "results_unavailable"
    title = "No results"


class ResultsBusy(BatchtuiError):
    """Another process, or task, is fetching the same results and has not finished in time."""

    type = "results_busy"
    title = "Results are being fetched elsewhere"


class ResultsDamaged(BatchtuiError):
    """What arrived is not what the counts promise; nothing was called saved."""

    type = "results_damaged"
    title = "Incomplete results"


class FateUnknown(BatchtuiError):
    """A create got no response, and its part needs a decision."""

    type = "fate_unknown"
    title = "Submission unknown"


class OtherAccount(BatchtuiError):
    """The credentials in use belong to another account than the batch: nothing was sent, asked or changed."""

    type = "other_account"
    title = "Wrong account"


class TakenOver(BatchtuiError):
    """Another process has taken over the part that this one was sending; nothing was created by this one."""

    type = "taken_over"
    title = "Sent by another process"


class NeverSent(BatchtuiError):
    """A part was not sent, so its end cannot be waited for."""

    type = "not_sent"
    title = "Not sent"


class WaitTimedOut(BatchtuiError):
    """Still in progress when the time was up; the batch continues."""

    type = "timeout"
    title = "Timed out"


class GatewayError(BatchtuiError):
    """The API responded with an error, or not at all."""

    type = "api"
    title = "API error"
    is_self_contained = True
    # The default is the definite no; only what leaves a create open (`AnswerLost`) says otherwise.
    nothing_created: ClassVar[bool] = True
    """Whether a create that ended so is known to have created nothing."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        error_type: str | None = None,
        error_code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        title: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, title=title)
        self.status = status
        self.error_type = error_type
        self.error_code = error_code
        self.request_id = request_id
        self.retry_after = retry_after
        """Seconds, as the server asked for them."""
        self.account: Account | None = None
        """Of the response that refused; None where none came, or where something before the API refused."""
        self.server_time: datetime | None = None
        """The `Date` of that response."""


class Refused(GatewayError):
    """A definite no (400, 401, 403, 404, 413 …): nothing was created, and the same call would fail again."""

    type = "refused"
    title = "Refused by the API"


class BatchNotFound(Refused):
    """404 on a batch. It also happens for a while after create and even after the end (observed in November 2026)."""

    type = "batch_not_found"
    title = "Batch not found"


class RateLimited(GatewayError):
    """429: nothing was created; may be tried later."""

    type = "rate_limited"
    title = "Rate limited"


class SpendLimitReached(RateLimited):
    """429 with an enforced spend limit: trying again cannot help until the limit is raised."""

    type = "spend_limit"
    title = "Spend limit reached"


class AnswerLost(GatewayError):
    """Time-out, dropped connection, 408, 409, 5xx or a garbled response: it may have been done or not."""

    type = "answer_lost"
    title = "No response"
    # 408 and 409 belong here although they are 4xx: the SDK itself repeats a call after them, and nothing documents
    # that they are sent before a batch is created.
    nothing_created = False


class Unreachable(AnswerLost):
    """The connection was never made, so nothing was created."""

    type = "unreachable"
    title = "Cannot reach the API"
    nothing_created = True
