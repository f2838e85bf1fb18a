// SPDX-License-Identifier: Apache-2.0
// What keywright would say, asked of the very code that would say it: the service reads the file to evidence, each
// shipped profile decides on an upload with it.
#include "examine.hpp"

#include <keywright/adapters/memory/key_vault.hpp>
#include <keywright/formats/byok_reader.hpp>
#include <keywright/profiles/decide.hpp>
#include <keywright/profiles/dynamics_365.hpp>
#include <keywright/profiles/enterprise_policy.hpp>
#include <keywright/profiles/power_platform.hpp>
#include <keywright/profiles/recommended.hpp>
#include <keywright/service/key_evidence.hpp>

namespace inspect_key {

using namespace keywright;
using formats::key_file_kind;

namespace {

struct asked {
    policy::key_evidence file;
    std::vector<std::string> assuming;
    std::optional<error> trouble; // why the file did not open
    std::optional<error> failure; // no decision, or more than one
};

/// A transfer file stays closed here: its key is taken to be what its length says.
asked of_transfer_file(const question& q) {
    asked a{.file = {.format = policy::file_kind::byok}, .assuming = {}, .trouble = {}, .failure = {}};
    const auto read = formats::read_byok(q.content);
    if (!read) {
        a.trouble = read.error();
        return a;
    }
    a.file.outcome = policy::file_outcome::opened;
    a.file.has_password = a.file.has_private = true;
    if (read->kid.size() <= policy::kid_text::capacity()) a.file.kid = policy::kid_text(read->kid);
    a.assuming = {"the ring's import key is the one that the file names", "it opens under that key"};
    const std::string what = guess_transfer(q.content).what;
    a.file.type = policy::key_kind::rsa;
    a.file.bits = 2048;
    a.assuming.push_back(what.empty() ? "it holds an RSA key of 2048 bits" : "it holds " + what + ", which is what its length fits");
    if (const auto rsa = what.find("RSA-"); rsa != std::string::npos)
        a.file.bits = static_cast<std::uint32_t>(std::stoul(what.substr(rsa + 4)));
    else if (!what.empty())
        a.file.type = what.find("AES") != std::string::npos ? policy::key_kind::other : policy::key_kind::elliptic_curve;
    return a;
}

/// A PFX that nobody gave a password for: only what is seen from outside is judged.
asked of_closed_pfx(const report& r) {
    asked a{.file = {.format = policy::file_kind::pfx}, .assuming = {}, .trouble = {}, .failure = {}};
    a.file.outcome = policy::file_outcome::opened;
    a.file.type = policy::key_kind::rsa;
    a.file.bits = 2048;
    a.file.has_private = true;
    a.file.has_password = r.outline && r.outline->keys_in_clear == 0;
    a.assuming = {"it opens with its password", "it holds an RSA key of 2048 bits with both halves"};
    return a;
}

asked of_file(const report& r, const question& q, key_file_kind kind) {
    if (kind == key_file_kind::byok) return of_transfer_file(q);
    const bool closed = r.trouble && r.trouble->code == errc::password_needed && !q.password;
    if (kind == key_file_kind::pfx && closed) return of_closed_pfx(r);
    memory::key_vault vault;
    const service::key_file file{.content = q.content, .password = q.password ? &*q.password : nullptr, .alias = q.alias};
    const auto read = service::read_key_file(file, vault, {}, {});
    if (!read) return {.file = {}, .assuming = {}, .trouble = {}, .failure = read.error()};
    asked a{.file = read->evidence, .assuming = {}, .trouble = read->trouble, .failure = {}};
    if (read->key == nullptr) return a;
    if (const auto weak = keys::weaknesses_of(*read->key); weak && !weak->empty())
        a.failure = error{errc::weak_key, keys::explain((*weak)[0])};
    return a;
}

template <class Profile>
verdict ask(const char* name, const Profile& profile, const asked& a, instant now) {
    const policy::actor somebody{admin_id{"administrator"}};
    policy::tenant_state tenant;
    tenant.id = tenant_id{"tenant"};
    tenant.seats = 1'000'000;
    tenant.opted_in = true;
    tenant.feature_on_at = instant{0};
    tenant.administrators.push_back({.who = somebody.who, .environment = {}, .since = instant{0}});
    policy::ring_state ring;
    ring.tenant = tenant.id;
    ring.region = region_id{"region"};
    ring.import_kid = a.file.kid;
    // dynamics_365 asks about one instance, of the ring's own name; the other profiles look past it.
    tenant.plan = policy::licence_plan::dynamics_365;
    policy::environment_state instance;
    instance.id = environment_id{ring.region.view()};
    instance.tenant = tenant.id;
    instance.region = ring.region;
    instance.release = policy::runs_release{}.release;
    verdict v{.profile = name, .reasons = {}, .trouble = a.trouble, .failure = {}, .assuming = a.assuming};
    v.takes_files = !(Profile::grants::template to<policy::upload_key>() == policy::no_one);
    if (!v.takes_files) return v;
    const bool decided = !a.failure || a.failure->code == errc::weak_key;
    if (decided) {
        const auto decision =
            profiles::decide(profile, policy::facts{.tenant = tenant, .ring = ring, .now = now, .environment_ = &instance},
                             policy::upload_key{.by = somebody,
                                                .at = now,
                                                .key = key_id{"key"},
                                                .file = a.file,
                                                .region_chosen = true,
                                                .acknowledged = true,
                                                .confirmed = true});
        if (decision.refused()) v.reasons.assign(decision.reasons().begin(), decision.reasons().end());
    }
    if (v.reasons.empty()) v.failure = a.failure;
    return v;
}

} // namespace

void ask_profiles(report& r, const question& q, key_file_kind kind) {
    const asked a = of_file(r, q, kind);
    r.verdicts.push_back(ask("power_platform", profiles::power_platform, a, q.now));
    r.verdicts.push_back(ask("recommended", profiles::recommended, a, q.now));
    r.verdicts.push_back(ask("dynamics_365", profiles::dynamics_365, a, q.now));
    r.verdicts.push_back(ask("enterprise_policy", profiles::enterprise_policy, a, q.now));
    const verdict& first = r.verdicts.front();
    if (first.failure)
        r.code = example::code_of(*first.failure);
    else if (!first.takes()) {
        policy::reason_list reasons;
        for (const auto& reason : first.reasons) reasons.push_back(reason);
        r.code = example::code_of(reasons, a.trouble);
    }
}

} // namespace inspect_key
