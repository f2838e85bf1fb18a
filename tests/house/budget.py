# SPDX-License-Identifier: Apache-2.0
"""What including us costs, as preprocessed lines, which unlike times are the same on every machine.

    python3 tests/house/budget.py --flags FILE -- g++ -std=c++20

policy.hpp may not cost more than <fmt/format.h>; the umbrella not more than 1.25 of the foreign headers it needs.
FILE holds one include folder a line (cmake writes it).
"""
import argparse
import pathlib
import subprocess
import sys

import house


def lines(compiler, headers):
    """Lines that are not blank, after preprocessing a file with these includes."""
    source = "".join(f"#include <{header}>\n" for header in headers)
    done = subprocess.run([*compiler, "-E", "-P", "-x", "c++", "-"], input=source, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"budget: {' '.join(headers)} does not preprocess:\n{done.stderr}")
    return sum(1 for line in done.stdout.splitlines() if line.strip())


def within(compiler, header, measure, limit):
    ours, theirs = lines(compiler, [header]), lines(compiler, measure)
    fits = ours <= limit * theirs
    print(f"budget: {header}: {ours} lines, {ours / theirs:.2f} of its measure, limit {limit}{'' if fits else ': OVER'}")
    return fits


def foreign_of(tree, header):
    """The foreign and standard headers that a header of ours needs, through all of ours."""
    seen, todo, found = {header}, [header], []
    while todo:
        for target in tree.includes_of(todo.pop()):
            own = target.removeprefix("keywright/")
            if own == target and target not in found:
                found.append(target)
            elif own != target and own not in seen:
                seen.add(own)
                todo.append(own)
    return sorted(found)


def include_flags(file):
    """-isystem, but not for /usr/include, which must stay last for #include_next."""
    folders = [f for f in file.read_text().split("\n") if f and f != "/usr/include"]
    return [flag for f in folders for flag in ("-isystem", f)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--flags", type=pathlib.Path, required=True)
    parser.add_argument("compiler", nargs="+")
    arguments = parser.parse_args()
    compiler = arguments.compiler + include_flags(arguments.flags)
    tree = house.Tree(arguments.root)
    fits = True
    for header, measure, limit in (
        ("policy.hpp", ["fmt/format.h"], 1.0),
        ("keywright.hpp", foreign_of(tree, "keywright.hpp"), 1.25),
    ):
        if "include/keywright/" + header in tree.texts:
            fits &= within(compiler, "keywright/" + header, measure, limit)
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
