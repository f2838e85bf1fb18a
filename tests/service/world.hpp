// SPDX-License-Identifier: Apache-2.0
// A tenant on memory adapters for the service's tests: two administrators, a manual clock, real keys, real wraps, real
// leases, and content that is a number of generations.
#pragma once

#include <keywright/adapters/memory/clock.hpp>
#include <keywright/adapters/memory/key_vault.hpp>
#include <keywright/adapters/memory/notifier.hpp>
#include <keywright/adapters/memory/state_store.hpp>
#include <keywright/formats/byok_writer.hpp>
#include <keywright/keywright.hpp>
#include <keywright/testing/failing_store.hpp>

#include <concepts>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "operations.hpp"

namespace world {

using namespace keywright;
using namespace service_tests;
using service::subject;

inline bytes read_data(const std::string& name) {
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA) + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// A test double: remembers which generations there are, and that a rebuild was allowed by living leases.
struct content {
    std::set<std::string> there;
    std::recursive_mutex busy;
    static std::string key(const ports::content_ref& r) {
        return std::string(r.environment.view()) +
               (r.backup.empty() ? "/" + std::to_string(r.generation) : "/backup/" + std::string(r.backup.view()));
    }
    result<void> create(const ports::content_ref& r) {
        const std::scoped_lock alone(busy);
        return there.insert(key(r)), result<void>{};
    }
    result<void> rebuild(const ports::content_ref& from, const ports::content_ref& to, const keys::data_key_lease& opens,
                         const keys::data_key_lease& seals, const ports::content_progress&) {
        const std::scoped_lock alone(busy);
        for (const auto* lease : {&opens, &seals})
            if (auto alive = lease->check(); !alive) return alive;
        if (!there.contains(key(from))) return fail(errc::not_found, "content: nothing there");
        return create(to);
    }
    result<void> back_up(const ports::content_ref& from, const ports::content_ref& to, const ports::content_keys&, instant) {
        const std::scoped_lock alone(busy);
        return there.contains(key(from)) ? create(to) : fail(errc::not_found, "content: nothing there");
    }
    result<void> drop(const ports::content_ref& r) {
        const std::scoped_lock alone(busy);
        return there.erase(key(r)), result<void>{};
    }
    result<std::vector<ports::content_ref>> list(const tenant_id& t, const region_id& r, const environment_id& e) {
        const std::scoped_lock alone(busy);
        std::vector<ports::content_ref> found;
        for (const std::string& name : there) {
            const auto slash = name.find('/');
            if (name.substr(0, slash) != e.view()) continue;
            const std::string rest = name.substr(slash + 1);
            const bool backup = rest.starts_with("backup/");
            found.push_back({t, r, e, backup ? 0 : std::stoull(rest), backup ? backup_id(rest.substr(7)) : backup_id()});
        }
        return found;
    }
};

/// What a product keeps itself: a column of encrypted cells of one environment, sealed anew in place.
struct product {
    std::map<std::string, bytes> emails; // by row
    result<void> seal_anew(const service::data_move& move) {
        if (move.fields.empty()) return {};
        auto column = move.fields.front().column("users", "email");
        if (!column) return pass(column);
        for (auto& [row, cell] : emails) {
            const auto value = column->open(row, cell);
            if (!value) return pass(value);
            auto again = column->seal(row, *value);
            if (!again) return pass(again);
            cell = std::move(*again);
        }
        return {};
    }
};

using store_type = testing::failing_store<memory::state_store>;
/// A notifier that cannot reach one person until it is told that it can.
struct mailroom : memory::notifier {
    admin_id out_of_reach;
    [[nodiscard]] result<void> deliver(const ports::notice& message) {
        if (message.to == out_of_reach) return fail(errc::permission_denied, "mailroom: nobody opens");
        return memory::notifier::deliver(message);
    }
};
template <const auto& Profile, class Content = content>
using service_under = tenant_service<Profile, store_type, memory::key_vault, memory::manual_clock, mailroom, Content>;
using service_type = service_under<profiles::power_platform>;

inline const environment_id prod{"prod"};
inline const environment_id sand{"sand"};
inline const environment_id test{"test"};
inline const secret_id smtp{"smtp"};

inline const bytes& first_pfx() {
    static const bytes file = read_data("pfx/ossl-default-rsa2048.p12");
    return file;
}
inline const secret_bytes& first_password() {
    static const secret_bytes password(as_bytes("test1234"));
    return password;
}

/// Whether something was done; in a check that fails it says why not.
struct verdict {
    std::string why_not;
    explicit operator bool() const { return why_not.empty(); }
    friend std::ostream& operator<<(std::ostream& to, const verdict& v) { return to << (v ? "it was done" : v.why_not); }
};

template <const auto& Profile, class Content = content>
struct tenant_under : tenant_operations<tenant_under<Profile, Content>> {
    memory::state_store memory;
    store_type store{memory};
    memory::key_vault vault;
    memory::manual_clock clock{instant{1'800'000'000}};
    mailroom mail;
    Content data;
    product users;
    service_under<Profile, Content> svc{store, vault, clock, mail, data, with_product()};
    secret_bytes second_pfx;

    static service::options options() {
        service::options how;
        how.epoch_refresh = std::chrono::milliseconds(0);
        how.pfx_iterations = 1000;
        how.rotation_batch = 2;
        return how;
    }
    service::options with_product() {
        auto how = options();
        how.before_return = [this](const service::data_move& move) { return users.seal_anew(move); };
        return how;
    }

    /// A tenant with two administrators and three environments on the provider's key. The provider's RSA key is made
    /// once for all tenants of a test program, because that is slow.
    tenant_under()
        requires std::default_initializable<Content>
    {
        begin();
    }
    explicit tenant_under(Content&& made) : data(std::move(made)) { begin(); }
    void begin() {
        static const Botan::RSA_PrivateKey provider_key(Botan::system_rng(), 2048);
        if (!vault.stage(service::vault_ids::provider, ports::key_purpose::provider, provider_key) ||
            !vault.publish(service::vault_ids::provider))
            throw std::runtime_error("the world has no provider key");
        must(svc.create_tenant({.by = provider, .tenant = contoso, .seats = 1001, .opted_in = true}));
        must(svc.run({{contoso, {}}}, policy::enable_feature{.by = provider}));
        for (const auto& who : {alice, bob}) must(svc.run({{contoso, {}}}, policy::add_administrator{.by = provider, .who = who.who}));
        clock.advance(hours(1));
        must(svc.run({eu, prod}, policy::create_environment{.by = alice, .environment = prod}));
        must(svc.run({eu, test}, policy::create_environment{.by = alice, .environment = test}));
        must(svc.run({eu, sand}, policy::create_environment{.by = alice, .environment = sand, .kind = policy::environment_kind::sandbox}));
    }

    static verdict accepted(const result<outcome>& o) {
        if (!o) return {std::string("it failed: ") + o.error().text};
        if (o->refused()) return {"it was refused: " + to_text(o->reasons()[0])};
        if (o->unfinished()) return {std::string("it is not finished: ") + o->unfinished()->text};
        return {};
    }
    /// What a customer's HSM does: `key` wrapped for the ring's import key, which it knows by its public half and its id.
    result<std::string> export_from_hsm(const Botan::Private_Key& key) {
        const auto shown = svc.import_key(eu);
        if (!shown) return pass(shown);
        return formats::write_byok(key, {*Botan::X509::load_key(shown->public_key), shown->kid, "a test"}, Botan::system_rng());
    }
    static void must(const result<outcome>& o) {
        if (const auto done = accepted(o); !done) throw std::runtime_error("of the world: " + done.why_not);
    }

    service::key_file pfx() const { return {first_pfx(), &first_password()}; }
    result<outcome> upload() { return svc.upload_key(eu, {.by = alice, .key = key_id{"k1"}, .file = pfx(), .acknowledged = true}); }
    result<outcome> upload_second() {
        static const bytes file = read_data("pfx/kt-rsa2048.p12");
        return svc.upload_key(eu, {.by = bob, .key = key_id{"k2"}, .file = {file, &first_password()}, .acknowledged = true});
    }
    result<outcome> generate(std::string_view name = "k2") {
        const auto keep = [this](const secret_bytes& file) -> result<void> {
            second_pfx = file.clone();
            return {};
        };
        return svc.generate_key(eu, {.by = alice,
                                     .key = key_id{name},
                                     .password = first_password(),
                                     .password_again = first_password(),
                                     .hand_out = keep,
                                     .acknowledged = true});
    }

    /// The environment as alice uses its data.
    auto use(const environment_id& e) { return svc.environment(eu, e, alice); }
    void fields_on(const environment_id& e) { must(svc.run({eu, e}, policy::enable_field_encryption{.by = alice})); }

    policy::ring_state ring() { return svc.state({eu})->ring.value; }
    policy::environment_state environment(const environment_id& e) { return svc.state({eu, e})->environment->value; }
    std::string state_of(const environment_id& e) { return std::string(policy::state_name(ring(), environment(e))); }
    bool opens(const environment_id& e) { return svc.open(eu, e, alice, access::read).has_value(); }
    std::size_t customer_keys() { return vault.list(service::vault_ids::customers(eu))->size(); }
    std::size_t slots(const environment_id& e) { return vault.list(service::vault_ids::slots(eu, e))->size(); }
    std::size_t records(const std::string& prefix) { return memory.scan(prefix, "", 10'000)->size(); }
};

using tenant = tenant_under<profiles::power_platform>;

inline void with_key_on_prod(tenant& t) {
    tenant::must(t.upload());
    tenant::must(t.apply(prod));
}

} // namespace world
