// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come, as a message and as a record: no crash, and the whole-buffer reader and the stream agree, in
// result, in error and in plaintext. The first byte chooses the stream's step; the data key is 32 zero bytes, whatever
// the entries say, so that the fuzzer gets behind the header with the messages of the corpus.
#include <keywright/envelope/message.hpp>
#include <keywright/envelope/opener.hpp>

#include <cstdlib>

using namespace keywright;

namespace {

struct zero_keyring {
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context&) const { return fail(errc::misused, "fuzz: reads only"); }
    result<secret_bytes> on_decrypt(const keys::encryption_context&, std::span<const keys::entry_view>) const { return secret_bytes(32); }
    result<void> check() const { return {}; }
};

void must(bool holds) {
    if (!holds) std::abort();
}

result<bytes> open_as_stream(const zero_keyring& keyring, byte_view message, std::size_t step, const envelope::open_options& options) {
    envelope::opener open(keyring, options);
    bytes out;
    const auto sink = [&out](byte_view data) -> result<void> {
        append(out, data);
        return {};
    };
    while (!message.empty()) {
        const auto part = message.first(std::min(step, message.size()));
        if (auto fed = open.write(part, sink); !fed) return pass(fed);
        message = message.subspan(part.size());
    }
    const auto last = open.finish();
    if (!last) return pass(last);
    append(out, *last);
    return out;
}

void read_as_record(byte_view data) {
    const auto record = keys::wrapped_key::parse(data);
    if (record) must(record->serialised() == bytes(data.begin(), data.end()));
    const auto context = keys::encryption_context::parse(data);
    if (context) must(context->serialise() == bytes(data.begin(), data.end()));
    (void)keys::environment_key_name::parse(as_text(data));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const byte_view message(data + 1, size - 1);
    read_as_record(message);
    const zero_keyring keyring;
    // Small limits, so that each is met by small inputs.
    const envelope::open_options options{.limits = {.max_header = 2048, .max_entries = 4, .max_frame = 1 << 16},
                                         .policy = envelope::commitment_policy::require_encrypt_allow_decrypt,
                                         .release = envelope::before_signature("what comes out is compared")};
    const auto whole = envelope::open(keyring, message, options);
    const auto streamed = open_as_stream(keyring, message, std::size_t{1} + data[0], options);
    must(whole.has_value() == streamed.has_value());
    if (whole) must(*whole == *streamed);
    return 0;
}
