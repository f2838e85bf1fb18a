// SPDX-License-Identifier: Apache-2.0
// A key vault of one's own: it keeps private keys and erasable secrets, uses them, and never gives one out. This one holds
// each sealed under a master key and opens it for the moment of its use; yours may ask a device or another process. Entries
// and their states are as every vault's (ports/held_key, ports/vault_shelf). What passes the suite carries a service.
#define DOCTEST_CONFIG_IMPLEMENT
#include <keywright/keys/hierarchy.hpp>
#include <keywright/ports/held_key.hpp>
#include <keywright/ports/vault_shelf.hpp>
#include <keywright/testing/key_vault_suite.hpp>
#include <keywright/throwing.hpp>

#include <cstdio>

using namespace keywright;
using ports::key_purpose, ports::vault_entry;

class sealed_vault {
public:
    explicit sealed_vault(const secret_bytes& master_key) : master_(or_throw(keys::kek::make(master_key))) {}
    result<vault_entry> stage(std::string_view id, key_purpose purpose, const Botan::Private_Key& key) {
        return keep(ports::describe_key(id, purpose, key), secret_bytes(key.private_key_info()));
    }
    result<vault_entry> stage_slot(std::string_view id) {
        const auto secret = keys::random_secret(ports::slot_bytes);
        if (!secret) return pass(secret);
        return keep(ports::describe_slot(id, *secret), *secret);
    }
    result<void> publish(std::string_view id) { return shelf_.publish(id); }
    result<void> destroy(std::string_view id) { return shelf_.drop(id); } // waits while the key is used
    result<vault_entry> find(std::string_view id) { return shelf_.find(id); }
    result<std::vector<vault_entry>> list(std::string_view prefix) { return shelf_.list(prefix); }
    result<std::vector<std::string>> abandoned() { return shelf_.abandoned(); }
    result<secret_bytes> unwrap(std::string_view id, byte_view wrapped) { return with_key(id, &ports::held_key::unwrap, wrapped); }
    result<bytes> sign(std::string_view id, byte_view message) { return with_key(id, &ports::held_key::sign, message); }
    result<secret_bytes> slot_secret(std::string_view id) {
        return shelf_.use(id, [&](const vault_entry& entry, const keys::wrapped_key& sealed) -> result<secret_bytes> {
            if (entry.purpose != key_purpose::slot) return fail(errc::misused, "sealed vault: only a slot gives out its bytes");
            return open(id, sealed);
        });
    }
    void restart() { shelf_.restart(); } // what a process has staged is abandoned when it is gone

private:
    result<vault_entry> keep(const result<vault_entry>& entry, const secret_bytes& secret) {
        if (!entry) return entry;
        const std::lock_guard alone(sealing_);
        auto sealed = master_.wrap("acme vault", entry->id, as_bytes(entry->id), secret);
        if (!sealed) return pass(sealed);
        return shelf_.put(*entry, std::move(*sealed));
    }
    result<secret_bytes> open(std::string_view id, const keys::wrapped_key& sealed) {
        const std::lock_guard alone(sealing_);
        return master_.unwrap("acme vault", id, as_bytes(id), sealed.view());
    }
    template <class Answer>
    result<Answer> with_key(std::string_view id, result<Answer> (ports::held_key::*work)(byte_view), byte_view input) {
        return shelf_.use(id, [&](const vault_entry& entry, const keys::wrapped_key& sealed) -> result<Answer> {
            if (entry.purpose == key_purpose::slot) return fail(errc::misused, "sealed vault: a slot neither unwraps nor signs");
            const auto key =
                open(id, sealed).and_then([&](const secret_bytes& whole) { return ports::held_key::from_pkcs8(entry.purpose, whole); });
            return key ? ((**key).*work)(input) : pass(key);
        });
    }
    std::mutex sealing_;
    keys::kek master_;
    ports::vault_shelf<keys::wrapped_key> shelf_;
};
static_assert(ports::check_key_vault<sealed_vault>());

struct fixture : sealed_vault {
    fixture() : sealed_vault(or_throw(keys::random_secret())) {}
    sealed_vault& vault() { return *this; }
};
TEST_CASE("sealed_vault: passes the suite") { testing::key_vault_suite<fixture>(); }

int main() {
    doctest::Context suite;
    suite.setOption("minimal", true);
    std::printf("the suite: %s\n", suite.run() == 0 ? "passed" : "failed");
}
