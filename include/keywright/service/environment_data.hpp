// SPDX-License-Identifier: Apache-2.0
// One environment as its data is used: a lease for messages, one for pages of databases, keys of fields, and secrets.
// Whoever asks is judged each time by the profile, and what is handed out dies with the environment's lock. A copy or a
// restore brings none of it along but what the content store keeps: the target has its own fields, secrets and databases.
// Depends on: service/field_keys, service/secrets, service/submitter. Use:
//     auto data = svc.environment(ring, prod, alice);
//     auto lease = data.open(access::read_write);   auto pages = data.pages(access::read);   auto permit = data.way_out();
//     auto place = data.content();
#pragma once

#include <keywright/policy/way_out.hpp>
#include <keywright/service/field_keys.hpp>
#include <keywright/service/secrets.hpp>
#include <keywright/service/submitter.hpp>

namespace keywright::service {

/// A light handle; the service must outlive it. Thread safety: as the service, one for each thread.
template <const auto& Profile, class Parts>
class environment_data {
public:
    environment_data(submitter<Profile, Parts>& submit, const ring_id& ring, const environment_id& environment, const policy::actor& by)
        : submit_(submit), parts_(submit.parts()), ring_(ring), environment_(environment), by_(by) {}

    /// A lease for messages and files, if policy lets this actor open the environment now. Fails with locked when a rule
    /// forbids it; `why`, if given, receives the decision.
    [[nodiscard]] result<keys::data_key_lease> open(access how, std::optional<policy::decision>* why = nullptr) {
        return of_purpose(keys::data_purpose::message, how, why);
    }
    /// The same for databases: it wraps the keys that their headers carry. not_found: for reading, and nothing was ever
    /// written here.
    [[nodiscard]] result<keys::data_key_lease> pages(access how, std::optional<policy::decision>* why = nullptr) {
        return of_purpose(keys::data_purpose::page, how, why);
    }

    /// The right to leave data of this environment in the clear, which sqlite::decrypt asks for: there is one where this actor
    /// may open the environment and it is on the provider's key. Fails as `open`, permission_denied: it is not.
    [[nodiscard]] result<policy::clear_permit> way_out(std::optional<policy::decision>* why = nullptr) {
        const auto l = allowed(why);
        if (!l) return pass(l);
        const auto answer = policy::way_out(l->ring.value, l->environment->value);
        if (answer.allowed()) return answer.permit();
        if (why != nullptr) *why = policy::decision::refuse([&](policy::reason_list& reasons) { reasons.push_back(answer.why()); });
        return fail(errc::permission_denied,
                    "service: data leaves in the clear only from the provider's key; return the environment to it");
    }

    /// Keys of fields, of one suite. Fails as `open`; permission_denied: field encryption of this environment was not
    /// turned on (enable_field_encryption; once on it stays on, G09); not_found: for reading, and there are none.
    [[nodiscard]] result<field_keys> fields(access how, envelope::field_suite suite = envelope::field_suite::aes256_gcm_siv,
                                            std::optional<policy::decision>* why = nullptr) {
        return patiently([&]() -> result<field_keys> {
            const auto l = allowed(why);
            if (!l) return pass(l);
            if (!l->environment->value.field_encrypted)
                return fail(errc::permission_denied,
                            "service: field encryption is not on here; enable_field_encryption turns it on, for good");
            auto lease = grant(*l, keys::data_purpose::field, how);
            if (!lease) return pass(lease);
            auto keys = keys_of(suite, *l, *lease, how);
            if (!keys) return pass(keys);
            return field_keys(ring_.tenant, std::make_shared<keys::data_key_lease>(std::move(*lease)), std::move(*keys));
        });
    }
    /// Makes a new key of that suite seal from now on; the older go on opening. As `fields`; limit_exceeded: 24 keys have
    /// been made since the environment was moved between keys.
    [[nodiscard]] result<void> rotate_fields(envelope::field_suite suite = envelope::field_suite::aes256_gcm_siv) {
        return patiently([&]() -> result<void> {
            const auto held = fields(access::read_write, suite);
            if (!held) return pass(held);
            const auto l = allowed(nullptr);
            if (!l) return pass(l);
            return next_key(suite, *l, held->lease());
        });
    }

    /// Where the environment's data stands at this moment, as its content store knows it: of a store that is a folder,
    /// `store.path(*data.content())`. apply, return, restore, copy and reset move it on: ask before each opening. No lease is
    /// given, so nobody is judged. Fails with not_found: there is no such environment.
    [[nodiscard]] result<ports::content_ref> content() {
        const auto l = load(parts_.store, subject{ring_, environment_});
        if (!l) return pass(l);
        if (l->environment->version == 0 || l->environment->value.deleted)
            return fail(errc::not_found, "service: there is no environment of this name");
        return ports::content_ref{ring_.tenant, ring_.region, environment_, l->environment->value.content, {}};
    }

    /// Named values that are used by reference.
    [[nodiscard]] service::secrets<environment_data> secrets() { return service::secrets<environment_data>(*this); }

private:
    friend class service::secrets<environment_data>;

    /// The state that a lease may be granted in.
    result<loaded> allowed(std::optional<policy::decision>* why) {
        policy::open_environment command{.by = by_, .at = {}};
        if (auto timed = submit_.stamp(command); !timed) return pass(timed);
        auto l = load_for(parts_.store, subject{ring_, environment_}, command);
        if (!l) return l;
        auto decision = profiles::decide(Profile, l->facts(command.at), command);
        const bool refused = decision.refused();
        if (why != nullptr) *why = std::move(decision);
        if (refused)
            return fail(errc::locked, "service: policy does not let this environment be opened now; pass `why` to hear its reasons");
        return l;
    }
    result<keys::data_key_lease> of_purpose(keys::data_purpose purpose, access how, std::optional<policy::decision>* why) {
        return patiently([&]() -> result<keys::data_key_lease> {
            const auto l = allowed(why);
            if (!l) return pass(l);
            return grant(*l, purpose, how);
        });
    }
    /// Judged and tried again after a version_conflict.
    template <class Work>
    static auto patiently(const Work& work) {
        for (int attempt = 1;; ++attempt) {
            auto done = work();
            if (done || done.error().code != errc::version_conflict || attempt == 8) return done;
        }
    }

    /// A lease of one purpose. To write, there is a key to write under.
    result<keys::data_key_lease> grant(const loaded& l, keys::data_purpose purpose, access how) {
        const auto version = l.environment->value.key_version;
        custody<Parts> chain(parts_, ring_);
        auto found = how == access::read_write ? open_to_write(chain, l, purpose)
                                               : key_opener<Parts>(chain).open({environment_, version, 0, purpose});
        if (!found) return pass(found);
        return keys::data_key_lease::grant(submit_.known_watches().watch(parts_.store, ring_, l), lease_epoch(l), std::move(*found),
                                           {.max_age = parts_.how.lease_age});
    }

    result<envelope::keyset> keys_of(envelope::field_suite suite, const loaded& l, const keys::data_key_lease& lease, access how) {
        const auto version = l.environment->value.key_version;
        keysets<Parts> all(parts_, ring_, environment_);
        for (;;) {
            auto found = all.load(suite, version, lease);
            if (!found) return pass(found);
            if (!*found && how == access::read)
                return fail(errc::not_found,
                            "service: there are no field keys of that suite here yet; who opens them for writing makes them");
            if (!*found) {
                const auto made = keysets<Parts>::make(suite);
                if (!made) return pass(made);
                if (auto stored = all.store(*made, version, l, lease); !stored) return pass(stored);
                continue;
            }
            if (how == access::read || suite != envelope::field_suite::aes256_gcm) return std::move(**found);
            auto uses = parts_.uses->of(parts_.store, ring_, use_name(**found));
            if (uses) {
                (*found)->draw_from(std::move(*uses));
                return std::move(**found);
            }
            if (uses.error().code != errc::exhausted) return pass(uses);
            if (auto moved = next_key(suite, l, lease); !moved) return pass(moved);
        }
    }
    /// A new primary key in the keyset of the environment's present version.
    result<void> next_key(envelope::field_suite suite, const loaded& l, const keys::data_key_lease& lease) {
        const auto version = l.environment->value.key_version;
        keysets<Parts> all(parts_, ring_, environment_);
        const auto beside = all.load(suite, version, lease);
        if (!beside) return pass(beside);
        for (;;) {
            auto own = all.own_of(suite, version, lease);
            if (!own) return pass(own);
            if (auto moved = own->rotate(suite); !moved) return moved;
            if (!*beside || !(*beside)->has(own->primary_id())) return all.store(*own, version, l, lease);
        }
    }
    std::string use_name(const envelope::keyset& keys) const {
        return std::string(environment_.view()) + ".keyset." + std::to_string(keys.primary_id());
    }

    submitter<Profile, Parts>& submit_;
    Parts& parts_;
    ring_id ring_;
    environment_id environment_;
    policy::actor by_;
};

} // namespace keywright::service
