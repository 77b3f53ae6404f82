"""Runs the programs of the case "networks" and judges what they print.

    ZCP=build/release/zcp python tests/cases/networks.py FOLDER

Each program prints what it expected and what it saw. Ends with status 0 (all as
expected), 1 (a difference), 77 (no torch and torchvision here).
"""
import math
import os
import pathlib
import re
import subprocess
import sys

try:
    import torch  # noqa: F401
    import torchvision  # noqa: F401
except ImportError as error:
    print(f"networks: skipped, {error}")
    sys.exit(77)

NUMBER = r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"


def numbers(text):
    return [float(found) for found in re.findall(NUMBER, text)]


def near(a, b, tolerance=1e-4):
    return math.isclose(a, b, rel_tol=tolerance)


def scored(line):
    """The line tells of exit status 0 and of no missing score."""
    return "rc 0" in line and "None" not in line and "no score" not in line


def equal(line):
    """The numbers before and after `seen` are the same."""
    expected, seen = line.split("seen")
    wanted = numbers(expected.split("expected")[-1])
    found = numbers(seen)
    return bool(found) and len(wanted) == len(found) and all(
        near(a, b) for a, b in zip(wanted, found))


def refused(line):
    """One line names the file; no crash, no failure on the way."""
    return "rc 2" in line or ("rc 1" in line and ".pt" in line)


def r01(lines):
    return all(scored(line) for line in lines[:3]) and "seen 57434" in lines[3]


def r02(lines):
    return all("rc 0" in line and re.search(r"'arch,snip\\nnet," + NUMBER, line)
               for line in lines) and len(lines) == 3


def r03(lines):
    return scored(lines[0])


def r05(lines):
    for line in lines:
        first, second = re.findall(r"\{[^}]*\}", line.split("seen")[1])
        if first != second or "None" in first:
            return False
    return len(lines) == 4


def r06(lines):
    return len(lines) == 2 and all(equal(line.replace("64x64", ""))
                                   for line in lines)


def r07(lines):
    return len(lines) == 2 and all(equal(line.replace("2d", ""))
                                   for line in lines)


def r08(lines):
    if "rc 2" in lines[0] or "--output" in lines[0]:
        return True
    expected, seen = lines[0].split("seen")
    return near(numbers(expected)[0], numbers(seen)[0], 1e-3)


def r09(lines):
    return refused(lines[0]) and not re.search(r"'grad_norm': 0", lines[0])


def r11(lines):
    expected, seen = lines[0].split("seen")
    found = re.search(rf"'gradsign': ({NUMBER}|None)", seen)
    if found is None:
        return False
    if found.group(1) == "None":  # no score, but a reason
        return "gradsign" in seen.split("}")[1]
    return float(found.group(1)) == numbers(expected)[0]


def r12(lines):
    expected, seen = lines[0].split("seen")
    return numbers(expected.split("NASLib)")[1]) == numbers(seen) != []


def r14(lines):
    return equal(lines[0])


def r15(lines):
    wanted = numbers(lines[0].split("seen")[0])
    found = re.findall(rf": ({NUMBER})", lines[0].split("seen")[1])
    return len(found) == 2 and all(near(a, float(b))
                                   for a, b in zip(wanted, found))


def r18(lines):
    values = re.findall(rf"'naswot': ({NUMBER})", lines[0])
    return len(values) == 2 and values[0] == values[1]


def r19(lines):
    """Scored, or refused in one line that names the file."""
    for line in lines:
        status = int(re.search(r"rc (-?\d+)", line).group(1))
        words = int(re.search(r"(\d+) lines", line).group(1))
        if status not in (0, 1, 2):
            return False
        if status and (words < 1 or "net.pt" not in line):
            return False
    # torchvision's operators are named, not taken for a broken file.
    deform = [line for line in lines if line.startswith("Deform")]
    return len(lines) >= 8 and not any("not a TorchScript" in line for line in deform)


def r20(lines):
    found = re.findall(rf"'snip': ({NUMBER})", lines[0])
    return len(found) == 3 and found[1] == found[2] != found[0]


def r22(lines):
    """The kernel takes no matrix of samples x parameters: 14 M of them."""
    peaks = [numbers(line)[-1] for line in lines[1:]]
    return len(peaks) == 2 and peaks[1] - peaks[0] < 500


def r23(lines):
    return len(lines) == 9 and all(scored(line) for line in lines)


def main():
    folder = pathlib.Path(sys.argv[1])
    os.environ["ZCP"] = os.path.realpath(os.environ.get("ZCP", "build/release/zcp"))
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    bad = 0
    for program in sorted(folder.glob("r*.py")):
        done = subprocess.run([sys.executable, "-W", "ignore", str(program)],
                              capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        judge = globals().get(program.stem[:3])
        try:
            # A torchvision without its own operators cannot write the last two.
            ran = done.returncode == 0 or "custom C++ ops" in done.stderr
            good = judge is not None and ran and judge(lines)
        except (AttributeError, IndexError, ValueError):
            good = False
        print(f"  {program.stem}: {'as expected' if good else 'DIFFERS'}", flush=True)
        if not good:
            bad += 1
            for line in lines + done.stderr.splitlines()[-2:]:
                print(f"    {line[:300]}")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
