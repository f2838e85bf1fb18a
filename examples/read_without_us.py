# SPDX-License-Identifier: Apache-2.0
"""Opens a message of keywright's without keywright: with the customer's key file, a copy of the provider's state, the
message, and published formats alone (PKCS#12, RSA-OAEP, HKDF, the AWS Encryption SDK's message format version 2).

    python3 read_without_us.py STATE.db TENANT/REGION/ENVIRONMENT KEY.pfx PASSWORD_FILE MESSAGE >PLAINTEXT

Needs the package `cryptography`. Nothing is written unless every frame was genuine. For an environment on its customer's key.
"""
import hmac
import sqlite3
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import pkcs12


class Reader:
    """Takes big-endian fields from the front of some bytes."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        if self.at > len(self.data):
            sys.exit("it ends too early")
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")

    def entry(self):
        """An encrypted data key: provider id, provider info, ciphertext."""
        return [self.take(self.number(2)) for _ in range(3)]


def serialised(context):
    """An encryption context as the message format has it: what every wrap is bound to."""
    text = b"".join(struct.pack(">H", len(part)) + part for pair in sorted(context.items()) for part in map(str.encode, pair))
    return struct.pack(">H", len(context)) + text


def unwrap(entry, key, context):
    name_and_tail, ciphertext = entry[1], entry[2]
    return AESGCM(key).decrypt(name_and_tail[-12:], ciphertext, context)  # info: key name, tag bits, IV bytes, IV


def environment_keys(state, tenant, region, environment, private):
    """The environment's keys by name, from the ring's secret that the customer's key opens."""
    def records(prefix):
        return state.execute("SELECT CAST(key AS TEXT), value FROM records WHERE CAST(key AS TEXT) GLOB ?", (prefix + "*",))

    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    spki = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    mine = hashes.Hash(hashes.SHA256())
    mine.update(spki)
    mine = mine.finalize().hex()
    secrets = {key.split("/")[3]: private.decrypt(value, oaep) for key, value in records(f"secret/{tenant}/{region}/") if key.endswith(mine)}
    keys = {}
    for key, value in records(f"wrap/{tenant}/{region}/{environment}/"):
        entry, name = Reader(value).entry(), key.split("/")[4]
        link = entry[1][:-20].decode().split("/")  # ring/<tenant>/<region>/<generation>
        if link[0] != "ring" or link[3] not in secrets:
            sys.exit("this environment hangs on another key than this one")
        ring = {"tenant": tenant, "region": region, "generation": link[3]}
        kek = HKDF(hashes.SHA256(), 32, None, b"keywright ring kek 1\0" + serialised(ring)).derive(secrets[link[3]])
        keys[name] = unwrap(entry, kek, serialised({**ring, "environment": environment, "purpose": name}))
    return keys


def plaintext(message, keys):
    r = Reader(message)
    version, suite, message_id = r.number(1), r.number(2), r.take(32)
    if (version, suite) != (2, 0x0478):
        sys.exit(f"version {version}, suite {suite:04x}: this page reads version 2 and 0478 alone")
    context = r.take(r.number(2))
    entries = [r.entry() for _ in range(r.number(2))]
    if r.number(1) != 2:
        sys.exit("not framed")
    frame_length, commitment, header = r.number(4), r.take(32), message[:r.at]
    entry = next((e for e in entries if e[0] == b"keywright" and e[1][:-20].decode() in keys), None) or sys.exit("not for this environment")
    data_key = unwrap(entry, keys[entry[1][:-20].decode()], context)

    def derived(info):
        return HKDF(hashes.SHA512(), 32, message_id, info).derive(data_key)

    if not hmac.compare_digest(derived(b"COMMITKEY"), commitment):
        sys.exit("the message commits to another key")
    body = AESGCM(derived(b"\x04\x78DERIVEKEY"))
    body.decrypt(bytes(12), r.take(16), header)
    out, sequence, final = [], 1, False
    while not final:
        number = r.number(4)
        final = number == 0xFFFFFFFF
        if (r.number(4) if final else number) != sequence:
            sys.exit("a frame is missing")
        iv, size = r.take(12), r.number(4) if final else frame_length
        what = b"AWSKMSEncryptionClient Final Frame" if final else b"AWSKMSEncryptionClient Frame"
        out.append(body.decrypt(iv, r.take(size + 16), message_id + what + struct.pack(">IQ", sequence, size)))
        sequence += 1
    return b"".join(out) if r.at == len(message) else sys.exit("bytes follow the message")


def main(state, place, pfx, password, message):
    with open(pfx, "rb") as key, open(password, "rb") as secret, open(message, "rb") as sealed:
        private, _, _ = pkcs12.load_key_and_certificates(key.read(), secret.read().rstrip(b"\n"))
        keys = environment_keys(sqlite3.connect(f"file:{state}?mode=ro", uri=True), *place.split("/"), private)
        sys.stdout.buffer.write(plaintext(sealed.read(), keys))


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except InvalidTag:
        sys.exit("what was opened is not genuine, or belongs to another key or place")
    except (OSError, ValueError, sqlite3.Error) as wrong:
        sys.exit(f"expected a state, the environment's place, its key file, the password's file and a message: {wrong}")
