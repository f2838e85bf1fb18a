# SPDX-License-Identifier: Apache-2.0
"""examples/lock_drill against a backup that tenant_admin took: the escrowed key, another one, a damaged file, no backup.

    python3 lock_drill.py TENANT_ADMIN LOCK_DRILL EXPECTED
"""
import os
import pathlib
import re
import sys
import tempfile

from read_without_us import PASSWORD, Tenant, run


def main(program, drill, expected, folder):
    tenant = Tenant(program, folder / "tenant")

    def verdict(key, environment="prod"):
        done = run(drill, tenant.folder / "state.db", tenant.folder / "content", "contoso", "eu", environment, key,
                   env={**os.environ, "KEY_PASSWORD": PASSWORD})
        return done.returncode, re.sub(r"[0-9.]+ ms", "# ms", done.stdout.decode() + done.stderr.decode())

    def fails(what, key, words, environment="prod"):
        code, said = verdict(key, environment)
        if code != 1 or "VERDICT: the escrowed key does not open it: " + words not in said:
            sys.exit(f"{what}: expected code 1 and {words!r}, found {code} and:\n{said}")

    at = "2026-01-05T10:00:00Z"
    tenant.do("2026-01-05T08:00:00Z", "init", "--vault-argon-memory", "19456", by="provider")
    for words in (["create-tenant", "--seats", "2000", "--opted-in"], ["enable-feature"], ["add-admin", "alice"]):
        tenant.do("2026-01-05T08:00:00Z", *words, by="provider")
    for name in ("prod", "plain"):
        tenant.do("2026-01-05T09:00:00Z", "create-environment", "-e", name)
    key, other = tenant.new_key("escrowed"), tenant.new_key("other")
    tenant.do(at, "upload-key", "-k", "first", "-f", key, "--password-file", tenant.folder / "password", "--acknowledge-risk")
    tenant.do(at, "apply-key", "-e", "prod", "--acknowledge-risk", "--yes")
    fails("no backup", key, "not_found: drill: there is no backup")
    data = tenant.folder / "data"
    (data / "inner").mkdir(parents=True)
    (data / "a").write_bytes(b"")
    (data / "inner" / "b").write_bytes(os.urandom(300_000))
    tenant.do(at, "backup", "-e", "prod", "-b", "older")
    tenant.do("2026-01-05T11:00:00Z", "put", "-e", "prod", data)
    tenant.do("2026-01-05T12:00:00Z", "backup", "-e", "prod", "-b", "newer")
    tenant.do(at, "backup", "-e", "plain", "-b", "plain")

    found = verdict(key)
    if found != (0, expected.read_text()):
        sys.exit(f"the escrowed key: expected code 0 and what {expected} says, found {found[0]} and:\n{found[1]}")
    fails("another key", other, "locked: ")
    fails("the provider's key", key, "locked: escrow: the environment hangs on the provider's key", "plain")
    stored = next(path for path in (tenant.folder / "content").rglob("*") if "newer" in str(path) and path.stat().st_size > 100_000 and path.is_file())
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    fails("a damaged file", key, "authentication_failed: ")
    print("lock_drill: one key opens the newest backup, and four drills fail as they must")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), pathlib.Path(scratch))
