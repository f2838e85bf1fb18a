# SPDX-License-Identifier: Apache-2.0
"""Made v1-messages.txt with the official AWS Encryption SDK for Python 4.0.7 (PyPI): python3 make_v1.py. Run once; the
file stays. Every suite of format version 1, under a raw AES keyring of namespace `space`, name `name`, key 00 01 .. 1f."""
import base64

import aws_encryption_sdk
from aws_cryptographic_material_providers.mpl import AwsCryptographicMaterialProviders
from aws_cryptographic_material_providers.mpl.config import MaterialProvidersConfig
from aws_cryptographic_material_providers.mpl.models import AesWrappingAlg, CreateRawAesKeyringInput
from aws_encryption_sdk.identifiers import AlgorithmSuite, CommitmentPolicy

keyring = AwsCryptographicMaterialProviders(config=MaterialProvidersConfig()).create_raw_aes_keyring(
    CreateRawAesKeyringInput(key_namespace="space", key_name="name", wrapping_key=bytes(range(32)),
                             wrapping_alg=AesWrappingAlg.ALG_AES256_GCM_IV12_TAG16))
client = aws_encryption_sdk.EncryptionSDKClient(commitment_policy=CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
with open("v1-messages.txt", "w") as out:
    out.write("# Messages of format version 1, made by make_v1.py. message and plaintext are base64.\n\n")
    for suite in AlgorithmSuite:
        if suite.is_committing():
            continue
        for size, frame in ((0, 128), (1, 128), (127, 128), (128, 128), (129, 128), (300, 128), (300, 0)):
            plain = bytes(i * 7 % 256 for i in range(size))
            message, _ = client.encrypt(source=plain, keyring=keyring, algorithm=suite, frame_length=frame,
                                        encryption_context={"purpose": "test"} if size % 2 else {})
            out.write("suite: %04x\nmessage: %s\nplaintext: %s\n\n" %
                      (suite.algorithm_id, base64.b64encode(message).decode(), base64.b64encode(plain).decode()))
