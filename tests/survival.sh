#!/usr/bin/env bash
# tests/survival.sh [CASE...]: what docs/reliability.md promises of a zcp score that
# is interrupted, killed, out of time, of disk or of memory, a function a promise.
# Nothing that was stored may be lost, and the same command has to go on from it.
#
# ZCP_PROGRAM: the program (build/release/zcp).
# Exit status: 0 all kept, 1 not, 77 where this machine cannot show a promise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
golden=$PWD/tests/golden
zcp=$(realpath "${ZCP_PROGRAM:-build/release/zcp}")
folder=$(mktemp -d)
mounted=()
groups=()

# What a case has made outside of its folder.
release() {
  local mount group
  for mount in "${mounted[@]}"; do umount "$mount" 2>/dev/null || true; done
  for group in "${groups[@]}"; do rmdir "$group" 2>/dev/null || true; done
}
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "survival: $1" >&2
  sed 's/^/  /' err >&2 || true
  exit 1
}

skip() {
  echo "survival: skipped, $1" >&2
  exit 77
}

# The cells are small: a second for all of them.
# shellcheck disable=SC2054 # the commas are those of a list of proxies
job=("$zcp" score --space nats-tss --sample 40 --task gaussian --batch-size 4
  --proxies params,naswot,zico --workers 1)

content() {
  sqlite3 "$1" "SELECT arch, proxy, quote(value), status FROM scores
    ORDER BY arch, proxy"
}

count() { sqlite3 "$1" "SELECT count(*) FROM scores" 2>/dev/null || echo 0; }

# Starts a job that is interrupted by these signals as soon as it has stored
# something; its exit status is in $status.
interrupt() { # SIGNAL...
  env --default-signal=INT "${job[@]}" --store s.sqlite --csv s.csv 2>err &
  local process=$! signal left=3000
  until [[ $(count s.sqlite) != 0 ]]; do
    ((--left > 0)) || fail "no score was stored"
    sleep 0.02
  done
  for signal in "$@"; do
    kill -"$signal" $process 2>/dev/null || true
    sleep 0.02
  done
  status=0
  wait $process || status=$?
}

# The same command goes on to what a run that was left alone has.
goes_on() {
  local before
  before=$(content s.sqlite)
  "${job[@]}" --store s.sqlite --csv s.csv --quiet
  "${job[@]}" --store whole.sqlite --csv whole.csv --quiet
  cmp s.csv whole.csv
  cmp <(content s.sqlite) <(content whole.sqlite)
  [[ -z $(comm -23 <(echo "$before") <(content s.sqlite)) ]] ||
    fail "scores were lost or changed"
}

asked_once() { # SIGNAL
  interrupt "$1"
  [[ $status == 1 ]] || fail "$1: exit status $status, expected 1"
  grep -q "interrupted; .* the same command goes on from there" err ||
    fail "$1: not said how to go on"
  [[ -s s.csv ]] || fail "$1: no table of what is complete"
  goes_on
}

case_sigint() { asked_once INT; }
case_sigterm() { asked_once TERM; }
case_sigusr1() { asked_once USR1; }

case_sigint_twice() {
  interrupt INT INT
  # 1 where the network ended between the two.
  [[ $status == 130 || $status == 1 ]] || fail "exit status $status"
  goes_on
}

case_sigkill() {
  interrupt KILL
  [[ $status == 137 ]] || fail "exit status $status"
  goes_on
}

case_hangs() {
  status=0
  "$zcp" score --model "$golden/net_hang.pt" --model "$golden/net_mobile.pt" \
    --task gaussian --batch-size 4 --proxies params,naswot --timeout 15 \
    --store m.sqlite --csv m.csv 2>err || status=$?
  [[ $status == 1 ]] || fail "exit status $status"
  grep -q "net_hang.pt: took longer than --timeout 15 s" err || fail "no reason"
  grep -q '^net_hang,,$' m.csv || fail "the hanging network has a score"
  grep -Eq '^net_mobile,[0-9]+,[0-9.]+$' m.csv || fail "the other has none"
  [[ $(count m.sqlite) == 2 ]] || fail "the store has $(count m.sqlite) scores"
  # The same without a store, whose scores the new process has from the old one.
  "$zcp" score --model "$golden/net_mobile.pt" --model "$golden/net_hang.pt" \
    --task gaussian --batch-size 4 --proxies params,naswot --timeout 15 \
    --workers 1 2>err >n.csv || true
  cmp <(sort m.csv) <(sort n.csv)
}

case_crashes() {
  # The network hangs, and the process is told that it has crashed.
  "$zcp" score --model "$golden/net_hang.pt" --model "$golden/net_mobile.pt" \
    --task gaussian --batch-size 4 --proxies params,naswot --workers 1 \
    --csv c.csv 2>err &
  local process=$! left=600
  until grep -qs "^State:.*R" "/proc/$process/status" &&
    [[ $(ps -o cputimes= -p $process) -ge 3 ]]; do
    ((--left > 0)) || fail "it does not hang"
    sleep 0.1
  done
  kill -SEGV $process
  status=0
  wait $process || status=$?
  [[ $status == 1 ]] || fail "exit status $status"
  grep -q "net_hang.pt: ended the process (segmentation fault)" err ||
    fail "no reason"
  grep -q '^net_hang,,$' c.csv || fail "the crashing network has a score"
  grep -Eq '^net_mobile,[0-9]+,[0-9.]+$' c.csv || fail "the other has none"
}

case_full_disk() {
  if ((EUID != 0)) || ! { mkdir small && mount -t tmpfs -o size=192k none small; } 2>/dev/null; then
    skip "no small disk can be made"
  fi
  mounted+=("$PWD/small")
  status=0
  "${job[@]}" --store small/s.sqlite --csv s.csv 2>err || status=$?
  if [[ $status == 0 ]]; then
    # There was room for the store; now there is none for more.
    fail "the disk was not full"
  fi
  grep -qiE "full|space|written" err || fail "not said that the disk is full"
  if [[ -e small/s.sqlite ]]; then
    [[ $(sqlite3 small/s.sqlite "PRAGMA integrity_check") == ok ]] || fail "damaged"
    mount -o remount,size=8m small
    mv small/s.sqlite* .
    goes_on
  fi
}

case_read_only() {
  "${job[@]}" --store s.sqlite --csv s.csv --quiet
  mkdir fixed
  cp s.sqlite fixed
  if ((EUID != 0)) || ! mount -t tmpfs -o size=8m none fixed 2>/dev/null; then
    skip "no disk can be made"
  fi
  mounted+=("$PWD/fixed")
  cp s.sqlite fixed
  mount -o remount,ro fixed
  status=0
  "${job[@]}" --sample 40 --store fixed/s.sqlite --csv t.csv 2>err || status=$?
  [[ $status != 0 ]] || fail "wrote to a read-only disk"
  "$zcp" export --store fixed/s.sqlite --csv e.csv 2>err || fail "cannot be read"
  cmp e.csv s.csv
}

# A model file that writes a file cannot in a sandbox, which it has unless it is
# told not to; nor while it is described or planned.
case_sandbox() {
  local write=("$zcp" score --model "$golden/net_writes.pt" --task gaussian
    --batch-size 4 --proxies naswot --quiet --csv out/t.csv --store out/s.sqlite)
  mkdir out
  status=0
  "${write[@]}" --sandbox 2>err || status=$?
  if ((status == 2)) && grep -q "this system has no" err; then
    skip "this kernel has no sandbox"
  fi
  [[ ! -e written.bin ]] || fail "the model wrote a file"
  [[ -s out/t.csv && -s out/s.sqlite ]] || fail "no results"
  rm out/*
  "${write[@]}" 2>err || true
  [[ ! -e written.bin ]] || fail "the model wrote a file by default"
  [[ -s out/t.csv ]] || fail "no results by default"
  "$zcp" describe --model "$golden/net_writes.pt" --task gaussian >log 2>err || true
  [[ ! -e written.bin ]] || fail "the model wrote a file while it was described"
  mkdir temporary
  TMPDIR=$PWD/temporary "$zcp" plan --model "$golden/net_writes.pt" --task gaussian --batch-size 4 \
    --proxies naswot >log 2>err || true
  [[ ! -e written.bin ]] || fail "the model wrote a file while it was planned"
  rm out/*
  "${write[@]}" --no-sandbox 2>err || fail "without a sandbox"
  [[ -e written.bin ]] || fail "this model does not try to write"
}

# What describes or plans a file that hangs gives it up.
case_hangs_elsewhere() {
  status=0
  "$zcp" plan --model "$golden/net_hang.pt" --task gaussian --batch-size 4 \
    --proxies naswot --timeout 5 >log 2>err || status=$?
  [[ $status == 1 ]] || fail "plan: exit status $status"
  grep -q "net_hang.*took longer than --timeout 5 s; nothing is planned" err ||
    fail "plan: no reason"
  status=0
  timeout 60 "$zcp" describe --model "$golden/net_hang.pt" --task gaussian \
    --timeout 5 >log 2>err || status=$?
  # Describing does not have to run it.
  [[ $status == 0 || $status == 1 ]] || fail "describe: exit status $status"
}

# Any number of tasks, whatever their numbers, makes the same store.
case_shards() {
  local tasks by i
  local cells=("$zcp" score --space nats-tss --sample 12 --task gaussian
    --batch-size 4 --proxies naswot --workers 1)
  "${cells[@]}" --store whole.sqlite --csv whole.csv --quiet
  for by in hash:1 hash:2 hash:3 hash:7 cost:3; do
    tasks=${by#*:}
    rm -f of*
    for ((i = 0; i < tasks; ++i)); do
      # As Slurm sets them for --array=5-N:5.
      SLURM_ARRAY_TASK_ID=$((5 + 5 * i)) SLURM_ARRAY_TASK_COUNT=$tasks \
        SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_MAX=$((5 * tasks)) \
        SLURM_ARRAY_TASK_STEP=5 \
        "${cells[@]}" --shard-by "${by%:*}" --store "of$tasks.sqlite" \
        --csv /dev/null 2>err
      grep -q "keeps it in of$tasks.$((5 + 5 * i)).sqlite" err || fail "not said"
    done
    [[ ! -e of$tasks.sqlite ]] || fail "a task wrote the store of all"
    "$zcp" merge --store "of$tasks.sqlite" of"$tasks".*.sqlite 2>err
    cmp <(content "of$tasks.sqlite") <(content whole.sqlite)
    "$zcp" export --store "of$tasks.sqlite" --csv of.csv
    cmp of.csv whole.csv
  done
}

# The same by mpirun, as docs/cluster.md has it.
case_mpirun() {
  command -v mpirun >/dev/null || skip "there is no mpirun"
  local root=()
  ((EUID != 0)) || root=(--allow-run-as-root)
  export zcp
  # shellcheck disable=SC2016 # the ranks expand it
  mpirun "${root[@]}" --oversubscribe -n 2 bash -c '"$zcp" score \
    --space nats-tss --sample 12 --task gaussian --batch-size 4 --proxies naswot \
    --shard ${OMPI_COMM_WORLD_RANK:-$PMI_RANK}/${OMPI_COMM_WORLD_SIZE:-$PMI_SIZE} \
    --store part${OMPI_COMM_WORLD_RANK:-$PMI_RANK}.sqlite --csv /dev/null' 2>err ||
    fail "mpirun"
  "$zcp" merge --store both.sqlite part{0..1}.sqlite 2>err
  "$zcp" score --space nats-tss --sample 12 --task gaussian --batch-size 4 \
    --proxies naswot --workers 1 --store whole.sqlite --csv whole.csv --quiet
  cmp <(content both.sqlite) <(content whole.sqlite)
  "$zcp" export --store both.sqlite --csv both.csv
  cmp both.csv whole.csv
}

# Where a control group allows too little, a network that needs more has no score
# and the process goes on.
case_out_of_memory() {
  local group=/sys/fs/cgroup/memory/zcp-survival-$$
  if ((EUID != 0)) || ! mkdir "$group" 2>/dev/null; then
    skip "no control group of memory can be made"
  fi
  groups+=("$group")
  echo 700M >"$group/memory.limit_in_bytes"
  status=0
  (
    echo $BASHPID >"$group/cgroup.procs"
    exec "$zcp" score --space nats-tss --sample 3 --task gaussian \
      --batch-size 1500 --proxies params,naswot --workers 1 --store s.sqlite \
      --csv s.csv 2>err
  ) || status=$?
  [[ $status == 1 ]] || fail "exit status $status"
  grep -q "missing for a reason outside the architectures" err || fail "no reason"
  [[ $(sqlite3 s.sqlite "SELECT count(*) FROM scores WHERE proxy = 'params'
    AND value IS NOT NULL") == 3 ]] || fail "no #params"
  [[ $(sqlite3 s.sqlite "SELECT count(*) FROM scores WHERE status = 'failed'") == 0 ]] ||
    fail "the want of memory was stored"
}

case_two_processes() {
  "${job[@]}" --store s.sqlite --csv a.csv --quiet --shard 0/2 &
  local process=$!
  "${job[@]}" --store s.sqlite --csv b.csv --quiet --shard 1/2 || fail "one"
  wait $process || fail "the other"
  goes_on
}

cases=("$@")
if ((${#cases[@]} == 0)); then
  mapfile -t cases < <(declare -F | sed -n 's/^declare -f case_//p')
fi
for name in "${cases[@]}"; do
  mkdir "$folder/$name"
  cd "$folder/$name"
  # Not behind && or ||, where a command that fails would be passed over.
  set +e
  (
    set -e
    trap release EXIT
    "case_$name"
  )
  result=$?
  set -e
  ((result == 77 && ${#cases[@]} > 1)) && continue
  ((result == 0)) || exit "$result"
  echo "survival: $name"
done
