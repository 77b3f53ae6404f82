#!/usr/bin/env bash
# tests/docs.sh [--write] [ZCP]: checks that the table of docs/proxies.md is what
# the program prints (build/release/zcp, or ZCP), and the commands of README.md
# and docs/ (docs_commands.py). --write rewrites the table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

write=false
if [[ ${1:-} == --write ]]; then
  write=true
  shift
fi
zcp=${1:-build/release/zcp}
page=docs/proxies.md
printed=$("$zcp" proxies --markdown)
current=$(sed -n '/^<!-- table: /,/^<!-- end of table/p' "$page" | sed '1d;$d')
if [[ $current == "$printed" ]]; then
  echo "$page: its table is what zcp prints"
elif $write; then
  {
    sed '/^<!-- table: /q' "$page"
    printf '%s\n' "$printed"
    sed -n '/^<!-- end of table/,$p' "$page"
  } > "$page.new"
  mv "$page.new" "$page"
  echo "$page: table rewritten"
else
  echo "$page: its table differs from 'zcp proxies --markdown'" >&2
  echo "rewrite it with: tests/docs.sh --write" >&2
  exit 1
fi

python3 tests/docs_commands.py "$zcp"
