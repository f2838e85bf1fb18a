# SPDX-License-Identifier: Apache-2.0
"""inspect_key over every sample of tests/data and over files made here, against what OpenSSL and the samples' tables say.

    python3 tests/examples/inspect_key.py PROGRAM     (openssl in PATH)
"""
import base64
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile

from around import Checks

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
PASSWORD = "Tr0ub4dor"
CHEAP = 60_000  # units of cost; dearer files are looked at from outside only
check = Checks("inspect_key")


def run(*arguments, password=None, colours=False):
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    if password is not None:
        environment["PW"] = password
        arguments = ("--password-env", "PW", *arguments)
    return subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, timeout=600)


def ask(path, *arguments, password=None):
    """The JSON of one file; the exit code is the one that it names."""
    done = run("--json", *arguments, str(path), password=password)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"inspect_key: BROKEN: no JSON about {path}: {done.returncode} {done.stdout[:200]} {done.stderr[:500]}")
    check(answer["exit_code"] == done.returncode, path, "exit code", done.returncode)
    check(done.stderr == b"", path, done.stderr)
    if password and len(password) > 3:
        check(password not in json.dumps(answer, ensure_ascii=False), path, "shows the password")
    note_fields(answer)
    return answer


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


# --- fields are documented ---

fields = set()


def note_fields(value):
    if isinstance(value, dict):
        fields.update(value)
        for inner in value.values():
            note_fields(inner)
    elif isinstance(value, list):
        for inner in value:
            note_fields(inner)


def documented():
    text = (ROOT / "examples" / "inspect_key" / "README.md").read_text()
    named = set(re.findall(r"`(\w+)`", text))
    check(fields <= named, "README.md does not name", sorted(fields - named))


# --- the samples ---


def rows():
    for line in (DATA / "pfx" / "expected.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            yield (line.split("\t") + [""] * 10)[:10]


def samples():
    """Each PFX: what opens has the keys that openssl found; what does not says why, by the table's name."""
    opened = 0
    for name, password, outcome, _, keys, _, mac, _, prints, _ in rows():
        path = DATA / "pfx" / name
        outside = ask(path)
        costs = outside.get("pfx", {}).get("cost", 0)
        if outside["kind"] != "pfx" or costs > CHEAP:
            continue
        inside = ask(path, password=password)
        check(inside["opened"] == (outcome == "ok"), name, inside.get("trouble"))
        if outcome != "ok":
            check(inside["trouble"]["code"] == outcome, name, inside["trouble"], "expected", outcome)
            check(inside["exit_code"] != 0 and inside["next"], name, "says nothing about what to do")
            continue
        opened += 1
        check(len(inside["keys"]) == int(keys), name, "keys")
        check([k["fingerprint"] for k in inside["keys"]] == [p for p in re.split("[ ,;]+", prints) if p], name, prints)
        check(any(l["where"] == "mac" for l in inside["pfx"]["layers"]) == (mac == "1"), name, "MAC")
        check(mac == "1" or inside["verdicts"][0]["trouble"]["code"] == "unauthenticated", name, inside["verdicts"])
        check(all(k["halves_match"] and k["weaknesses"] == [] for k in inside["keys"]), name, "finds fault")
    check(opened > 80, "only", opened, "samples opened")


def all_files():
    """No sample of any kind ends the program otherwise than with an answer."""
    seen = set()
    for path in sorted((DATA / "byok").iterdir()) + sorted((DATA / "pfx").glob("pbmac1*")) + sorted((DATA / "esdk").iterdir()):
        seen.add(ask(path)["kind"])
    check({"byok", "pem_private_key", "der_private_key"} <= seen, seen)


# Made by whom: tests/data/pfx/README.md and the producers' own names in the files' names.
MADE_BY = {
    "ossl-default-rsa2048.p12": "OpenSSL 3", "ossl-umlaut-pw.p12": "OpenSSL 3", "ossl-legacy-descert.p12": "OpenSSL 1.1",
    "kt-rsa2048.p12": "Java", "jdk-api-ascii.p12": "Java", "gnutls-default.p12": "GnuTLS", "nss-default-rsa.p12": "NSS",
    "nss-3des.p12": "NSS", "bc-pkcs12-3des-3des-ascii.p12": "BouncyCastle", "forge-3des-ascii.p12": "node-forge",
    "pyca48-best-ascii.p12": "Python", "botan-default.p12": "Botan",
}
NAMES = {"SHA-256": "sha256", "SHA-1": "sha1", "AES-256/CBC": "AES-256-CBC", "AES-128/CBC": "AES-128-CBC",
         "TripleDES/CBC": "3-KeyTripleDES-CBC"}


def as_openssl(layer):
    """A layer in the words of `openssl pkcs12 -info`."""
    if layer["where"] == "mac":
        return f"MAC: {NAMES[layer['algorithm']]}, Iteration {layer['iterations']}"
    head = "PKCS7 Encrypted data" if layer["where"] == "safe" else "Shrouded Keybag"
    if layer["derivation"] == "PBKDF2":
        return (f"{head}: PBES2, PBKDF2, {NAMES[layer['algorithm']]}, Iteration {layer['iterations']}, "
                f"PRF hmacWith{NAMES[layer['hash']].upper()}")
    return f"{head}: pbeWithSHA1And{NAMES[layer['algorithm']]}, Iteration {layer['iterations']}"


def golden():
    passwords = {row[0]: row[1] for row in rows()}
    for name, who in MADE_BY.items():
        path = DATA / "pfx" / name
        answer = ask(path)
        check(answer["pfx"]["made_by"]["guess"].startswith(who), name, answer["pfx"].get("made_by"), "expected", who)
        said = subprocess.run(["openssl", "pkcs12", "-legacy", "-in", path, "-passin", "pass:" + passwords[name], "-info", "-noout"],
                              capture_output=True, text=True).stderr
        told = sorted(l for l in said.splitlines() if l.startswith(("MAC: ", "PKCS7 Enc", "Shrouded")))
        found = sorted(as_openssl(l) for l in answer["pfx"]["layers"])
        check(found == told, name, found, "but openssl says", told)
        salt = re.search(r"salt length: (\d+)", said)
        check(answer["pfx"]["layers"][0]["salt_bytes"] == int(salt[1]), name, "salt")


def transfer_files():
    """Sizes from the files' own names, and from how Azure's specification cuts the ciphertext."""
    for path in sorted((DATA / "byok").glob("*-kek*.byok")):
        key, kek = re.match(r"(?:softhsm-)?([a-z]+\d*)-kek(\d+)", path.stem).groups()
        answer = ask(path)
        details = {d["name"]: d["value"] for d in answer["details"]}
        if path.stem.endswith("pkcs1plain"):
            continue  # a PKCS#1 key is shorter than what is expected there
        check(details["kek_bits"] == kek, path.name, details)
        check(int(details["c1_bytes"]) * 8 == int(kek), path.name, details)
        content = json.loads(path.read_text())
        check(content["header"]["kid"] == details["kek"], path.name)
        total = len(base64.urlsafe_b64decode(content["ciphertext"] + "=="))
        check(int(details["c1_bytes"]) + int(details["c2_bytes"]) == total, path.name, details)
        held = {"rsa": "RSA-2048", "oct256": "AES-256", "aes": "AES-256"}.get(key)
        check((held or key.upper().replace("RSA", "RSA-").replace("P", "P-")) in details["holds"], path.name, details)
        takes = answer["verdicts"][0]["takes"]
        check(takes == (key in ("rsa2048", "rsa")), path.name, "takes", takes)


# --- files made here ---


def make(folder):
    """Faulty files, each with the exit code that --help gives its fault, and what is not a key file at all."""
    def pfx(name, *options, password=PASSWORD):
        openssl("req", "-x509", "-nodes", "-subj", "/CN=x", "-days", "10", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt",
                *options)
        openssl("pkcs12", "-export", "-inkey", f"{folder}/{name}.key", "-in", f"{folder}/{name}.crt", "-out", f"{folder}/{name}.pfx",
                "-passout", "pass:" + password)
        return folder / f"{name}.pfx"

    rsa = ("-newkey", "rsa:2048")
    good = pfx("good", *rsa)
    other = pfx("other", *rsa)
    yield good, PASSWORD, 0, "pfx"
    yield good, PASSWORD + "?", 23, "pfx"
    yield pfx("open", *rsa, password=""), "", 28, "pfx"
    yield pfx("weak", *rsa, "-pkeyopt", "rsa_keygen_pubexp:3"), PASSWORD, 29, "pfx"
    yield pfx("short", "-newkey", "rsa:1024"), PASSWORD, 25, "pfx"
    yield pfx("curve", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"), PASSWORD, 26, "pfx"
    openssl("pkcs12", "-export", "-nokeys", "-in", f"{folder}/good.crt", "-out", f"{folder}/certificate.pfx", "-passout", "pass:" + PASSWORD)
    yield folder / "certificate.pfx", PASSWORD, 27, "pfx"
    files = {
        "half.pfx": (good.read_bytes()[:1000], 22, "pfx"),
        "empty": (b"", 21, "empty"),
        "text": (b"no key\n", 21, "text"),
        "binary": (bytes(range(256)), 21, "binary"),
        "key.pem": ((folder / "good.key").read_bytes(), 21, "pem_private_key"),
        "crt.pem": ((folder / "good.crt").read_bytes(), 21, "pem"),
        "crt.der": (openssl("x509", "-in", f"{folder}/good.crt", "-outform", "DER"), 21, "der"),
        "key.der": (openssl("pkey", "-in", f"{folder}/good.key", "-outform", "DER"), 21, "der_private_key"),
        "enc.pem": (openssl("pkcs8", "-topk8", "-in", f"{folder}/good.key", "-passout", "pass:" + PASSWORD), 21, "pem_encrypted_key"),
        "enc.der": (openssl("pkcs8", "-topk8", "-in", f"{folder}/good.key", "-passout", "pass:" + PASSWORD, "-outform", "DER"), 21,
                    "der_encrypted_key"),
        "pfx.pem": (b"-----BEGIN PKCS12-----\n" + base64.encodebytes(good.read_bytes()) + b"-----END PKCS12-----\n", 21, "pem_pfx"),
        "pfx.b64": (base64.encodebytes(good.read_bytes()), 21, "der_in_base64"),
        "xml": (b"<RSAKeyValue><Modulus>AA==</Modulus></RSAKeyValue>", 21, "xml"),
        "jwk": (b'{"kty":"RSA","n":"AQAB","e":"AQAB","d":"c2VjcmV0LWV4cG9uZW50"}', 21, "jwk"),
        "json": (b'{"a":1}', 21, "json"),
        "jws": (b"eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln", 21, "jose"),
        "b64": (base64.urlsafe_b64encode((DATA / "byok" / "rsa2048-kek2048.byok").read_bytes()), 21, "byok_in_base64"),
        "jks": (b"\xfe\xed\xfe\xed" + bytes(40), 21, "binary"),
    }
    for name, (content, code, kind) in files.items():
        (folder / name).write_bytes(content)
        yield folder / name, None, code, kind


def faults(folder):
    for path, password, code, kind in make(folder):
        answer = ask(path, password=password)
        check([v["profile"] for v in answer["verdicts"]] == ["power_platform", "recommended", "dynamics_365", "enterprise_policy"], path.name)
        check(answer["exit_code"] == code, path.name, "expected exit code", code, "found", answer["exit_code"], answer["verdicts"])
        check(answer["kind"] == kind, path.name, answer["kind"])
        check(code == 0 or answer["verdicts"][0]["reasons"] or answer["verdicts"][0]["failure"], path.name, "refused without a reason")
        check("c2VjcmV0" not in json.dumps(answer), path.name, "shows a JWK's private exponent")
    weak = ask(folder / "weak.pfx", password=PASSWORD)
    check([w["name"] for w in weak["keys"][0]["weaknesses"]] == ["low_exponent"], weak["keys"])
    print_of_good = ask(folder / "good.pfx", password=PASSWORD)["keys"][0]["fingerprint"]
    for name in ("key.der", "key.pem", "crt.pem", "crt.der"):
        loose = ask(folder / name)["keys"][0]
        check(loose["fingerprint"] == print_of_good and loose["has_private"] == name.startswith("key"), name, loose)
    for name in ("enc.pem", "enc.der"):
        check(ask(folder / name)["trouble"]["code"] == "password_needed", name)
        check(ask(folder / name, password=PASSWORD + "?")["trouble"]["code"] == "authentication_failed", name)
        check(ask(folder / name, password=PASSWORD)["keys"][0]["fingerprint"] == print_of_good, name)
    jws = {d["name"]: d["value"] for d in ask(folder / "jws")["details"]}
    check(jws["alg"] == "RS256", jws)
    check(run(str(folder / "nowhere")).returncode == 53, "no such file")
    check(run("--nonsense").returncode == 2 and run().returncode == 2, "usage")
    check(run("--password-env", "UNSET", str(folder / "good.pfx")).returncode == 2, "a variable that is not set")
    several = ask(DATA / "pfx" / "kt-multikey.p12", password="test1234")
    check(len(several["keys"]) == 2 and several["verdicts"][0]["failure"]["code"] == "misused", several["verdicts"])
    named = ask(DATA / "pfx" / "kt-multikey.p12", "--alias", several["keys"][0]["name"], password="test1234")
    check(named["verdicts"][0]["reasons"][0]["code"] == "bad_key_type", named["verdicts"])


def advice_works(folder):
    """The commands that are given make a file that is taken."""
    answer = ask(folder / "key.der")
    commands = [n.strip().replace("FILE", "key.der") for n in answer["next"] if n.startswith("    ")]
    check(len(commands) == 3, answer["next"])
    commands[1] += " -passout pass:new-secret"
    subprocess.run("; ".join(commands), shell=True, check=True, cwd=folder, capture_output=True)
    check(ask(folder / "new.pfx", password="new-secret")["exit_code"] == 0, "the advised PFX is not taken")
    check(not (folder / "key.pem").exists(), "the key that lay in the clear was not destroyed")


def no_secret(folder):
    """Neither form of output holds any part of a private key."""
    for path, password in ((folder / "good.pfx", PASSWORD), (DATA / "pfx" / "kt-ec256.p12", "test1234"), (folder / "key.der", None)):
        if password is None:
            der = path.read_bytes()
        else:
            pem = openssl("pkcs12", "-legacy", "-in", path, "-passin", "pass:" + password, "-nodes", "-nocerts")
            der = openssl("pkey", "-outform", "DER", data=pem)
        for form in ((), ("--json",)):
            said = run(*form, str(path), password=password).stdout.decode().replace(str(path), "")
            squeezed = re.sub(r"[^0-9a-f]", "", said.lower())
            for at in range(0, len(der) - 8):
                check(der[at:at + 8].hex() not in squeezed, path.name, "shows key bytes as hex")
            for at in range(0, len(der) - 12):
                check(base64.b64encode(der[at:at + 12]).decode()[:16] not in said, path.name, "shows key bytes as base64")
            check(not password or password not in said, path.name, "shows the password")


# --- terminals ---


def on_terminal(arguments, typed=None, environment=()):
    """What the program says on a terminal of its own, and its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ.update(environment)
        os.execv(PROGRAM, [str(PROGRAM), *arguments])
    said = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if typed and b"Password:" in said:
            os.write(terminal, typed.encode() + b"\n")
            typed = None
    os.close(terminal)
    return said.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def terminals(folder):
    said, code = on_terminal(["--ask", str(folder / "good.pfx")], typed=PASSWORD)
    check(code == 0, "--ask ended with", code, said)
    check(PASSWORD not in said, "the password was echoed")
    check("\033[" in said, "no colours on a terminal")
    check("fingerprint" in said, "--ask did not look inside")
    said, code = on_terminal(["--ask", str(folder / "good.pfx")], typed="\x03")
    check(code == -2, "Ctrl-C at the prompt ended with", code)
    said, _ = on_terminal([str(folder / "good.pfx")], environment={"NO_COLOR": "1"})
    check("\033[" not in said, "colours in spite of NO_COLOR")
    check(b"\033[" not in run(str(folder / "good.pfx")).stdout, "colours in a pipe")
    hostile = folder / "hostile.byok"
    transfer = json.loads((DATA / "byok" / "rsa2048-kek2048.byok").read_text())
    transfer["generator"] = "x\033[2Jy\u202ez"
    hostile.write_text(json.dumps(transfer))
    said = run(str(hostile)).stdout.decode()
    check("\033" not in said and "\u202e" not in said and "\\u{202e}" in said, "text from the file reaches the terminal as it is")


def mistakes():
    """What was typed wrong is named, and what to do next is said."""
    gone = run("/no/such.pfx")
    check(gone.returncode == 53 and b"/no/such.pfx: not_found" in gone.stderr and b"next: " in gone.stderr, gone)
    misspelt = run("--pasword-file")
    check(misspelt.returncode == 2 and b"`--pasword-file` is not known here" in misspelt.stderr, misspelt)


def main():
    with tempfile.TemporaryDirectory(prefix="keywright-inspect-") as name:
        folder = pathlib.Path(name)
        samples()
        all_files()
        golden()
        transfer_files()
        faults(folder)
        no_secret(folder)
        advice_works(folder)
        terminals(folder)
        documented()
        shown = run("--help").stdout.decode()
        check("Examples:" in shown and "Exit codes:" in shown and "29" in shown, "--help")
        mistakes()
    print(f"inspect_key: {check.count} checks")


main()
