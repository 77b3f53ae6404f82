#!/usr/bin/env bash
# tests/kills.sh [KILLS [SEED [WHAT...]]]: commands that are killed (SIGKILL) again
# and again at random moments, KILLS (1000) times in all. WHAT: search, or some of
# score, train, merge, export and report (default: those five). In each round every
# command is started until it comes to its end by itself, and what it leaves is
# compared with that of a run that was left alone: equal to the byte. After each
# kill no row that a store had may be gone, changed or computed again, and an output
# file is whole or the old one.
#
# ZCP_PROGRAM: the program (build/release/zcp).
# Exit status: 0 equal, 1 not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
zcp=$(realpath "${ZCP_PROGRAM:-build/release/zcp}")
kills=${1:-1000}
RANDOM=${2:-1}
shift $(($# < 2 ? $# : 2))
what=("$@")
((${#what[@]} > 0)) || what=(score train merge export report)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkfifo nothing

killed=0
declare -A killed_of=() seconds=()
for one in "${what[@]}"; do killed_of[$one]=0; done

fail() {
  echo "kills: $1 (after $killed kills)" >&2
  exit 1
}

# Every value with what it took, which changes when it is computed again.
content() {
  [[ ! -e $1 ]] || sqlite3 "$1" "SELECT arch, proxy, quote(value), seconds
    FROM scores ORDER BY arch, proxy"
}

# A table without its comments (which name every call) and times.
timeless() {
  awk -F, '/^#/ { next }
    FNR == 1 || !seconds { for (i = 1; i <= NF; ++i) if ($i == "train_seconds") seconds = i }
    { if (seconds) $seconds = ""; print }' "$1"
}

# Starts a command until it ends by itself, and kills it otherwise. The moment is
# drawn up to a little more than what the command took when it was left alone. It is
# left alone again after 40 kills.
until_done() { # WHAT CHECK COMMAND...
  local name=$1 check=$2 most=${seconds[$1]} kill_it pause moment process status left=40
  shift 2
  while true; do
    status=0
    kill_it=$((left-- > 0 && killed < kills))
    moment=$RANDOM
    pause=$(awk -v r="$moment" -v most="$most" 'BEGIN { print 1.15 * most * r / 32768 }')
    "$@" >log 2>&1 &
    process=$!
    if ((kill_it)); then
      # Waits without another process.
      read -rt "$pause" <>nothing || true
      kill -KILL $process 2>/dev/null || true
    fi
    wait $process 2>/dev/null || status=$?
    "$check"
    ((status == 137)) || break
    killed=$((killed + 1))
    killed_of[$name]=$((killed_of[$name] + 1))
  done
  ((status == 0)) || { cat log >&2; fail "$name: exit status $status"; }
}

# The same left alone; what it took is taken down.
alone() { # WHAT COMMAND...
  local name=$1 begin=$EPOCHREALTIME
  shift
  "$@" >log 2>&1 || { cat log >&2; fail "$name: fails when it is left alone"; }
  seconds[$name]=$(awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
}

keeps_rows() {
  content "$store" >after
  [[ -z $(comm -23 before after) ]] || fail "$store: rows are gone or changed"
  mv after before
}
watch() {
  store=$1
  content "$store" >before
}

# An output is the old one or that of the run that was left alone.
whole_or_old() {
  cmp -s "$output" old || cmp -s "$output" "whole/$output" ||
    fail "$output: neither whole nor the old one"
}
put_old() { # FILE TEXT
  output=$1
  echo "$2" >old
  cp old "$output"
}

cells=("$zcp" score --space nats-tss --sample 16 --task gaussian --batch-size 4
  --channels 4 --cells 1 --proxies core --quiet)
training=("$zcp" train --space nats-tss --sample 4 --seeds 2 --distinct
  --channels 4 --cells 1 --task fashion-mnist --resolution 12 --train-images 500
  --epochs 1 --batch-size 64 --quiet)
searching=("$zcp" search --space nats-tss --task gaussian --batch-size 4
  --channels 4 --cells 1 --by az_nas --max params=12000 --algorithm evolution
  --evaluations 60 --quiet)

# What is there is whole, also where the kill came after the end of a merge, and
# the rest is added to it. Takes the place of the shell that is killed.
merge_parts() {
  local there=()
  [[ ! -e all.sqlite ]] || there=(all.sqlite)
  exec "$zcp" merge --store all.sqlite "${there[@]}" part0.sqlite part1.sqlite
}
check_merged() {
  [[ ! -e all.sqlite ]] && return
  cmp -s <(content all.sqlite) <(sort <(content part0.sqlite) <(content part1.sqlite)) ||
    fail "all.sqlite is there and not whole"
}

has() { [[ " ${what[*]} " == *" $1 "* ]]; }

round_of_five() {
  mkdir -p whole
  if ((round == 1)); then
    alone score "${cells[@]}" --store whole/scores.sqlite --csv whole/scores.csv
    "${cells[@]}" --shard 0/2 --store whole/part0.sqlite --csv /dev/null
    "${cells[@]}" --shard 1/2 --store whole/part1.sqlite --csv /dev/null
    alone merge "$zcp" merge --store whole/all.sqlite whole/part0.sqlite whole/part1.sqlite
    alone export "$zcp" export --store whole/all.sqlite --csv whole/table.csv
    awk -F, 'NR == 1 { print "arch,accuracy" } NR > 1 { print $1 "," length($1) + NR % 7 }' \
      whole/table.csv >truth.csv
    alone report "$zcp" report --scores whole/table.csv --truth truth.csv --metric accuracy \
      --html whole/page.html --quiet
    # The page names the table it was made of.
    (cd whole && cp ../truth.csv . && "$zcp" report --scores table.csv --truth truth.csv \
      --metric accuracy --html page.html --quiet)
    ! has train || alone train "${training[@]}" --store whole/train.sqlite --csv whole/train.csv
  fi
  local part
  for part in 0 1; do
    watch part$part.sqlite
    if has score; then
      until_done score keeps_rows "${cells[@]}" --shard $part/2 --store part$part.sqlite --csv /dev/null
    else
      cp whole/part$part.sqlite .
    fi
  done
  until_done merge check_merged merge_parts
  put_old table.csv "arch,old"
  until_done export whole_or_old "$zcp" export --store all.sqlite --csv table.csv
  cmp table.csv whole/table.csv
  put_old page.html "<!doctype html>"
  until_done report whole_or_old "$zcp" report --scores table.csv --truth truth.csv --metric accuracy \
    --html page.html --quiet
  cmp page.html whole/page.html
  if has train; then
    watch train.sqlite
    until_done train keeps_rows "${training[@]}" --store train.sqlite --csv train.csv
    cmp <(timeless train.csv) <(timeless whole/train.csv)
    rm train.*
  fi
  [[ $(sqlite3 all.sqlite "PRAGMA integrity_check") == ok ]] || fail "all.sqlite is damaged"
  rm part?.sqlite* all.sqlite* table.csv page.html
}

round_of_search() {
  local job=("${searching[@]}" --seed "$round")
  mkdir -p whole
  alone search "${job[@]}" --store whole/s.sqlite --csv whole/s.csv
  watch s.sqlite
  until_done search keeps_rows "${job[@]}" --store s.sqlite --csv s.csv
  cmp s.csv whole/s.csv
  cmp <("$zcp" export --store s.sqlite) <("$zcp" export --store whole/s.sqlite)
  [[ $(sqlite3 s.sqlite "PRAGMA integrity_check") == ok ]] || fail "s.sqlite is damaged"
  rm s.* whole/s.*
}

round=0
while ((killed < kills)); do
  round=$((round + 1))
  if has search; then round_of_search; else round_of_five; fi
  stray=$(find . -name '*.tmp*' -o -name '.*.sqlite*' | head -n 3)
  [[ -z $stray ]] || fail "left behind: $stray"
  if ((round % 10 == 0)); then echo "kills: $killed in $round rounds" >&2; fi
done
said=""
for one in "${!killed_of[@]}"; do said+=" $one ${killed_of[$one]},"; done
echo "kills: $killed in $round rounds:${said%,}: equal to the byte, no row lost, changed or computed again"
