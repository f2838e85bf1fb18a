# SPDX-License-Identifier: Apache-2.0
"""The PFX files of pyca/cryptography's test vectors, and NIST's PKITS among them, against tables.

    python3 pyca.py SHOW FOLDER

SHOW is the program made of show.cpp. The files come from the package index, once into FOLDER; where that is not reached,
the test says SKIPPED and ends with 77. pyca.tsv has an expectation for each of pyca's own files, made with OpenSSL. Of
PKITS the rule is one: each file holds the key of the certificate of its name, which is read here without our library;
DSA is refused by name.
"""
import hashlib
import pathlib
import subprocess
import sys
import zipfile

PACKAGE = "cryptography_vectors==50.0.2"
DSA = bytes.fromhex("06072a8648ce380401")
DSA_REFUSAL = ("pfx: a private key is of an algorithm that is not offered, expected RSA, EC on a named curve, Ed25519, Ed448, X25519 or X448")
SKIP = 77


def fetch(folder):
    if (folder / "complete").exists():
        return
    got = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "-d", str(folder), PACKAGE],
                         capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if got.returncode != 0 or not wheels:
        print("SKIPPED: interop_pfx: the vectors could not be fetched:", (got.stderr or got.stdout).strip().splitlines()[-1:])
        sys.exit(SKIP)
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            parts = pathlib.PurePosixPath(name).parts
            if parts[1:2] == ("pkcs12",) or parts[1:3] == ("x509", "PKITS_data") and parts[3:4] in (("pkcs12",), ("certs",)):
                if not name.endswith("/"):
                    target = folder / pathlib.PurePosixPath(*parts[1:])
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(wheel.read(name))
    wheels[0].unlink()
    (folder / "complete").write_text(PACKAGE)


def der(data, at):
    """(where the contents begin, where they end) of the element at `at`; definite lengths only."""
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        begin += size & 0x7f
        size = int.from_bytes(data[at + 2:begin], "big")
    return begin, begin + size


def public_key_of(certificate):
    """SubjectPublicKeyInfo of an X.509 certificate: the member after five, or six where there is a version."""
    at = der(certificate, der(certificate, 0)[0])[0]
    for _ in range(6 if certificate[at] == 0xa0 else 5):
        at = der(certificate, at)[1]
    return certificate[at:der(certificate, at)[1]]


def show(program, rows):
    lines = "".join("%s\t%s\n" % row for row in rows)
    answers = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    if len(answers) != len(rows):
        sys.exit("interop_pfx: %d answers to %d files" % (len(answers), len(rows)))
    return [answer.split("\t") for answer in answers]


def main(program, folder):
    folder.mkdir(parents=True, exist_ok=True)
    fetch(folder)
    wrong = []

    table = [line.split("\t") for line in (pathlib.Path(__file__).parent / "pyca.tsv").read_text().splitlines() if line[:1] != "#"]
    files = {path.name for path in (folder / "pkcs12").glob("*.p12")}
    if files != {row[0] for row in table}:
        wrong.append("pyca.tsv and the package differ in %s" % sorted(files ^ {row[0] for row in table}))
    for row, found in zip(table, show(program, [(row[1], folder / "pkcs12" / row[0]) for row in table])):
        if found != row[2:]:
            wrong.append("%s with %r: expected %s, found %s" % (row[0], row[1], row[2:], found))

    names = sorted(path.stem for path in (folder / "x509" / "PKITS_data" / "pkcs12").glob("*.p12"))
    dsa = 0
    for name, found in zip(names, show(program, [("password", folder / "x509" / "PKITS_data" / "pkcs12" / (name + ".p12")) for name in names])):
        key = public_key_of((folder / "x509" / "PKITS_data" / "certs" / (name + ".crt")).read_bytes())
        if DSA in key:
            dsa += 1
            expected = ["unsupported", DSA_REFUSAL, "", "", "", "", "", ""]
        else:
            expected = ["ok", "", "1", "1", "1", found[5], hashlib.sha256(key).hexdigest(), ""]
        if found != expected:
            wrong.append("PKITS %s: expected %s, found %s" % (name, expected, found))
    if len(names) < 400 or not 0 < dsa < 10:
        wrong.append("PKITS has %d files, %d of them DSA; expected at least 400, and some" % (len(names), dsa))

    print("\n".join(wrong) or "pyca: %d files as their table says; PKITS: %d keys, %d refused as DSA" % (len(table), len(names) - dsa, dsa))
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
