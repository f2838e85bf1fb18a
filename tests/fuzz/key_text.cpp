// SPDX-License-Identifier: Apache-2.0
// Key files that are text or stray DER: whatever bytes come are recognised, explained, diagnosed, and opened where they
// are encrypted PKCS#8. Limits are low, so that an input cannot buy time; the password is the corpus's.
#include <keywright/formats/byok_diagnose.hpp>
#include <keywright/formats/jwk.hpp>
#include <keywright/formats/pem.hpp>

#include <cstdlib>
#include <cstring>

using namespace keywright;
using namespace keywright::formats;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

/// The answer hangs on the header and on lengths alone, never on what only the import key can tell.
void check_no_oracle(byte_view input, const byok_diagnosis& found) {
    const auto file = read_byok(input);
    must(file.has_value() == (found.layer > byok_layer::encoding));
    if (!file) return;
    must(names_kek(*file, file->kid));
    const auto bound = diagnose_byok(input, {.kid = file->kid, .kek_bytes = 256});
    must(bound.layer == byok_layer::lengths || bound.layer == byok_layer::wrapping);
    must((bound.layer == byok_layer::wrapping) == (file->ciphertext.size() >= 272 && file->ciphertext.size() % 8 == 0));
    must(bound.layer == byok_layer::lengths || bound.code == errc::authentication_failed);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view input{data, size};
    const auto kind = recognise(input);
    must(kind <= key_file_kind::der_in_base64);
    for (const auto expected : {key_file_kind::pfx, key_file_kind::byok})
        if (kind != expected) must(std::strlen(explain(kind, expected).text) > 10);
    must(std::strlen(explain_json(input).text) > 10);
    check_no_oracle(input, diagnose_byok(input, {}));
    pfx_work work;
    const pfx_limits low{{.key_bytes = 4096, .iterations = 3'000, .total_cost = 5'000, .scrypt_bytes = 1u << 20}};
    const auto opened = open_encrypted_key(input, secret_bytes(as_bytes("test1234")), low, &work);
    // INVARIANT: a budget holds whatever the input; what opened was recognised as what it is, and is whole.
    must(work.cost <= 5'000 && work.derivations <= 1);
    if (opened) must(opened->key != nullptr && opened->origin == kind);
    return 0;
}
