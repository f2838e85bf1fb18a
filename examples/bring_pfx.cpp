// SPDX-License-Identifier: Apache-2.0
// A customer brings a key as PFX (PKCS#12) files: each is opened within bounds, refused with every reason where it will
// not do, and else becomes the key of the tenant's ring. What a file may cost is bounded before any work is done for it. A
// file that does not open is no error: its reader's words stand beside the rules that refuse it. Only a key that somebody
// else can break is one. Run: PFX_PASSWORD=... bring_pfx FILE...
#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>
#include <keywright/throwing.hpp>

#include <cstdlib>
#include <filesystem>
#include <span>

using namespace keywright;

namespace {

using service_type = tenant_service<profiles::recommended, memory::state_store, memory::key_vault, memory::manual_clock, memory::notifier,
                                    memory::content_store>;

const service::ring_id ring{tenant_id{"contoso"}, region_id{"eu"}};
const policy::actor provider{admin_id{"provider"}, policy::principal::provider}, alice{admin_id{"alice"}};
constexpr formats::pfx_limits limits{{.file_bytes = 64 * 1024, .iterations = 500'000}};

void bring(service_type& svc, const std::filesystem::path& path, const secret_bytes& password) {
    fmt::print("{}\n", path.filename().string());
    const auto content = file::read_file(path.string(), limits.bounds().file_bytes);
    if (!content) return fmt::print("    {}\n", content.error());
    const auto outcome = svc.upload_key(
        ring,
        {.by = alice, .key = key_id{"2026"}, .file = {.content = *content, .password = &password, .limits = limits}, .acknowledged = true});
    if (!outcome) return fmt::print("    {}\n", outcome.error());
    if (outcome->file_trouble()) fmt::print("    {}\n", *outcome->file_trouble());
    if (!outcome->refused()) return fmt::print("    accepted\n");
    for (const auto& reason : outcome->reasons()) fmt::print("    {}\n", reason);
}

} // namespace

int main(int count, char** arguments) {
    const char* const typed = std::getenv("PFX_PASSWORD"); // not on the command line, which every process can read
    if (count < 2 || typed == nullptr) return fmt::print(stderr, "Run: PFX_PASSWORD=... bring_pfx FILE...\n"), 2;
    const secret_bytes password(as_bytes(typed));

    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    service_type svc(p.store, p.vault, p.clock, p.mail, p.data);
    or_throw(svc.create_tenant({.by = provider, .tenant = ring.tenant, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{ring.tenant}}, policy::enable_feature{.by = provider}));
    or_throw(svc.run({{ring.tenant}}, policy::add_administrator{.by = provider, .who = alice.who}));

    for (const char* path : std::span(arguments, static_cast<std::size_t>(count)).subspan(1)) bring(svc, path, password);

    // The ring's first key is activated by itself; a later one waits, Available, for `activate_key`.
    for (const policy::key_record& key : or_throw(svc.state({ring})).ring.value.keys)
        fmt::print("the ring's key `{}` is {}, fingerprint {}…\n", key.id, policy::name(key.state), to_hex(key.print).substr(0, 16));
}
