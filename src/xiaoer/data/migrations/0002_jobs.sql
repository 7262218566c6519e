-- lock_timeout: 5s
-- Jobs: work that is done later, at least once, and what is done every so often.

CREATE TABLE job (
    job_id       uuid PRIMARY KEY,
    shop_id      uuid,                                   -- null: the installation's own work
    kind         text COLLATE "C" NOT NULL,
    payload      jsonb NOT NULL DEFAULT '{}',
    run_at       timestamptz NOT NULL DEFAULT now(),
    attempts     int NOT NULL DEFAULT 0,
    max_attempts int NOT NULL CHECK (max_attempts > 0),
    state        text COLLATE "C" NOT NULL DEFAULT 'waiting'
                 CHECK (state IN ('waiting', 'running', 'done', 'dead', 'replaced')),
    locked_by    uuid,
    locked_until timestamptz,                            -- set while running; past: its runner died
    last_error   text,                                   -- type and code, never words
    dedupe_key   text COLLATE "C",
    created_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- What a runner takes next: waiting ones by their time, running ones by the end of their lease.
CREATE INDEX job_due ON job (COALESCE(locked_until, run_at)) WHERE state IN ('waiting', 'running');
CREATE INDEX job_finished ON job (finished_at) WHERE state IN ('done', 'dead', 'replaced');
CREATE INDEX job_by_shop ON job (shop_id, created_at) WHERE shop_id IS NOT NULL;
-- Only among the waiting: what is asked for while one runs must run once more.
CREATE UNIQUE INDEX job_dedupe ON job (kind, dedupe_key) WHERE state = 'waiting' AND dedupe_key IS NOT NULL;

CREATE TABLE schedule (
    name          text COLLATE "C" PRIMARY KEY,
    kind          text COLLATE "C" NOT NULL,
    payload       jsonb NOT NULL DEFAULT '{}',
    every_seconds int NOT NULL CHECK (every_seconds > 0),
    next_at       timestamptz NOT NULL DEFAULT now(),
    last_at       timestamptz
);
