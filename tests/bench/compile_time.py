# SPDX-License-Identifier: Apache-2.0
"""What including a header costs whoever includes it: lines, seconds and memory of a compiler, beside other libraries' headers.

    python3 tests/bench/compile_time.py --flags FILE [--best-of N] [--every] [COMPILER...]

FILE holds one include folder a line (`build/dev/tests/house/house_flags.txt`, after a configure). A file that has the one
include is preprocessed and compiled, not optimised; seconds are the processor's in user mode, the least of N; memory is the
most that the compiler held. `own`: how many times as long as a file with only the others' headers that ours needs, measured
right after it. `heaviest include`: of others' headers the one in which clang spends most, as its -ftime-trace tells; what an
earlier include has read already is not counted again. --every takes all public headers instead of the doors and the heads of
layers. Below: the budgets of tests/house/budget.py, of which lines are judged and seconds shown.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/house"))
import budget  # noqa: E402
import house  # noqa: E402

HEADS = ["keywright.hpp", "policy.hpp", "format.hpp", "insecure.hpp", "core/result.hpp", "core/secret_bytes.hpp",
         "profiles/power_platform.hpp", "profiles/recommended.hpp", "profiles/enterprise_policy.hpp", "formats/pfx_reader.hpp",
         "formats/byok_reader.hpp", "keys/lease.hpp", "envelope/message.hpp", "envelope/column.hpp", "ports/state_store.hpp",
         "ports/key_vault.hpp", "service/tenant_service.hpp", "adapters/memory.hpp", "adapters/file/key_vault.hpp",
         "adapters/sqlite/state_store.hpp", "adapters/sqlite/encrypted_database.hpp"]
PEERS = ["botan/secmem.h", "botan/aead.h", "botan/pk_keys.h", "botan/rsa.h", "botan/x509cert.h", "botan/pkcs8.h", "fmt/format.h",
         "nlohmann/json.hpp", "sqlite3.h", "tl/expected.hpp", "functional", "chrono"]
def compile_once(command, source):
    """Seconds in user mode and MiB of the largest process, of a compiler and what it starts."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(source.encode())
    child.stdin.close()
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"compile_time: {' '.join(command)} on {source.strip()}:\n{said}")
    return usage.ru_utime, usage.ru_maxrss / 1024


def measure(compiler, headers, rounds):
    command = [*compiler, "-O0", "-c", "-x", "c++", "-o", "/dev/null", "-"]
    source = "".join(f"#include <{header}>\n" for header in headers)
    return [min(column) for column in zip(*(compile_once(command, source) for _ in range(rounds)))]


def foreign_costs(compiler, header):
    """(seconds, include) of each foreign include that a header of ours makes, the dearest first; one is told once."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "a.o"
        source = f"#include <keywright/{header}>\n"
        subprocess.run([*compiler, "-O0", "-ftime-trace", "-c", "-x", "c++", "-o", out, "-"], input=source, text=True, check=True)
        return outer_foreign(json.loads(out.with_suffix(".json").read_text())["traceEvents"])


def outer_foreign(events):
    """Of a trace, in which an include is a pair of events around what it includes itself."""
    sources, open_ones = [], []
    for e in sorted((e for e in events if e.get("name") == "Source"), key=lambda e: e["ts"]):
        if e["ph"] == "b":
            open_ones.append(e)
        elif e["ph"] == "e" and open_ones:
            begun = open_ones.pop()
            sources.append((begun["ts"], e["ts"], begun["args"]["detail"]))
    foreign = [each for each in sources if "/keywright/" not in each[2]]
    outer = [a for a in foreign if not any(b is not a and b[0] <= a[0] and a[1] <= b[1] for b in foreign)]
    return sorted((((end - begin) / 1e6, short(path)) for begin, end, path in outer), reverse=True)


def short(path):
    """As one would write the include."""
    after = path.split("/include/", 1)[-1].removeprefix("botan-3/")
    return after.split("/", 2)[2] if after.startswith("c++/") else after


def ratio(compiler, header, measure_with, rounds):
    """(seconds, MiB) of a header, and how many times as long it takes as others."""
    seconds, mib = measure(compiler, [header], rounds)
    return seconds, mib, seconds / measure(compiler, measure_with, rounds)[0] if measure_with else None


def show_table(tree, compilers, headers, rounds):
    clang = next((command for command in compilers if "clang" in command[0]), None)
    print("| header | lines |" + "".join(f" {pathlib.Path(command[0]).name}, s | own | MiB |" for command in compilers) +
          " heaviest include |")
    print("|---|---|" + "---|---|---|" * len(compilers) + "---|")
    rows = []
    for header in headers:
        ours = header.startswith("keywright/")
        foreign = budget.foreign_of(tree, header.removeprefix("keywright/")) if ours else []
        costs = [ratio(compiler, header, foreign, rounds) for compiler in compilers]
        cells = "".join(f" {seconds:.2f} | {'' if own is None else f'{own:.2f}'} | {mib:.0f} |" for seconds, mib, own in costs)
        heaviest = foreign_costs(clang, header.removeprefix("keywright/"))[:1] if ours and clang else []
        told = "".join(f"`{name}` {seconds:.2f} s" for seconds, name in heaviest)
        rows.append((costs[0][0], f"| `<{header}>` | {budget.lines(compilers[0], [header])} |{cells} {told} |"))
    for _, row in sorted(rows, reverse=True):
        print(row)


def show_seconds(compiler, header, others, limit, rounds):
    own = ratio(compiler, header, others, rounds)[2]
    print(f"{pathlib.Path(compiler[0]).name}: {header}: {own:.2f} of the seconds of its measure, limit {limit}" +
          ("" if own <= limit else ": OVER"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flags", type=pathlib.Path, required=True)
    parser.add_argument("--best-of", type=int, default=3)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("compilers", nargs="*", default=["g++", "clang++-19"])
    arguments = parser.parse_args()
    flags = ["-std=c++20", *budget.include_flags(arguments.flags)]
    compilers = [[name, *flags] for name in arguments.compilers if shutil.which(name)]
    tree = house.Tree(ROOT)
    every = sorted(path.relative_to(ROOT / "include").as_posix() for path in (ROOT / "include").rglob("*.hpp"))
    ours = [h for h in every if "/detail/" not in h] if arguments.every else ["keywright/" + h for h in HEADS]
    show_table(tree, compilers, ours + PEERS, arguments.best_of)
    print()
    fits = True
    for header, others, limit_of_lines, limit_of_seconds in budget.budgets(tree):
        fits &= budget.within(compilers[0], header, others, limit_of_lines)
        for compiler in compilers:
            show_seconds(compiler, header, others, limit_of_seconds, arguments.best_of)
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
