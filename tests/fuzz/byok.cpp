// SPDX-License-Identifier: Apache-2.0
// The key transfer file reader: any JSON, and behind it any plaintext. The vault's part is a fixed AES key, so that
// the unwrapped bytes, too, are the fuzzer's.
#include <keywright/formats/byok_reader.hpp>

#include <cstdlib>

using namespace keywright;
using namespace keywright::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view input{data, size};
    const auto vault = [](byte_view) { return result<secret_bytes>(secret_bytes(32)); };
    if (const auto file = read_byok(input)) {
        if (!names_kek(*file, file->kid)) std::abort();
        (void)open_byok(*file, 256, vault);
    }
    if (size > 0 && size < 4096) { // the same bytes as what was wrapped
        const auto aes = Botan::BlockCipher::create_or_throw("AES-256");
        aes->set_key(Botan::secure_vector<std::uint8_t>(32));
        bytes ciphertext(256);
        append(ciphertext, Botan::nist_key_wrap_padded(input, *aes));
        (void)open_byok({"https://v/keys/k/1", "", std::move(ciphertext)}, 256, vault);
    }
    return 0;
}
