#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How much of policy/, guards/ and profiles/ the tests of those layers run, line by line and branch by branch.

    cmake --preset coverage && cmake --build --preset coverage && python3 tests/coverage/report.py

Runs the test programs of build/coverage and reads what gcov counted in each of their objects. A header is compiled
into many of them; a line or branch counts as covered when any of them ran it. What is counted, so that the figures can
be trusted:

- A line counts if gcov says that code was made for it. A function that only static_asserts call, or nobody, leaves no
  code in the programs; so the headers are compiled once more with `-fkeep-inline-functions`, and what is only there
  counts as not run. That does not reach templates: one that no test ever runs is not seen.
- A branch counts if it is one that the source text has. The preset compiles with `-fno-exceptions`, or the compiler
  would add to every call the way out when it throws. Left out is the branch of `expects` that ends the program: no
  test can come back from it.
- A template is one piece of text: a branch is covered when any instantiation took it. Branches are told apart by their
  function's place in the text and by how many the line has there, as `if constexpr` and constants leave some out.
  Where gcov names no function (a fold in a lambda) it lists those of all instantiations one after another.
"""
import argparse
import collections
import gzip
import json
import math
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

LAYERS = ("policy", "guards", "profiles")
TESTS = ("policy_tests", "guards_tests", "profiles_tests")


def counted(build: pathlib.Path, root: pathlib.Path):
    """For each header: line -> times run; branch (line, function, how many, which) -> times taken."""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    branches = collections.defaultdict(lambda: collections.defaultdict(int))
    nameless = collections.defaultdict(list)
    for layer in LAYERS:
        data = sorted(str(p) for p in (build / "tests" / layer).rglob("*.gcda"))
        if not data:
            sys.exit(f"coverage: no counters of {layer}; run the test programs first")
        with tempfile.TemporaryDirectory() as folder: # gcov names its files by the last part of a path: a folder per layer
            if layer == LAYERS[0]:
                data.append(with_all_functions(build, root, folder))
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", *data], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for name in pathlib.Path(folder).glob("*.json.gz"):
                with gzip.open(name) as f:
                    for file in json.load(f)["files"]:
                        add(file, root, lines, branches, nameless)
    for (name, number), lists in nameless.items():
        size = math.gcd(*map(len, lists))
        for counts in lists:
            for i, count in enumerate(counts):
                branches[name][number, None, size, i % size] += count
    return lines, branches


def with_all_functions(build, root, folder):
    """The notes of a unit that includes every header and keeps the functions that nobody calls."""
    unit = os.path.join(folder, "every_header.cpp")
    with open(unit, "w") as f:
        for layer in LAYERS:
            for header in sorted((root / "include" / "keywright" / layer).glob("*.hpp")):
                f.write(f"#include <keywright/{layer}/{header.name}>\n")
    commands = json.loads((build / "compile_commands.json").read_text())
    like = next(c for c in commands if c["file"].endswith("tests/policy/fields.cpp"))
    command = shlex.split(like["command"])
    command = command[:command.index("-o")] + ["-fkeep-inline-functions", "-o", unit + ".o", "-c", unit]
    subprocess.run(command, cwd=folder, check=True)
    return next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".gcno"))


def add(file, root, lines, branches, nameless):
    path = pathlib.Path(file["file"]).resolve()
    if path.parent not in [root / "include" / "keywright" / layer for layer in LAYERS]:
        return
    name = str(path.relative_to(root / "include" / "keywright"))
    text = path.read_text().splitlines()
    places = {f["name"]: (f["start_line"], f["start_column"]) for f in file["functions"]}
    for line in file["lines"]:
        number = line["line_number"]
        lines[name][number] += line["count"]
        if "expects(" in text[number - 1]:
            continue
        counts = [branch["count"] for branch in line["branches"]]
        place = places.get(line.get("function_name"))
        if place is None and counts:
            nameless[name, number].append(counts)
            continue
        for i, count in enumerate(counts):
            branches[name][number, place, len(counts), i] += count


def report(lines, branches, show):
    """Prints a line per header and per layer, and gives the sums of each layer."""
    sums = {layer: [0, 0, 0, 0] for layer in LAYERS}
    print(f"{'header':44}{'lines':>12}{'':8}{'branches':>12}")
    for name in sorted(lines):
        row = [sum(1 for n in lines[name].values() if n), len(lines[name]),
               sum(1 for n in branches[name].values() if n), len(branches[name])]
        layer = name.split("/")[0]
        sums[layer] = [a + b for a, b in zip(sums[layer], row)]
        print_row(name, row)
        if show:
            missing = sorted(n for n, times in lines[name].items() if not times)
            half = sorted({at[0] for at, times in branches[name].items() if not times} - set(missing))
            if missing:
                print(f"    lines not run: {', '.join(map(str, missing))}")
            if half:
                print(f"    branches not taken on: {', '.join(map(str, half))}")
    for layer, row in sums.items():
        print_row(f"all of {layer}", row)
    return sums


def print_row(name, row):
    print(f"{name:44}{percent(row[0], row[1])}{percent(row[2], row[3])}")


def percent(part, whole):
    return f"{part:>6}/{whole:<5}{100.0 * part / whole if whole else 100.0:6.1f} %"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=root / "build" / "coverage")
    parser.add_argument("--no-run", action="store_true", help="only read what was counted before")
    parser.add_argument("--uncovered", action="store_true", help="name lines and branches that were not run")
    parser.add_argument("--demand", nargs=2, type=float, metavar=("LINES", "BRANCHES"),
                        help="fail where policy or guards is below these percentages")
    args = parser.parse_args()
    if not args.no_run:
        for old in args.build.rglob("*.gcda"):
            old.unlink()
        for test in TESTS:
            subprocess.run([args.build / "bin" / test, "--quiet"], check=True)
    sums = report(*counted(args.build, root), args.uncovered)
    if args.demand:
        for layer in ("policy", "guards"):
            ran, lines, taken, branches = sums[layer]
            if 100 * ran < args.demand[0] * lines or 100 * taken < args.demand[1] * branches:
                sys.exit(f"coverage: {layer} is below what is demanded")


if __name__ == "__main__":
    main()
