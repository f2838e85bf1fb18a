// SPDX-License-Identifier: Apache-2.0
// The audit log: checked offline with nothing but the state file and the tenant's public key, shown as a timeline.
#include "console.hpp"

#include <keywright/service/audit.hpp>

#include <botan/pem.h>

namespace tenant_admin {

using namespace keywright;

namespace {

result<tenant_id> tenant_of(const places& where) { return parse_id<tenant_id>(where.tenant, "usage: --tenant expects a tenant's name"); }

/// Calls `each(record)` for every stored record of the log, in order.
template <class Store, class Each>
result<void> each_record(const Store& store, const tenant_id& tenant, Each&& each) {
    for (std::string after;;) {
        const auto page = store.scan(service::records::log_prefix(tenant), after, 1000);
        if (!page) return pass(page);
        if (page->empty()) return {};
        for (const auto& record : *page)
            if (result<void> done = each(record); !done) return done;
        after = page->back().key;
    }
}

result<bytes> read_public_key(const std::string& path) {
    auto raw = file::read_file(path, 64 * 1024);
    if (!raw || !as_text(*raw).starts_with("-----BEGIN")) return raw;
    std::string label;
    try {
        const auto der = Botan::PEM_Code::decode(std::string(as_text(*raw)), label);
        return bytes(der.begin(), der.end());
    } catch (const std::exception&) {
        return fail(errc::malformed, "audit: the public key's PEM is damaged");
    }
}

template <class Store>
result<answer> verify(const Store& store, const tenant_id& tenant, byte_view spki, const std::string& expected_head,
                      std::string_view source) {
    auto verifier = service::audit_verifier::make(spki);
    if (!verifier) return pass(verifier);
    const auto checked = each_record(store, tenant, [&](const ports::record& r) -> result<void> {
        const auto record = verifier->next(r.value);
        if (!record) return pass(record);
        return {};
    });
    const auto number = verifier->head().number;
    if (!checked)
        return answer{
            exit_code::audit_broken, fmt::format("record {}: {}", number + 1, to_text(checked.error())), {{"broken_at", number + 1}}};
    const auto head = service::load<service::log_head>(store, service::records::log_head(tenant));
    if (!head) return pass(head);
    const auto hash = to_hex(verifier->head().hash);
    const json data{{"records", number}, {"head", hash}, {"key", source}};
    if (number == 0 || head->value.number != number || head->value.hash != verifier->head().hash)
        return answer{exit_code::audit_broken,
                      fmt::format("the log ends at record {}, its head says {}: it was cut", number, head->value.number), data};
    if (!expected_head.empty() && expected_head != hash)
        return answer{exit_code::audit_broken, "the log does not end with the head that was given", data};
    return answer{exit_code::done,
                  fmt::format("{} records: numbers, hashes, chain and signatures are good (key from {}); head {}", number, source, hash),
                  data};
}

/// The log's public key out of the vault, for a check that needs no outside file.
result<bytes> key_in_vault(workspace& w, const tenant_id& tenant) {
    const auto entry = w.vault.find(service::vault_ids::audit(tenant));
    if (!entry) return pass(entry);
    return entry->public_key;
}

result<answer> verify_offline(const console& c) {
    const auto tenant = tenant_of(c.where);
    if (!tenant) return pass(tenant);
    const auto spki = read_public_key(c.given.public_key);
    if (!spki) return pass(spki);
    const auto store = workspace::open_state(c.where);
    if (!store) return pass(store);
    return verify(*store, *tenant, *spki, c.given.head, c.given.public_key);
}

result<answer> verify_with_vault(workspace& w, const arguments& given) {
    const auto tenant = w.tenant();
    if (!tenant) return pass(tenant);
    const auto spki = key_in_vault(w, *tenant);
    if (!spki) return pass(spki);
    return verify(w.store, *tenant, *spki, given.head, "the vault");
}

/// A record's own fields in one line.
std::string fields_of(const json& fields) {
    std::string text;
    for (const auto& [name, value] : fields.items()) {
        auto shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (shown.empty() || shown == "false") continue;
        if (shown.size() == 64) shown = shown.substr(0, 12) + "…";
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, shown);
    }
    return text;
}

result<answer> show(const places& where) {
    const auto tenant = tenant_of(where);
    if (!tenant) return pass(tenant);
    const auto store = workspace::open_state(where);
    if (!store) return pass(store);
    answer a{exit_code::done, {}, {{"records", json::array()}}};
    std::string lines;
    const auto read = each_record(*store, *tenant, [&](const ports::record& stored) -> result<void> {
        const auto outer = service::parse_record(stored.value);
        if (!outer) return pass(outer);
        const auto record = json::parse(outer->value("record", ""), nullptr, false);
        if (record.is_discarded() || !record.is_object()) return fail(errc::corrupt, "audit: a record is no JSON object");
        lines += fmt::format("\n    {:>4}  {}  {:<26} {:<28} {}", record.value("number", 0), record.value("at", ""), record.value("by", ""),
                             record.value("event", ""), fields_of(record.value("fields", json::object())));
        a.data["records"].push_back(record);
        return {};
    });
    if (!read) return pass(read);
    a.text = fmt::format("{} records of tenant `{}`{}", a.data["records"].size(), *tenant, lines);
    return a;
}

result<answer> export_key(workspace& w, const arguments& given) {
    const auto tenant = w.tenant();
    if (!tenant) return pass(tenant);
    const auto spki = key_in_vault(w, *tenant);
    if (!spki) return pass(spki);
    const auto pem = Botan::PEM_Code::encode(*spki, "PUBLIC KEY");
    if (given.write_to.empty()) return answer{exit_code::done, "the log's public key\n" + pem, {{"public_key", pem}}};
    if (const auto written = file::write_file_durably(given.write_to, as_bytes(pem), 0644); !written) return pass(written);
    return answer{exit_code::done,
                  fmt::format("the log's public key is in {}; keep it where the provider cannot change it", given.write_to),
                  {{"public_key", pem}, {"out", given.write_to}}};
}

} // namespace

void add_audit_commands(console& c, CLI::App& app) {
    auto* audit = app.add_subcommand("audit", "the signed log of everything that happened");
    audit->require_subcommand(1);
    auto* verifying =
        c.add(*audit, "verify", "check numbers, hashes, chain and signatures; with --key offline, without vault and passphrase",
              [&c](workspace& w) { return verify_with_vault(w, c.given); });
    verifying->add_option_function<std::string>(
        "--key",
        [&c](const std::string& path) {
            c.given.public_key = path;
            c.early = [&c] { return verify_offline(c); };
        },
        "the log's public key, from outside the state (PEM or DER)");
    verifying->add_option("--head", c.given.head, "the hash that the log must end with, out of the newest mail");
    c.add_early(*audit, "show", "print the log as a timeline", [&c] { return show(c.where); });
    auto* exporting =
        c.add(*audit, "export-key", "the public key that the log is checked with", [&c](workspace& w) { return export_key(w, c.given); });
    exporting->add_option("--out,-o", c.given.write_to, "where it goes, as PEM");
}

} // namespace tenant_admin
