# SPDX-License-Identifier: Apache-2.0
"""PFX files back and forth between keywright and OpenSSL, keytool, GnuTLS, NSS, node-forge, Botan and pyca.

    python3 pfx.py PEER KEYS FOLDER [-v]

PEER is the program made of peer.cpp, KEYS a folder with target-*.p8.der. node-forge and pyca come from npm and PyPI
into FOLDER, the others by cmake/setup.sh. A program that is not there is said to be SKIPPED; without OpenSSL, which
makes the keys, the test ends with 77. CANNOT holds what a program itself cannot do, and such a cell must fail: a row that is no longer
true is taken out. Of MAY the outcome hangs on the program's version.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

FORGE, PYCA, SKIP = "node-forge@1.4.3", "cryptography==50.0.2", 77
PASSWORDS = {
    "ascii": "test1234",
    "umlaut": "Schlüßel-ÄÖ",
    "emoji": "pass🔑wort€",
    "200": "0123456789" * 20,
    "empty": "",
}
NAME, ODD_NAME = "tenant-key", "Schlüssel 🔑"
ANY = None

# (tool, "reads" or "writes", scheme, password, key, name): why not. ANY stands for each.
CANNOT = {
    ("keytool", ANY, ANY, "umlaut", ANY, ANY): "the JDK takes ASCII passwords only",
    ("keytool", ANY, ANY, "emoji", ANY, ANY): "the JDK takes ASCII passwords only",
    ("keytool", "writes", ANY, "empty", ANY, ANY): "keytool wants six characters",
    ("forge", ANY, ANY, ANY, "p256", ANY): "node-forge knows RSA only",
    ("forge", "reads", "modern", "umlaut", ANY, ANY): "in PBES2 node-forge takes a character for a byte",
    ("forge", "reads", "modern", "emoji", ANY, ANY): "in PBES2 node-forge takes a character for a byte",
    ("forge", "writes", "aes256", "umlaut", ANY, ANY): "in PBES2 node-forge takes a character for a byte",
    ("forge", "writes", "aes256", "emoji", ANY, ANY): "in PBES2 node-forge takes a character for a byte",
    ("botan", ANY, ANY, "emoji", ANY, ANY): "Botan's passwords end at U+FFFF",
    ("botan", ANY, ANY, ANY, ANY, ODD_NAME): "Botan's names end at U+FFFF",
    ("openssl", "writes", ANY, ANY, ANY, ODD_NAME): "openssl's names end at U+FFFF",
    ("certtool", "writes", ANY, ANY, ANY, ODD_NAME): "certtool writes each byte of a name as a character",
    ("keytool", "writes", ANY, ANY, ANY, ODD_NAME): "the JDK's names have no capitals",
}
MAY = {
    (ANY, "reads", "pbmac1", ANY, ANY, ANY): "PBMAC1 is of 2024",
}


class Cell:
    """One file: who writes it, who reads it, under which scheme, password, iteration count, name, with which key."""

    def __init__(self, tool, way, scheme, password="ascii", key="rsa2048", iterations=2000, name=NAME):
        self.tool, self.way, self.scheme, self.password = tool, way, scheme, password
        self.key, self.iterations, self.name = key, iterations, name

    def why(self, table):
        mine = (self.tool, self.way, self.scheme, self.password, self.key, self.name)
        return next((text for row, text in table.items() if all(r in (ANY, m) for r, m in zip(row, mine))), None)

    def __str__(self):
        return "%s %s %s, password %s, %s, %d iterations, name %s" % (
            self.tool, self.way, self.scheme, self.password, self.key, self.iterations, self.name)


class Failed(Exception):
    pass


def run(*command, data=None):
    done = subprocess.run([str(c) for c in command], input=data, capture_output=True, timeout=600)
    if done.returncode != 0:
        raise Failed("%s: %s" % (pathlib.Path(str(command[0])).name, (done.stderr or done.stdout).decode(errors="replace").strip()[-300:]))
    return done.stdout


def public_key_of_pem(pem, password="", public=False):
    kind = ["-pubin"] if public else ["-passin", "pass:" + password]
    return hashlib.sha256(run("openssl", "pkey", *kind, "-pubout", "-outform", "DER", data=pem)).hexdigest()


def public_key_of_certificate(der):
    return public_key_of_pem(run("openssl", "x509", "-inform", "DER", "-pubkey", "-noout", data=der), public=True)


def public_key_of_pfx(file, password):
    return public_key_of_pem(run("openssl", "pkcs12", "-in", file, "-passin", "pass:" + password, "-nodes", "-nocerts"))


class World:
    """The folder, the keys as PEM with a certificate each, the passwords as files, keywright's side."""

    def __init__(self, peer, keys, folder):
        self.peer, self.folder = peer, folder
        self.der, self.pem, self.certificate, self.print = {}, {}, {}, {}
        shutil.rmtree(folder / "work", ignore_errors=True)
        (folder / "work").mkdir(parents=True)
        for name in ("rsa2048", "rsa3072", "rsa4096", "p256"):
            self.der[name] = keys / ("target-%s.p8.der" % name)
            self.pem[name], self.certificate[name] = folder / "work" / (name + ".pem"), folder / "work" / (name + ".crt")
            run("openssl", "pkey", "-inform", "DER", "-in", self.der[name], "-out", self.pem[name])
            run("openssl", "req", "-x509", "-key", self.pem[name], "-subj", "/CN=" + name, "-days", "3650", "-out", self.certificate[name])
            self.print[name] = public_key_of_pem(self.pem[name].read_bytes())
        for name, text in PASSWORDS.items():
            self.password_file(name).write_text(text)

    def password_file(self, name):
        return self.folder / "work" / ("password-" + name)

    def write(self, c, out):
        run(self.peer, "write", c.scheme, c.iterations, c.name, self.password_file(c.password), self.der[c.key], out)

    def source_for(self, c, out):
        """The cell's key as a file of ours, for a program that only converts."""
        source = out.with_suffix(".source")
        self.write(Cell(c.tool, c.way, "modern", key=c.key, name=c.name), source)
        return source

    def read(self, password, file):
        """(public key, name)"""
        return tuple(run(self.peer, "read", self.password_file(password), file).decode().rstrip("\n").split(" ", 1))


# --- the programs ---
# make(cell, out) writes a file, read(cell, file) gives the public key of the private key that it found inside; of a slow
# program some cells are left out, those that others stand for.


class OpenSSL:
    name, schemes = "openssl", {"default": [], "3des": ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]}

    def __init__(self, w):
        self.w = w

    def make(self, c, out):
        run("openssl", "pkcs12", "-export", "-inkey", self.w.pem[c.key], "-in", self.w.certificate[c.key], "-name", c.name, "-iter",
            c.iterations, "-passout", "pass:" + PASSWORDS[c.password], "-out", out, *self.schemes[c.scheme])

    def read(self, c, file):
        return public_key_of_pfx(file, PASSWORDS[c.password])


class GnuTLS:
    name, schemes = "certtool", {"default": [], "3des": ["--pkcs-cipher", "3des-pkcs12", "--hash", "sha1"]}

    def __init__(self, w):
        self.w = w

    def make(self, c, out):
        password = ["--password", PASSWORDS[c.password]] if PASSWORDS[c.password] else ["--empty-password"]
        run("certtool", "--to-p12", "--load-privkey", self.w.pem[c.key], "--load-certificate", self.w.certificate[c.key], "--p12-name",
            c.name, "--outder", "--outfile", out, *self.schemes[c.scheme], *password)

    def read(self, c, file):
        pem = run("certtool", "--p12-info", "--inder", "--infile", file, "--password", PASSWORDS[c.password])
        lines = pem.decode(errors="replace").split("\n")
        start = next(i for i, line in enumerate(lines) if "PRIVATE KEY" in line)
        return public_key_of_pem("\n".join(lines[start:]).encode(), PASSWORDS[c.password])


class NSS:
    """Its own form of a key is a database, so it imports and exports again."""
    name, left_out = "pk12util", {"umlaut", "rsa3072"}
    schemes = {"default": [], "3des": ["-c", "DES-EDE3-CBC", "-C", "DES-EDE3-CBC", "-M", "SHA-1"]}

    def __init__(self, w):
        self.w = w


    def make(self, c, out):
        database = out.with_suffix(".db")
        self.imported(self.w.source_for(c, out), PASSWORDS["ascii"], database)
        run("pk12util", "-o", out, "-n", c.name, "-d", "sql:%s" % database, "-W", PASSWORDS[c.password], *self.schemes[c.scheme])

    def imported(self, file, text, database):
        database.mkdir()
        run("certutil", "-N", "-d", "sql:%s" % database, "--empty-password")
        run("pk12util", "-i", file, "-d", "sql:%s" % database, "-W", text)

    def read(self, c, file):
        """NSS lists a private key under a name where it has found the certificate of that very key."""
        database = file.with_suffix(".db")
        self.imported(file, PASSWORDS[c.password], database)
        if not re.search(r"rsa|ec", next(line for line in self.certutil(database, "-K").decode().split("\n") if c.name in line)):
            raise Failed("certutil lists no key")
        certificate = self.certutil(database, "-L", "-r", "-n", c.name)
        return public_key_of_certificate(certificate)

    def certutil(self, database, *what):
        return run("certutil", *what, "-d", "sql:%s" % database)


class Keytool:
    """It makes keys of its own only, so it imports and exports again; its password has six characters at least."""
    name, left_out = "keytool", {"emoji", "rsa3072", "p256"}
    schemes = {"default": [], "3des": ["-J-Dkeystore.pkcs12.keyProtectionAlgorithm=PBEWithSHA1AndDESede",
                                                        "-J-Dkeystore.pkcs12.certProtectionAlgorithm=PBEWithSHA1AndDESede",
                                                        "-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA1"]}

    def __init__(self, w):
        self.w = w

    def convert(self, source, source_password, out, password, *more):
        run("keytool", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC", *more, "-importkeystore", "-noprompt", "-srcstoretype", "PKCS12",
            "-srckeystore", source, "-srcstorepass", source_password, "-deststoretype", "PKCS12", "-destkeystore", out, "-deststorepass",
            password)

    def make(self, c, out):
        counts = ["-J-Dkeystore.pkcs12.%sIterationCount=%d" % (what, c.iterations) for what in ("keyPbe", "certPbe", "mac")]
        self.convert(self.w.source_for(c, out), PASSWORDS["ascii"], out, PASSWORDS[c.password], *counts, *self.schemes[c.scheme])

    def read(self, c, file):
        again = file.with_suffix(".again")
        self.convert(file, PASSWORDS[c.password], again, "target")
        return public_key_of_pfx(again, "target")


class Forge:
    name, left_out = "forge", {"rsa3072"}
    schemes = {"aes256": [], "3des": []}

    def __init__(self, w):
        self.w, self.script = w, pathlib.Path(__file__).with_name("forge.js")
        self.module = w.folder / "npm" / "node_modules" / "node-forge"
        if not self.module.is_dir():
            run("npm", "install", "--no-audit", "--no-fund", "--prefix", w.folder / "npm", FORGE)

    def make(self, c, out):
        run("node", self.script, self.module, "make", c.scheme, c.iterations, c.name, self.w.password_file(c.password), self.w.pem[c.key],
            self.w.certificate[c.key], out)

    def read(self, c, file):
        return run("node", self.script, self.module, "read", self.w.password_file(c.password), file).decode().split(" ")[0]


class Botan:
    name, schemes = "botan", {"PBES2-SHA256-AES256": [], "PBE-SHA1-3DES": []}

    def __init__(self, w):
        self.w = w

    def make(self, c, out):
        run(self.w.peer, "botan-write", c.scheme, c.iterations, c.name, self.w.password_file(c.password), self.w.der[c.key], out)

    def read(self, c, file):
        return run(self.w.peer, "botan-read", self.w.password_file(c.password), file).decode().split(" ")[0]


class Pyca:
    """A young OpenSSL behind Python: it knows PBMAC1."""
    name, schemes = "pyca", {}
    PROGRAM = """if True:
        import hashlib, sys
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, pkcs12
        key = pkcs12.load_pkcs12(open(sys.argv[2], "rb").read(), open(sys.argv[1], "rb").read()).key
        print(hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest())"""

    def __init__(self, w):
        self.w, self.python = w, w.folder / "venv" / "bin" / "python"
        if not (w.folder / "venv" / "complete").exists():
            run(sys.executable, "-m", "venv", "--clear", w.folder / "venv")
            run(self.python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PYCA)
            (w.folder / "venv" / "complete").write_text(PYCA)

    def read(self, c, file):
        return run(self.python, "-c", self.PROGRAM, self.w.password_file(c.password), file).decode().strip()


TOOLS = [OpenSSL, GnuTLS, NSS, Keytool, Forge, Botan, Pyca]
NEEDS = {"certtool": ["certtool"], "pk12util": ["pk12util", "certutil"], "keytool": ["keytool"], "forge": ["node", "npm"]}


def cells_of(tool):
    """What is tried with one program. keywright itself writes no file without a password."""
    for password in ("ascii", "umlaut", "emoji", "200"):
        yield Cell(tool.name, "reads", "modern", password)
    for password in ("ascii", "emoji"):
        yield Cell(tool.name, "reads", "legacy_compatible", password)
        yield Cell(tool.name, "reads", "pbmac1", password)
    yield Cell(tool.name, "reads", "modern", key="rsa3072", iterations=1000)
    yield Cell(tool.name, "reads", "modern", key="rsa4096", iterations=10000)
    yield Cell(tool.name, "reads", "modern", key="p256")
    yield Cell(tool.name, "reads", "modern", name=ODD_NAME)
    if tool.name == "openssl":  # the counts are the format's matter; one fast program tries their ends
        for iterations, way, scheme in ((600000, "reads", "modern"), (1, "writes", "default"), (600000, "writes", "default")):
            yield Cell(tool.name, way, scheme, iterations=iterations)
    for first, second in [tool.schemes] if tool.schemes else []:
        for password in PASSWORDS:
            yield Cell(tool.name, "writes", first, password)
        for password in ("ascii", "emoji"):
            yield Cell(tool.name, "writes", second, password)
        yield Cell(tool.name, "writes", first, key="rsa3072", iterations=1000)
        yield Cell(tool.name, "writes", first, key="rsa4096", iterations=10000)
        yield Cell(tool.name, "writes", first, key="p256")
        yield Cell(tool.name, "writes", first, name=ODD_NAME)


def judge(w, tool, c, file):
    """Runs one cell; None when it is as the tables say, else what is wrong."""
    cannot, may = c.why(CANNOT), c.why(MAY)
    try:
        if c.way == "reads":
            w.write(c, file)
        else:
            tool.make(c, file)
    except Failed as e:
        return None if cannot and c.way == "writes" else "no file: %s" % e
    try:
        found = (tool.read(c, file), c.name) if c.way == "reads" else w.read(c.password, file)
    except (Failed, StopIteration) as e:
        return None if cannot or may else "it does not open: %s" % e
    if found[0] != w.print[c.key]:
        return "another key: %s" % found[0]
    if found[1] != c.name:
        return None if cannot else "another name: %s" % found[1]
    return "it works: take out of CANNOT: %s" % cannot if cannot else None


def wrong_password(w, tool):
    """That the comparison can fail: nobody opens our files with another password."""
    for profile in ("modern", "pbmac1", "legacy_compatible"):
        file = w.folder / "work" / ("%s-%s-wrong.pfx" % (tool.name, profile))
        w.write(Cell(tool.name, "reads", profile), file)
        try:
            tool.read(Cell(tool.name, "reads", profile, "200"), file)
            return "opened %s with the wrong password" % profile
        except (Failed, StopIteration):
            pass
    return None


def tools_of(w):
    for make in TOOLS:
        missing = [p for p in NEEDS.get(make.name, []) if shutil.which(p) is None]
        try:
            if missing:
                raise Failed("not installed: " + ", ".join(missing))
            yield make(w)
        except Failed as e:
            print("SKIPPED: pfx: %s: %s" % (make.name, e))


def main(peer, keys, folder):
    w = World(peer, pathlib.Path(keys), pathlib.Path(folder).resolve())
    tools = list(tools_of(w))
    jobs = [(tool, c) for tool in tools for c in cells_of(tool) if not {c.password, c.key} & getattr(tool, "left_out", set())]
    bad = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        pending = {pool.submit(judge, w, tool, c, w.folder / "work" / ("%d.pfx" % i)): c for i, (tool, c) in enumerate(jobs)}
        pending.update({pool.submit(wrong_password, w, tool): tool.name for tool in tools})
        for future in concurrent.futures.as_completed(pending):
            wrong = future.result()
            if wrong:
                bad.append("%s: %s" % (pending[future], wrong))
    for line in sorted(bad):
        print(line)
    print("pfx: %d files between keywright and %s, %d not as expected" % (len(jobs), ", ".join(t.name for t in tools), len(bad)))
    return 1 if bad else 0


if __name__ == "__main__":
    if shutil.which("openssl") is None:
        print("SKIPPED: pfx: openssl is not installed")
        sys.exit(SKIP)
    sys.exit(main(*sys.argv[1:4]))
