"""Create the registry's schema in ordered steps, each recorded in the transaction that runs it: `migrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from batchtui.domain.errors import SchemaTooNew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import aiosqlite

Step = tuple[str, str]
"""A name for people, and the SQL."""

FIRST_SCHEMA = """
CREATE TABLE jobs (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    source       TEXT NOT NULL DEFAULT '',
    requests     INTEGER NOT NULL,
    bytes        INTEGER NOT NULL DEFAULT 0,
    fingerprint  TEXT NOT NULL DEFAULT '',
    models       TEXT NOT NULL DEFAULT '[]',
    tags         TEXT NOT NULL DEFAULT '[]',
    profile      TEXT,
    api_version  TEXT,
    betas        TEXT NOT NULL DEFAULT '[]',
    note         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX jobs_by_name ON jobs(name);
CREATE INDEX jobs_by_fingerprint ON jobs(fingerprint) WHERE fingerprint <> '';

CREATE TABLE batches (
    key                 INTEGER PRIMARY KEY,
    revision            INTEGER NOT NULL DEFAULT 0,
    id                  TEXT UNIQUE,
    job_id              TEXT NOT NULL REFERENCES jobs(id),
    part                INTEGER NOT NULL,
    parts               INTEGER NOT NULL,
    attempt             INTEGER NOT NULL,
    state               TEXT NOT NULL CHECK (state IN ('planned', 'submitting', 'unknown', 'in_progress', 'canceling',
                                                       'ended', 'missing', 'deleted')),
    requests            INTEGER NOT NULL,
    bytes               INTEGER NOT NULL DEFAULT 0,
    body                TEXT NOT NULL DEFAULT '',
    processing_status   TEXT,
    processing          INTEGER NOT NULL DEFAULT 0,
    succeeded           INTEGER NOT NULL DEFAULT 0,
    errored             INTEGER NOT NULL DEFAULT 0,
    canceled            INTEGER NOT NULL DEFAULT 0,
    expired             INTEGER NOT NULL DEFAULT 0,
    counts_moved        INTEGER NOT NULL DEFAULT 0,
    created_at          TEXT,
    ended_at            TEXT,
    expires_at          TEXT,
    cancel_initiated_at TEXT,
    archived_at         TEXT,
    planned_at          TEXT NOT NULL,
    submitted_at        TEXT,
    sends               INTEGER NOT NULL DEFAULT 0,
    lost_at             TEXT,
    refreshed_at        TEXT,
    missed_at           TEXT,
    sender              TEXT,
    sender_until        TEXT,
    adopted             INTEGER NOT NULL DEFAULT 0,
    reason              TEXT NOT NULL DEFAULT '',
    not_before          TEXT,
    results             TEXT NOT NULL DEFAULT 'none' CHECK (results IN ('none', 'partial', 'saved', 'gone')),
    results_bytes       INTEGER NOT NULL DEFAULT 0,
    workspace_id        TEXT,
    cost_estimate       TEXT,
    cost_actual         TEXT,
    UNIQUE (job_id, attempt, part)
) STRICT;
CREATE INDEX batches_by_state ON batches(state);
CREATE INDEX batches_to_collect ON batches(created_at) WHERE state = 'ended' AND results IN ('none', 'partial');
CREATE INDEX batches_by_time ON batches(planned_at DESC, part);
CREATE INDEX batches_by_revision ON batches(revision);

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('revision', 0);

CREATE TRIGGER batch_inserted AFTER INSERT ON batches BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'revision';
    UPDATE batches SET revision = (SELECT value FROM counters WHERE name = 'revision') WHERE key = NEW.key;
END;
CREATE TRIGGER batch_updated AFTER UPDATE OF
    id, job_id, state, processing_status, processing, succeeded, errored, canceled, expired, counts_moved, created_at,
    ended_at, expires_at, cancel_initiated_at, archived_at, submitted_at, reason, not_before, results, results_bytes,
    workspace_id, cost_estimate, cost_actual
ON batches BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'revision';
    UPDATE batches SET revision = (SELECT value FROM counters WHERE name = 'revision') WHERE key = NEW.key;
END;
CREATE TRIGGER job_updated AFTER UPDATE OF name, tags, models, note ON jobs BEGIN
    UPDATE batches SET job_id = job_id WHERE job_id = NEW.id;
END;

CREATE TABLE journal (
    seq          INTEGER PRIMARY KEY,
    at           TEXT NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('act', 'call')),
    event        TEXT NOT NULL,
    job_id       TEXT,
    batch_key    INTEGER,
    batch_id     TEXT,
    detail       TEXT NOT NULL DEFAULT '',
    status       INTEGER,
    milliseconds INTEGER,
    request_id   TEXT,
    error        TEXT
) STRICT;
CREATE INDEX journal_by_batch ON journal(batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX journal_by_job ON journal(job_id) WHERE job_id IS NOT NULL;

CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

SPENDING = """
CREATE TABLE spending (
    batch_key   INTEGER NOT NULL REFERENCES batches(key),
    model       TEXT NOT NULL,
    geography   TEXT NOT NULL,
    results     INTEGER NOT NULL,
    input       INTEGER NOT NULL,
    write_5m    INTEGER NOT NULL,
    write_1h    INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    thinking    INTEGER NOT NULL,
    searches    INTEGER NOT NULL,
    max_tokens  INTEGER,
    cost        TEXT,
    standard    TEXT,
    uncached    TEXT,
    PRIMARY KEY (batch_key, model, geography)
) STRICT, WITHOUT ROWID;
ALTER TABLE batches ADD COLUMN cost_counted INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batches_to_count ON batches(key) WHERE results = 'saved' AND cost_counted = 0;
"""

NOTICES = """
CREATE TABLE notices (
    seq        INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    batch_key  INTEGER NOT NULL REFERENCES batches(key),
    at         TEXT NOT NULL,
    UNIQUE (kind, subject)
) STRICT;
CREATE INDEX notices_by_time ON notices(at);
CREATE TABLE notices_told (
    notice   INTEGER NOT NULL REFERENCES notices(seq),
    channel  TEXT NOT NULL,
    holder   TEXT NOT NULL,
    at       TEXT NOT NULL,
    outcome  TEXT,
    PRIMARY KEY (notice, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_claimed ON notices_told(at) WHERE outcome IS NULL;
"""

CATEGORIES = """
ALTER TABLE spending ADD COLUMN categories TEXT;
UPDATE batches SET cost_counted = 0 WHERE cost_counted = 1 AND results = 'saved';
ALTER TABLE batches ADD COLUMN cost_at_most TEXT;
"""

EXPECTED = """
CREATE TABLE expected (
    batch_key    INTEGER NOT NULL REFERENCES batches(key),
    model        TEXT NOT NULL,
    template     TEXT NOT NULL,
    requests     INTEGER NOT NULL CHECK (requests > 0),
    max_tokens   INTEGER NOT NULL,
    input_tokens INTEGER,
    PRIMARY KEY (batch_key, model)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO expected SELECT batch_key, model, '', results, max_tokens, NULL FROM spending
 WHERE max_tokens > 0 AND results > 0 AND model <> '';
ALTER TABLE spending DROP COLUMN max_tokens;
"""

OUTCOMES = """
ALTER TABLE batches ADD COLUMN outcomes TEXT;
ALTER TABLE batches ADD COLUMN failures INTEGER;
ALTER TABLE batches ADD COLUMN results_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN accepted TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN cost_at_least TEXT;
ALTER TABLE batches ADD COLUMN without_usage INTEGER NOT NULL DEFAULT 0;
ALTER TABLE spending ADD COLUMN unmetered INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batches_to_read ON batches(key) WHERE results = 'saved' AND outcomes IS NULL;
UPDATE batches SET cost_counted = 0 WHERE results = 'saved' AND cost_counted = 1 AND cost_actual IS NULL;
CREATE TRIGGER batch_outcomes_updated AFTER UPDATE OF
    outcomes, failures, results_digest, accepted, cost_at_least, without_usage
ON batches BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'revision';
    UPDATE batches SET revision = (SELECT value FROM counters WHERE name = 'revision') WHERE key = NEW.key;
END;
"""
"""`outcomes` is a JSON object of what occurs, `failures` how many of them need a second look: both are NULL until the
saved results were read, which `count_missing_outcomes` does for what earlier versions saved; an empty text says that
they could not be. Costs that are not known are counted again: part of one may be known."""

SENDS = """
CREATE TABLE sends (
    batch_key  INTEGER NOT NULL REFERENCES batches(key),
    number     INTEGER NOT NULL,
    sender     TEXT NOT NULL,
    began      TEXT NOT NULL,
    local      TEXT NOT NULL,
    offset     REAL,
    slack      REAL NOT NULL,
    patience   REAL NOT NULL,
    mark       TEXT,
    ended      TEXT,
    outcome    TEXT CHECK (outcome IN ('created', 'refused', 'unanswered')),
    detail     TEXT NOT NULL DEFAULT '',
    batch_id   TEXT,
    seq        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (batch_key, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE refuted (
    batch_key  INTEGER NOT NULL REFERENCES batches(key),
    batch_id   TEXT NOT NULL,
    why        TEXT NOT NULL,
    at         TEXT NOT NULL,
    PRIMARY KEY (batch_key, batch_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE origin (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    machine  TEXT NOT NULL,
    inode    INTEGER NOT NULL,
    sends    INTEGER NOT NULL
) STRICT;
ALTER TABLE batches ADD COLUMN organization_id TEXT;
ALTER TABLE batches ADD COLUMN base_url TEXT;
ALTER TABLE batches ADD COLUMN ids_digest TEXT NOT NULL DEFAULT '';
ALTER TABLE batches ADD COLUMN unproved INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN twin INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN seen_seq INTEGER NOT NULL DEFAULT 0;
UPDATE batches SET unproved = 1 WHERE adopted = 1 AND results <> 'saved' AND state <> 'deleted';
INSERT INTO sends SELECT key, sends, coalesce(sender, ''), coalesce(submitted_at, planned_at),
    coalesce(submitted_at, planned_at), NULL, 86400, 600, coalesce(submitted_at, planned_at), lost_at,
    CASE WHEN state = 'planned' THEN 'refused' WHEN state = 'submitting' THEN NULL
         WHEN state = 'unknown' OR id IS NULL OR adopted = 1 THEN 'unanswered' ELSE 'created' END,
    reason, CASE WHEN state NOT IN ('planned', 'submitting', 'unknown') AND adopted = 0 THEN id END, 0
 FROM batches WHERE sends > 0;
DROP TRIGGER batch_updated;
CREATE TRIGGER batch_updated AFTER UPDATE OF
    id, job_id, state, processing_status, processing, succeeded, errored, canceled, expired, counts_moved, created_at,
    ended_at, expires_at, cancel_initiated_at, archived_at, submitted_at, reason, not_before, results, results_bytes,
    workspace_id, organization_id, base_url, unproved, twin, sends, cost_estimate, cost_actual
ON batches BEGIN
    UPDATE counters SET value = value + 1 WHERE name = 'revision';
    UPDATE batches SET revision = (SELECT value FROM counters WHERE name = 'revision') WHERE key = NEW.key;
END;
"""
"""The evidence of each send. What earlier versions sent has no mark and no server's time: its mark is taken as set,
its window is a day wide on both sides, and its account is open.

`sends.seq` and `batches.seen_seq` are numbers of the journal: a batch that was seen before a send began is not of that
send, whatever any clock says."""

REUSED = """
ALTER TABLE batches ADD COLUMN reused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN awaits INTEGER;
CREATE INDEX batches_reused ON batches(awaits) WHERE reused = 1 AND state = 'in_progress';
"""
"""Parts whose requests are not sent, because their answers exist or are on their way: `awaits` is the batch that makes
them, null where they were saved when the part was planned. Until they are copied such a part is in progress."""

LINEAGE = """
CREATE TABLE lineage (
    child     TEXT NOT NULL REFERENCES jobs(id),
    number    INTEGER NOT NULL,
    parent    TEXT NOT NULL,
    relation  TEXT NOT NULL CHECK (relation IN ('composed', 'judged', 'reviewed')),
    made_at   TEXT NOT NULL,
    PRIMARY KEY (child, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lineage_parent ON lineage(parent);
"""
"""Which job was made from which. A parent need not be in this registry any more, so it references no row."""

NEWEST_FIRST = """
CREATE INDEX batches_newest ON batches(planned_at DESC, key - part DESC, part, state);
DROP INDEX batches_by_time;
"""
"""The order in which lists are read, with all that it takes: 100,000 batches are put in order by reading the index
alone, in a fifth of the time of sorting them."""

CONVERSATIONS = """
CREATE TABLE tool_calls (
    job_id       TEXT NOT NULL,
    attempt      INTEGER NOT NULL,
    custom_id    TEXT NOT NULL,
    tool_use_id  TEXT NOT NULL,
    name         TEXT NOT NULL,
    sender       TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    finished_at  TEXT,
    result       TEXT,
    is_error     INTEGER NOT NULL DEFAULT 0,
    runs         INTEGER NOT NULL,
    PRIMARY KEY (job_id, attempt, custom_id, tool_use_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE conversations (
    job_id     TEXT PRIMARY KEY,
    max_turns  INTEGER,
    max_cost   TEXT,
    max_age    REAL
) STRICT, WITHOUT ROWID;
"""
"""Tool calls of continued conversations, each noted before its tool is started (`finished_at` is null) and after; and
the limits that were set for the conversations of a job, null where none was."""

MARKS = """
CREATE TABLE marks (
    job_id TEXT NOT NULL, custom_id TEXT NOT NULL, reviewer TEXT NOT NULL,
    verdict TEXT, labels TEXT NOT NULL, note TEXT NOT NULL,
    answer TEXT NOT NULL, is_stale INTEGER NOT NULL, marked_at TEXT NOT NULL,
    PRIMARY KEY (job_id, custom_id, reviewer)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark_history (
    number INTEGER PRIMARY KEY, job_id TEXT NOT NULL, custom_id TEXT NOT NULL, reviewer TEXT NOT NULL,
    verdict TEXT, labels TEXT NOT NULL, note TEXT NOT NULL, answer TEXT NOT NULL, marked_at TEXT NOT NULL
) STRICT;
CREATE INDEX mark_history_item ON mark_history(job_id, custom_id, reviewer);
"""
"""What reviewers say of answers, and every value that a mark ever had. Labels are a JSON array."""

JUDGES = """
CREATE TABLE judges (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id    TEXT NOT NULL UNIQUE REFERENCES jobs(id),
    first     TEXT NOT NULL,
    second    TEXT,
    document  TEXT NOT NULL
) STRICT;
CREATE TABLE judgments (
    judge      TEXT NOT NULL,
    custom_id  TEXT NOT NULL,
    placing    TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    usable     INTEGER NOT NULL,
    attempt    INTEGER NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (judge, custom_id, placing)
) STRICT, WITHOUT ROWID;
CREATE TABLE scores (
    job        TEXT NOT NULL,
    custom_id  TEXT NOT NULL,
    criterion  TEXT NOT NULL,
    number     INTEGER NOT NULL,
    judge      TEXT NOT NULL,
    value      REAL,
    reason     TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (job, custom_id, criterion, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE judged_batches (batch INTEGER PRIMARY KEY) STRICT;
"""
"""What judge jobs were asked (`judges`), each of their answers (`judgments`), and the columns that these become
(`scores`): of several judges the one with the highest number counts. `judged_batches` names the batches of judge jobs
whose results were read."""

PILOTS = """
ALTER TABLE batches ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batches_held ON batches(job_id) WHERE held = 1;
"""
"""Parts that nobody sends before somebody has decided about the pilot of their job, which is part 0."""

STEPS: Final[Sequence[Step]] = (
    ("jobs, batches, journal, leases", FIRST_SCHEMA),
    ("what was spent", SPENDING),
    ("what is told, and by whom", NOTICES),
    ("what was spent, by category; what it costs at most", CATEGORIES),
    ("what was expected of each model", EXPECTED),
    ("the outcomes of results, and whether they are complete", OUTCOMES),
    ("the evidence of each send, the account of each part", SENDS),
    ("parts that reuse answers", REUSED),
    ("which job was made from which", LINEAGE),
    ("an index in the order of lists", NEWEST_FIRST),
    ("tool calls and limits of conversations", CONVERSATIONS),
    ("marks of reviews", MARKS),
    ("judges and their scores", JUDGES),
    ("parts that wait for the decision about a pilot", PILOTS),
)
"""Appended to, never edited: a step that was released has run on somebody's disk."""
LATEST: Final = len(STEPS)


async def schema_version(connection: aiosqlite.Connection) -> int:
    """Return how many steps this file has seen; 0 for an empty one."""
    async with connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'") as cursor:
        if await cursor.fetchone() is None:
            return 0
    async with connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations") as cursor:
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


def refuse_newer(version: int, path: object) -> None:
    """Raise `SchemaTooNew` where a newer batchtui wrote the file, before anything in it is touched."""
    if version > LATEST:
        raise SchemaTooNew(
            f"{path} has schema {version}; this batchtui knows schemas up to {LATEST}.",
            hint="Update batchtui, or point --home at another folder.",
        )


async def migrate(connection: aiosqlite.Connection, path: object, now: Callable[[], str]) -> None:
    """Run the steps that this file has not seen, each in a transaction of its own.

    Safe to run from several processes at once: each step is decided under the write lock.

    Raises:
        SchemaTooNew: where the file has seen steps that this program does not know.
    """
    while True:
        await connection.execute("BEGIN IMMEDIATE")
        try:
            # Read again under the write lock: another process may have run the step in between.
            version = await schema_version(connection)
            refuse_newer(version, path)
            if version < LATEST:
                await _run_step(connection, version + 1, now())
        except BaseException:
            await connection.rollback()
            raise
        await connection.commit()
        if version >= LATEST:
            return


async def _run_step(connection: aiosqlite.Connection, version: int, at: str) -> None:
    name, script = STEPS[version - 1]
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"
    )
    for statement in split_statements(script):
        await connection.execute(statement)
    await connection.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", (version, name, at))


def split_statements(script: str) -> list[str]:
    """Split a script into statements.

    `executescript` would commit first, and a step would then run outside of its transaction.
    """
    statements: list[str] = []
    lines: list[str] = []
    in_trigger = False
    for line in script.splitlines():
        lines.append(line)
        in_trigger = in_trigger or line.startswith("CREATE TRIGGER")
        # The body of a trigger has semicolons of its own.
        is_end = line == "END;" if in_trigger else line.endswith(";")
        if is_end:
            statements.append("\n".join(lines))
            lines, in_trigger = [], False
    return statements
