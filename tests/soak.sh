#!/usr/bin/env bash
# tests/soak.sh [CELLS [SEED]]: scores CELLS (150) cells on noise into a store by
# a program that is killed (SIGKILL, SIGTERM, SIGINT in turn) every second or so
# and started again, then compares the store with a run that was left alone.
# Nothing that was stored may be lost, changed or computed twice.
#
# tests/soak.sh train [RUNS [SEED]]: the same of RUNS (60) trainings on
# Fashion-MNIST, a third as many cells with 3 seeds each. Some 20 interruptions.
#
# tests/soak.sh search [EVALUATIONS [SEED]]: the same of a search with so many
# (150) evaluations: ten interruptions and more of one evolution.
#
# tests/soak.sh coverage [TRIALS [SEED]]: draws TRIALS (1000) samples of 200 from
# bivariate normal distributions, whose tau and rho are known, and counts how
# many of the 95 % intervals hold them: 93 to 97 % have to.
#
# tests/soak.sh scripts [SECONDS [SEED]]: scores random TorchScript programs for
# SECONDS (600): twice, and by each proxy alone, with the same bits, and with the
# gradients that LibTorch's own interpreter gives.
#
# ZCP_PROGRAM: the program (build/release/zcp), beside which the tests are.
# Exit status: 0 equal, 1 not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ${1:-} == coverage ]]; then
  build=$(dirname "${ZCP_PROGRAM:-build/release/zcp}")
  ZCP_TRIALS=${2:-1000} ZCP_SEED=${3:-0} \
    "$build/tests/analysis/zcp_analysis_tests" --no-skip \
    --test-case="soak: 95 % intervals*"
  exit
fi

if [[ ${1:-} == scripts ]]; then
  build=$(dirname "${ZCP_PROGRAM:-build/release/zcp}")
  ZCP_SECONDS=${2:-600} ZCP_SEED=${3:-100} \
    "$build/tests/proxies/zcp_script_fuzz_tests"
  exit
fi

what=score
if [[ ${1:-} == train ]]; then
  what=train
  shift
elif [[ ${1:-} == search ]]; then
  what=search
  shift
fi
zcp=$(realpath "${ZCP_PROGRAM:-build/release/zcp}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
if [[ $what == score ]]; then
  count=${1:-150}
  pause=1
  job=("$zcp" score --space nats-tss --sample "$count" --task gaussian
    --batch-size 8 --proxies core --quiet)
elif [[ $what == search ]]; then
  count=${1:-150}
  pause=1
  job=("$zcp" search --space nats-tss --task gaussian --batch-size 8 --by az_nas
    --max params=1e6 --algorithm evolution --evaluations "$count" --quiet)
else
  count=${1:-60}
  pause=2
  job=("$zcp" train --space nats-tss --sample $((count / 3)) --seeds 3
    --distinct --channels 8 --cells 1 --task fashion-mnist --resolution 12
    --train-images 2000 --epochs 2 --batch-size 64 --quiet)
fi
RANDOM=${2:-1}

# Every value with what it took, which changes when it is computed again.
content() {
  sqlite3 "$1" "SELECT arch, proxy, quote(value), seconds FROM scores
    ORDER BY arch, proxy"
}

# A table without its comments (which name every call) and times.
timeless() {
  awk -F, '/^#/ { next }
    FNR == 1 || !seconds { for (i = 1; i <= NF; ++i) if ($i == "train_seconds") seconds = i }
    { if (seconds) $seconds = ""; print }' "$1"
}

signals=(KILL TERM INT)
killed=0
: >before
until
  # Bash has what it starts in the background ignore SIGINT.
  env --default-signal=INT "${job[@]}" --store killed.sqlite --csv killed.csv &
  process=$!
  sleep "$pause.$((RANDOM % 6))"
  kill -"${signals[killed % 3]}" "$process" 2>/dev/null || true
  wait "$process" 2>/dev/null
do
  killed=$((killed + 1))
  if ((killed > 50 * count)); then
    echo "soak: no end after $killed interruptions" >&2
    exit 1
  fi
  [[ -e killed.sqlite ]] || continue
  content killed.sqlite >after
  if [[ -n $(comm -23 before after) ]]; then
    echo "soak: lost or changed after $killed interruptions" >&2
    comm -23 before after >&2
    exit 1
  fi
  mv after before
done

"${job[@]}" --store whole.sqlite --csv whole.csv
cmp <(timeless killed.csv) <(timeless whole.csv)
cmp <("$zcp" export --store killed.sqlite) <("$zcp" export --store whole.sqlite)
[[ $(sqlite3 killed.sqlite "PRAGMA integrity_check") == ok ]]
echo "soak: $what of $count, interrupted $killed times: equal to the byte"
