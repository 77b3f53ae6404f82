#!/usr/bin/env python3
"""Checks the commands in README.md and docs/.

    tests/docs_commands.py ZCP [PAGE...]

Every call of zcp in a code block has to be of a subcommand that exists, with options that it has. Blocks that begin with
```sh run are executed as well, those of a page one after the other in one folder: they need no data that is not here. Blocks that
begin with ```sh run data need public files, which ../shared/data (or $ZCP_SHARED) may have: without them they are counted as left out. Every
other block with a call says why it is not executed: ```sh hours (it takes too long for a test), ```sh cluster (it needs several machines),
```sh gpu (it needs a GPU) or ```sh files (it needs files that are not public, large, or a reader's own).
Where a paragraph right before an executed block says how long it takes ("about 40 s", "about 2 minutes"), the test compares: a duration that is
off by a factor of 10 is reported, and so is one that is missing for a block of more than 20 s. Neither is a failure, since machines differ.
ZCP_DOCS_TIMES=1 prints how long each block took, on the clock and of processor time.
The folder has the repository's benchmarks/ and nets/, build/release/zcp, a network and a batch (net.pt, batch.pt), and the public
files under the names that the pages use.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```", re.S | re.M)
STATED = re.compile(r"\babout (\d+(?:\.\d+)?) (s|seconds?|minutes?|hours?)\b")
UNITS = {"s": 1, "second": 1, "minute": 60, "hour": 3600}
# How far off a stated duration may be before that is reported.
TOLERANCE = 10
# A block that takes longer than this times TOLERANCE without a word is reported.
WORTH_SAYING = 2
CALL = re.compile(r"^(?:build/release/)?zcp ([a-z]+)(.*)$")
SHARED = pathlib.Path(os.environ.get("ZCP_SHARED", ROOT.parent / "shared")) / "data"
# Why a block is not executed.
CAUSES = {"hours": "take too long for a test", "cluster": "need several machines", "gpu": "need a GPU",
          "files": "need files of a reader's own"}
# Names that the pages use where ../shared has another.
OFFICIAL = {"nas_bench_suite_zero_nb201.json": "zc_nasbench201.json"}


def calls(block: str) -> list[tuple[str, str]]:
    """Subcommand and the rest, a call a line; lines that end in a backslash go on. Behind ` -- ` stands another call."""
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        for part in re.split(r" \| ", line):
            match = CALL.match(part.strip())
            if not match:
                continue
            own, dashes, other = match[2].split("  #")[0].partition(" -- ")
            found.append((match[1], own))
            inner = CALL.match(f"zcp {other.strip()}") if dashes else None
            if inner:
                found.append((inner[1], inner[2]))
    return found


def options_of(zcp: str, command: str, known: dict[str, set[str]]) -> set[str]:
    if command not in known:
        printed = subprocess.run([zcp, command, "--help-json"], capture_output=True, text=True)
        if printed.returncode != 0:
            return set()
        known[command] = {option["name"] for option in json.loads(printed.stdout)["options"]}
    return known[command]


def unknown_options(zcp: str, block: str, known: dict[str, set[str]]) -> list[str]:
    problems = []
    for command, rest in calls(block):
        if command == "help":
            continue
        options = options_of(zcp, command, known)
        if not options:
            problems.append(f"no command {command}")
        for option in re.findall(r"(?:^| )--([a-z][a-z-]*)", rest):
            if options and option not in options:
                problems.append(f"zcp {command} has no --{option}")
    return problems


def furnish(work: pathlib.Path, zcp: str) -> None:
    """What a reader has at hand: the repository's tables and spaces, the program, public files where they are."""
    for name in ("benchmarks", "nets"):
        (work / name).symlink_to(ROOT / name)
    (work / "build" / "release").mkdir(parents=True)
    (work / "build" / "release" / "zcp").symlink_to(pathlib.Path(zcp).resolve())
    for name, file in {"net.pt": "net_resnet.pt", "batch.pt": "net_batch.pt"}.items():
        (work / name).symlink_to(ROOT / "tests" / "golden" / file)
    nats = SHARED / "nats"
    for file in nats.iterdir() if nats.is_dir() else ():
        (work / file.name).symlink_to(file.resolve())
    for file in SHARED.iterdir() if SHARED.is_dir() else ():
        (work / OFFICIAL.get(file.name, file.name)).symlink_to(file.resolve())


def stated_seconds(before: str) -> float | None:
    """What the last paragraph of the text before a block says of how long the block takes; None where it says nothing."""
    said = STATED.search(" ".join(before.rstrip().rpartition("\n\n")[2].split()))
    return float(said[1]) * UNITS[said[2] if said[2] == "s" else said[2].rstrip("s")] if said else None


def far_off(stated: float | None, clock: float, processors: float) -> str:
    """Why a reader who was told `stated` seconds would wonder, or an empty text. On a busy machine the clock alone says too much."""
    least, most = min(clock, processors), max(clock, processors)
    if stated is None:
        return "and the page does not say so" if least > WORTH_SAYING * TOLERANCE else ""
    if least > stated * TOLERANCE or most < stated / TOLERANCE:
        return f"where the page says about {stated:.0f} s"
    return ""


def run(zcp: str, blocks: list[tuple[str, float | None]], remarks: list[str]) -> list[str]:
    """The blocks in one folder, with zcp on the path. Each has the seconds that its page states; those that are far off are remarked."""
    problems = []
    if not blocks:
        return problems
    with tempfile.TemporaryDirectory() as folder:
        tools = pathlib.Path(folder) / "bin"
        work = pathlib.Path(folder) / "work"
        tools.mkdir()
        work.mkdir()
        furnish(work, zcp)
        (tools / "zcp").symlink_to(pathlib.Path(zcp).resolve())
        environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
        for block, stated in blocks:
            start = time.monotonic()
            before = os.times()
            done = subprocess.run(["bash", "-e", "-o", "pipefail", "-c", block], cwd=work, env=environment,
                                  capture_output=True, text=True)
            took = time.monotonic() - start
            after = os.times()
            if done.returncode != 0:
                problems.append(f"exit status {done.returncode} of\n{block}{done.stderr}")
            processors = after.children_user + after.children_system - before.children_user - before.children_system
            first = block.splitlines()[0][:100]
            durations = f"{took:.1f} s, {processors:.1f} s of processors"
            why = far_off(stated, took, processors)
            if why:
                remarks.append(f"took {durations}, {why}: {first}")
            if os.environ.get("ZCP_DOCS_TIMES"):
                said = "" if stated is None else f", stated {stated:.0f} s"
                print(f"{durations}{said}: {first}", flush=True)
    return problems


def main() -> int:
    zcp = sys.argv[1]
    pages = [pathlib.Path(page) for page in sys.argv[2:]] or [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    known: dict[str, set[str]] = {}
    problems = []
    remarks: list[str] = []
    executed = checked = left_out = 0
    causes = dict.fromkeys(CAUSES, 0)
    for page in pages:
        text = page.read_text()
        blocks = [(match[1].strip(), match[2], stated_seconds(text[: match.start()])) for match in BLOCK.finditer(text)]
        for _, block, _ in blocks:
            problems += [f"{page.name}: {problem}" for problem in unknown_options(zcp, block, known)]
            checked += len(calls(block))
        tags = {"sh run"}
        if SHARED.is_dir():
            tags.add("sh run data")
        to_run = [(block, stated) for tag, block, stated in blocks if tag in tags]
        for tag, block, _ in blocks:
            count = len(calls(block))
            cause = tag.removeprefix("sh ")
            if count == 0 or tag in tags:
                continue
            if tag == "sh run data":
                left_out += count
            elif cause in causes:
                causes[cause] += count
            else:
                problems.append(f"{page.name}: neither executed nor said why not (sh run, {', '.join(CAUSES)}):\n{block}")
        executed += sum(len(calls(block)) for block, _ in to_run)
        found: list[str] = []
        problems += [f"{page.name}: {problem}" for problem in run(zcp, to_run, found)]
        remarks += [f"{page.name}: {remark}" for remark in found]
    for problem in problems:
        print(problem, file=sys.stderr)
    for remark in remarks:
        print(f"remark: {remark}")
    print(f"{checked} calls of zcp in {len(pages)} pages: their options exist; {executed} of them executed"
          + "".join(f", {count} {CAUSES[cause]}" for cause, count in causes.items() if count)
          + (f", {left_out} need data that is not here" if left_out else ""))
    return 1 if problems or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
