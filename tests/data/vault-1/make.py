# SPDX-License-Identifier: Apache-2.0
"""Makes the file vault of this folder by the layouts in adapters/file/vault_format.hpp and vault_seal.hpp, with none of
keywright's code: python3 make.py (needs the package `cryptography` 44 or later). Passphrase: golden."""
import hashlib
import os
import re
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "../../../include/keywright/testing/key_vault_vectors.hpp"), encoding="utf-8") as header:
    text = header.read()


def vector(name):
    return bytes.fromhex("".join(re.findall(r'"([0-9a-f]+)"', re.search(name + r" =(.*?);", text, re.S).group(1))))


def hkdf(secret, info):
    return HKDF(hashes.SHA256(), 32, None, info).derive(secret)


def key_check(secret):
    return hashlib.sha256(b"keywright key check 1" + secret).digest()


def write(name, data):
    with open(os.path.join(here, name), "wb") as file:
        file.write(data)


salt = bytes(range(100, 116))
master = Argon2id(salt=salt, length=32, iterations=3, lanes=2, memory_cost=64).derive(b"golden")
prefix = b"KWVAULT\0" + struct.pack(">HHIII", 1, 1, 64, 3, 2) + salt
checked = prefix + hkdf(master, b"keywright vault check 1\0" + prefix)
write("vault.header", checked + hashlib.sha256(checked).digest())


def keep(number, name, suffix, purpose, secret, public_key, checks):
    serial, owner, slot_key, nonce = (bytes([number + i]) * 16 for i in (0, 64, 128, 192))
    slot_key, nonce = slot_key * 2, nonce[:12]
    block = b"KWSLOT\0\1" + serial + owner + slot_key
    block += hashlib.sha256(block).digest()
    file = "keys/" + name.replace("/", "+")
    write(file + ".slot", block.ljust(4096, b"\0"))
    associated = b"KWSEALED" + struct.pack(">H", 1) + purpose + bytes([len(checks)]) + serial
    associated += struct.pack(">HH", len(name), len(public_key)) + name.encode() + public_key + b"".join(checks)
    seal_key = hkdf(master + slot_key, b"keywright vault seal 1\0" + name.encode())
    write(file + suffix, associated + nonce + AESGCM(seal_key).encrypt(nonce, secret, associated))


der = vector("rsa_private_key")
rsa = load_der_private_key(der, None)
primes = [n.to_bytes((n.bit_length() + 7) // 8, "big") for n in (rsa.private_numbers().p, rsa.private_numbers().q)]
spki = rsa.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
seed = vector("ed25519_seed")
ed25519 = load_der_private_key(bytes.fromhex("302e020100300506032b657004220420") + seed, None)
keep(1, "contoso/eu/2026", ".key", b"c", der, spki, [key_check(prime) for prime in primes])
keep(2, "import/eu", ".staged", b"i", der, spki, [key_check(prime) for prime in primes])
keep(3, "slot/prod", ".key", b"s", bytes(range(32)), b"", [key_check(bytes(range(32)))])
keep(4, "audit", ".key", b"a", bytes.fromhex("302e020100300506032b657004220420") + seed,
     ed25519.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), [key_check(seed)])
