"""Makes tests/golden/store_v2.sql, a score store of schema version 2.

Its rows are those of store_v1.sql; the checksums are computed here, with
Python's own XXH3 (pip install xxhash), so that the store tests zcp's. Run it in
the root of the project:

  python3 tests/reference/make_store.py
  cd tests/golden && rm -f store_v2.sqlite && sqlite3 store_v2.sqlite < store_v2.sql
"""

import sqlite3
import struct

import xxhash

GOLDEN = "tests/golden/"
HEAD = """-- A store of schema version 2. tests/reference/make_store.py made this file;
-- tests/golden/store_v2.sqlite is made from it:
--   rm -f store_v2.sqlite && sqlite3 store_v2.sqlite < store_v2.sql
-- Never change it: it stands for the files that users have. The small pages
-- keep it small; zcp itself takes SQLite's default.
"""
TABLES = ["meta", "protocol", "run", "architecture", "proxy", "score"]
DIGEST = """CREATE TABLE digest (
  name TEXT PRIMARY KEY,
  rows INTEGER NOT NULL,
  total INTEGER NOT NULL
) WITHOUT ROWID;
"""


def signed(number):
    number %= 1 << 64
    return number - (1 << 64) if number >> 63 else number


def row_checksum(values):
    """XXH3 over type, length (8 bytes, little-endian) and bytes of each."""
    message = b""
    for value in values:
        if value is None:
            kind, data = b"n", b""
        elif isinstance(value, int):
            kind, data = b"i", struct.pack("<q", value)
        elif isinstance(value, float):
            kind, data = b"r", struct.pack("<d", value + 0.0)
        else:
            kind, data = b"t", value.encode()
        message += kind + struct.pack("<Q", len(data)) + data
    return signed(xxhash.xxh3_64_intdigest(message))


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def main():
    old = open(GOLDEN + "store_v1.sql").read()
    schema = old[old.index("PRAGMA page_size") : old.index("INSERT INTO meta")]
    view = schema.index("CREATE VIEW")
    tables = schema[:view]
    column = ",\n  checksum INTEGER NOT NULL"
    tables = tables.replace("  seconds REAL", "  seconds REAL" + column)
    head, score = tables.split("CREATE TABLE score")
    head = head.replace("\n)", column + "\n)")
    text = HEAD + head + "CREATE TABLE score" + score + schema[view:] + DIGEST
    store = sqlite3.connect("file:" + GOLDEN + "store_v1.sqlite?mode=ro", uri=True)
    digests = []
    for table in TABLES:
        rows = []
        total = 0
        for row in store.execute(f"SELECT * FROM {table}"):
            if row == ("schema_version", "1"):
                row = ("schema_version", "2")
            total += row_checksum(row)
            rows.append(row + (row_checksum(row),))
        lines = ["  (" + ", ".join(map(literal, row)) + ")" for row in rows]
        text += f"INSERT INTO {table} VALUES\n" + ",\n".join(lines) + ";\n"
        digests.append(f"  ('{table}', {len(rows)}, {signed(total)})")
    text += "INSERT INTO digest VALUES\n" + ",\n".join(digests) + ";\nCOMMIT;\n"
    with open(GOLDEN + "store_v2.sql", "w") as out:
        out.write(text)


if __name__ == "__main__":
    main()
