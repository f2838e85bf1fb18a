// SPDX-License-Identifier: Apache-2.0
// The PFX reader. Limits are low, so that an input cannot buy time; passwords are those of the corpus.
#include <keywright/formats/key_file.hpp>
#include <keywright/formats/pfx_outline.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <cstdlib>

using namespace keywright;
using namespace keywright::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view file{data, size};
    (void)recognise(file);
    if (const auto outline = outline_pfx(file); outline && outline->keys_in_clear > outline->keys) std::abort();
    const auto once = [&](auto&& password) {
        pfx_work work;
        const pfx_options options{.limits = pfx_limits{{.bags = 64, .iterations = 3'000, .total_cost = 20'000, .scrypt_bytes = 1u << 20}},
                                  .without_mac = accept_unauthenticated{"fuzzing goes on behind the MAC"},
                                  .work = &work};
        const auto opened = open_pfx(file, password, options);
        // INVARIANT: a budget holds whatever the input, and whatever came out is whole.
        if (work.cost > 20'000) std::abort();
        if (opened)
            for (const pfx_key& k : opened->keys)
                if (k.key == nullptr || (k.match == certificate_match::matched) == k.certificate.empty()) std::abort();
    };
    once(secret_bytes(as_bytes("test1234")));
    once(secret_bytes());
    once(no_password);
    return 0;
}
