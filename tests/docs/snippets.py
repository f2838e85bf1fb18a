# SPDX-License-Identifier: Apache-2.0
"""Every block of C++ in the pages compiles, as it stands there. The README's program is the quickstart example.

    python3 tests/docs/snippets.py --flags FILE -- g++ -std=c++20

All blocks are one translation unit, each in a namespace of its own, so that headers are read once; `#line` makes the
compiler name the page. FILE holds one include folder a line (cmake writes it).
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "house"))

from budget import include_flags  # noqa: E402


def blocks(root):
    """(page, number of the line before, text) of each block of C++."""
    for path in sorted((root / "docs").rglob("*.md")) + [root / name for name in ("SECURITY.md", "CONTRIBUTING.md")]:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        for found in re.finditer(r"^```cpp\n(.*?)^```", text, re.M | re.S):
            yield path.relative_to(root).as_posix(), text[:found.start(1)].count("\n"), found[1]


def unit(found):
    """One translation unit; includes go to the front, their places in the blocks stay as blank lines."""
    includes, bodies = [], []
    for number, (page, line, text) in enumerate(found):
        includes += re.findall(r"^#include .*$", text, re.M)
        body = re.sub(r"^#include .*$", "", text, flags=re.M)
        bodies.append(f'namespace block_{number} {{\n#line {line + 1} "{page}"\n{body}\n}}\n')
    return "\n".join(sorted(set(includes))) + "\n" + "".join(bodies)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("--flags", type=pathlib.Path)
    parser.add_argument("compiler", nargs="+")
    arguments = parser.parse_args()
    found = list(blocks(arguments.root))
    if not found:
        print("snippets: no page has a block of C++, expected some")
        return 1
    flags = include_flags(arguments.flags) if arguments.flags else []
    command = [*arguments.compiler, *flags, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-x", "c++", "-"]
    run = subprocess.run(command, input=unit(found), capture_output=True, text=True)
    print(run.stderr, end="")
    print(f"snippets: {len(found)} blocks {'compile' if run.returncode == 0 else 'do not all compile'}")
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
