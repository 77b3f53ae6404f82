-- A store of schema version 1. tests/golden/store_v1.sqlite is made from it:
--   rm -f store_v1.sqlite && sqlite3 store_v1.sqlite < store_v1.sql
-- Never change it: it stands for the files that users have. The small pages
-- keep it small; zcp itself takes SQLite's default.
PRAGMA page_size = 1024;
BEGIN;
PRAGMA application_id = 2053337203;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE protocol (
  field TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  version TEXT NOT NULL,
  command TEXT NOT NULL,
  host TEXT NOT NULL,
  cpu TEXT NOT NULL,
  libtorch TEXT NOT NULL,
  blas TEXT NOT NULL,
  threads INTEGER NOT NULL,
  started TEXT NOT NULL,
  ended TEXT NOT NULL
);
CREATE TABLE architecture (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL
);
CREATE TABLE proxy (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE score (
  architecture_id INTEGER NOT NULL REFERENCES architecture (id),
  proxy_id INTEGER NOT NULL REFERENCES proxy (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  status TEXT NOT NULL CHECK (status IN ('ok', 'degenerate', 'failed')),
  value REAL,
  reason TEXT NOT NULL,
  seconds REAL,
  PRIMARY KEY (architecture_id, proxy_id),
  CHECK ((status = 'ok') = (value IS NOT NULL))
) WITHOUT ROWID;
CREATE VIEW scores AS
  SELECT spec AS arch, name AS proxy, value, status, reason, seconds,
         run_id AS run
  FROM score
  JOIN architecture ON architecture.id = architecture_id
  JOIN proxy ON proxy.id = proxy_id;
INSERT INTO meta VALUES
  ('format', 'zcp score store'),
  ('schema_version', '1'),
  ('next_position', '2');
INSERT INTO protocol VALUES
  ('batch_size', '64'),
  ('seed', '0'),
  ('space', 'nats-tss'),
  ('task', 'cifar10');
INSERT INTO run VALUES
  (1, '0.1.0', 'zcp score --space nats-tss --sample 2 --store store_v1.sqlite',
   'host', 'a processor', '1.13.1', 'openblas', 2,
   '2026-11-22T10:16:00Z', '2026-11-22T10:16:09Z');
INSERT INTO architecture VALUES
  (1, '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|', 0),
  (2, '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|', 1);
INSERT INTO proxy VALUES
  (1, 'zico'),
  (2, 'synflow'),
  (3, 'params');
INSERT INTO score VALUES
  (1, 1, 1, 'ok', 57.123456789012347, '', 0.125),
  (1, 2, 1, 'ok', 1e61, '', 0.25),
  (1, 3, 1, 'ok', 1074970, '', 0),
  (2, 1, 1, 'ok', 5e-324, '', 0.0625),
  (2, 2, 1, 'degenerate', NULL, 'no gradient reaches a layer', 0.25),
  (2, 3, 1, 'failed', NULL, 'out of memory', NULL);
COMMIT;
