// SPDX-License-Identifier: Apache-2.0
// Where each thing stands in the state store. Ids hold no slash, so no two things share a key, and a prefix names a
// tenant, a ring or an environment exactly.
//
//   tenant/<t>                       the tenant's state              JSON, see service/codec.hpp
//   ring/<t>/<r>                     the ring's state                JSON
//   environment/<t>/<r>/<e>          an environment's state          JSON
//   backup/<t>/<r>/<e>/<b>           a backup's state                JSON
//   policy/<t>/<r>/<p>               a policy of the customer's own vault   JSON
//   taking/<t>/<r>/<e>/<b>           a backup that is being taken    empty
//   log/<t>                          the audit log's head            JSON, see service/audit.hpp
//   log/<t>/<number, 12 digits>      an audit record                 JSON
//   outbox/<t>/<number>/<admin>      a notice not yet delivered      JSON
//   effect/<t>/<r>/<number>.<n>      what is still to be done        JSON
//   spki/<fingerprint>               a customer's public key         SubjectPublicKeyInfo, DER
//   holder/<fingerprint>             the ring that took the key last  `<t>/<r>`; whether it still uses it, its state says
//   secret/<t>/<r>/<gen>/<print>     the ring's secret under a key   RSAES-OAEP-SHA-256 ciphertext
//   provider/<t>/<r>                 the same for the provider's key   RSAES-OAEP-SHA-256 ciphertext
//   wrap/<t>/<r>/<e>/<name>          an environment key              AWS encrypted-data-key entry, see keys/wrap.hpp
//   uses/<t>/<r>/<name>              uses reserved of that key       u64, big-endian
//   keyset/<t>/<r>/<e>/<suite>/<v>   keys of fields, made under version v of the environment's keys: entry as above
//   sealed/<t>/<r>/<e>/<v>/<name>/<number, 12 digits>   one version of a named secret: AWS Encryption SDK message
//   numbers/<t>/<r>/<e>              the last number given to a secret   u64, big-endian
//   check/<t>/<r>/<what>             key checks of a secret          32-byte digests, see keys/hierarchy.hpp; what a
//                                    proof recognises survivors by, long after the secret itself is gone
//   meta/…                           of the application
// Depends on: core, Botan (SHA-256).
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/core/hex.hpp>

#include <botan/hash.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keywright::service {

/// One (tenant, region) pair.
struct ring_id {
    tenant_id tenant;
    region_id region{}; ///< empty: the tenant itself
    friend bool operator==(const ring_id&, const ring_id&) = default;
};

namespace detail {

inline fingerprint sha256(byte_view data) {
    fingerprint out;
    const auto hash = Botan::HashFunction::create_or_throw(approved<"SHA-256">);
    hash->update(data);
    hash->final(out.bytes);
    return out;
}

} // namespace detail

namespace records {

namespace detail {
template <class... Parts>
std::string join(std::string_view kind, const Parts&... parts) {
    std::string key(kind);
    ((key += '/', key += std::string_view(parts)), ...);
    return key;
}
inline std::string number(std::uint64_t n) {
    const std::string digits = std::to_string(n);
    return digits.size() < 12 ? std::string(12 - digits.size(), '0') + digits : digits;
}
} // namespace detail

inline std::string tenant(const tenant_id& t) { return detail::join("tenant", t.view()); }
inline std::string ring(const ring_id& r) { return detail::join("ring", r.tenant.view(), r.region.view()); }
inline std::string environment(const ring_id& r, const environment_id& e) {
    return detail::join("environment", r.tenant.view(), r.region.view(), e.view());
}
inline std::string environments(const ring_id& r) { return detail::join("environment", r.tenant.view(), r.region.view(), ""); }
inline std::string policy(const ring_id& r, const policy_id& p) {
    return detail::join("policy", r.tenant.view(), r.region.view(), p.view());
}
inline std::string backups(const ring_id& r, const environment_id& e) {
    return detail::join("backup", r.tenant.view(), r.region.view(), e.view(), "");
}
inline std::string backup(const ring_id& r, const environment_id& e, const backup_id& b) { return backups(r, e) + std::string(b.view()); }
inline std::string taking(const ring_id& r, const environment_id& e, const backup_id& b) {
    return detail::join("taking", r.tenant.view(), r.region.view(), e.view(), b.view());
}
inline std::string log_head(const tenant_id& t) { return detail::join("log", t.view()); }
inline std::string log_prefix(const tenant_id& t) { return detail::join("log", t.view(), ""); }
inline std::string log(const tenant_id& t, std::uint64_t sequence) { return log_prefix(t) + detail::number(sequence); }
inline std::string outbox_prefix() { return "outbox/"; }
inline std::string outbox(const tenant_id& t, std::uint64_t sequence, const admin_id& to) {
    return detail::join("outbox", t.view(), detail::number(sequence), to.view());
}
inline std::string effects(const ring_id& r) { return detail::join("effect", r.tenant.view(), r.region.view(), ""); }
inline std::string effect(const ring_id& r, std::uint64_t sequence, std::size_t n) {
    return effects(r) + detail::number(sequence) + "." + std::to_string(n);
}
inline std::string spki(const fingerprint& print) { return detail::join("spki", to_hex(print)); }
inline std::string holder(const fingerprint& print) { return detail::join("holder", to_hex(print)); }
inline std::string secrets(const ring_id& r) { return detail::join("secret", r.tenant.view(), r.region.view(), ""); }
inline std::string secrets(const ring_id& r, std::uint64_t generation) { return secrets(r) + std::to_string(generation) + "/"; }
inline std::string secret(const ring_id& r, std::uint64_t generation, const fingerprint& print) {
    return secrets(r, generation) + to_hex(print);
}
/// The generation in a key that `secret` made. `prefix` is `secrets` of the ring.
inline std::uint64_t generation_of_secret(std::string_view prefix, std::string_view key) {
    std::uint64_t generation = 0;
    std::from_chars(key.data() + prefix.size(), key.data() + key.size(), generation);
    return generation;
}
inline std::string provider_secret(const ring_id& r) { return detail::join("provider", r.tenant.view(), r.region.view()); }
inline std::string wraps(const ring_id& r) { return detail::join("wrap", r.tenant.view(), r.region.view(), ""); }
inline std::string wraps(const ring_id& r, const environment_id& e) { return wraps(r) + std::string(e.view()) + "/"; }
inline std::string wrap(const ring_id& r, const environment_id& e, std::string_view name) { return wraps(r, e) + std::string(name); }
inline std::string keysets(const ring_id& r, const environment_id& e) {
    return detail::join("keyset", r.tenant.view(), r.region.view(), e.view(), "");
}
inline std::string keysets(const ring_id& r, const environment_id& e, std::string_view suite) {
    return keysets(r, e) + std::string(suite) + "/";
}
inline std::string keyset(const ring_id& r, const environment_id& e, std::string_view suite, std::uint64_t version) {
    return keysets(r, e, suite) + std::to_string(version);
}
inline std::string sealed(const ring_id& r, const environment_id& e) {
    return detail::join("sealed", r.tenant.view(), r.region.view(), e.view(), "");
}
inline std::string sealed(const ring_id& r, const environment_id& e, std::uint64_t version) {
    return sealed(r, e) + std::to_string(version) + "/";
}
inline std::string sealed(const ring_id& r, const environment_id& e, std::uint64_t version, std::string_view name) {
    return sealed(r, e, version) + std::string(name) + "/";
}
inline std::string numbers(const ring_id& r, const environment_id& e) {
    return detail::join("numbers", r.tenant.view(), r.region.view(), e.view());
}
/// The number that a key ends with; nullopt when it does not.
inline std::optional<std::uint64_t> last_number(std::string_view key) {
    const char* const end = key.data() + key.size();
    std::uint64_t number = 0;
    const auto read = std::from_chars(key.data() + key.rfind('/') + 1, end, number);
    return read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}
inline std::string checks(const ring_id& r) { return detail::join("check", r.tenant.view(), r.region.view(), ""); }
inline std::string check_of_key(const ring_id& r, const fingerprint& print) { return checks(r) + "key/" + to_hex(print); }
inline std::string check_of_secret(const ring_id& r, std::uint64_t generation) {
    return checks(r) + "secret/" + std::to_string(generation);
}
inline std::string check_of_wrap(const ring_id& r, const environment_id& e, std::string_view name) {
    return checks(r) + "wrap/" + std::string(e.view()) + "/" + std::string(name);
}
inline std::string check_of_slot(const ring_id& r, const environment_id& e, std::uint64_t version) {
    return checks(r) + "slot/" + std::string(e.view()) + "/" + std::to_string(version);
}
inline std::string check_of_provider(const ring_id& r) { return checks(r) + "provider"; }
inline std::string uses(const ring_id& r, std::string_view name) { return detail::join("uses", r.tenant.view(), r.region.view(), name); }

} // namespace records

/// Ids in the vault, which knows nothing of rings.
namespace vault_ids {

inline constexpr std::string_view provider = "provider/1";

/// One id as a part of a vault id. Those are lower case and short, so an upper-case letter becomes `_` and itself in
/// lower case, `_` becomes `__`, and the two other characters that ids may hold become `_.` and `_-`; what is then
/// above 40 characters becomes `_0` and half of its SHA-256. No two ids meet.
inline std::string part(std::string_view id) {
    std::string out;
    for (const char c : id) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper || c == '_' || c == '@' || c == '+') out += '_';
        out += upper ? static_cast<char>(c - 'A' + 'a') : c == '@' ? '.' : c == '+' ? '-' : c;
    }
    return out.size() <= 40 ? out : "_0" + to_hex(service::detail::sha256(as_bytes(id))).substr(0, 32);
}
inline std::string of_ring(std::string_view kind, const ring_id& r) {
    return records::detail::join(kind, part(r.tenant.view()), part(r.region.view()), "");
}
inline std::string audit(const tenant_id& t) { return "audit/" + part(t.view()); }
inline std::string customers(const ring_id& r) { return of_ring("customer", r); }
inline std::string customer(const ring_id& r, const fingerprint& print) { return customers(r) + to_hex(print); }
inline std::string imports(const ring_id& r) { return of_ring("import", r); }
inline std::string import(const ring_id& r, const fingerprint& print) { return imports(r) + to_hex(print); }
inline std::string slots(const ring_id& r, const environment_id& e) { return of_ring("slot", r) + part(e.view()) + "/"; }
inline std::string slot(const ring_id& r, const environment_id& e, std::uint64_t key_version) {
    return slots(r, e) + std::to_string(key_version);
}

} // namespace vault_ids

} // namespace keywright::service
