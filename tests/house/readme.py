# SPDX-License-Identifier: Apache-2.0
"""The README's program is the example, to the letter, and what it prints is what the README says it prints.

    python3 tests/house/readme.py build/dev/bin/quickstart
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
readme = (root / "README.md").read_text(encoding="utf-8")
blocks = re.findall(r"```(\w*)\n(.*?)```", readme, re.S)
programs = [text for language, text in blocks if language == "cpp"]
outputs = [text for language, text in blocks if language == "text"]
example = (root / "examples" / "quickstart.cpp").read_text(encoding="utf-8").split("\n", 1)[1]  # without the licence line

failures = []
if example not in programs:
    failures.append("README.md does not show examples/quickstart.cpp as it is")
printed = subprocess.run(sys.argv[1:], check=True, capture_output=True, text=True).stdout
if printed not in outputs:
    failures.append("README.md does not show what the example prints, which is:\n" + printed)
for failure in failures:
    print(failure)
sys.exit(1 if failures else 0)
