// SPDX-License-Identifier: Apache-2.0
// A customer brings a key by BYOK: the ring's import key is shown, the customer's HSM wraps the key under it, and the
// file that comes back opens here alone, once. The import key lives for days and ends with its first use, so a file that was
// kept opens nothing. What is wrong with a file stands beside the rules that refuse it; `inspect_key` tells a customer more.
#include <keywright/adapters/memory.hpp>
#include <keywright/formats/byok_writer.hpp>
#include <keywright/keywright.hpp>
#include <keywright/throwing.hpp>

using namespace keywright;

namespace {

using service_type = tenant_service<profiles::recommended, memory::state_store, memory::key_vault, memory::manual_clock, memory::notifier,
                                    memory::content_store>;

const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};

/// Stands for the customer's HSM; vendors call it `byok export` or `key transfer`.
std::string export_from_hsm(const Botan::Private_Key& key, const import_public_key& shown) {
    const auto kek = Botan::X509::load_key(shown.public_key);
    return or_throw(formats::write_byok(key, {.kek = *kek, .kid = shown.kid, .generator = "an HSM"}, Botan::system_rng()));
}

void bring(service_type& svc, const char* what, const std::string& file) {
    const auto outcome =
        svc.upload_key(ring, {.by = alice, .key = key_id{"2026"}, .file = {.content = as_bytes(file)}, .acknowledged = true});
    if (outcome && !outcome->refused()) return fmt::print("{}: accepted\n", what);
    fmt::print("{}: refused\n", what);
    if (!outcome) return fmt::print("    {}\n", outcome.error());
    if (outcome->file_trouble()) fmt::print("    {}\n", *outcome->file_trouble());
    for (const auto& reason : outcome->reasons()) fmt::print("    {}\n", reason);
}

} // namespace

int main() {
    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    service_type svc(p.store, p.vault, p.clock, p.mail, p.data);
    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));

    or_throw(svc.create_import_key(ring, {.by = alice, .bits = 2048, .valid_for = days(7)}));
    const import_public_key shown = or_throw(svc.import_key(ring));
    fmt::print("an import key is shown until {}\n", shown.expires_at);

    const Botan::RSA_PrivateKey key(Botan::system_rng(), 2048), small(Botan::system_rng(), 1024), another_kek(Botan::system_rng(), 2048);
    const std::string file = export_from_hsm(key, shown);
    bring(svc, "cut off by a mail program", file.substr(0, file.size() / 2));
    bring(svc, "made under another public key", export_from_hsm(key, {.kid = shown.kid, .public_key = another_kek.subject_public_key()}));
    bring(svc, "made for last year's import key", export_from_hsm(key, {.kid = shown.kid + "x", .public_key = shown.public_key}));
    bring(svc, "of 1024 bits", export_from_hsm(small, shown));
    bring(svc, "as it should be", file);
    bring(svc, "the same file, kept", file);

    for (const policy::key_record& k : or_throw(svc.state({ring})).ring.value.keys)
        fmt::print("the ring's key `{}` is {}; is it the customer's? {}\n", k.id, policy::name(k.state),
                   k.print == or_throw(keys::fingerprint_of(key)).print ? "yes" : "no");
}
