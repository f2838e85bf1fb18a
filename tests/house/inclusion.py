# SPDX-License-Identifier: Apache-2.0
"""`-I include` is enough: no macro, no built file, no language option that a consumer may lack.

    python3 tests/house/inclusion.py --flags FILE [--each] -- COMPILER...

Compiles all public headers in one unit, with --each also every header in one of its own, as C++20 and C++23, without
type information at run time, with each COMPILER, warnings as errors. FILE holds one include folder a line.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

WARNINGS = ["-Werror", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Wold-style-cast"]
# clang is asked for all that it knows but what older standards lack, what memory costs, and habits that are not ours.
CLANG = ["-Weverything", *(f"-Wno-{name}" for name in (
    "c++98-compat", "c++98-compat-pedantic", "c++20-compat", "padded", "ctad-maybe-unsupported", "unsafe-buffer-usage", "comma",
    "switch-default", "switch-enum", "exit-time-destructors", "weak-vtables", "used-but-marked-unused"))]


def compile_one(command, headers):
    source = "".join(f"#include <{header}>\n" for header in headers)
    done = subprocess.run([*command, "-fsyntax-only", "-x", "c++", "-"], input=source, capture_output=True, text=True)
    return done.returncode, f"{' '.join(command[:3])}: {headers[0] if len(headers) == 1 else 'all headers'}\n{done.stderr[:2000]}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--flags", type=pathlib.Path, required=True)
    parser.add_argument("--each", action="store_true")
    parser.add_argument("compilers", nargs="+")
    arguments = parser.parse_args()

    include = arguments.root / "include"
    headers = sorted(str(path.relative_to(include)) for path in include.rglob("*.hpp"))
    # The build compiles every header alone as C++20; what is left for each day is the newest standard.
    standards = ["c++20", "c++23"] if arguments.each else ["c++23"]
    units = [headers] + ([[header] for header in headers] if arguments.each else [])
    # Ours is a consumer's own folder, so that nothing hides its warnings; /usr/include must stay last.
    folders = [f for f in arguments.flags.read_text().split("\n") if f not in ("", "/usr/include", str(include))]
    foreign = [flag for folder in folders for flag in ("-isystem", folder)]
    jobs = [([compiler, f"-std={standard}", "-fno-rtti", *WARNINGS, *(CLANG if "clang" in compiler else []), f"-I{include}", *foreign], unit)
            for compiler in arguments.compilers for standard in standards for unit in units]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [said for code, said in pool.map(lambda job: compile_one(*job), jobs) if code != 0]
    if failed:
        sys.exit("inclusion: does not compile:\n" + "\n".join(failed[:5]))
    print(f"inclusion: {len(headers)} headers, {len(jobs)} compilations")


if __name__ == "__main__":
    main()
