-- A store of schema version 2. tests/reference/make_store.py made this file;
-- tests/golden/store_v2.sqlite is made from it:
--   rm -f store_v2.sqlite && sqlite3 store_v2.sqlite < store_v2.sql
-- Never change it: it stands for the files that users have. The small pages
-- keep it small; zcp itself takes SQLite's default.
PRAGMA page_size = 1024;
BEGIN;
PRAGMA application_id = 2053337203;
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  checksum INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE protocol (
  field TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  checksum INTEGER NOT NULL
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
  ended TEXT NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE architecture (
  id INTEGER PRIMARY KEY,
  spec TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL,
  checksum INTEGER NOT NULL
);
CREATE TABLE proxy (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  checksum INTEGER NOT NULL
);
CREATE TABLE score (
  architecture_id INTEGER NOT NULL REFERENCES architecture (id),
  proxy_id INTEGER NOT NULL REFERENCES proxy (id),
  run_id INTEGER NOT NULL REFERENCES run (id),
  status TEXT NOT NULL CHECK (status IN ('ok', 'degenerate', 'failed')),
  value REAL,
  reason TEXT NOT NULL,
  seconds REAL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (architecture_id, proxy_id),
  CHECK ((status = 'ok') = (value IS NOT NULL))
) WITHOUT ROWID;
CREATE VIEW scores AS
  SELECT spec AS arch, name AS proxy, value, status, reason, seconds,
         run_id AS run
  FROM score
  JOIN architecture ON architecture.id = architecture_id
  JOIN proxy ON proxy.id = proxy_id;
CREATE TABLE digest (
  name TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  total INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO meta VALUES
  ('format', 'zcp score store', 7965167412385448125),
  ('next_position', '2', -8147530944007759948),
  ('schema_version', '2', -3432193044028909487);
INSERT INTO protocol VALUES
  ('batch_size', '64', -5863029514914830715),
  ('seed', '0', 3899476639935179791),
  ('space', 'nats-tss', -26338064551580649),
  ('task', 'cifar10', 6493369443677913834);
INSERT INTO run VALUES
  (1, '0.1.0', 'zcp score --space nats-tss --sample 2 --store store_v1.sqlite', 'host', 'a processor', '1.13.1', 'openblas', 2, '2026-11-22T10:16:00Z', '2026-11-22T10:16:09Z', 4343443385429970893);
INSERT INTO architecture VALUES
  (1, '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|', 0, -7147148789072542831),
  (2, '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|', 1, 4146753063497253334);
INSERT INTO proxy VALUES
  (1, 'zico', 6276713130223503192),
  (2, 'synflow', 2225166529812594987),
  (3, 'params', 7615253225961703088);
INSERT INTO score VALUES
  (1, 1, 1, 'ok', 57.123456789012344, '', 0.125, -6817726826200557254),
  (1, 2, 1, 'ok', 1e+61, '', 0.25, 5065622320433154946),
  (1, 3, 1, 'ok', 1074970.0, '', 0.0, -9149983440821692724),
  (2, 1, 1, 'ok', 5e-324, '', 0.0625, 9203561840019425335),
  (2, 2, 1, 'degenerate', NULL, 'no gradient reaches a layer', 0.25, -37953854234790949),
  (2, 3, 1, 'failed', NULL, 'out of memory', NULL, 6883377890403200448);
INSERT INTO digest VALUES
  ('meta', 3, -3614556575651221310),
  ('protocol', 4, 4503478504146682261),
  ('run', 1, 4343443385429970893),
  ('architecture', 2, -3000395725575289497),
  ('proxy', 3, -2329611187711750349),
  ('score', 6, 5146897929598739802);
COMMIT;
