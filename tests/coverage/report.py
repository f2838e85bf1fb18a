#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of policy/, guards/ and profiles/ the tests of those layers run, line by line and branch by branch.

    cmake --preset coverage && cmake --build --preset coverage && python3 tests/coverage/report.py

Runs the test programs of build/coverage and reads what gcov counted in each of their objects. A header is compiled
into many of them; a line or branch counts as covered when any of them ran it. What is counted, so that the figures can
be trusted:

- A line counts if gcov says that code was made for it. A `constexpr` function that only static_asserts call leaves
  none; the tests run every table once more at run time, and what none of them runs is in the list of uncovered lines.
- A branch counts if it is one that the source text has. Left out are those that gcov marks `throw`: the way out when a
  call throws, which the compiler adds to every call (policy throws nothing). Left out, too, is the branch of `expects`
  that ends the program: no test can come back from it.
- A template is one piece of text: a branch is covered when any instantiation took it.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

LAYERS = ("policy", "guards", "profiles")
TESTS = ("policy_tests", "guards_tests", "profiles_tests")


def counted(build: pathlib.Path, root: pathlib.Path):
    """For each header: line -> times run; (line, number of the branch) -> times taken."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    data = sorted(str(p) for layer in LAYERS for p in (build / "tests" / layer).rglob("*.gcda"))
    if not data:
        sys.exit("coverage: no counters; run the test programs first")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gcov", "--json-format", "--branch-probabilities", *data], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in os.listdir(folder):
            with gzip.open(os.path.join(folder, name)) as f:
                for file in json.load(f)["files"]:
                    add(file, root, lines, branches)
    return lines, branches


def add(file, root, lines, branches):
    path = pathlib.Path(file["file"]).resolve()
    for layer in LAYERS:
        base = root / "include" / "keywright" / layer
        if base not in path.parents:
            continue
        name = str(path.relative_to(root / "include" / "keywright"))
        text = path.read_text().splitlines()
        for line in file["lines"]:
            number = line["line_number"]
            lines[name][number] += line["count"]
            if "expects(" in text[number - 1]:
                continue
            kept = [b for b in line["branches"] if not b["throw"]]
            for i, branch in enumerate(kept):
                branches[name][number, i] += branch["count"]


def report(lines, branches, show):
    total = [0, 0, 0, 0]
    print(f"{'header':44}{'lines':>12}{'':8}{'branches':>12}")
    for name in sorted(lines):
        ran = sum(1 for n in lines[name].values() if n)
        taken = sum(1 for n in branches[name].values() if n)
        row = [ran, len(lines[name]), taken, len(branches[name])]
        total = [a + b for a, b in zip(total, row)]
        print(f"{name:44}{percent(row[0], row[1])}{percent(row[2], row[3])}")
        if show:
            missing = sorted(n for n, times in lines[name].items() if not times)
            half = sorted({at[0] for at, times in branches[name].items() if not times} - set(missing))
            if missing:
                print(f"    lines not run: {', '.join(map(str, missing))}")
            if half:
                print(f"    branches not taken on: {', '.join(map(str, half))}")
    print(f"{'all':44}{percent(total[0], total[1])}{percent(total[2], total[3])}")
    return total


def percent(part, whole):
    return f"{part:>6}/{whole:<5}{100.0 * part / whole if whole else 100.0:6.1f} %"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "coverage")
    parser.add_argument("--no-run", action="store_true", help="only read what was counted before")
    parser.add_argument("--uncovered", action="store_true", help="name lines and branches that were not run")
    parser.add_argument("--demand", nargs=2, type=float, metavar=("LINES", "BRANCHES"), help="fail below these percentages")
    args = parser.parse_args()
    if not args.no_run:
        for old in args.build.rglob("*.gcda"):
            old.unlink()
        for test in TESTS:
            subprocess.run([args.build / "bin" / test, "--quiet"], check=True)
    total = report(*counted(args.build, root), args.uncovered)
    if args.demand and (100 * total[0] < args.demand[0] * total[1] or 100 * total[2] < args.demand[1] * total[3]):
        sys.exit("coverage: below what is demanded")


if __name__ == "__main__":
    main()
