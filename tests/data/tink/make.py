# SPDX-License-Identifier: Apache-2.0
"""Made the files beside it with Tink for Python 1.16.1 (PyPI `tink`): python3 make.py. Run once; the files stay.

master.hex     the AES-256-GCM key, without prefix, that encrypts every keyset here
NAME.json      a keyset, encrypted under it with the associated data `keyset NAME`
NAME.bin       the same keyset as protobuf, encrypted anew
NAME.tsv       fields: associated data, value, field, all hex
"""
import io
import os

import tink
from tink import aead, daead, json_proto_keyset_format, proto_keyset_format, secret_key_access
from tink.proto import aes_gcm_pb2, tink_pb2

aead.register()
daead.register()


def raw_aead(key):
    """The primitive of an AES-GCM key without prefix."""
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.add(key_data=tink_pb2.KeyData(type_url="type.googleapis.com/google.crypto.tink.AesGcmKey",
                                             value=aes_gcm_pb2.AesGcmKey(key_value=key).SerializeToString(),
                                             key_material_type=tink_pb2.KeyData.SYMMETRIC),
                   status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
    return proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN).primitive(aead.Aead)


VALUES = [b"", b"x", b"alice@example.com", bytes(range(256)) * 4]
templates = aead.aead_key_templates
KEYSETS = {
    "gcm": [templates.AES256_GCM],
    "gcm_siv": [templates.AES256_GCM_SIV],
    "gcm_siv_raw": [templates.AES256_GCM_SIV_RAW],
    "siv": [daead.deterministic_aead_key_templates.AES256_SIV],
    "rotated": [templates.AES256_GCM, templates.AES256_GCM_SIV_RAW, templates.AES256_GCM_SIV],
    "siv_rotated": [daead.deterministic_aead_key_templates.AES256_SIV] * 2,
}


def fields_of(handle, deterministic):
    if deterministic:
        primitive = handle.primitive(daead.DeterministicAead)
        return lambda value, ad: primitive.encrypt_deterministically(value, ad)
    primitive = handle.primitive(aead.Aead)
    return lambda value, ad: primitive.encrypt(value, ad)


def main():
    key = os.urandom(32)
    master = raw_aead(key)
    open("master.hex", "w").write(key.hex() + "\n")
    for name, keys in KEYSETS.items():
        deterministic = name.startswith("siv")
        rows = []
        keyset = tink_pb2.Keyset()
        for template in keys:
            handle = tink.new_keyset_handle(template)
            one = tink_pb2.Keyset.FromString(proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
            keyset.key.append(one.key[0])
            keyset.primary_key_id = one.primary_key_id
            seal = fields_of(handle, deterministic)
            rows += [(ad, value, seal(value, ad)) for value in VALUES for ad in (b"", b"users/email/4711")]
        handle = proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
        ad = b"keyset " + name.encode()
        open(name + ".json", "w").write(json_proto_keyset_format.serialize_encrypted(handle, master, ad))
        open(name + ".bin", "wb").write(proto_keyset_format.serialize_encrypted(handle, master, ad))
        with open(name + ".tsv", "w") as out:
            for row in rows:
                out.write("\t".join(part.hex() for part in row) + "\n")


main()
