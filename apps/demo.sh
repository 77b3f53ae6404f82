#!/usr/bin/env bash
# apps/demo.sh [N]: scores N (40) NATS-TSS cells on Fashion-MNIST with the core
# proxies and prints the ten best by ZiCo beside their #params.
#
# Installs what is missing and builds the program first (ten minutes or more,
# the first time). The scores are kept in demo/scores.sqlite: a second run
# computes only what is not there yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=apps/packages.sh
source apps/packages.sh

readonly zcp=build/release/zcp store=demo/scores.sqlite
count=${1:-40}
if [[ $# -gt 1 || ! $count =~ ^[1-9][0-9]{0,4}$ ]]; then
  echo "usage: apps/demo.sh [N]   N cells to score, 1 to 15625" >&2
  exit 2
fi

# The rows of `zcp rank` with the #params of each cell, from a scores CSV.
print_ranking() {
  awk -F, '
    FNR == 1 {
      for (i = 1; i <= NF; ++i) column[$i] = i
      if (NR == 1) printf "%4s %10s %10s  %s\n", "rank", "zico", "#params", "cell"
      next
    }
    NR == FNR { params[$column["arch"]] = $column["params"]; next }
    {
      printf "%4d %10.3f %10d  %s\n", \
        $column["rank"], $column["score"], params[$column["arch"]], $column["arch"]
    }' "$1" "$2"
}

install_packages
build release zcp

mkdir -p demo
"$zcp" score \
  --space nats-tss --sample "$count" --task fashion-mnist --proxies core \
  --store "$store" >/dev/null
"$zcp" export --store "$store" --csv demo/scores.csv
"$zcp" rank --scores "$store" --by zico --top 10 >demo/ranking.csv
print_ranking demo/scores.csv demo/ranking.csv
cat <<END

The scores are in $store and demo/scores.csv. What to do next:

  $zcp rank --scores $store --by naswot --top 10
  $zcp proxies
  apps/demo.sh 200        # a larger sample, into the same store
  $zcp correlate --scores $store --truth YOUR_ACCURACIES.csv \\
      --metric YOUR_COLUMN

Each command explains itself: $zcp score --help
END
