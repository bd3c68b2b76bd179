BEGIN TRANSACTION;
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
    cost_actual         TEXT, cost_counted INTEGER NOT NULL DEFAULT 0, cost_at_most TEXT,
    UNIQUE (job_id, attempt, part)
) STRICT;
INSERT INTO "batches" VALUES(1,1,NULL,'job_planned',1,1,1,'planned',3,300,'1-0001.json',NULL,0,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,'2026-11-20T20:14:07.000000+00:00',NULL,0,NULL,NULL,NULL,NULL,NULL,0,'',NULL,'none',0,NULL,NULL,NULL,0,NULL);
INSERT INTO "batches" VALUES(2,7,NULL,'job_sending',1,1,1,'submitting',3,300,'1-0001.json',NULL,0,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',1,NULL,NULL,NULL,'boot:pid|1|1|x','2026-11-20T21:14:07.000000+00:00',0,'',NULL,'none',0,NULL,NULL,NULL,0,NULL);
INSERT INTO "batches" VALUES(3,12,NULL,'job_unknown',1,1,1,'unknown',3,300,'1-0001.json',NULL,0,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',1,'2026-11-20T20:14:07.000000+00:00',NULL,NULL,NULL,'2026-11-20T21:14:07.000000+00:00',0,'time-out',NULL,'none',0,NULL,NULL,NULL,0,NULL);
INSERT INTO "batches" VALUES(4,14,'msgbatch_01A','job_running',1,1,1,'in_progress',3,300,'1-0001.json','in_progress',3,0,0,0,0,0,'2026-11-20T20:14:07.000000+00:00',NULL,'2026-11-21T20:14:07.000000+00:00',NULL,NULL,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',1,NULL,'2026-11-20T20:14:07.000000+00:00',NULL,NULL,'2026-11-20T21:14:07.000000+00:00',0,'',NULL,'none',0,'wrkspc_1',NULL,NULL,0,NULL);
INSERT INTO "batches" VALUES(5,17,'msgbatch_01B','job_adopted',1,1,1,'in_progress',3,300,'1-0001.json','in_progress',3,0,0,0,0,0,'2026-11-20T20:14:07.000000+00:00',NULL,'2026-11-21T20:14:07.000000+00:00',NULL,NULL,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',1,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',NULL,NULL,'2026-11-20T21:14:07.000000+00:00',1,'',NULL,'none',0,'wrkspc_1',NULL,NULL,0,NULL);
INSERT INTO "batches" VALUES(6,18,NULL,'job_refused',1,1,1,'planned',3,300,'1-0001.json',NULL,0,0,0,0,0,0,NULL,NULL,NULL,NULL,NULL,'2026-11-20T20:14:07.000000+00:00','2026-11-20T20:14:07.000000+00:00',1,NULL,NULL,NULL,NULL,'2026-11-20T21:14:07.000000+00:00',0,'no',NULL,'none',0,NULL,NULL,NULL,0,NULL);
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "counters" VALUES('revision',18);
CREATE TABLE expected (
    batch_key    INTEGER NOT NULL REFERENCES batches(key),
    model        TEXT NOT NULL,
    template     TEXT NOT NULL,
    requests     INTEGER NOT NULL CHECK (requests > 0),
    max_tokens   INTEGER NOT NULL,
    input_tokens INTEGER,
    PRIMARY KEY (batch_key, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, at TEXT NOT NULL) STRICT, WITHOUT ROWID;
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
INSERT INTO "jobs" VALUES('job_planned','planned','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
INSERT INTO "jobs" VALUES('job_sending','sending','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
INSERT INTO "jobs" VALUES('job_unknown','unknown','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
INSERT INTO "jobs" VALUES('job_running','running','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
INSERT INTO "jobs" VALUES('job_adopted','adopted','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
INSERT INTO "jobs" VALUES('job_refused','refused','2026-11-20T20:14:07.000000+00:00','nightly.jsonl',3,300,'','["claude-haiku-5-5"]','["eval"]',NULL,NULL,'[]','kept');
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
INSERT INTO "journal" VALUES(1,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_planned',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(2,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_sending',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(3,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_unknown',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(4,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_running',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(5,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_adopted',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(6,'2026-11-20T20:14:07.000000+00:00','act','job.planned','job_refused',NULL,NULL,'{"parts": 1, "requests": 3, "bytes": 300}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(7,'2026-11-20T20:14:07.000000+00:00','act','batch.submitting','job_sending',2,NULL,'',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(8,'2026-11-20T20:14:07.000000+00:00','act','batch.submitting','job_unknown',3,NULL,'',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(9,'2026-11-20T20:14:07.000000+00:00','act','batch.submitting','job_running',4,NULL,'',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(10,'2026-11-20T20:14:07.000000+00:00','act','batch.submitting','job_adopted',5,NULL,'',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(11,'2026-11-20T20:14:07.000000+00:00','act','batch.submitting','job_refused',6,NULL,'',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(12,'2026-11-20T20:14:07.000000+00:00','act','batch.unknown','job_unknown',3,NULL,'{"reason": "time-out"}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(13,'2026-11-20T20:14:07.000000+00:00','act','batch.accepted','job_running',4,'msgbatch_01A','',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(14,'2026-11-20T20:14:07.000000+00:00','act','batch.unknown','job_adopted',5,NULL,'{"reason": "time-out"}',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(15,'2026-11-20T20:14:07.000000+00:00','act','batch.adopted','job_adopted',5,'msgbatch_01B','',NULL,NULL,NULL,NULL);
INSERT INTO "journal" VALUES(16,'2026-11-20T20:14:07.000000+00:00','act','batch.refused','job_refused',6,NULL,'{"reason": "no"}',NULL,NULL,NULL,NULL);
CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notices (
    seq        INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    batch_key  INTEGER NOT NULL REFERENCES batches(key),
    at         TEXT NOT NULL,
    UNIQUE (kind, subject)
) STRICT;
INSERT INTO "notices" VALUES(1,'unknown','3.1',3,'2026-11-20T20:14:07.000000+00:00');
INSERT INTO "notices" VALUES(2,'unknown','5.1',5,'2026-11-20T20:14:07.000000+00:00');
CREATE TABLE notices_told (
    notice   INTEGER NOT NULL REFERENCES notices(seq),
    channel  TEXT NOT NULL,
    holder   TEXT NOT NULL,
    at       TEXT NOT NULL,
    outcome  TEXT,
    PRIMARY KEY (notice, channel)
) STRICT, WITHOUT ROWID;
CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT;
INSERT INTO "schema_migrations" VALUES(1,'jobs, batches, journal, leases','2026-11-20T20:14:07.000000+00:00');
INSERT INTO "schema_migrations" VALUES(2,'what was spent','2026-11-20T20:14:07.000000+00:00');
INSERT INTO "schema_migrations" VALUES(3,'what is told, and by whom','2026-11-20T20:14:07.000000+00:00');
INSERT INTO "schema_migrations" VALUES(4,'what was spent, by category; what it costs at most','2026-11-20T20:14:07.000000+00:00');
INSERT INTO "schema_migrations" VALUES(5,'what was expected of each model','2026-11-20T20:14:07.000000+00:00');
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
    cost        TEXT,
    standard    TEXT,
    uncached    TEXT, categories TEXT,
    PRIMARY KEY (batch_key, model, geography)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_name ON jobs(name);
CREATE INDEX jobs_by_fingerprint ON jobs(fingerprint) WHERE fingerprint <> '';
CREATE INDEX batches_by_state ON batches(state);
CREATE INDEX batches_to_collect ON batches(created_at) WHERE state = 'ended' AND results IN ('none', 'partial');
CREATE INDEX batches_by_time ON batches(planned_at DESC, part);
CREATE INDEX batches_by_revision ON batches(revision);
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
CREATE INDEX journal_by_batch ON journal(batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX journal_by_job ON journal(job_id) WHERE job_id IS NOT NULL;
CREATE INDEX batches_to_count ON batches(key) WHERE results = 'saved' AND cost_counted = 0;
CREATE INDEX notices_by_time ON notices(at);
CREATE INDEX notices_claimed ON notices_told(at) WHERE outcome IS NULL;
COMMIT;
