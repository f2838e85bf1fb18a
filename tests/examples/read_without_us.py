# SPDX-License-Identifier: Apache-2.0
"""examples/read_without_us.py against what tenant_admin stored, before and after a rotation, and against damage.

    python3 read_without_us.py TENANT_ADMIN EXAMPLE FOLDER
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))
import peer_packages  # noqa: E402

PACKAGES = ["cryptography==43.0.3"]
PASSWORD = "a password"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, **more)


class Tenant:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        folder.mkdir()
        (folder / "password").write_text(PASSWORD + "\n")
        self.environment = {**os.environ, "KEYWRIGHT_STATE": f"{folder}/state.db", "KEYWRIGHT_VAULT": f"{folder}/vault",
                            "KEYWRIGHT_CONTENT": f"{folder}/content", "KEYWRIGHT_OUTBOX": f"{folder}/outbox", "KEYWRIGHT_TENANT": "contoso",
                            "KEYWRIGHT_REGION": "eu", "KEYWRIGHT_SETTLE_MS": "0", "KEYWRIGHT_VAULT_PASSPHRASE": "a passphrase"}

    def do(self, now, *words, by="alice"):
        role = ["--as", "provider"] if by == "provider" else []
        done = run(self.program, "--now", now, "--by", by, *role, *words, env=self.environment)
        if done.returncode != 0:
            sys.exit(f"tenant_admin {' '.join(map(str, words))}: {done.stdout.decode()}{done.stderr.decode()}")

    def new_key(self, name):
        key = self.folder / f"{name}.pfx"
        for made in (run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=key", "-keyout", f"{key}.pem", "-out", f"{key}.crt"),
                     run("openssl", "pkcs12", "-export", "-inkey", f"{key}.pem", "-in", f"{key}.crt", "-out", key, "-passout", "pass:" + PASSWORD)):
            if made.returncode != 0:
                sys.exit(f"openssl: {made.stderr.decode()}")
        return key


def main(program, example, folder):
    tenant = Tenant(program, folder / "tenant")

    def read(key, message, environment="prod"):
        return run(sys.executable, example, tenant.folder / "state.db", f"contoso/eu/{environment}", key, tenant.folder / "password", message)

    def refuses(what, done, words=b""):
        if done.returncode == 0 or done.stdout or words not in done.stderr or b"Traceback" in done.stderr:
            sys.exit(f"{what}: expected a refusal that says {words!r} and no plaintext, found {done}")

    tenant.do("2026-01-05T08:00:00Z", "init", "--vault-argon-memory", "19456", by="provider")
    for words in (["create-tenant", "--seats", "2000", "--opted-in"], ["enable-feature"], ["add-admin", "alice"]):
        tenant.do("2026-01-05T08:00:00Z", *words, by="provider")
    tenant.do("2026-01-05T09:00:00Z", "create-environment", "-e", "prod")
    tenant.do("2026-01-05T09:00:00Z", "create-environment", "-e", "other")
    first, second = tenant.new_key("first"), tenant.new_key("second")
    files = {"empty": b"", "small": b"one byte more\n", "large": os.urandom(700_001)}
    data = tenant.folder / "data"
    data.mkdir()
    for name, content in files.items():
        (data / name).write_bytes(content)
    upload = ["--password-file", tenant.folder / "password", "--acknowledge-risk"]
    tenant.do("2026-01-05T10:00:00Z", "upload-key", "-k", "first", "-f", first, *upload)
    tenant.do("2026-01-05T10:00:00Z", "apply-key", "-e", "prod", "--acknowledge-risk", "--yes")
    tenant.do("2026-01-05T10:00:00Z", "put", "-e", "prod", data)

    sealed = {path.name: path for path in (tenant.folder / "content").rglob("*") if path.is_file() and "prod" in str(path)}

    def all_open(key):
        for name, content in files.items():
            found = [path for kept, path in sealed.items() if name in kept]
            if len(found) != 1:
                sys.exit(f"expected one sealed file for {name}, found {sealed}")
            done = read(key, found[0])
            if done.returncode != 0 or done.stdout != content:
                sys.exit(f"{name}: not what was stored: {done.stderr.decode()}")
        return found[0]

    large = all_open(first)
    refuses("another customer's key", read(second, large), b"another key")
    refuses("an environment on the provider's key", read(first, large, "other"), b"another key")
    damaged = tenant.folder / "damaged"
    whole = large.read_bytes()
    for at in (3, len(whole) // 2, len(whole) - 1):
        damaged.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        refuses(f"byte {at} flipped", read(first, damaged))
    damaged.write_bytes(whole[:-1])
    refuses("a file that is not there", read(first, tenant.folder / "gone"), b"No such file")
    refuses("a byte short", read(first, damaged), b"too early")

    tenant.do("2026-01-05T11:00:00Z", "upload-key", "-k", "second", "-f", second, *upload)
    tenant.do("2026-01-06T12:00:00Z", "activate-key", "-k", "second", "--acknowledge-risk", "--yes")
    if all_open(second).read_bytes() != whole:
        sys.exit("a rotation has touched a message")
    refuses("the key of before the rotation", read(first, large), b"another key")
    print(f"read_without_us: {len(files)} files under two keys, and nothing of what is damaged")


if __name__ == "__main__":
    place = pathlib.Path(sys.argv[3]).resolve()
    place.mkdir(parents=True, exist_ok=True)
    if "--inside" not in sys.argv:
        peer_packages.enter(place, PACKAGES, "read_without_us")
    import tempfile
    with tempfile.TemporaryDirectory() as scratch:
        main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(scratch))
