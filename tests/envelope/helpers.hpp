// SPDX-License-Identifier: Apache-2.0
// What tests of messages share: plaintexts, keyrings, and streams fed in steps of every size.
#pragma once

#include "../keys/helpers.hpp"

#include <keywright/envelope/message.hpp>
#include <keywright/envelope/opener.hpp>
#include <keywright/envelope/sealer.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>

namespace keywright::test {

inline bytes pattern(std::size_t size) {
    bytes made(size);
    for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
    return made;
}

inline const keys::raw_aes_keyring& keyring() {
    static const auto made = std::move(keys::raw_aes_keyring::make("keywright", "prod.message.1", counting(0)).value());
    return made;
}

inline keys::data_key_lease lease(const std::shared_ptr<keys::epoch_watch>& watch = std::make_shared<keys::epoch_watch>(1),
                                  std::uint8_t first_byte = 0, std::uint64_t uses = 1'000'000) {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, counting(first_byte), true, uses});
    return std::move(keys::data_key_lease::grant(watch, 1, std::move(list)).value());
}

/// Gives whoever asks the same data key, whatever the entries say.
class static_keyring {
public:
    explicit static_keyring(byte_view key) : key_(key) {}
    result<keys::encryption_materials> on_encrypt(const keys::encryption_context&) const {
        keys::encryption_materials made{key_.clone(), {}};
        made.entries.push_back(keys::wrapped_key::of("static", as_bytes("key"), as_bytes("none")));
        return made;
    }
    result<secret_bytes> on_decrypt(const keys::encryption_context&, std::span<const keys::entry_view>) const { return key_.clone(); }
    result<void> check() const { return {}; }

private:
    secret_bytes key_;
};
static_assert(keys::check_keyring<static_keyring>());

/// What a stream gave before it ended, and how it ended.
struct streamed {
    bytes out;
    result<void> end{};
};

inline auto collect(bytes& into) {
    return [&into](byte_view data) -> result<void> {
        append(into, data);
        return {};
    };
}

template <class Machine>
streamed run(Machine& machine, byte_view in, std::size_t step, bytes out = {}) {
    streamed s{std::move(out), {}};
    while (!in.empty() && s.end) {
        const auto part = in.first(std::min(step, in.size()));
        s.end = machine.write(part, collect(s.out));
        in = in.subspan(part.size());
    }
    if (!s.end) return s;
    const auto last = machine.finish();
    if (last)
        append(s.out, *last);
    else
        s.end = pass(last);
    return s;
}

inline streamed open_in_steps(const keys::key_ref& keys, byte_view message, std::size_t step, const envelope::open_options& options = {}) {
    envelope::opener machine(keys, options);
    return run(machine, message, step);
}
inline streamed seal_in_steps(const keys::key_ref& keys, byte_view data, std::size_t step, const keys::encryption_context& context,
                              const envelope::seal_options& options) {
    auto machine = std::move(envelope::sealer::begin(keys, context, options).value());
    return run(machine, data, step, machine.header());
}

inline bytes flipped(bytes data, std::size_t bit) {
    data[bit / 8] = static_cast<std::uint8_t>(data[bit / 8] ^ (1u << (bit % 8)));
    return data;
}

} // namespace keywright::test
