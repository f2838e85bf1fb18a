// SPDX-License-Identifier: Apache-2.0
// The PFX reader. Limits are low, so that an input cannot buy time; passwords are those of the corpus. What stands under
// a MAC is tried without it as well, and every input also as the contents of a safe that was decrypted.
#include <keywright/formats/key_file.hpp>
#include <keywright/formats/pfx_outline.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <botan/der_enc.h>

#include <cstdlib>

using namespace keywright;
using namespace keywright::formats;

namespace {

constexpr pfx_bounds low{.bags = 64, .iterations = 3'000, .total_cost = 20'000, .scrypt_bytes = 1u << 20};

void must(bool holds) {
    if (!holds) std::abort();
}

/// INVARIANT: a budget holds whatever the input, and whatever came out is whole.
void judge(pfx_contents& contents, const pfx_work& work) {
    must(work.cost <= low.total_cost);
    for (pfx_key& k : contents.keys) {
        must(k.key != nullptr && !k.print.empty());
        must((k.match == certificate_match::matched) != k.certificate.empty());
        const auto chosen = choose_key(contents, {.friendly_name = k.friendly_name, .print = k.print});
        must(chosen && (*chosen)->print == k.print);
    }
    if (contents.keys.empty())
        for (const pfx_closed_safe& safe : contents.closed_safes) must(safe.why != closed_because::unsupported);
}
template <class Password>
std::size_t keys_of(byte_view file, const Password& password, pfx_want want) {
    pfx_work work;
    auto opened = open_pfx(
        file, password,
        {.limits = pfx_limits{low}, .without_mac = accept_unauthenticated{"fuzzing goes on behind the MAC"}, .want = want, .work = &work});
    must(work.cost <= low.total_cost);
    if (!opened) return 0;
    judge(*opened, work);
    return opened->keys.size();
}
void open(byte_view file) {
    const secret_bytes password{as_bytes("test1234")};
    // Whatever opens for everything opens for its keys, and to no more of them.
    const std::size_t all = keys_of(file, password, pfx_want::everything), keys = keys_of(file, password, pfx_want::keys);
    if (all > 0) must(keys > 0 && keys <= all);
    (void)keys_of(file, secret_bytes(), pfx_want::everything);
    (void)keys_of(file, no_password, pfx_want::everything);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const byte_view file{data, size};
    (void)recognise(file);
    if (const auto outline = outline_pfx(file); outline && outline->keys_in_clear > outline->keys) std::abort();
    open(file);
    if (size > low.file_bytes) return 0;
    const auto tree = formats::detail::ber_walk("", [&] { return formats::detail::read_pfx_tree(file, low); });
    if (tree && tree->mac) {
        bytes bare;
        Botan::DER_Encoder(bare)
            .start_sequence()
            .encode(std::size_t{3})
            .start_sequence()
            .encode(Botan::OID(formats::detail::oid_data))
            .start_context_specific(0)
            .encode(tree->authenticated, Botan::ASN1_Type::OctetString)
            .end_cons()
            .end_cons()
            .end_cons();
        open(bare);
    }
    formats::detail::pfx_tree hidden;
    (void)formats::detail::ber_walk("", [&] { formats::detail::safe_walk(hidden, low, true).contents(file); });
    return 0;
}
