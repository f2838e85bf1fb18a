# SPDX-License-Identifier: Apache-2.0
"""Messages back and forth between keywright and the official AWS Encryption SDK for JavaScript (npm).

    python3 esdk_node.py PEER FOLDER

PEER is the program made of ../esdk/peer.cpp. The client and all that it needs are installed once into FOLDER, by the
checksums of package-lock.json; where node, npm or the user's registry is missing, the test says SKIPPED and ends with 77.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIP = 77


def skip(why):
    print("SKIPPED: esdk_node:", why)
    sys.exit(SKIP)


def install(folder):
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = folder / "complete"
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            skip(tool + " is not there")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder / name)
    made = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, capture_output=True, text=True)
    if made.returncode != 0:
        skip("its packages could not be installed: " + " ".join(made.stderr.split())[:300])
    stamp.write_bytes(lock)


peer, folder = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
folder.mkdir(parents=True, exist_ok=True)
install(folder)
with tempfile.TemporaryDirectory() as exchanged:
    sys.exit(subprocess.run(["node", HERE / "grid.js", folder, peer, exchanged]).returncode)
