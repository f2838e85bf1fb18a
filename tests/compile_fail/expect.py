# SPDX-License-Identifier: Apache-2.0
"""Proves that a misuse does not compile, and that nothing else in the file is wrong.

    python3 tests/compile_fail/expect.py --flags FILE case.cpp [COMPILER...]

The first line of a case is `// EXPECT: text`, or `// EXPECT: text of g++ || text of clang`: one of them must be in
the compiler's output. With -DFIXED the same file must compile. FILE holds one include folder a line.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "house"))
from budget import include_flags  # noqa: E402

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-fdiagnostics-color=never"]


def judge(compiler, flags, case):
    """None, or a sentence that says why the case proves nothing."""
    first = case.read_text().splitlines()[0]
    if not first.startswith("// EXPECT: "):
        return "expected a first line `// EXPECT: text`"
    expected = [text.strip() for text in first.removeprefix("// EXPECT: ").split("||")]
    command = [compiler, *FLAGS, *flags, str(case)]
    broken = subprocess.run(command, capture_output=True, text=True)
    if broken.returncode == 0:
        return f"{compiler}: the misuse compiles"
    if not any(text in broken.stderr for text in expected):
        return f"{compiler}: fails for another reason than `{'` or `'.join(expected)}`:\n{broken.stderr[:3000]}"
    fixed = subprocess.run([*command, "-DFIXED"], capture_output=True, text=True)
    if fixed.returncode != 0:
        return f"{compiler}: with -DFIXED it must compile, but:\n{fixed.stderr[:3000]}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flags", type=pathlib.Path, required=True)
    parser.add_argument("case", type=pathlib.Path)
    parser.add_argument("compilers", nargs="*", default=["g++", "clang++-19"])
    arguments = parser.parse_args()
    flags = include_flags(arguments.flags)
    failures = 0
    for compiler in arguments.compilers:
        if shutil.which(compiler) is None:
            reason = f"{compiler}: not installed; run cmake/setup.sh"
        else:
            reason = judge(compiler, flags, arguments.case)
        failures += reason is not None
        print(f"{arguments.case.name}: {compiler}: {reason or 'refused as expected'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
