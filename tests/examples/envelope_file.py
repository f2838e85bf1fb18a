# SPDX-License-Identifier: Apache-2.0
"""envelope_file as its user meets it: files, folders and pipes there and back, and every way in which it says no.

    python3 envelope_file.py ENVELOPE_FILE TENANT_ADMIN CLIENT

CLIENT is the folder in which the interop test of the AWS Encryption SDK for Python keeps that client; where it is not
there, its part is left out, and the last line says so.
"""
import base64
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tempfile

from around import FIRST_DAY, NEXT_WEEK, Checks, Provider, in_terminal

PROGRAM, TENANT_ADMIN, CLIENT = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
ESDK = pathlib.Path(__file__).resolve().parents[1] / "data" / "esdk"
check = Checks("envelope_file")

PEER = """
import sys
import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import AesWrappingAlg, CreateRawAesKeyringInput
key, message = (open(path, "rb").read() for path in sys.argv[1:3])
keyring = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig()).create_raw_aes_keyring(CreateRawAesKeyringInput(
    key_namespace="acme", key_name="backup", wrapping_key=key, wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16))
plain, header = aws_encryption_sdk.EncryptionSDKClient().decrypt(source=message, keyring=keyring)
assert header.encryption_context["tenant"] == "contoso"
sys.stdout.buffer.write(plain)
"""


def run(*arguments, stdin=b"", code=0, says=None, environment=None):
    """Runs the program; `says` must stand in what it writes to stderr, and an end that is not well says something."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin, capture_output=True, env={**os.environ, **(environment or {})})
    told = done.stderr.decode()
    check(done.returncode == code, "expected exit code", code, "found", done.returncode, "of", arguments, told)
    check(says is None or says in told, "expected", repr(says), "in", repr(told), "of", arguments)
    check(code == 0 or told.startswith("envelope_file: "), arguments, "ended with", code, "and said", repr(told))
    check(b"\033" not in done.stderr + (b"" if "-e" in arguments or "-d" in arguments else done.stdout), "colours, and no terminal", arguments)
    return done.stdout


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def sample(size):
    return bytes((i * 7 + i // 251) % 256 for i in range(size))


def names(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def files_and_pipes(w):
    key = ["--aes-key", w / "backup.key"]
    for size in (0, 1, 131071, 131072, 131073, 1000000):
        plain = w / "plain"
        plain.write_bytes(sample(size))
        run("-e", *key, plain, "-f")
        run("-d", *key, w / "plain.esdk", "-o", w / "back", "-f")
        check((w / "back").read_bytes() == sample(size), size, "bytes came back as others")
        piped = run("-e", *key, stdin=sample(size))
        check(run("-d", *key, stdin=piped) == sample(size), size, "bytes through pipes")
        check(run("-d", *key, w / "plain.esdk", "-o", "-") == sample(size), size, "bytes from a file into a pipe")
        run("-d", *key, "-", "-o", w / "back", "-f", stdin=piped)
        check((w / "back").read_bytes() == sample(size), size, "bytes from a pipe into a file")
    for size in (16, 24):
        (w / "short.key").write_bytes(os.urandom(size))
        check(run("-d", "--aes-key", w / "short.key", stdin=run("-e", "--aes-key", w / "short.key", stdin=b"x")) == b"x", size)
    for threads in ("0", "2", "7"):
        run("-e", *key, "--threads", threads, "--frame-length", "4K", plain, "-f")
        run("-d", *key, "--threads", threads, w / "plain.esdk", "-o", w / "back", "-f")
        check((w / "back").read_bytes() == sample(1000000), threads, "threads")
        check(run("-d", *key, stdin=(w / "plain.esdk").read_bytes()) == sample(1000000), threads, "threads, as a stream")
    plain.chmod(0o640)
    run("-e", *key, plain, "-f")
    check(stat.S_IMODE((w / "plain.esdk").stat().st_mode) == 0o640, "the permissions are others")
    run("-d", *key, w / "plain.esdk", "-o", w / "from-pipe", "-f")
    (w / "inside").mkdir()
    run("-e", *key, plain, "-o", w / "inside")
    check(names(w / "inside") == ["plain.esdk"], "into a folder:", names(w / "inside"))
    for length in ("1", "4K", "16M"):
        message = run("-e", *key, "--frame-length", length, stdin=b"four")
        check(run("-d", *key, stdin=message) == b"four", "frames of", length)
        shown = json.loads(run("--inspect", "--json", stdin=message))
        check(shown["frame_length"] == {"1": 1, "4K": 4096, "16M": 1 << 24}[length], shown)


def rsa_and_several(w):
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", w / "clear.pem")
    openssl("pkcs8", "-topk8", "-in", w / "clear.pem", "-passout", "pass:word", "-out", w / "sealed.pem")
    openssl("rsa", "-in", w / "clear.pem", "-pubout", "-out", w / "public.pem")
    openssl("req", "-x509", "-key", w / "clear.pem", "-subj", "/CN=test", "-out", w / "certificate.pem")
    openssl("pkcs12", "-export", "-inkey", w / "clear.pem", "-in", w / "certificate.pem", "-passout", "pass:word", "-out", w / "key.pfx")
    (w / "word").write_text("word\n")

    def rsa(file, *more):
        return ["--rsa-key", "acme/rsa=%s" % (w / file), *more]

    password = ["--password-file", w / "word"]
    for public in ("public.pem", "certificate.pem", "clear.pem"):
        message = run("-e", *rsa(public), stdin=b"secret")
        for private, more in (("clear.pem", []), ("sealed.pem", password), ("key.pfx", password)):
            check(run("-d", *rsa(private, *more), stdin=message) == b"secret", public, private)
    check(run("-d", *rsa("key.pfx"), stdin=message, environment={"KEYWRIGHT_PASSWORD": "word"}) == b"secret", "password by environment")
    run("-d", *rsa("public.pem"), stdin=message, code=27, says="PFX or PEM")
    run("-d", *rsa("key.pfx"), stdin=message, code=23, says="--password-file")
    run("-d", *rsa("sealed.pem"), stdin=message, code=23, says="--password-file")
    (w / "other").write_text("other")
    run("-d", *rsa("key.pfx", "--password-file", w / "other"), stdin=message, code=23)
    run("-d", *rsa("key.pfx", "--ask"), stdin=message, code=2, says="terminal") if not os.path.exists("/dev/tty") else None
    for padding in ("sha1", "sha384", "sha512"):
        other = run("-e", *rsa("clear.pem", "--rsa-padding", padding), stdin=b"secret")
        check(run("-d", *rsa("clear.pem", "--rsa-padding", padding), stdin=other) == b"secret", padding)
        run("-d", *rsa("clear.pem"), stdin=other, code=54)
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", w / "ec.pem")
    run("-e", *rsa("ec.pem"), stdin=b"", code=26, says="inspect_key")
    run("-e", *rsa("word"), stdin=b"", code=21)

    both = run("-e", *rsa("public.pem"), "--aes-key", w / "backup.key", "--signed", stdin=b"for two")
    (w / "both.esdk").write_bytes(both)
    for one in (["--aes-key", w / "backup.key"], rsa("clear.pem")):
        run("-d", *one, w / "both.esdk", "-f")
        check((w / "both").read_bytes() == b"for two", "one of two recipients")
    shown = json.loads(run("--inspect", "--json", w / "both.esdk"))
    check([k["namespace"] + "/" + k["name"] for k in shown["keys"]] == ["envelope_file/backup.key", "acme/rsa"], shown)
    check(shown["signed"] and shown["commits"] and shown["suite"] == "0578" and not shown["proven"], shown)
    # A stream gives plaintext before the signature at its end is verified: that is said, and asked for.
    run("-d", "--aes-key", w / "backup.key", stdin=both, code=58, says="--before-signature")
    check(run("-d", "--aes-key", w / "backup.key", "--before-signature", stdin=both) == b"for two", "before its signature")


def refusals(w):
    key = ["--aes-key", w / "backup.key"]
    plain, message = w / "plain", w / "m.esdk"
    plain.write_bytes(sample(5000))
    run("-e", *key, "--context", "tenant=contoso", "--context", "n=1", "--frame-length", "1000", plain, "-o", message)
    for wanted in (["--context", "tenant=contoso"], ["--require", "tenant"], ["--context", "n=1", "--require", "tenant"]):
        check(run("-d", *key, *wanted, message, "-o", "-") == sample(5000), wanted)
    untouched = names(w)
    for wanted in (["--context", "tenant=fabrikam"], ["--context", "x=1"], ["--require", "owner"]):
        run("-d", *key, *wanted, message, "-o", w / "never", code=55, says="tenant=contoso")
    run("-d", "--aes-key", "other/name=%s" % (w / "backup.key"), message, "-o", w / "never", code=54, says="`envelope_file/backup.key`")
    (w / "other.key").write_bytes(os.urandom(32))
    run("-d", "--aes-key", "envelope_file/backup.key=%s" % (w / "other.key"), message, "-o", w / "never", code=54, says="another key")
    (w / "other.key").unlink()

    # A flipped bit anywhere, and an end anywhere: no output, whatever it looks like.
    whole = message.read_bytes()
    header = json.loads(run("--inspect", "--json", message))["header_bytes"]
    damaged = w / "damaged.esdk"
    for at in (0, 40, header - 1, header + 5, header + 1500, len(whole) - 1):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        done = subprocess.run([PROGRAM, "-d", *key, damaged, "-o", w / "never"], capture_output=True, text=True)
        check(done.returncode in (52, 54, 55, 57), "byte", at, "ended with", done.returncode, done.stderr)
    for size in (0, 1, header - 1, header, header + 1200, len(whole) - 1):
        damaged.write_bytes(whole[:size])
        done = subprocess.run([PROGRAM, "-d", *key, damaged, "-o", w / "never"], capture_output=True, text=True)
        check(done.returncode in (52, 57), size, "bytes of it ended with", done.returncode, done.stderr)
    damaged.write_bytes(whole + b"!")
    run("-d", *key, damaged, "-o", w / "never", code=52)
    damaged.unlink()
    check(names(w) == untouched, "something was left:", set(names(w)) ^ set(untouched))
    cut = subprocess.run([PROGRAM, "-d", *key], input=whole[:-1], capture_output=True)
    check(cut.returncode == 52 and sample(5000).startswith(cut.stdout) and cut.stdout != sample(5000), "a stream that was cut off")

    # What is there stays.
    there = w / "there"
    there.write_bytes(b"mine")
    run("-d", *key, message, "-o", there, code=56, says="--force")
    run("-e", *key, plain, "-o", there, code=56, says="--force")
    check(there.read_bytes() == b"mine", "replaced without --force")
    run("-d", *key, message, "-o", there, "--force")
    check(there.read_bytes() == sample(5000), "not replaced with --force")
    run("-d", *key, message, "-o", w / "no" / "such", code=53, says="such: ")
    run("-e", *key, plain, "-o", w / "no" / "such", code=53, says="such: ")
    run("-d", *key, w / "nowhere.esdk", code=53)
    run("-d", "--aes-key", w / "nowhere.key", message, code=53)
    run("-d", "--aes-key", plain, message, "-o", w / "never", code=25, says="32 bytes")
    run("-d", *key, plain, "-o", w / "never", code=57)
    run("--inspect", stdin=base64.b64encode(whole), code=57, says="base64 -d")
    run("--inspect", stdin=b"", code=57)
    for wrong in ([], ["-e", "-d", *key], ["-e"], ["-e", *key, "--context", "novalue"], ["-e", *key, "--context", "aws-crypto-x=1"],
                  ["-e", *key, "--frame-length", "17M"], ["-e", *key, "--commitment", "none"], ["-e", "--aes-key", "a=b"],
                  ["-e", *key, "--commitment", "forbid-encrypt-allow-decrypt"], ["-d", *key, plain], ["-e", *key, w]):
        run(*wrong, code=2)


def older_and_unsorted(w):
    (w / "their.key").write_bytes(bytes(range(32)))
    key = ["--aes-key", "space/name=%s" % (w / "their.key")]
    text = (ESDK / "v1-messages.txt").read_text()
    for suite, message, plain in re.findall(r"suite: (\w+)\nmessage: (\S+)\nplaintext: (\S*)", text)[::5]:
        (w / "old.esdk").write_bytes(base64.b64decode(message))
        run("-d", *key, w / "old.esdk", "-f", code=58, says="require-encrypt-allow-decrypt")
        for policy in ("require-encrypt-allow-decrypt", "forbid-encrypt-allow-decrypt"):
            run("-d", *key, "--commitment", policy, w / "old.esdk", "-f")
            check((w / "old").read_bytes() == base64.b64decode(plain), "format version 1, suite", suite)
        shown = json.loads(run("--inspect", "--json", w / "old.esdk"))
        check(shown["format_version"] == 1 and shown["suite"] == suite.upper(), shown)
    unsorted = re.search(r"comment: 15\..*?message: (\S+)", (ESDK / "commitment-vectors.txt").read_text(), re.S).group(1)
    (w / "unsorted.esdk").write_bytes(base64.b64decode(unsorted))
    shown = json.loads(run("--inspect", "--json", w / "unsorted.esdk"))
    check(shown["context"]["test-key"] == "test value", shown)
    run("-d", *key, w / "unsorted.esdk", code=58, says="--unsorted-context")
    run("-d", *key, "--unsorted-context", w / "unsorted.esdk", code=54)


def folders(w):
    key = ["--aes-key", w / "backup.key"]
    tree = w / "tree"
    for name, size in (("a.txt", 5), ("deep/er/b.bin", 200000), ("deep/empty", 0), ("Ä €.txt", 1)):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(sample(size))
    (tree / "nothing here").mkdir()
    (tree / "deep").chmod(0o750)
    (tree / "link").symlink_to("a.txt")
    run("-e", *key, tree, "-o", w / "tree.enc", "--bind-names", says="link")
    (tree / "link").unlink()
    expected = sorted(n + ("" if (tree / n).is_dir() else ".esdk") for n in names(tree))
    check(names(w / "tree.enc") == expected, names(w / "tree.enc"), expected)
    check(stat.S_IMODE((w / "tree.enc" / "deep").stat().st_mode) == 0o750, "a folder's permissions")
    run("-d", *key, w / "tree.enc", "-o", w / "tree.back", "--bind-names")
    check(names(w / "tree.back") == names(tree), names(w / "tree.back"))
    for name in names(tree):
        check((tree / name).is_dir() or (tree / name).read_bytes() == (w / "tree.back" / name).read_bytes(), name, "differs")

    # Two files exchanged, one damaged: those are refused, the others come.
    a, b = w / "tree.enc" / "a.txt.esdk", w / "tree.enc" / "deep" / "empty.esdk"
    text = a.read_bytes()
    a.write_bytes(b.read_bytes())
    b.write_bytes(text)
    run("-d", *key, w / "tree.enc", "-o", w / "tree.exchanged", "--bind-names", code=55, says="2 of 4 files failed")
    check([n for n in names(w / "tree.exchanged") if (w / "tree.exchanged" / n).is_file()] == ["deep/er/b.bin", "Ä €.txt"],
          names(w / "tree.exchanged"))
    run("-e", *key, tree, "-o", w / "tree.enc", code=56, says="4 of 4")
    run("-e", *key, tree, "-o", tree / "inside", code=2, says="lies in")
    run("-e", *key, tree, code=2, says="--out FOLDER")


def a_tenants_environment(w):
    provider = Provider(TENANT_ADMIN, w / "provider", w / "key.pfx", w / "word")
    environment = provider.options
    message = run("-e", *environment("2026-11-02T10:00:00Z"), "--aes-key", w / "backup.key", stdin=b"contoso's")
    check(run("-d", *environment("2026-11-02T11:00:00Z"), stdin=message) == b"contoso's", "an environment's message")
    check(run("-d", "--aes-key", w / "backup.key", stdin=message) == b"contoso's", "the escrow's half of it")
    shown = json.loads(run("--inspect", "--json", stdin=message))
    check([k["namespace"] for k in shown["keys"]] == ["keywright", "envelope_file"], shown)
    run("-e", *environment(FIRST_DAY, name="contoso"), stdin=b"", code=2, says="TENANT/REGION/ENVIRONMENT")
    run("-e", *environment("2026-11-02T11:00:00Z", phrase=w / "word"), stdin=b"", code=41)
    run("-e", "--environment", "contoso/eu/prod", "--state-folder", w / "nowhere", stdin=b"", code=30)
    provider.lock(NEXT_WEEK)
    run("-d", *environment(NEXT_WEEK), stdin=message, code=9, says="locked")
    run("-e", *environment(NEXT_WEEK), stdin=b"", code=9, says="locked")


def on_a_terminal(w):
    """The bar and colours are for people: a terminal gets them, a pipe does not, and a message is not written to one."""
    (w / "large").write_bytes(bytes(64 << 20))

    key = ["--aes-key", w / "backup.key"]
    code, seen = in_terminal(PROGRAM, "-e", *key, w / "large", "--frame-length", "1K")
    check(code == 0 and re.search(rb"\[#*-+\] +\d+ %, \d+ MiB/s", seen), code, seen[-200:])
    code, seen = in_terminal(PROGRAM, "-e", *key, w / "large", "-f", "-q")
    check(code == 0 and seen == b"", code, seen[-200:])
    code, seen = in_terminal(PROGRAM, "--inspect", w / "large.esdk")
    check(code == 0 and b"\033[2m" in seen, code, seen)
    code, seen = in_terminal(PROGRAM, "--inspect", "--no-color", w / "large.esdk")
    check(code == 0 and b"\033" not in seen, code, seen)
    code, seen = in_terminal(PROGRAM, "-e", *key, w / "large", "-o", "-")
    check(code == 2 and b"not for a terminal" in seen, code, seen)
    # What a message says of itself does not reach the terminal as it is.
    hostile = run("-e", *key, "--context", "a=\033[2Jgone", stdin=b"")
    check(b"\033" not in run("--inspect", stdin=hostile), "an escape sequence of a context reached the terminal")


def help_and_codes():
    shown = run("--help").decode()
    listed = {int(c) for c in re.findall(r"^ {2,4}(\d+)  ", shown, re.M)}
    used = {0, 2, 9, 21, 23, 25, 26, 27, 30, 41, 52, 53, 54, 55, 56, 57, 58}
    check(used <= listed, "the help does not list", used - listed)
    check("--aes-key backup.key report.pdf" in shown, "the help does not teach")


def official_client(w):
    python = CLIENT / "venv" / "bin" / "python"
    if not (CLIENT / "venv" / "complete").exists():
        return "the official client was not asked: it is not installed"
    (w / "for-python").write_bytes(sample(300000))
    run("-e", "--aes-key", "acme/backup=%s" % (w / "backup.key"), "--context", "tenant=contoso", "--signed", w / "for-python")
    read = subprocess.run([python, "-c", PEER, w / "backup.key", w / "for-python.esdk"], capture_output=True)
    check(read.returncode == 0 and read.stdout == sample(300000), "the official client:", read.stderr.decode()[-500:])
    return "the official Python client read one of its files"


with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    (work / "backup.key").write_bytes(os.urandom(32))
    help_and_codes()
    files_and_pipes(work)
    rsa_and_several(work)
    refusals(work)
    older_and_unsorted(work)
    folders(work)
    a_tenants_environment(work)
    on_a_terminal(work)
    print("envelope_file: %d checks; %s" % (check.count, official_client(work)))
