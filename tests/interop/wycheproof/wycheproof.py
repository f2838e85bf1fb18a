# SPDX-License-Identifier: Apache-2.0
"""Project Wycheproof's vectors through keywright's own paths.

    python3 wycheproof.py VECTORS FOLDER

VECTORS is the program made of vectors.cpp. The vectors are those in the crate `wycheproof`, which cargo fetches once; the
ones in use are kept in FOLDER, and must be the very bytes that the counts in vectors.cpp were taken of. Where cargo or
the user's registry is missing, the test says SKIPPED and ends with 77.
"""
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CRATE = ("wycheproof", "0.7.0")
SHA256 = "7510d3a813f9debd47797270b9e6938e2483d30d5a49c233cf6667f07d59ea43"
SKIP = 77


def skip(why):
    print("SKIPPED: wycheproof:", why)
    sys.exit(SKIP)


def fetch(names, folder):
    if shutil.which("cargo") is None:
        skip("cargo is not there")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "src").mkdir()
        (scratch / "src" / "lib.rs").touch()
        (scratch / "Cargo.toml").write_text('[package]\nname = "vectors"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n'
                                            '%s = { version = "=%s", default-features = false }\n' % CRATE)
        made = subprocess.run(["cargo", "vendor", "--quiet", "vendor"], cwd=scratch, capture_output=True, text=True)
        if made.returncode != 0:
            skip("the crate could not be fetched: " + " ".join(made.stderr.split())[:300])
        for name in names:
            shutil.copy(scratch / "vendor" / CRATE[0] / "src" / "data" / name, folder / name)


program, folder = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
rows = re.findall(r'^    \{"(\w+)", "', (pathlib.Path(__file__).resolve().parent / "vectors.cpp").read_text(), re.M)
names = sorted({row + "_test.json" for row in rows})
folder.mkdir(parents=True, exist_ok=True)
if not all((folder / name).exists() for name in names):
    fetch(names, folder)
digest = hashlib.sha256()
for name in names:
    digest.update(name.encode() + b"\0" + (folder / name).read_bytes())
if digest.hexdigest() != SHA256:
    sys.exit("wycheproof: other vectors than those that were counted: %s" % digest.hexdigest())
sys.exit(subprocess.run([program, folder]).returncode)
