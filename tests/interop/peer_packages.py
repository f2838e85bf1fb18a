# SPDX-License-Identifier: Apache-2.0
"""Gives an interop test other people's Python packages: a virtual environment of its own, made once."""
import os
import subprocess
import sys

SKIP = 77


def enter(folder, packages, test):
    """Restarts the running script under an interpreter that has `packages`, exact versions from the user's package
    index, with `--inside` at its end. Where they cannot be installed, says SKIPPED and ends with 77."""
    python = folder / "venv" / "bin" / "python"
    stamp = folder / "venv" / "complete"
    if not stamp.exists() or stamp.read_text() != "\n".join(packages):
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
                                  capture_output=True, text=True)
        if made.returncode != 0:
            print("SKIPPED: %s: its packages could not be installed:" % test, (made.stderr or made.stdout).strip().splitlines()[-1:])
            sys.exit(SKIP)
        stamp.write_text("\n".join(packages))
    os.execv(str(python), [str(python), *sys.argv, "--inside"])
