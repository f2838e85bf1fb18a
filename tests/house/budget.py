# SPDX-License-Identifier: Apache-2.0
"""What including us costs, as preprocessed lines, which unlike times are the same on every machine.

    python3 tests/house/budget.py --flags FILE -- g++ -std=c++20

policy.hpp may have half the lines of <fmt/format.h>; the umbrella and the heads of envelope not more than 1.25 of the
foreign headers they need. What policy.hpp costs in time is printed beside <fmt/format.h>, measured in turns, and judged by
nobody: the least of three. FILE holds one include folder a line (cmake writes it).
"""
import argparse
import pathlib
import resource
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


def seconds(compiler, header):
    """Of the processor, to compile a file that only includes it, not optimised."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([*compiler, "-O0", "-c", "-x", "c++", "-o", "/dev/null", "-"], input=f"#include <{header}>\n", text=True, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def show_time(compiler, header, measure):
    pairs = [(seconds(compiler, header), seconds(compiler, measure)) for _ in range(3)]
    ours, theirs = (min(column) for column in zip(*pairs))
    print(f"budget: {header}: {ours:.2f} s to compile, {ours / theirs:.2f} of <{measure}>")


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


def budgets(tree):
    """(header, what it is measured by, limit of lines, limit of seconds) for those that there are."""
    heads = ["envelope/message.hpp", "envelope/column.hpp", "envelope/page.hpp", "keywright.hpp"]
    wanted = [("policy.hpp", ["fmt/format.h"], 0.5, 1.0)] + [(head, None, 1.25, 1.25) for head in heads]
    return [("keywright/" + header, others or foreign_of(tree, header), lines_limit, seconds_limit)
            for header, others, lines_limit, seconds_limit in wanted if "include/keywright/" + header in tree.texts]


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
    for header, others, limit, _ in budgets(tree):
        fits &= within(compiler, header, others, limit)
    if "include/keywright/policy.hpp" in tree.texts:
        show_time(compiler, "keywright/policy.hpp", "fmt/format.h")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
