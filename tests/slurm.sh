#!/usr/bin/env bash
# tests/slurm.sh [CELLS]: runs `zcp submit` on a Slurm of one node that it starts
# itself, in a temporary folder and on 127.0.0.1 alone: an array of six tasks that
# score CELLS (72) cells, of which one task is killed and queued again and one is
# stopped and queued again, then their merge and report. The merged store has to
# say what a single run says, to the last bit.
#
# ZCP_PROGRAM: the program (build/release/zcp).
# Exit status: 0 equal, 1 not, 77 where Slurm is not installed (munge, slurmctld,
# slurmd, slurm-client) or the user is not root, who alone may run its daemons.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for program in munged slurmctld slurmd sbatch sqlite3; do
  if ! PATH=$PATH:/usr/sbin command -v $program >/dev/null; then
    echo "slurm: skipped, there is no $program" >&2
    exit 77
  fi
done
if ((EUID != 0)); then
  echo "slurm: skipped, its daemons are started by root" >&2
  exit 77
fi
export PATH=$PATH:/usr/sbin
zcp=$(realpath "${ZCP_PROGRAM:-build/release/zcp}")
cells=${1:-72}
folder=$(mktemp -d)
# A path without spaces that nobody else may change, as munge wants it.
chmod 755 "$folder"
daemons=()

stop_daemons() {
  local pid
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap stop_daemons EXIT

# A port of 127.0.0.1 that nobody uses now.
free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

start() { # LOG COMMAND...
  local log=$folder/$1
  shift
  "$@" >"$log" 2>&1 &
  daemons+=($!)
}

# Waits until a command succeeds.
await() { # SECONDS WHAT COMMAND...
  local left=$(($1 * 20)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((--left < 0)); then
      echo "slurm: $what did not happen" >&2
      tail -n 20 "$folder"/*.log >&2
      exit 1
    fi
    sleep 0.05
  done
}

start_slurm() {
  local munge=$folder/munge
  mkdir -m 700 "$munge"
  mkdir "$folder/state" "$folder/spool"
  head -c 1024 /dev/urandom >"$munge/key"
  chmod 400 "$munge/key"
  mkdir -m 755 "$folder/socket"
  start munged.log munged --foreground --force --key-file="$munge/key" \
    --socket="$folder/socket/munge" --pid-file="$munge/pid" \
    --log-file="$munge/log" --seed-file="$munge/seed" --num-threads=2
  await 20 "munge's socket" test -S "$folder/socket/munge"
  cat >"$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/socket/munge
CredType=cred/munge
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=3600
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES MaxTime=60 State=UP
END
  export SLURM_CONF=$folder/slurm.conf
  start slurmctld.log slurmctld -D -f "$SLURM_CONF"
  start slurmd.log slurmd -D -f "$SLURM_CONF"
  await 60 "an idle node" sh -c 'sinfo -h -o %t | grep -qx idle'
}

state_of() { # JOB
  scontrol show job "$1" | sed -n 's/.*JobState=\([A-Z_]*\).*/\1/p'
}

# Every score with its bits.
content() {
  sqlite3 "$1" "SELECT arch, proxy, quote(value), status, reason FROM scores
    ORDER BY arch, proxy"
}

start_slurm
cd "$folder"
# With 32 images a task of 12 cells takes some seconds: long enough to be stopped
# in the middle.
job=(score --space nats-tss --sample "$cells" --task gaussian --batch-size 32
  --proxies core)
"$zcp" "${job[@]}" --store whole.sqlite --csv whole.csv --quiet
# A truth of the same architectures: any numbers will do.
awk -F, 'NR == 1 { print "arch,accuracy"; next } { print $1 "," $2 % 97 }' \
  whole.csv >truth.csv

"$zcp" submit --tasks 6 --cpus 1 --truth truth.csv --metric accuracy --run -- \
  "${job[@]}" --store scores.sqlite --csv scores.csv | tee submitted
read -r array merge report < <(sed -n \
  's/submitted: array \([0-9]*\), merge \([0-9]*\), report \([0-9]*\)/\1 \2 \3/p' submitted)

# One task is killed with SIGKILL as soon as it has stored a score, and queued
# again.
some_scores() { [[ -n $(sqlite3 "$1" "SELECT 1 FROM scores LIMIT 1") ]]; }
await 120 "a score of task 0" some_scores scores.0.sqlite
content scores.0.sqlite >before
scontrol requeue "${array}_0"
# Another one is told that its time is out.
await 120 "a score of task 1" some_scores scores.1.sqlite
# Slurm sends that signal to the batch script's shell.
id=$(scontrol show job "${array}_1" | sed -n 's/^JobId=\([0-9]*\) .*/\1/p')
script=$(printf '%s/spool/job%05d/slurm_script' "$folder" "$id")
if ! kill -USR1 "$(pgrep -f "$script")"; then
  echo "slurm: task 1 ended before it could be stopped" >&2
  exit 1
fi

finished() { [[ $(state_of "$1") == COMPLETED ]]; }
await 500 "the end of the report" finished "$report"
finished "$merge"
[[ $(state_of "$array" | sort -u) == COMPLETED ]]
[[ -s scores.html ]]
if [[ -n $(comm -23 before <(content scores.0.sqlite)) ]]; then
  echo "slurm: the task that was killed lost scores" >&2
  exit 1
fi
restarts=$(scontrol show job "${array}_0" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p')
((restarts >= 1))
grep -q "out of time: queued again" scores.1.log
cmp <(content scores.sqlite) <(content whole.sqlite)
cmp scores.csv whole.csv
echo "slurm: $cells cells by 6 tasks, one killed and queued again, one stopped" \
  "and queued again: equal to the bit"
