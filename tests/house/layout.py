# SPDX-License-Identifier: Apache-2.0
"""Spaces are clang-format-19's business. Names each file that it would change; exit code 1 if there is one.

    python3 tests/house/layout.py [--root FOLDER]
    python3 tests/house/layout.py --write    lets it change them
"""
import argparse
import pathlib
import re
import subprocess
import sys

import house


def breaches(root, *options):
    names = [name for name in house.Tree(root).texts if pathlib.PurePosixPath(name).suffix in house.SOURCES]
    done = subprocess.run(["clang-format-19", *(options or ["--dry-run"]), *names], cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"layout: clang-format-19 failed:\n{done.stderr}")
    return sorted(set(re.findall(r"^(\S+):\d+:\d+: warning:", done.stderr, re.M)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write:
        breaches(arguments.root, "-i")
    found = breaches(arguments.root)
    for name in found:
        print(f"layout: {name}: clang-format-19 would change it; run `python3 tests/house/layout.py --write`")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
