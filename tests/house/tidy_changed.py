#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the headers that differ from the main branch, which takes seconds; over all of them it takes minutes.

    python3 tests/house/tidy_changed.py --build build/asan [--against origin/main]

What a change to one header does to others is left to `run.sh full`. Where git does not know the other branch (a shallow
clone, a tarball) nothing is checked, and that is said.
"""
import argparse
import json
import pathlib
import shlex
import subprocess
import sys


def git(root, *arguments):
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else None


def changed_headers(root, against):
    """Names below include/, as they are included; None where git cannot tell."""
    base = git(root, "merge-base", "HEAD", against)
    if base is None:
        return None
    names = git(root, "diff", "--name-only", "--diff-filter=d", base, "--", "include/keywright")
    return None if names is None else [name.removeprefix("include/") for name in names.splitlines() if name.endswith(".hpp")]


def flags_of_tidy_unit(build):
    """The compiler's flags for tests/house/tidy.cpp, which sees every library."""
    commands = json.loads((build / "compile_commands.json").read_text())
    words = shlex.split(next(c["command"] for c in commands if c["file"].endswith("tests/house/tidy.cpp")))
    first = next(i for i, word in enumerate(words) if word.startswith("-"))
    return words[first:words.index("-o")]


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a configured build folder of clang")
    parser.add_argument("--against", default="origin/main")
    arguments = parser.parse_args()
    headers = changed_headers(root, arguments.against)
    if not headers:
        print("tidy: " + (f"SKIPPED, git knows no common commit with {arguments.against}" if headers is None else "no header has changed"))
        return 0
    unit = arguments.build / "tidy_changed.cpp"
    unit.write_text("".join(f"#include <{header}>\n" for header in headers))
    print(f"tidy: {len(headers)} headers that differ from {arguments.against}", flush=True)
    return subprocess.run(["clang-tidy-19", "--quiet", "--warnings-as-errors=*", f"--config-file={root / '.clang-tidy'}", str(unit), "--",
                           *flags_of_tidy_unit(arguments.build)], cwd=root).returncode


if __name__ == "__main__":
    sys.exit(main())
