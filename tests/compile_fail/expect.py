# SPDX-License-Identifier: Apache-2.0
"""Proves that a misuse does not compile, that nothing else in the file is wrong, and that who did it reads why.

    python3 tests/compile_fail/expect.py --flags FILE case.cpp [COMPILER...]

Under its licence a case has one line for each misuse in it:
    // SAYS: text                             a sentence of ours, which stands in our headers and among the first ten lines of
                                              an error, on either compiler
    // EXPECT: text of g++ || text of clang   the compiler's own words, where C++20 gives us none: one of them anywhere
With -DFIXED the same file must compile, which one compiler tells for all. FILE holds one include folder a line.
"""
import argparse
import functools
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/house"))
from budget import include_flags  # noqa: E402

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-unused-variable", "-fdiagnostics-color=never"]
FIRST_LINES = 10


@functools.cache
def our_words():
    """All of our headers, with literals that go on over several lines in one piece."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "include").rglob("*.hpp")))
    return re.sub(r'"\s*\n\s*"', "", text).replace('\\"', '"')


def first_lines(output):
    """The beginning of all that the compiler says, and of each of its errors."""
    lines = output.splitlines()
    begins = [0] + [n for n, line in enumerate(lines) if ": error: " in line]
    return ["\n".join(lines[n:n + FIRST_LINES]) for n in begins]


def expectations(text):
    """(is ours, texts of which one is needed) of each misuse; none where there is no such line."""
    found = []
    for line in text.splitlines()[1:]:
        word, colon, rest = line.removeprefix("// ").partition(": ")
        if not line.startswith("// ") or not colon or word not in ("SAYS", "EXPECT"):
            break
        found.append((True, [rest.strip()]) if word == "SAYS" else (False, [text.strip() for text in rest.split("||")]))
    return found


def missing(expected, output):
    """Why a misuse is not told as it should be, or None."""
    is_ours, texts = expected
    if not is_ours:
        return None if any(text in output for text in texts) else f"fails for another reason than `{'` or `'.join(texts)}`"
    if texts[0] not in our_words():
        return f"no header of ours says `{texts[0]}`"
    if not any(texts[0] in lines for lines in first_lines(output)):
        return f"does not say within the first {FIRST_LINES} lines of an error: `{texts[0]}`"
    return None


def judge(compiler, flags, case, is_told_already=False):
    """None, or a sentence that says why the case proves nothing."""
    expected = expectations(case.read_text())
    if not expected:
        return "expected a second line `// SAYS: text` or `// EXPECT: text`"
    command = [compiler, *FLAGS, *flags, str(case)]
    broken = subprocess.run(command, capture_output=True, text=True)
    if broken.returncode == 0:
        return f"{compiler}: the misuse compiles"
    for reason in filter(None, (missing(each, broken.stderr) for each in expected)):
        return f"{compiler}: {reason}:\n{broken.stderr[:3000]}"
    if is_told_already:
        return None
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
    for number, compiler in enumerate(arguments.compilers):
        if shutil.which(compiler) is None:
            reason = f"{compiler}: not installed; run cmake/setup.sh"
        else:
            reason = judge(compiler, flags, arguments.case, number > 0)
        failures += reason is not None
        print(f"{arguments.case.name}: {compiler}: {reason or 'refused as expected'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
