// SPDX-License-Identifier: Apache-2.0
// Random operations, biased towards where rules bite: mostly what makes sense now, often with one flaw, and with time
// jumping to one second before, at and after the ends of windows. Depends on world.hpp.
//     generator make(profile::power_platform, seed); const operation next = make.next(world);
#pragma once

#include "world.hpp"

#include <array>

namespace second_model {

class generator {
public:
    generator(profile plays, std::uint64_t seed) : plays_(plays), state_(seed) {
        state_ = draw(); // not the seed itself: streams of neighbours would be one stream, shifted
        now_ = 1'700'000'000 + static_cast<instant>(below(100'000));
        two_regions_ = chance(25) && plays_ != profile::dynamics_365;
    }

    operation next(const world& in) {
        pass_time(in);
        if (in.name.empty()) made_ = 0;
        operation out = made_ < 9                              ? scene(made_)
                        : plays_ == profile::enterprise_policy ? anything_of_vaults(in)
                        : plays_ == profile::dynamics_365      ? anything_of_instances(in)
                                                               : anything(in);
        ++made_;
        out.at = now_;
        if (chance(made_ < 10 ? 4 : 22)) spoil(out);
        return out;
    }

private:
    profile plays_;
    std::uint64_t state_;
    instant now_ = 0;
    bool two_regions_ = false;
    unsigned made_ = 0;

    std::uint64_t draw() { // splitmix64
        std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    unsigned below(unsigned n) { return static_cast<unsigned>(draw() % n); }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class List>
    auto pick(const List& list) {
        return list[below(static_cast<unsigned>(std::size(list)))];
    }
    std::string numbered(const char* stem, unsigned count) { return stem + std::to_string(1 + below(count)); }
    std::string region() { return two_regions_ && chance(40) ? "us" : "eu"; }

    // --- time ---

    void pass_time(const world& in) {
        for (const auto& [name, one] : in.rings) // a clock that is behind catches up soon
            if (now_ < one.latest && chance(15)) now_ = one.latest;
        const unsigned dice = below(100);
        if (dice < 45) return;
        if (dice < 55)
            ++now_;
        else if (dice < 65)
            now_ += below(7200);
        else if (dice < 68)
            now_ -= 1 + below(100);
        else if (dice < 69)
            now_ -= below(200'000);
        else
            jump(in);
    }
    void jump(const world& in) {
        std::vector<instant> ends;
        const auto add = [&](std::optional<instant> from, std::initializer_list<instant> spans) {
            for (const instant span : spans)
                if (from && *from + span + 1 >= now_) ends.push_back(*from + span);
        };
        for (const auto& [name, one] : in.rings) {
            add(one.effective_at, {24 * hour, 72 * hour});
            add(one.applied_at, {72 * hour});
            add(one.delivered_at, {72 * hour});
            add(one.latest, {0});
            if (one.installing) add(one.installing->since, {hour});
            add(one.unlocking, {hour});
            if (one.lock) add(one.lock->requested, {hour, 2 * hour});
            if (one.lock) add(one.lock->completed, {0, hour, 24 * hour, 28 * day});
            if (one.request) add(one.request->at, {24 * hour});
        }
        for (const auto& [name, one] : in.environments)
            if (one.locked && one.deadline < no_deadline) add(one.deadline, {0, 24 * hour});
        for (const auto& [name, one] : in.policies) {
            if (one.revoked) add(one.revoked_at, {7 * day, 30 * day});
            add(one.key_deleted_at, {one.soft_delete});
            for (const auto& version : one.versions) add(version.replaced_at, {28 * day});
        }
        if (ends.empty()) return;
        if (ends.size() > 3 && chance(60)) std::ranges::sort(ends), ends.resize(3);
        now_ = pick(ends) - 1 + static_cast<instant>(below(3));
    }

    // --- what makes sense ---

    operation scene(unsigned at) {
        operation out;
        out.by = "provider";
        switch (at) {
        case 0:
            out.does = verb::tenant;
            out.seats = pick(std::array{1000u, 1001u, 1001u, 1001u, 1001u, 5000u});
            out.opted_in = !chance(5);
            out.regions = {"eu"};
            if (two_regions_) out.regions.push_back("us");
            if (plays_ == profile::dynamics_365) out.plan = chance(4) ? "other" : chance(50) ? "dynamics_365" : "customer_engagement";
            return out;
        case 1:
        case 2:
            out.does = verb::admin;
            out.who = at == 1 ? "ann" : "bob";
            return out;
        case 3:
            out.does = (plays_ == profile::enterprise_policy || plays_ == profile::dynamics_365) ? verb::tick : verb::feature_on;
            out.by = out.does == verb::tick ? "system" : "provider";
            return out;
        case 4: ++now_; return environment_named("e1");
        case 5: return environment_named("e2");
        case 6: return environment_named("e3");
        case 7: return admin_of("eve", "e1");
        default: return chance(50) || plays_ != profile::power_platform ? admin_of("eve", "e2") : upload();
        }
    }
    operation environment_named(const std::string& name) {
        operation out;
        out.does = verb::environment;
        out.by = chance(50) ? "ann" : "provider";
        out.environment = name;
        out.region = region();
        out.is = chance(50) ? kind::production : chance(60) ? kind::sandbox : kind::support_investigation;
        out.file_data = chance(4);
        out.external_logs = chance(4);
        if (two_regions_ && chance(50)) out.geography = chance(70) ? "west" : "east";
        if (plays_ == profile::dynamics_365) out.version = chance(94) ? "8.2" : pick(std::array{"8.1", "9.0", ""});
        if (plays_ == profile::enterprise_policy) {
            out.managed = !chance(4), out.dataverse = !chance(4), out.licensed = !chance(4);
            out.finance = chance(20), out.cloud_hosted = chance(4);
        }
        return out;
    }
    operation admin_of(const std::string& who, const std::string& environment) {
        operation out;
        out.does = verb::admin;
        out.by = "provider";
        out.who = who;
        out.environment = environment;
        out.as = environment.empty() ? role::tenant_admin : role::environment_admin;
        out.remove = chance(15);
        return out;
    }
    std::string a_person() { return pick(std::array{"ann", "ann", "ann", "bob", "bob", "eve", "cat"}); }

    void file_in(operation& out, const std::string& name) {
        out.file = {.name = name, .type = "rsa", .kid = {}};
        if (chance(25)) out.file.in = format::byok, out.file.kid = numbered("kid", 2);
        out.password = out.file_password = "p";
    }
    operation keyed(verb does) {
        operation out;
        out.does = does;
        out.by = pick(std::array{"ann", "ann", "bob"});
        out.region = two_regions_ ? region() : chance(50) ? "" : "eu";
        out.acknowledged = out.confirmed = true;
        return out;
    }
    operation upload() {
        auto out = keyed(verb::upload_key);
        out.key = numbered("k", 5);
        file_in(out, numbered("m", 6));
        return out;
    }
    operation generate() {
        auto out = keyed(verb::generate_key);
        out.key = numbered("k", 5);
        out.file = {.name = "made" + std::to_string(made_), .type = "rsa", .kid = {}};
        out.password = out.password_again = "p";
        return out;
    }
    operation activate(const world& in) {
        auto out = keyed(verb::activate_key);
        out.key = numbered("k", 5);
        if (const auto* here = find(in.rings, out.region.empty() ? "eu" : out.region); here && chance(80))
            if (const auto* name = here->in_state(key_state::available)) out.key = *name;
        return out;
    }
    operation with_active_file(const world& in, verb does) {
        auto out = keyed(does);
        file_in(out, numbered("m", 6));
        if (out.does == verb::lock || out.does == verb::approve) out.confirmation = "lock tenant";
        const auto* here = find(in.rings, out.region.empty() ? "eu" : out.region);
        for (const auto state : {key_state::active, key_state::locked, key_state::installing})
            if (const auto* name = here ? here->in_state(state) : nullptr; name && chance(90)) {
                out.file.name = here->keys.at(*name).is.name;
                out.key = *name;
                if (out.file.in == format::byok && chance(60)) out.file.kid = here->import_key;
                break;
            }
        return out;
    }
    operation on_environment(verb does) {
        auto out = keyed(does);
        out.by = pick(std::array{"ann", "ann", "bob", "eve"});
        out.region.clear();
        out.environment = numbered("e", 3);
        out.confirmation = out.environment;
        if (does == verb::backup) out.backup = numbered("b", 6), out.confirmation.clear();
        if (does == verb::open) out.by = pick(std::array{"ann", "eve", "cat", "provider", "system"});
        return out;
    }
    operation overwrite(const world& in, verb does) {
        auto out = on_environment(does);
        out.environment.clear();
        out.target = out.confirmation;
        out.source = numbered("e", 3);
        if (does == verb::restore) {
            if (in.backups.empty()) return on_environment(verb::backup);
            auto stored = std::next(in.backups.begin(), below(static_cast<unsigned>(in.backups.size())));
            out.backup = stored->first;
            out.source = stored->second.environment;
            if (chance(50)) out.target = out.confirmation = out.source;
        }
        return out;
    }

    // --- reports ---

    operation report(work of, const std::string& environment, const std::string& in_region) {
        operation out;
        out.does = chance(80) ? verb::completed : verb::failed;
        out.by = "system";
        out.of = of;
        out.environment = environment;
        out.region = environment.empty() ? in_region : "";
        return out;
    }
    void reports(const world& in, std::vector<operation>& out) {
        for (const auto& [region, one] : in.rings) {
            if (one.installing)
                out.push_back(report(one.installing->by_way_of == cause::unlock ? work::unlock_key : work::activation, {}, region));
            const bool instance = plays_ == profile::dynamics_365; // there the ring's work is told by the instance's name
            if (one.lock && !one.lock->completed) out.push_back(report(work::lock, instance ? region : "", region));
            if (one.changing) out.push_back(report(work::activation, region, {}));
            if (one.unlocking) out.push_back(report(work::unlock_key, region, {}));
        }
        for (const auto& [name, one] : in.environments) {
            switch (one.now) {
            case doing::applying: out.push_back(report(work::apply, name, {})); break;
            case doing::returning: out.push_back(report(work::giving_back, name, {})); break;
            case doing::unlocking: out.push_back(report(work::unlock_environment, name, {})); break;
            case doing::overwriting: out.push_back(report(one.overwrites, name, {})); break;
            case doing::resetting: out.push_back(report(work::reset, name, {})); break;
            default: break;
            }
        }
    }

    // --- the next natural step, so that the deep states are reached ---

    template <class Wanted>
    std::string one_of(const world& in, const std::string& in_region, Wanted wanted) {
        std::vector<std::string> names;
        for (const auto& [name, one] : in.environments)
            if (one.region == in_region && wanted(one)) names.push_back(name);
        return names.empty() ? std::string{} : names[below(static_cast<unsigned>(names.size()))];
    }
    operation onto(verb does, const std::string& name) {
        auto out = on_environment(does);
        out.by = chance(70) ? "ann" : "bob";
        out.environment = out.confirmation = name;
        return out;
    }
    operation in_ring(operation out, const std::string& name) {
        out.region = name;
        return out;
    }
    operation with_file_of(const ring& here, verb does, key_state state, const std::string& name) {
        auto out = in_ring(keyed(does), name);
        out.key = *here.in_state(state);
        file_in(out, here.keys.at(out.key).is.name);
        if (out.file.in == format::byok) out.file.kid = here.import_key;
        if (does == verb::lock || does == verb::approve) out.confirmation = "lock tenant";
        return out;
    }
    operation progress(const world& in) {
        const auto name = region();
        const auto* here = find(in.rings, name);
        if (!here) return in_ring(upload(), name);
        const auto locked = one_of(in, name, [](const environment& one) { return one.locked; });
        if (here->lock && !here->lock->completed) return report(work::lock, {}, name);
        if (here->installing) return report(locked.empty() ? work::activation : work::unlock_key, {}, name);
        if (here->in_state(key_state::locked)) return with_file_of(*here, verb::unlock_key, key_state::locked, name);
        const auto* available = here->in_state(key_state::available);
        if (here->in_state(key_state::active)) {
            if (!locked.empty() && chance(80)) return onto(verb::unlock_environment, locked);
            const auto fresh = one_of(in, name, [](const environment& one) { return !one.customers; });
            if (!fresh.empty() && chance(50)) return onto(verb::apply_key, fresh);
            if (available && chance(40)) return activation_of(*available, name);
            if (chance(30)) return in_ring(chance(50) ? upload() : generate(), name);
            if (plays_ == profile::recommended && !here->delivered_at && chance(70)) return in_ring(delivery(), name);
            if (here->request && chance(70)) return approval(*here, name);
            return with_file_of(*here, verb::lock, key_state::active, name);
        }
        return available ? activation_of(*available, name) : in_ring(upload(), name);
    }
    operation approval(const ring& here, const std::string& name) {
        auto out = in_ring(keyed(verb::approve), name);
        out.by = here.request->by == "ann" ? "bob" : "ann";
        out.confirmation = "lock tenant";
        return out;
    }
    operation activation_of(const std::string& key, const std::string& name) {
        auto out = in_ring(keyed(verb::activate_key), name);
        out.key = key;
        return out;
    }

    operation anything(const world& in) {
        if (chance(30)) return progress(in);
        if (chance(35)) {
            std::vector<operation> due;
            reports(in, due);
            if (!due.empty()) return pick(due);
        }
        switch (below(24)) {
        case 0: return generate();
        case 1:
        case 2: return upload();
        case 3:
        case 4: return activate(in);
        case 5:
        case 6:
        case 7: return on_environment(verb::apply_key);
        case 8: return on_environment(verb::return_to_provider);
        case 9:
        case 10: return with_active_file(in, verb::lock);
        case 11: return with_active_file(in, verb::unlock_key);
        case 12:
        case 13: return on_environment(verb::unlock_environment);
        case 14: return on_environment(chance(30) ? verb::delete_environment : verb::open);
        case 15: return on_environment(verb::backup);
        case 16: return overwrite(in, verb::restore);
        case 17: return overwrite(in, verb::copy);
        case 18: return chance(50) ? on_environment(verb::reset) : environment_named(numbered("e", 3));
        case 19: return tick();
        case 20: return chance(40) ? admin_of(a_person(), chance(50) ? "" : numbered("e", 3)) : import();
        default: return more(in);
        }
    }
    operation more(const world& in) {
        if (plays_ == profile::recommended && chance(70)) {
            switch (below(5)) {
            case 0: return keyed(verb::rollback_activation);
            case 1:
            case 2: return with_active_file(in, verb::approve);
            case 3: return delivery();
            default: return keyed(verb::accept_clock);
            }
        }
        auto out = report(static_cast<work>(below(10)), chance(50) ? numbered("e", 3) : "", region());
        if (out.of == work::rewrap) out.of = work::activation;
        if (out.of == work::activation || out.of == work::unlock_key || out.of == work::lock)
            out.environment.clear(), out.region = region();
        return out;
    }
    operation tick() {
        operation out;
        out.by = "system";
        out.region = region();
        return out;
    }
    operation import() {
        auto out = keyed(verb::import_key);
        out.file = {.name = "wrap", .kid = numbered("kid", 2)};
        return out;
    }
    operation delivery() {
        operation out;
        out.does = verb::notice_delivered;
        out.by = "system";
        out.region = region();
        out.event = "key_activated";
        out.to = chance(80) ? std::string(pick(std::array{"ann", "bob"})) : a_person();
        return out;
    }

    // --- a key in the customer's own vault ---

    operation by_vault(verb does, const std::string& name) {
        operation out;
        out.does = does;
        out.by = chance(85) ? "vera" : "ann";
        out.as_vault = true;
        out.policy = name;
        return out;
    }
    operation a_policy() {
        auto out = by_vault(verb::policy, numbered("p", 4));
        if (chance(40)) out.by = "ann", out.as_vault = false;
        out.region = out.vault_region = region();
        out.vault = numbered("v", 2);
        out.key = numbered("k", 2);
        out.file = {.name = out.vault + out.key + numbered("m", 3), .type = "rsa", .kid = {}};
        if (chance(15)) out.file.bits = 3072;
        if (chance(6)) out.soft_delete = pick(std::array{7 * day, 7 * day - 1, 90 * day, 90 * day + 1});
        if (chance(4)) out.deleted_at = now_ - pick(std::array{90 * day - 1, 90 * day, day});
        if (chance(3)) out.purge_protection = false;
        if (chance(3)) out.offered = false;
        if (chance(3)) out.vault_region = "elsewhere";
        return out;
    }
    operation grant_of(const std::string& name, const vault_policy& of) {
        auto out = by_vault(verb::grant, name);
        out.get = chance(90), out.wrap = chance(90), out.unwrap = chance(90);
        out.file = {.name = chance(90) ? of.versions.back().material : numbered("m", 6), .type = "rsa", .kid = {}};
        return out;
    }
    operation member(verb does, const std::string& name) {
        auto out = on_environment(does);
        out.by = pick(std::array{"ann", "ann", "bob", "eve"});
        if (does != verb::remove_from_policy) out.confirmation.clear();
        if (does == verb::add_to_policy) out.policy = name;
        return out;
    }
    operation of_policy(const world& in) {
        if (in.policies.empty() || chance(8)) return a_policy();
        const auto chosen = std::next(in.policies.begin(), below(static_cast<unsigned>(in.policies.size())));
        const auto& [name, of] = *chosen;
        if (!of.complete() && chance(50)) return grant_of(name, of);
        if (of.revoked && chance(60)) {
            auto out = by_vault(chance(50) ? verb::request_unlock : verb::approve_unlock, name);
            out.as_vault = false;
            out.by = out.does == verb::request_unlock ? pick(std::array{"ann", "bob"}) : "provider";
            return out;
        }
        switch (below(12)) {
        case 0: return grant_of(name, of);
        case 1: {
            auto out = by_vault(verb::revoke, name);
            out.cause =
                pick(std::array{"access", "key_disabled", "version_disabled", "key_deleted", "vault_deleted", "policy_deleted", "access"});
            if (chance(20)) out.by = "system", out.as_vault = false;
            return out;
        }
        case 2: {
            auto out = by_vault(verb::rotate_version, name);
            out.file = {.name = of.vault + of.key + numbered("m", 3), .type = "rsa", .kid = {}};
            return out;
        }
        case 3: {
            auto out = by_vault(verb::purge_key, name);
            out.version_number = below(4);
            return out;
        }
        case 4: return member(verb::remove_from_policy, name);
        case 5: {
            auto out = member(verb::integrate, name);
            out.organisation = chance(90) ? numbered("org", 2) : "";
            return out;
        }
        default: break;
        }
        auto out = member(verb::add_to_policy, name);
        const auto* one = find(in.environments, out.environment);
        if (one && chance(80))
            out.organisation = one->organisation;
        else if (chance(20))
            out.organisation = numbered("org", 2);
        return out;
    }
    operation anything_of_vaults(const world& in) {
        if (chance(35)) {
            std::vector<operation> due;
            reports(in, due);
            if (!due.empty()) return pick(due);
        }
        if (chance(55)) return of_policy(in);
        switch (below(9)) {
        case 0: return on_environment(verb::open);
        case 1: return on_environment(chance(30) ? verb::delete_environment : verb::backup);
        case 2: return on_environment(verb::backup);
        case 3: return overwrite(in, verb::restore);
        case 4: return overwrite(in, verb::copy);
        case 5: return on_environment(chance(50) ? verb::reset : verb::open);
        case 6: return tick();
        case 7: return chance(60) ? environment_named(numbered("e", 3)) : admin_of(a_person(), chance(50) ? "" : numbered("e", 3));
        default: {
            auto out =
                report(pick(std::array{work::apply, work::giving_back, work::restore, work::copy, work::reset}), numbered("e", 3), {});
            return out;
        }
        }
    }

    // --- a key for one instance ---

    /// Its name, its key, and the file that fits, where there is one.
    operation of_instance(const world& in, verb does) {
        auto out = on_environment(does);
        out.key = chance(70) ? numbered("k", 5) : "";
        file_in(out, numbered("m", 6));
        out.password_again = "p";
        if (does == verb::generate_key) out.file = {.name = "made" + std::to_string(made_), .type = "rsa", .kid = {}};
        const auto* here = find(in.rings, out.environment);
        if (here && out.file.in == format::byok && chance(60)) out.file.kid = here->import_key;
        if (does != verb::lock && does != verb::unlock_key) return out;
        for (const auto state : {key_state::active, key_state::locked})
            if (const auto* name = here ? here->in_state(state) : nullptr; name && chance(90)) out.file.name = here->keys.at(*name).is.name;
        return out;
    }
    operation progress_of_instance(const world& in) {
        const auto name = numbered("e", 3);
        const auto* here = find(in.rings, name);
        const auto* one = find(in.environments, name);
        const auto next = !one ? verb::environment : !here || !here->in_state(key_state::active) ? verb::upload_key : verb::lock;
        if (next == verb::environment) return environment_named(name);
        auto out = of_instance(in, here && here->in_state(key_state::locked) ? verb::unlock_key : next);
        if (next == verb::lock && !one->customers && chance(50)) out = of_instance(in, verb::apply_key);
        out.environment = out.confirmation = name;
        if (here && out.does != verb::upload_key)
            for (const auto state : {key_state::active, key_state::locked})
                if (const auto* key = here->in_state(state)) out.file.name = here->keys.at(*key).is.name;
        if (out.does != verb::unlock_key) return out;
        out.by = "ann";
        return out;
    }
    operation anything_of_instances(const world& in) {
        if (chance(25)) return progress_of_instance(in);
        if (chance(45)) {
            std::vector<operation> due;
            reports(in, due);
            if (!due.empty()) return pick(due);
        }
        switch (below(16)) {
        case 0: return of_instance(in, verb::generate_key);
        case 1: return of_instance(in, verb::upload_key);
        case 2: return of_instance(in, verb::lock);
        case 3: return of_instance(in, verb::unlock_key);
        case 4: return on_environment(verb::apply_key);
        case 5: return on_environment(verb::return_to_provider);
        case 6: return on_environment(chance(70) ? verb::open : verb::delete_environment);
        case 7:
        case 8: return on_environment(verb::backup);
        case 9:
        case 10: return overwrite(in, verb::restore);
        case 11: return environment_named(numbered("e", 3));
        case 12:
            if (chance(60)) return time_for(numbered("e", 3));
            return admin_of(a_person(), chance(50) ? "" : numbered("e", 3));
        case 13: return with_kid(of_instance(in, verb::import_key));
        case 14: return on_environment(pick(std::array{verb::activate_key, verb::unlock_environment, verb::reset, verb::open}));
        default:
            return report(pick(std::array{work::apply, work::giving_back, work::restore, work::activation, work::unlock_key,
                                          work::unlock_environment, work::lock}),
                          numbered("e", 3), {});
        }
    }
    operation time_for(const std::string& instance) {
        auto out = tick();
        out.environment = instance;
        return out;
    }
    operation with_kid(operation out) {
        out.file = {.name = "wrap", .kid = numbered("kid", 2)};
        return out;
    }

    // --- one flaw ---

    void spoil(operation& out) {
        switch (below(16)) {
        case 0:
            if (out.as_vault) {
                out.by = "ann";
                break;
            }
            out.by = out.does == verb::tick ? out.by : std::string(pick(std::array{"cat", "eve", "provider", "system", "bob"}));
            break;
        case 1: out.acknowledged = false; break;
        case 2: out.confirmed = false; break;
        case 3: out.confirmation = "something else"; break;
        case 4: out.password = "q"; break;
        case 5: out.password_again = "r"; break;
        case 6: out.file.bits = pick(std::array{2047u, 2049u, 3072u, 1024u}); break;
        case 7: out.file.type = "elliptic_curve"; break;
        case 8: out.file.private_half = false; break;
        case 9: out.file.in = format::other; break;
        case 10: out.password = out.file_password = ""; break;
        case 11: out.corrupt = true; break;
        case 12:
            if (out.does == verb::generate_key || out.does == verb::upload_key) chance(50) ? out.key.clear() : out.region.clear();
            break;
        case 13: // what is made is always new, and in a vault a key's material is its own
            if (out.does != verb::generate_key && out.does != verb::policy && out.does != verb::rotate_version)
                out.file.name = numbered("m", 6);
            break;
        case 14:
            if (!out.environment.empty() && out.does != verb::environment && out.does != verb::admin) out.environment = "nowhere";
            break;
        default: out.confirmation.clear(); break;
        }
    }
};

} // namespace second_model
