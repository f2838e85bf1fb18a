# SPDX-License-Identifier: Apache-2.0
"""tenant_admin with its state encrypted: a customer's story from the first command to a lock and back, nothing of it in the
clear on the disk, other keys refused, and a state that becomes encrypted afterwards.

    python3 encrypted_state.py TENANT_ADMIN ENCRYPTED_SQLITE
"""
import os
import pathlib
import subprocess
import sys
import tempfile

from around import FIRST_DAY, NEXT_WEEK, Checks, Provider

TENANT_ADMIN, ENCRYPTED_SQLITE = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
AFTER = "2026-11-09T12:00:00Z"
MARKED = (b"contoso", b"alice", b"first", b"prod")
check = Checks("encrypted_state")


def marks_in(provider):
    """Which of the marked names stand in the state's files as they are."""
    files = [path.read_bytes() for path in provider.folder.glob("state.db*")]
    check(files and sum(map(len, files)) > 8192, "there is no state")
    return [mark for mark in MARKED if any(mark in content for content in files)]


def story(provider, w):
    """From a file that is put in to a lock, and back."""
    (w / "letter").write_text("dear contoso")
    provider.admin(NEXT_WEEK, "alice", "put", "-e", "prod", w / "letter")
    provider.lock(NEXT_WEEK)
    check("T22" in provider.admin(NEXT_WEEK, "alice", "get", "-e", "prod", "letter", "-o", w / "none", code=9), "a locked environment")
    check(not (w / "none").exists(), "it was opened")
    provider.admin(AFTER, "alice", "unlock-key", *provider.file)
    provider.admin(AFTER, "alice", "unlock-environment", "-e", "prod", "--yes")
    provider.admin(AFTER, "alice", "get", "-e", "prod", "letter", "-o", w / "back")
    check((w / "back").read_text() == "dear contoso", "after the unlock")
    (w / "back").unlink()
    provider.admin(AFTER, "alice", "audit", "verify")


def main():
    with tempfile.TemporaryDirectory() as folder:
        w = pathlib.Path(folder)
        openssl = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", w / "clear.pem", "-subj", "/CN=test", "-out", w / "certificate.pem")
        openssl("pkcs12", "-export", "-inkey", w / "clear.pem", "-in", w / "certificate.pem", "-passout", "pass:word", "-out", w / "key.pfx")
        (w / "word").write_text("word\n")
        for name in ("state.key", "other.key"):
            (w / name).write_bytes(os.urandom(32))
        (w / "short.key").write_bytes(os.urandom(31))

        sealed = Provider(TENANT_ADMIN, w / "sealed", w / "key.pfx", w / "word", state_key=w / "state.key")
        check(marks_in(sealed) == [], "in the clear", marks_in(sealed))
        story(sealed, w)
        check(marks_in(sealed) == [], "in the clear after the story", marks_in(sealed))
        for key, code, says in ((w / "other.key", 36, "not the one"), ("", 36, "--state-key"), (w / "short.key", 2, "32 bytes"),
                                (w / "nowhere.key", 53, "file")):
            sealed.state_key = key
            check(says in sealed.admin(AFTER, "alice", "status", code=code), key, "is not told from the state's key")
        sealed.state_key = w / "other.key"
        sealed.admin(FIRST_DAY, "provider", "init", "--vault-argon-memory", "64", code=36)
        sealed.state_key = w / "state.key"
        sealed.admin(AFTER, "alice", "status")

        # A state in the clear becomes an encrypted one, and is the same.
        plain = Provider(TENANT_ADMIN, w / "plain", w / "key.pfx", w / "word")
        check(marks_in(plain) == list(MARKED), "nothing to be found where it is in the clear", marks_in(plain))
        plain.state_key = w / "state.key"
        check("convert" in plain.admin(AFTER, "alice", "status", code=36), "what to do is not said")
        convert = lambda to: subprocess.run([ENCRYPTED_SQLITE, "convert", "--to", to, "--key", w / "state.key", "-q", plain.folder / "state.db"],
                                            check=True, capture_output=True)
        convert("encrypted")
        check(marks_in(plain) == [], "in the clear after the conversion", marks_in(plain))
        story(plain, w)
        opened = subprocess.run([ENCRYPTED_SQLITE, *map(str, plain.options(AFTER)), "--state-key", w / "state.key", w / "prod.db", "SELECT 1"],
                                capture_output=True)
        check(opened.stdout == b"1\n", "another program with that state", opened.stderr)
        convert("clear")
        plain.state_key = ""
        plain.admin(AFTER, "alice", "audit", "verify")
    print("encrypted_state: %d checks" % check.count)


main()
