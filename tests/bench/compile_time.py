# SPDX-License-Identifier: Apache-2.0
"""What including a header costs whoever includes it: lines, seconds and memory of a compiler, beside other libraries' headers.

    python3 tests/bench/compile_time.py --flags FILE [--best-of N] [--every] [COMPILER...]

FILE holds one include folder a line (`build/dev/tests/house/house_flags.txt`, after a configure). A file that has the one
include is preprocessed and compiled, not optimised; seconds are the processor's in user mode, the least of N; memory is the
most that the compiler held. --every takes all public headers instead of the doors and the heads of layers. Below: the budgets of tests/house/budget.py, judged, and for each
heavy header of ours which foreign includes it spends its time in, as clang's -ftime-trace tells it. Nothing is judged by its time.
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
HEAVY = 1.0  # seconds; of those that cost more, it is told where they go


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


def measure(compiler, header, rounds):
    command = [*compiler, "-O0", "-c", "-x", "c++", "-o", "/dev/null", "-"]
    source = f"#include <{header}>\n"
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


def show_table(compilers, headers, rounds):
    names = [pathlib.Path(command[0]).name for command in compilers]
    print("| header | lines |" + "".join(f" {name}, s | MiB |" for name in names))
    print("|---|---|" + "---|---|" * len(names))
    rows = []
    for header in headers:
        costs = [measure(compiler, header, rounds) for compiler in compilers]
        cells = "".join(f" {seconds:.2f} | {mib:.0f} |" for seconds, mib in costs)
        rows.append((costs[0][0], f"| `<{header}>` | {budget.lines(compilers[0], [header])} |{cells}"))
    for _, row in sorted(rows, reverse=True):
        print(row)
    return [header for header, (seconds, _) in zip(headers, rows) if seconds >= HEAVY and header.startswith("keywright/")]


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
    heavy = show_table(compilers, ours + PEERS, arguments.best_of)
    print()
    fits = budget.within(compilers[0], "keywright/policy.hpp", ["fmt/format.h"], 0.5)
    fits &= budget.within(compilers[0], "keywright/keywright.hpp", budget.foreign_of(tree, "keywright.hpp"), 1.25)
    clang = next((command for command in compilers if "clang" in command[0]), None)
    for header in heavy if clang else []:
        dearest = foreign_costs(clang, header.removeprefix("keywright/"))[:5]
        print(f"{header}: " + ", ".join(f"{name} {seconds:.2f} s" for seconds, name in dearest))
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
