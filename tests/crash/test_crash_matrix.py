# SPDX-License-Identifier: Apache-2.0
"""Whether crash_matrix.py tells a right program from wrong ones: test_crash_matrix.py <shim> <probe>"""
import os
import re
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
shim, probe = sys.argv[1:]

# a way of probe.cpp; the modes in which it must be caught, and in no other
EXPECTED = {
    "right": set(),
    "in-place": {"kill", "enospc", "enospc-on", "eio", "eio-on", "power"},
    "no-sync": {"power"},
    "no-folder-sync": {"power"},
    "no-errors": {"enospc", "enospc-on", "eio", "eio-on"},
    "short-writes": {"short"},
}
MODES = ("kill", "enospc", "enospc-on", "eio", "eio-on", "short", "power")


def matrix(way, mode):
    command = [sys.executable, os.path.join(here, "crash_matrix.py"), "--shim", shim, "--prepare", f"{probe} prepare {{dir}}",
               "--run", f"{probe} {way} {{dir}}", "--check", f"{probe} check {{dir}}", "--modes", mode]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


wrong = 0
for way, modes in EXPECTED.items():
    for mode in MODES:
        outcome = matrix(way, mode)
        caught = outcome.returncode != 0 and re.search(r" [1-9]\d* failed$", outcome.stdout) is not None
        if caught != (mode in modes) or (outcome.returncode == 0) != (mode not in modes):
            wrong += 1
            print(f"{way}, {mode}: {'expected to be caught' if mode in modes else 'expected to pass'}\n{outcome.stdout}")
if matrix("nothing", "kill").returncode == 0:
    wrong += 1
    print("a program that does nothing passed, so a shim that sees nothing would too")
print(f"test_crash_matrix: {len(EXPECTED) * len(MODES) + 1} expectations, {wrong} wrong")
sys.exit(1 if wrong else 0)
