# SPDX-License-Identifier: Apache-2.0
"""Fields and keysets back and forth between keywright and Tink for Python.

    python3 tink_fields.py PEER FOLDER

PEER is the program made of peer.cpp; Tink is installed once into FOLDER. Skipped (77) where that is not possible.
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peer_packages  # noqa: E402

VALUES = [b"", b"x", bytes(range(15)), bytes(range(16)), bytes(range(17)), b"\x00" * 64, os.urandom(1000)]
ASSOCIATED = [b"", b"a", bytes(range(200))]


def main(peer, folder):
    import tink
    from tink import aead, daead, json_proto_keyset_format, proto_keyset_format, secret_key_access
    from tink.proto import aes_gcm_pb2, tink_pb2
    aead.register()
    daead.register()
    done = 0

    def raw_aead(key):
        keyset = tink_pb2.Keyset(primary_key_id=1)
        keyset.key.add(key_data=tink_pb2.KeyData(type_url="type.googleapis.com/google.crypto.tink.AesGcmKey",
                                                 value=aes_gcm_pb2.AesGcmKey(key_value=key).SerializeToString(),
                                                 key_material_type=tink_pb2.KeyData.SYMMETRIC),
                       status=tink_pb2.ENABLED, key_id=1, output_prefix_type=tink_pb2.RAW)
        return proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN).primitive(aead.Aead)

    key = os.urandom(32)
    master = raw_aead(key)

    def run(*words, lines=()):
        text = "".join("%s %s\n" % tuple(part.hex() or "-" for part in line) for line in lines)
        ran = subprocess.run([peer, *map(str, words)], input=text, capture_output=True, text=True)
        assert ran.returncode == 0, "keywright: %s: %s" % (words, ran.stderr)
        return ran.stdout.splitlines()

    def bytes_of(line):
        return b"" if line == "-" else bytes.fromhex(line)

    def load(path):
        if path.suffix == ".json":
            return json_proto_keyset_format.parse_encrypted(path.read_text(), master, b"keyset")
        return proto_keyset_format.parse_encrypted(path.read_bytes(), master, b"keyset")

    def save(handle, path):
        if path.suffix == ".json":
            path.write_text(json_proto_keyset_format.serialize_encrypted(handle, master, b"keyset"))
        else:
            path.write_bytes(proto_keyset_format.serialize_encrypted(handle, master, b"keyset"))

    def primitives(handle, suite):
        if suite == "siv":
            primitive = handle.primitive(daead.DeterministicAead)
            return primitive.encrypt_deterministically, primitive.decrypt_deterministically
        primitive = handle.primitive(aead.Aead)
        return primitive.encrypt, primitive.decrypt

    def exchange(path, suite):
        """Every value, sealed by either and opened by the other; returns the fields, for later."""
        nonlocal done
        seal, open_ = primitives(load(path), suite)
        rows = [(ad, value) for ad in ASSOCIATED for value in VALUES]
        ours = [bytes_of(line) for line in run("seal", key.hex(), path, lines=rows)]
        theirs = [seal(value, ad) for ad, value in rows]
        assert [open_(field, ad) for field, (ad, _) in zip(ours, rows)] == [value for _, value in rows], "Tink read something else"
        back = run("open", key.hex(), path, lines=[(ad, field) for field, (ad, _) in zip(theirs, rows)])
        assert [bytes_of(line) for line in back] == [value for _, value in rows], "keywright read something else"
        if suite == "siv":
            assert ours == theirs, "a deterministic field is the same whoever seals it"
        # That the comparison can fail: other associated data, a changed field.
        wrong = [(ad + b"!", field) for field, (ad, _) in zip(theirs, rows)]
        wrong += [(ad, field[:-1] + bytes([field[-1] ^ 1])) for field, (ad, _) in zip(theirs, rows)]
        assert set(run("open", key.hex(), path, lines=wrong)) == {"authentication_failed"}
        done += 2 * len(rows)
        return [(ad, field, value) for (ad, value), field in zip(rows, theirs)]

    templates = {"gcm": aead.aead_key_templates.AES256_GCM, "gcm_siv": aead.aead_key_templates.AES256_GCM_SIV,
                 "siv": daead.deterministic_aead_key_templates.AES256_SIV}
    for suite, template in templates.items():
        for form in ("json", "bin"):
            mine = folder / ("ours-%s.%s" % (suite, form))
            run("new", key.hex(), suite, mine)
            earlier = exchange(mine, suite)
            run("rotate", key.hex(), suite, mine)
            exchange(mine, suite)
            _, open_ = primitives(load(mine), suite)
            assert all(open_(field, ad) == value for ad, field, value in earlier), "a field of the older key"

            other = folder / ("tinks-%s.%s" % (suite, form))
            save(tink.new_keyset_handle(template), other)
            earlier = exchange(other, suite)
            run("rotate", key.hex(), suite, other)
            exchange(other, suite)
            back = run("open", key.hex(), other, lines=[(ad, field) for ad, field, _ in earlier])
            assert [bytes_of(line) for line in back] == [value for _, _, value in earlier], "a field of the older key"

    # GCM gives way to GCM-SIV within one keyset.
    mixed = folder / "mixed.json"
    run("new", key.hex(), "gcm", mixed)
    run("rotate", key.hex(), "gcm_siv", mixed)
    exchange(mixed, "gcm_siv")

    # Given the environment's field key and nothing else of ours, Tink opens the stored keyset and a cell of it.
    environment_key = os.urandom(32)
    stored, context, cell = run("cell", environment_key.hex())
    handle = json_proto_keyset_format.parse_encrypted(stored, raw_aead(environment_key), bytes.fromhex(context))
    pairs = {"column": "email", "row": "4711", "table": "users", "tenant": "contoso"}
    place = len(pairs).to_bytes(2, "big") + b"".join(len(text).to_bytes(2, "big") + text.encode()
                                                     for pair in sorted(pairs.items()) for text in pair)
    assert handle.primitive(aead.Aead).decrypt(bytes.fromhex(cell), place) == b"alice@example.com"

    # A keyset of a kind that is not offered is refused by name.
    save(tink.new_keyset_handle(aead.aead_key_templates.XCHACHA20_POLY1305), folder / "other.json")
    ran = subprocess.run([peer, "open", key.hex(), str(folder / "other.json")], input="", capture_output=True, text=True)
    assert ran.returncode == 1 and ran.stderr.startswith("unsupported"), ran.stderr
    print("tink: %d fields read by the other side, as they were sealed" % done)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[2]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    if "--inside" not in sys.argv:
        peer_packages.enter(target, ["tink==1.16.1"], "tink")
    main(sys.argv[1], target)
