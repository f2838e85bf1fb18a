# SPDX-License-Identifier: Apache-2.0
"""Keys made inside SoftHSM go HSM -> .byok -> keywright, under import keys that keywright made.

    python3 softhsm.py HSM PEER FOLDER [TENANT_ADMIN]

HSM is the program made of hsm.cpp, PEER the one of peer.cpp. With TENANT_ADMIN one key goes the whole way, into a ring
by the ring's own import key. Ends with 77 where there is no SoftHSM.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys

MODULES = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so"]
PIN, SKIP = "1234", 77


def run(*command, expect=0):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600)
    assert done.returncode == expect, "%s ended with %d: %s%s" % (command[0], done.returncode, done.stdout, done.stderr)
    return done.stdout


def token(folder):
    """A fresh token, and the module that drives it."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tokens").mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n" % (folder / "tokens"))
    os.environ["SOFTHSM2_CONF"] = str(conf)
    module = next((m for m in MODULES if pathlib.Path(m).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        print("SKIPPED: softhsm: the module or softhsm2-util is not installed")
        sys.exit(SKIP)
    run("softhsm2-util", "--init-token", "--free", "--label", "byok", "--pin", PIN, "--so-pin", "5678")
    return module


def modulus_of(pem):
    return run("openssl", "rsa", "-pubin", "-in", pem, "-noout", "-modulus").split("=")[1].strip().lower()


def transfer_file(hsm, module, kek_pem, kid, kind, out):
    """What a vendor's tool does: the token's output in JSON. Gives what identifies the key."""
    shown = run(hsm, module, PIN, modulus_of(kek_pem), kind, out.with_suffix(".ct")).strip()
    wrapped = base64.urlsafe_b64encode(out.with_suffix(".ct").read_bytes()).decode()
    out.write_text(json.dumps({"schema_version": "1.0.0", "header": {"kid": kid, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP"},
                               "ciphertext": wrapped, "generator": "SoftHSM; a test"}))
    return shown


def through_the_library(hsm, peer, module, folder):
    count = 0
    for bits, kinds in ((2048, ["rsa2048", "p256", "p384", "p521", "aes256"]), (3072, ["rsa2048", "aes256"])):
        kid = "https://v.example/keys/kek/%d" % bits
        der, pem, jwk = (folder / ("kek%d.%s" % (bits, end)) for end in ("der", "pem", "jwk"))
        run(peer, "kek", bits, kid, der, pem, jwk)
        # The two forms of the public half agree, as OpenSSL reads the one and any JSON parser the other.
        public = json.loads(jwk.read_text())
        n = base64.urlsafe_b64decode(public["n"] + "==").hex()
        assert (public["kty"], public["kid"], public["e"], n) == ("RSA", kid, "AQAB", modulus_of(pem)), public
        for kind in kinds:
            file = folder / ("%s-kek%d.byok" % (kind, bits))
            shown = transfer_file(hsm, module, pem, kid, kind, file)
            found = run(peer, "open", der, file).strip()
            # An EC point is an OCTET STRING in PKCS#11: two or three bytes stand before it.
            assert found and (found == shown or shown.endswith(found)) and len(shown) - len(found) <= 6, (kind, shown, found)
            count += 1
        # That the comparison can fail: another import key of the same size opens nothing.
        other = folder / "other.der"
        run(peer, "kek", bits, kid, other, folder / "other.pem", folder / "other.jwk")
        run(peer, "open", other, file, expect=1)
    return count


def through_the_service(hsm, admin, module, folder):
    for name in ("STATE", "VAULT", "CONTENT", "OUTBOX"):
        os.environ["KEYWRIGHT_" + name] = str(folder / ("admin-" + name.lower()))
    os.environ.update(KEYWRIGHT_TENANT="contoso", KEYWRIGHT_REGION="eu", KEYWRIGHT_VAULT_PASSPHRASE="provider", KEYWRIGHT_SETTLE_MS="0")

    def command(*arguments, by="alice@contoso.example", expect=0):
        who = ["--by", by] + (["--as", "provider"] if by == "provider" else [])
        return run(admin, "--now", "2026-11-02T10:00:00Z", "--json", *who, *arguments, expect=expect)

    command("init", "--vault-argon-memory", "19456", by="provider")
    command("create-tenant", "--seats", "2000", "--opted-in", by="provider")
    command("enable-feature", by="provider")
    command("add-admin", "alice@contoso.example", by="provider")
    shown = json.loads(command("import-key"))
    pem, file = folder / "ring.pem", folder / "ring.byok"
    pem.write_text(shown["public_key"])
    assert shown["expires_at"] == "2026-11-09T10:00:00Z" and json.loads(shown["jwk"])["kid"] == shown["kid"], shown
    # First under another id: T08 refuses it, and the import key stays.
    transfer_file(hsm, module, pem, shown["kid"][:-1] + ("0" if shown["kid"][-1] != "0" else "1"), "rsa2048", file)
    refused = command("upload-key", "-k", "hsm-key", "-f", file, "--acknowledge-risk", expect=3)
    assert "T08" in refused, refused
    modulus = transfer_file(hsm, module, pem, shown["kid"], "rsa2048", file)
    command("upload-key", "-k", "hsm-key", "-f", file, "--acknowledge-risk")
    # Single use: what was imported once does not open again.
    refused = command("upload-key", "-k", "hsm-again", "-f", file, "--acknowledge-risk", expect=3)
    assert "T08" in refused, refused
    again = json.loads(command("import-key"))
    assert again["kid"] != shown["kid"] and again["public_key"] != shown["public_key"], "the import key was used twice"
    assert len(modulus) == 512


def main(hsm, peer, folder, admin=None):
    folder = pathlib.Path(folder).resolve()
    module = token(folder)
    count = through_the_library(hsm, peer, module, folder)
    if admin:
        through_the_service(hsm, admin, module, folder)
    print("softhsm: %d keys made in the token were imported%s" % (count, ", one more into a ring" if admin else ""))


if __name__ == "__main__":
    main(*sys.argv[1:])
