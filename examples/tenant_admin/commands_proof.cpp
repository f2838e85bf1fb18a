// SPDX-License-Identifier: Apache-2.0
// prove-lock: reads every byte that is stored and shows that nothing in it opens a locked environment. What it looks
// for comes out of state and vault first; then both are closed, because nobody may write, and then everything is read.
#include "console.hpp"

#include <keywright/adapters/file/vault_traces.hpp>
#include <keywright/service/proof.hpp>

#include <filesystem>

namespace tenant_admin {

using namespace keywright;
namespace fs = std::filesystem;

namespace {

/// What is known before the search, and goes onto the certificate.
struct case_file {
    service::ring_id ring{};
    policy::key_record key{};
    instant locked_at = never;
    json environments = json::array();             ///< the locked ones
    std::map<std::string, std::string> parents{};    ///< environment key to the key that wraps it
    std::vector<std::string> wrong{};                ///< what state and vault alone already disprove
    service::proof_request request{};
    file::file_system_note medium{};
};

/// The name in an entry's provider info, which goes on with tag bits, IV bytes and IV: 20 bytes (keys/wrap.hpp).
std::string key_name_of(const keys::entry_view& entry) {
    const auto info = as_text(entry.provider_info);
    return std::string(info.substr(0, info.size() - std::min<std::size_t>(info.size(), 20)));
}

/// Folders that are read: the state's own, and what does not lie in it.
result<std::vector<std::string>> places_of(const places& where, const std::vector<std::string>& also) {
    const auto state_folder = fs::path(where.state).parent_path();
    std::vector<std::string> all{state_folder.empty() ? "." : state_folder.string(), where.vault, where.content, where.outbox};
    all.insert(all.end(), also.begin(), also.end());
    std::vector<std::string> kept;
    std::error_code failed;
    for (const auto& one : all) {
        const auto path = fs::canonical(one, failed).string();
        if (failed) return fail(file::errc_of(failed.value()), "file: a place that prove-lock should read is not there", failed.value());
        const auto lies_in = [&](const std::string& outer) {
            return path == outer || path.starts_with(outer == "/" ? outer : outer + "/");
        };
        if (std::none_of(kept.begin(), kept.end(), lies_in)) kept.push_back(path);
    }
    return kept;
}

/// The checks that state kept of every secret of the ring.
result<void> add_checks(workspace& w, case_file& c) {
    const auto prefix = service::records::checks(c.ring);
    const auto records = w.store.scan(prefix, "", 1'000'000);
    if (!records) return pass(records);
    for (const auto& r : *records) {
        ports::vault_entry entry;
        entry.purpose = ports::key_purpose::slot; // 32 bytes, as all secrets but RSA keys
        entry.key_check = r.value;
        const auto what = r.key.substr(prefix.size());
        if (what.starts_with("key/")) {
            const auto spki = w.store.load("spki/" + what.substr(4));
            if (!spki && spki.error().code == errc::not_found) continue; // of an import key: the vault's own entry tells
            if (!spki) return pass(spki);
            entry.purpose = ports::key_purpose::customer;
            entry.public_key = spki->value;
        }
        if (auto added = c.request.checks.add(entry); !added) return added;
    }
    return {};
}

/// The vault's keys: which may be there, and that none lies anywhere unsealed.
result<void> add_vault(workspace& w, case_file& c) {
    const auto entries = w.vault.list("");
    if (!entries) return pass(entries);
    const auto all = w.environments(c.ring);
    if (!all) return pass(all);
    std::vector<std::string> forbidden{service::vault_ids::customers(c.ring)};
    const auto state = w.service.state({c.ring});
    if (!state) return pass(state);
    for (const auto& e : *all) {
        if (policy::is_locked(state->ring.value, e))
            forbidden.push_back(service::vault_ids::slots(c.ring, e.id));
        else
            c.request.open_slots.push_back(keys::slot_key_name(c.ring.tenant, c.ring.region, e.id));
    }
    for (const auto& entry : *entries) {
        if (auto added = c.request.checks.add(entry); !added) return added;
        const bool dead = std::any_of(forbidden.begin(), forbidden.end(), [&](const std::string& f) { return entry.id.starts_with(f); });
        if (dead)
            c.wrong.push_back("the vault holds " + entry.id);
        else
            c.request.living_vault_keys.push_back(entry.id);
    }
    return {};
}

/// Environments of other rings keep their own paths, on the provider's key too.
result<void> add_other_rings(workspace& w, case_file& c) {
    const auto all = w.store.scan("environment/", "", 1'000'000);
    if (!all) return pass(all);
    const auto own = service::records::environments(c.ring);
    for (const auto& r : *all) {
        if (r.key.starts_with(own)) continue;
        const auto e = service::decode<policy::environment_state>(r.value);
        if (!e) return pass(e);
        c.request.open_slots.push_back(keys::slot_key_name(e->tenant, e->region, e->id));
    }
    return {};
}

/// Where every path of a locked environment begins, by the records of the state.
result<void> add_paths(workspace& w, case_file& c) {
    const auto wraps = w.store.scan(service::records::wraps(c.ring), "", 1'000'000);
    if (!wraps) return pass(wraps);
    for (const auto& r : *wraps) {
        const auto entry = keys::wrapped_key::parse(r.value);
        if (!entry) return fail(errc::corrupt, "custody: a key record is damaged");
        c.parents[r.key.substr(r.key.rfind('/') + 1)] = key_name_of(entry->view());
    }
    const auto secrets = w.store.scan(service::records::secrets(c.ring), "", 1000);
    if (!secrets) return pass(secrets);
    for (const auto& r : *secrets)
        if (!r.key.ends_with("/" + to_hex(c.key.print)))
            c.wrong.push_back("a ring secret is wrapped by another key than the locked one: " + r.key);
    return {};
}

result<case_file> open_case(workspace& w, const arguments& given) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    const auto state = w.service.state({*ring});
    if (!state) return pass(state);
    case_file c{.ring = *ring};
    const auto* key = policy::find_key(state->ring.value, policy::key_state::locked);
    if (key == nullptr || state->ring.value.locking)
        c.wrong.emplace_back("the ring's key is not Locked, or its lock is not completed");
    else
        c.key = *key;
    const auto all = w.environments(*ring);
    if (!all) return pass(all);
    for (const auto& e : *all)
        if (policy::is_locked(state->ring.value, e) && !e.deleted)
            c.environments.push_back(e.id.view()), c.locked_at = policy::locked_at(state->ring.value, e);
    if (auto scrubbed = w.store.scrub(); !scrubbed) return pass(scrubbed);
    if (auto r = add_checks(w, c); !r) return pass(r);
    if (auto r = add_vault(w, c); !r) return pass(r);
    if (auto r = add_other_rings(w, c); !r) return pass(r);
    if (auto r = add_paths(w, c); !r) return pass(r);
    auto read = places_of(w.where, given.also);
    if (!read) return pass(read);
    c.request.places = std::move(*read);
    c.request.traces = file::vault_traces;
    const auto medium = w.vault.storage_note();
    if (!medium) return pass(medium);
    c.medium = *medium;
    return c;
}

// --- the certificate ---

std::string purpose_of(std::string_view vault_id) {
    if (vault_id.starts_with("provider/")) return "the provider's own key: it unwraps no locked environment";
    if (vault_id.starts_with("import/")) return "an import key: it takes in a customer's key, and opens no data";
    if (vault_id.starts_with("audit/")) return "signs the audit log, and opens no data";
    if (vault_id.starts_with("slot/")) return "the erasable half of an open environment's path";
    return "a customer key of another ring";
}

std::string begin_of(const case_file& c, const std::string& name) {
    const std::string own = fmt::format("ring/{}/{}/", c.ring.tenant, c.ring.region);
    if (name.starts_with(own))
        return fmt::format("begins at the customer's key `{}`, whose private half is in none of the bytes read", c.key.id);
    if (name.starts_with("ring/")) return "begins at the customer's key of another ring";
    if (name.starts_with("slot/")) return "begins at the provider's key and a slot; this environment is not locked";
    const auto parent = c.parents.find(name);
    return parent == c.parents.end() ? "under an environment key that was destroyed"
                                     : "under " + name + ", which is under " + parent->second;
}

void tell_findings(answer& a, const case_file& c, const service::proof& p) {
    json list = json::array();
    for (const auto& reason : c.wrong) a.text += "\n    FOUND  " + reason, list.push_back({{"kind", "state"}, {"text", reason}});
    for (const auto& s : p.survivors) {
        a.text += fmt::format("\n    FOUND  {} ({}) in {} at byte {}{}{}", service::name(s.kind), service::name(s.as), s.file, s.offset,
                              s.name.empty() ? "" : ": ", s.name);
        list.push_back(
            {{"kind", service::name(s.kind)}, {"as", service::name(s.as)}, {"file", s.file}, {"offset", s.offset}, {"name", s.name}});
    }
    a.data["found"] = std::move(list);
}

void tell_paths(answer& a, const case_file& c, const service::proof& p) {
    json vault = json::array(), wraps = json::array();
    a.text += "\n  keys in the vault";
    for (const auto& id : c.request.living_vault_keys) {
        a.text += fmt::format("\n    {:<36} {}", id, purpose_of(id));
        vault.push_back({{"id", id}, {"purpose", purpose_of(id)}});
    }
    a.text += "\n  wraps found in the bytes, and where their path begins";
    for (const auto& [name, found] : p.wraps) {
        a.text += fmt::format("\n    {:<36} {:>5}  {}", name, found.count, begin_of(c, name));
        wraps.push_back({{"under", name},
                         {"count", found.count},
                         {"begins", begin_of(c, name)},
                         {"first_file", found.first_file},
                         {"first_offset", found.first_offset}});
    }
    a.data["vault"] = std::move(vault);
    a.data["wraps"] = std::move(wraps);
}

answer certificate(const case_file& c, const service::proof& p) {
    const bool good = p.clean() && c.wrong.empty();
    answer a;
    a.code = good ? exit_code::done : exit_code::proof_failed;
    a.text =
        good ? fmt::format("proven: {} environment(s) of {}/{} are locked by key `{}`, and nothing in {} files, {} bytes opens them",
                           c.environments.size(), c.ring.tenant, c.ring.region, c.key.id, p.files, p.bytes)
             : fmt::format("NOT proven: {} thing(s) survived in {} files, {} bytes", p.survivor_count + c.wrong.size(), p.files, p.bytes);
    a.data = {{"proven", good},
              {"tenant", c.ring.tenant.view()},
              {"region", c.ring.region.view()},
              {"environments", c.environments},
              {"key", c.key.id.view()},
              {"fingerprint", to_hex(c.key.print)},
              {"locked_at", happened(c.locked_at) ? json(to_text(c.locked_at)) : json(nullptr)},
              {"places", c.request.places},
              {"files", p.files},
              {"bytes", p.bytes},
              {"not_read", p.others},
              {"checks", {{"secrets", c.request.checks.secrets.size()}, {"primes", c.request.checks.primes.size()}}}};
    tell_findings(a, c, p);
    a.text += fmt::format("\n  locked since {}; key {}", to_text(c.locked_at), to_hex(c.key.print));
    for (const auto& place : c.request.places) a.text += "\n  read: " + place;
    a.text += fmt::format(
        "\n  looked for: {} secrets and {} primes by their checks, as bytes, base64 and hexadecimal; private keys and PFX files by structure; vault keys; wraps",
        c.request.checks.secrets.size(), c.request.checks.primes.size());
    if (!good) return a;
    tell_paths(a, c, p);
    a.text += fmt::format("\n  the vault's medium, {}: {}", c.medium.name, c.medium.sentence);
    a.data["medium"] = {{"file_system", c.medium.name}, {"overwrites_in_place", c.medium.overwrites_in_place}, {"note", c.medium.sentence}};
    return a;
}

} // namespace

void add_proof_command(console& c, CLI::App& app) {
    auto* sub = c.add(app, "prove-lock", "read every byte that is stored, and show that nothing in it opens a locked environment",
                      [&c](workspace& w) -> result<answer> {
                          auto found = open_case(w, c.given);
                          if (!found) return pass(found);
                          found->request.progress = [&out = w.out](std::uint64_t done, std::uint64_t total) {
                              out.progress("reading", done, total);
                          };
                          c.late = [known = std::move(*found)]() -> result<answer> {
                              const auto proof = service::find_survivors(known.request);
                              if (!proof) return pass(proof);
                              return certificate(known, *proof);
                          };
                          return answer{};
                      });
    sub->add_option("--also", c.given.also, "more files and folders to read, such as backups");
}

} // namespace tenant_admin
