#!/usr/bin/env bash
# tests/report/browser.sh ZCP: a report's page in a headless Chromium, driven by
# Node.js without packages. Exit status 77 where one of them is missing.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

if ! command -v node >/dev/null; then
  echo "skipped: no Node.js (apt-get install nodejs)"
  exit 77
fi
browser=$(command -v chromium || command -v chromium-browser ||
  command -v google-chrome || true)
if [[ -z $browser ]]; then
  echo "skipped: no Chromium (apt-get install chromium)"
  exit 77
fi
node "$here/statistics.mjs"
node "$here/search.mjs" "$1" "$browser"
exec node "$here/page.mjs" "$1" "$browser"
