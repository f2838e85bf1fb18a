# SPDX-License-Identifier: Apache-2.0
"""What the programs' tests need around a program: checks that count, a terminal, and a provider with a tenant, as tenant_admin keeps them."""
import os
import pty
import select
import subprocess
import sys

FIRST_DAY, NEXT_WEEK = "2026-11-02T08:00:00Z", "2026-11-09T08:00:00Z"


class Checks:
    """check(is_so, *what): ends the test of that name where it is not so, and says what; counts."""

    def __init__(self, name):
        self.name, self.count = name, 0

    def __call__(self, is_so, *what):
        self.count += 1
        if not is_so:
            sys.exit(f"{self.name}: BROKEN: " + " ".join(map(str, what)))


def in_terminal(program, *arguments, typed=b""):
    """The exit code, and all that a person who types that sees."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([program, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
                             env={k: v for k, v in os.environ.items() if k != "NO_COLOR"})
    os.close(theirs)
    os.write(ours, typed)
    seen = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
    os.close(ours)
    return child.wait(), seen


class Provider:
    """A folder of tenant_admin with the tenant contoso: its environment prod in the region eu is under the key in `pfx`; the
    state is encrypted under `state_key`, a file, or in the clear."""

    def __init__(self, tenant_admin, folder, pfx, password_file, state_key=""):
        self.tenant_admin, self.folder, self.state_key = tenant_admin, folder, state_key
        self.file = ["-f", pfx, "--password-file", password_file]
        folder.mkdir()
        self.phrase = folder / "phrase"
        self.phrase.write_text("of the provider\n")
        for command in (["init", "--vault-argon-memory", "64"], ["create-tenant", "--seats", "2000", "--opted-in"], ["enable-feature"],
                        ["add-admin", "alice"]):
            self.admin(FIRST_DAY, "provider", *command)
        self.admin("2026-11-02T09:00:00Z", "alice", "create-environment", "-e", "prod")
        self.admin("2026-11-02T09:00:00Z", "alice", "upload-key", "-k", "first", *self.file, "--acknowledge-risk")
        self.admin("2026-11-02T09:10:00Z", "alice", "apply-key", "-e", "prod", "--acknowledge-risk", "--yes")

    def admin(self, now, by, *arguments, code=0, quiet=True):
        """Runs tenant_admin, and expects this exit code; all that it says."""
        who = ["--by", "provider", "--as", "provider"] if by == "provider" else ["--by", by]
        places = {"STATE": "state.db", "VAULT": "vault", "CONTENT": "content", "OUTBOX": "outbox"}
        done = subprocess.run([self.tenant_admin, "--now", now, *who, *(["-q"] if quiet else []), *map(str, arguments)], capture_output=True, text=True,
                              env={**os.environ, **{"KEYWRIGHT_" + name: str(self.folder / place) for name, place in places.items()},
                                   "KEYWRIGHT_TENANT": "contoso", "KEYWRIGHT_REGION": "eu", "KEYWRIGHT_SETTLE_MS": "0",
                                   "KEYWRIGHT_VAULT_PASSPHRASE": "of the provider", "KEYWRIGHT_STATE_KEY": str(self.state_key)})
        if done.returncode != code:
            raise SystemExit("tenant_admin %s: %d, expected %d: %s" % (arguments, done.returncode, code, done.stderr))
        return done.stdout + done.stderr

    def lock(self, now, settle=0):
        """`settle`: milliseconds for what other programs have open to end; theirs look for a lock each second."""
        self.admin(now, "alice", "--settle", settle, "lock", *self.file, "--confirm", "lock contoso")

    def options(self, now, name="contoso/eu/prod", by="alice", phrase=None):
        """What opens an environment on a program's command line."""
        return ["--environment", name, "--state-folder", self.folder, "--by", by, "--vault-passphrase-file", phrase or self.phrase,
                "--now", now]
