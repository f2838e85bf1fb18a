# SPDX-License-Identifier: Apache-2.0
"""Messages back and forth between keywright and the official AWS Encryption SDK for Python.

    python3 esdk.py PEER FOLDER

PEER is the program made of peer.cpp. The client is installed once into FOLDER/venv, with the user's package index;
where that is not reached, or Python is too old for it, the test says SKIPPED and ends with 77.
"""
import itertools
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import peer_packages  # noqa: E402

CLIENT = ["aws-encryption-sdk==4.0.7", "aws-cryptographic-material-providers==1.11.3"]


def main(peer, folder):
    import aws_encryption_sdk
    from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
    from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
    from aws_cryptographic_material_providers.mpl.models import (
        AesWrappingAlg, CreateDefaultCryptographicMaterialsManagerInput, CreateRawAesKeyringInput, CreateRawRsaKeyringInput,
        CreateRequiredEncryptionContextCMMInput, PaddingScheme)
    from aws_encryption_sdk.identifiers import AlgorithmSuite, CommitmentPolicy
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    providers = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig())
    client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
    signing = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384

    def aes(name_space, name, key):
        algorithm = {16: AesWrappingAlg.ALG_AES128_GCM_IV12_TAG16, 24: AesWrappingAlg.ALG_AES192_GCM_IV12_TAG16,
                     32: AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16}[len(key)]
        return providers.create_raw_aes_keyring(CreateRawAesKeyringInput(key_namespace=name_space, key_name=name, wrapping_key=key,
                                                                         wrapping_alg=algorithm))

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (folder / "rsa.der").write_bytes(private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                                           serialization.NoEncryption()))
    private_pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public_pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def oaep(scheme):
        return providers.create_raw_rsa_keyring(CreateRawRsaKeyringInput(key_namespace="rsa space", key_name="rsa name",
                                                                         padding_scheme=scheme, public_key=public_pem,
                                                                         private_key=private_pem))

    key = bytes(range(32))
    keyrings = [("lease:" + key.hex(), aes("keywright", "prod.message.1", key))]  # the promise of the whole hierarchy
    keyrings += [("aes:space:name:" + key[:n].hex(), aes("space", "name", key[:n])) for n in (16, 24, 32)]
    keyrings += [("rsa:rsa space:rsa name:%s:%s" % (text, folder / "rsa.der"), oaep(scheme)) for text, scheme in (
        ("sha1", PaddingScheme.OAEP_SHA1_MGF1), ("sha256", PaddingScheme.OAEP_SHA256_MGF1),
        ("sha384", PaddingScheme.OAEP_SHA384_MGF1), ("sha512", PaddingScheme.OAEP_SHA512_MGF1))]
    contexts = [{}, {"table": "invoices", "Ä": "€ 🔑", "a": "1"}]
    shapes = [(0, 4096), (1, 4096), (4095, 4096), (4096, 4096), (4097, 4096), (50, 16), (300000, 65536), (64, 1)]

    def run_peer(command, ours, context, frame, source, target):
        text = ",".join("%s=%s" % pair for pair in context.items())
        return subprocess.run([peer, command, ours, text, str(frame), str(source), str(target)], capture_output=True, text=True)

    plain, message, back = folder / "plain", folder / "message", folder / "back"
    done = 0
    for (ours, theirs), context, (size, frame) in itertools.product(keyrings, contexts, shapes):
        if ours.startswith("rsa") and size not in (0, 4097):
            continue  # the same bodies under another wrap
        what = "%s, context %s, %d bytes in frames of %d" % (ours.split(":")[0:3], sorted(context), size, frame)
        data = bytes(i * 7 % 256 for i in range(size))
        plain.write_bytes(data)
        for seal in ("seal", "seal-file", "seal+sign", "seal-file+sign"):
            made = run_peer(seal, ours, context, frame, plain, message)
            assert made.returncode == 0, "keywright did not %s: %s: %s" % (seal, what, made.stderr)
            opened, header = client.decrypt(source=message.read_bytes(), keyring=theirs)
            assert opened == data, "the official client read something else: " + what
            found = dict(header.encryption_context)
            assert ("aws-crypto-public-key" in found) == ("sign" in seal), what
            found.pop("aws-crypto-public-key", None)
            assert found == context, what
            done += 1
        # This client writes frames of multiples of 128 bytes only; it reads any.
        for open_, algorithm in (("open", suite), ("open-file", suite), ("open", signing), ("open-file", signing)):
            sealed, _ = client.encrypt(source=data, keyring=theirs, encryption_context=context, algorithm=algorithm,
                                       frame_length=max(128, frame // 128 * 128))
            message.write_bytes(sealed)
            back.unlink(missing_ok=True)
            made = run_peer(open_, ours, context, 0, message, back)
            assert made.returncode == 0, "keywright did not %s: %s: %s" % (open_, what, made.stderr)
            assert back.read_bytes() == data, "keywright read something else: " + what
            done += 1

    # Format version 1, which keywright reads when asked and never writes.
    old = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
    for algorithm, (size, frame) in itertools.product((a for a in AlgorithmSuite if not a.is_committing()), ((0, 128), (128, 128), (300, 0))):
        data = bytes(i * 7 % 256 for i in range(size))
        for ours, theirs in (keyrings[0], keyrings[2], keyrings[5]):
            sealed, _ = old.encrypt(source=data, keyring=theirs, encryption_context={"a": "1"}, algorithm=algorithm, frame_length=frame)
            message.write_bytes(sealed)
            for open_ in ("open+old", "open-file+old"):
                back.unlink(missing_ok=True)
                made = run_peer(open_, ours, {"a": "1"}, 0, message, back)
                assert made.returncode == 0 and back.read_bytes() == data, "%s %s: %s" % (open_, algorithm, made.stderr)
                done += 1
        refused = run_peer("open", ours, {"a": "1"}, 0, message, back)
        assert refused.returncode == 1 and refused.stderr.startswith("unsupported"), refused.stderr

    # In one piece, without frames: read, and never written.
    for algorithm, size, open_ in itertools.product((suite, signing), (0, 1, 70000), ("open", "open-file")):
        data = bytes(i * 7 % 256 for i in range(size))
        sealed, header = client.encrypt(source=data, keyring=keyrings[0][1], encryption_context={"a": "1"}, algorithm=algorithm, frame_length=0)
        assert header.frame_length == 0
        message.write_bytes(sealed)
        made = run_peer(open_, keyrings[0][0], {"a": "1"}, 0, message, back)
        assert made.returncode == 0 and back.read_bytes() == data, "%s %s: %s" % (open_, algorithm, made.stderr)
        done += 1

    # Pairs that the header leaves out.
    ours, theirs = keyrings[0]
    whole = {"a": "1", "secret": "apollo"}
    cmm = providers.create_required_encryption_context_cmm(CreateRequiredEncryptionContextCMMInput(
        required_encryption_context_keys=["secret"],
        underlying_cmm=providers.create_default_cryptographic_materials_manager(
            CreateDefaultCryptographicMaterialsManagerInput(keyring=theirs))))
    for sign in ("", "+sign"):
        plain.write_bytes(data)
        made = run_peer("seal+leave=secret" + sign, ours, whole, 128, plain, message)
        assert made.returncode == 0, made.stderr
        opened, header = client.decrypt(source=message.read_bytes(), materials_manager=cmm, encryption_context={"secret": "apollo"})
        assert opened == data
        sealed, _ = client.encrypt(source=data, materials_manager=cmm, encryption_context=whole, algorithm=signing if sign else suite)
        assert b"apollo" not in sealed
        message.write_bytes(sealed)
        made = run_peer("open+leave=secret", ours, whole, 0, message, back)
        assert made.returncode == 0 and back.read_bytes() == data, made.stderr
        done += 2

    # That the comparison can fail: a changed message is refused.
    changed = bytearray(sealed)
    changed[-1] ^= 1
    message.write_bytes(bytes(changed))
    refused = run_peer("open+leave=secret", ours, whole, 0, message, back)
    assert refused.returncode == 1 and refused.stderr.startswith("authentication_failed"), refused.stderr
    print("esdk: %d messages read by the other side, as they were written" % done)


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[2]).resolve()
    target.mkdir(parents=True, exist_ok=True)
    if "--inside" not in sys.argv:
        peer_packages.enter(target, CLIENT, "esdk")
    main(sys.argv[1], target)
