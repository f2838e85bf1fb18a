// SPDX-License-Identifier: Apache-2.0
// A keyring of one's own, for a key that a service holds and never gives away: three functions, nothing to inherit from,
// nothing to register. What the service says stays told apart: it cannot be asked, the message is not for it, or
// somebody forged the message; and none of that stands in the way of another keyring, which opens it.
#include <keywright/envelope/message.hpp>
#include <keywright/keys/multi_keyring.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>

#include <cstdio>

using namespace keywright;

namespace acme {

/// Stands for the far end.
struct key_service {
    mutable keys::kek key;
    bool up = true;

    result<keys::wrapped_key> wrap(byte_view context, const secret_bytes& data_key) const {
        if (!up) return fail(errc::unavailable, "acme: the key service does not answer");
        return key.wrap("acme", "hsm-7", context, data_key);
    }
    result<secret_bytes> unwrap(byte_view context, const keys::entry_view& entry) const {
        if (!up) return fail(errc::unavailable, "acme: the key service does not answer");
        return key.unwrap("acme", "hsm-7", context, entry); // not_mine: another name; authentication_failed: forged
    }
};

struct keyring {
    const key_service& far;

    result<keys::encryption_materials> on_encrypt(const keys::encryption_context& context) const {
        auto data_key = keys::random_secret();
        if (!data_key) return pass(data_key);
        auto entry = far.wrap(context.serialise(), *data_key);
        if (!entry) return pass(entry);
        return keys::encryption_materials{std::move(*data_key), {std::move(*entry)}};
    }
    result<secret_bytes> on_decrypt(const keys::encryption_context& context, std::span<const keys::entry_view> entries) const {
        result<secret_bytes> last = fail(errc::not_mine, "acme: no entry is of this service");
        for (const auto& entry : entries)
            if (entry.provider_id == "acme" && (last = far.unwrap(context.serialise(), entry))) break;
        return last;
    }
    result<void> check() const { return {}; }
};
static_assert(keys::check_keyring<keyring>());

} // namespace acme

namespace {

void tell(const char* what, const result<bytes>& opened) {
    const std::string said = opened ? "opened: " + std::string(as_text(*opened)) : name(opened.error().code);
    std::printf("%-52s %s\n", what, said.c_str());
}

} // namespace

int main() {
    acme::key_service service{keys::kek::make(keys::random_secret().value()).value()};
    const acme::keyring ours{service};
    const auto escrow = keys::raw_aes_keyring::make("acme escrow", "2026", keys::random_secret().value()).value();
    const keys::multi_keyring both(ours, {escrow});
    const auto message = envelope::seal(both, as_bytes("for two")).value();
    const auto others = envelope::seal(escrow, as_bytes("for the escrow")).value();
    auto forged = message;
    forged[80] ^= 1; // in the first wrapped key, which is the service's

    tell("the service:", envelope::open(ours, message));
    tell("the service, of a message for others:", envelope::open(ours, others));
    tell("the service, of a forged message:", envelope::open(ours, forged));
    service.up = false;
    tell("the service, while it is down:", envelope::open(ours, message));
    tell("service and escrow, while the service is down:", envelope::open(both, message));
    const auto stranger = keys::raw_aes_keyring::make("x", "y", keys::random_secret().value()).value();
    const keys::multi_keyring neither(stranger, {ours});
    tell("a stranger and the service: worth another try:", envelope::open(neither, message));
}
