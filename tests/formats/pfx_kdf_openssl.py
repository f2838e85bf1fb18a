# SPDX-License-Identifier: Apache-2.0
"""The PKCS#12 key derivation (RFC 7292, B.2) against OpenSSL's PKCS12KDF, on 10 000 random inputs.

    python3 pfx_kdf_openssl.py DRIVER

DRIVER is made of pfx_kdf_driver.cpp. OpenSSL is asked in this process, through libcrypto; where there is none of
version 3, the test says SKIPPED and ends with 77. The inputs come from a seed that is printed when something differs.
"""
import ctypes
import ctypes.util
import random
import subprocess
import sys

INPUTS = 10_000
SEED = 7292
HASHES = {"SHA-1": "SHA1", "SHA-224": "SHA224", "SHA-256": "SHA256", "SHA-384": "SHA384", "SHA-512": "SHA512", "SHA-512-256": "SHA512-256",
          "SHA-3(224)": "SHA3-224", "SHA-3(256)": "SHA3-256", "SHA-3(384)": "SHA3-384", "SHA-3(512)": "SHA3-512", "MD5": "MD5", "SM3": "SM3"}


class Param(ctypes.Structure):
    """OSSL_PARAM"""
    _fields_ = [("key", ctypes.c_char_p), ("type", ctypes.c_uint), ("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("returned", ctypes.c_size_t)]


INTEGER, TEXT, OCTETS = 1, 4, 5


def load():
    try:
        crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        crypto.EVP_KDF_fetch.restype = ctypes.c_void_p
    except (OSError, AttributeError):
        print("SKIPPED: pfx_kdf_openssl: no libcrypto of OpenSSL 3")
        sys.exit(77)
    crypto.EVP_KDF_fetch.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
    crypto.EVP_KDF_CTX_new.restype = ctypes.c_void_p
    crypto.EVP_KDF_CTX_new.argtypes = [ctypes.c_void_p]
    crypto.EVP_KDF_CTX_free.argtypes = [ctypes.c_void_p]
    crypto.EVP_KDF_derive.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Param)]
    return crypto


def openssl(crypto, kdf, hash_name, use, iterations, size, password, salt):
    keep = []

    def param(name, kind, raw):
        buffer = ctypes.create_string_buffer(raw, max(len(raw), 1))
        keep.append(buffer)
        return Param(name, kind, ctypes.cast(buffer, ctypes.c_void_p), len(raw), ctypes.c_size_t(-1).value)

    params = (Param * 6)(param(b"digest", TEXT, HASHES[hash_name].encode()), param(b"id", INTEGER, use.to_bytes(4, sys.byteorder)),
                         param(b"iter", INTEGER, iterations.to_bytes(8, sys.byteorder)), param(b"pass", OCTETS, password),
                         param(b"salt", OCTETS, salt), Param(None, 0, None, 0, 0))
    context = crypto.EVP_KDF_CTX_new(kdf)
    out = ctypes.create_string_buffer(size)
    done = crypto.EVP_KDF_derive(context, out, size, params)
    crypto.EVP_KDF_CTX_free(context)
    if done != 1:
        sys.exit("pfx_kdf_openssl: OpenSSL refused %s" % ((hash_name, use, iterations, size, len(password), len(salt)),))
    return out.raw.hex()


def some_bytes(pick, longest):
    # Around whole blocks of every hash as often as anything else.
    length = pick.choice([pick.randint(1, longest), pick.choice([1, 63, 64, 65, 71, 72, 73, 127, 128, 129, 135, 136, 137, 143, 144, 145])])
    return pick.randbytes(length)


def main(driver):
    crypto = load()
    kdf = crypto.EVP_KDF_fetch(None, b"PKCS12KDF", None)
    if not kdf:
        print("SKIPPED: pfx_kdf_openssl: this libcrypto has no PKCS12KDF")
        return 77
    pick = random.Random(SEED)
    inputs = []
    for number in range(INPUTS):
        # Every hundredth has no salt at all; the empty password is its terminator, as RFC 7292 has it.
        salt = b"" if number % 100 == 0 else some_bytes(pick, 300)
        password = b"\0\0" if number % 100 == 1 else some_bytes(pick, 300)
        inputs.append((pick.choice(list(HASHES)), pick.randint(1, 3), pick.choice([1, 1, 2, 3, pick.randint(1, 60)]), pick.randint(1, 200), password, salt))
    lines = "".join("%s %d %d %d %s %s\n" % (*row[:4], row[4].hex() or "-", row[5].hex() or "-") for row in inputs)
    ours = subprocess.run([driver], input=lines, capture_output=True, text=True, check=True).stdout.split()
    if len(ours) != INPUTS:
        sys.exit("pfx_kdf_openssl: the driver answered %d of %d inputs" % (len(ours), INPUTS))
    for row, key in zip(inputs, ours):
        if openssl(crypto, kdf, *row) != key:
            sys.exit("pfx_kdf_openssl: seed %d: differs from OpenSSL for %r" % (SEED, row))
    print("%d inputs over %d hashes: equal" % (INPUTS, len({row[0] for row in inputs})))
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
