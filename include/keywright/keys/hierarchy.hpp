// SPDX-License-Identifier: Apache-2.0
// The chain from the customer's key to an environment's keys, and the names of its links:
//   customer key  wraps  ring secret (wrap_ring_secret; the vault opens it)
//   ring secret   gives  ring KEK (ring_kek); with an environment's erasable slot secret: provider_environment_kek
//   those         wrap   environment keys (keys/wrap.hpp), which wrap what headers carry
// Depends on: keys/wrap, core, Botan (HKDF, RSA, SHA-256).
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/detail/hkdf.hpp>
#include <keywright/keys/wrap.hpp>

#include <botan/hash.h>
#include <botan/pk_keys.h>
#include <botan/pubkey.h>
#include <botan/x509_key.h>

#include <array>
#include <charconv>

namespace keywright::keys {

// Derivations (HKDF-SHA-256, RFC 5869, no salt, 32 bytes):
//   ring KEK                  IKM = ring secret                             info = "keywright ring kek 1" || 00 || C
//                             C = context{generation, region, tenant}
//   provider environment KEK  IKM = provider ring secret || slot secret     info = "keywright environment slot kek 1" || 00 || C
//                             C = context{environment, region, tenant}
//   check value               SHA-256("keywright key check 1" || key)

// --- making and recognising ---

/// `size` bytes of the system's generator; 32 is the size of ring secrets, slots and environment keys.
/// unavailable: that generator failed.
[[nodiscard]] inline result<secret_bytes> random_secret(std::size_t size = 32) {
    return keywright::detail::botan_boundary(errc::unavailable, "keys: the system's generator failed", [size] {
        secret_bytes made(size);
        Botan::system_rng().randomize(keywright::detail::reveal_writable(made));
        return made;
    });
}

/// What lets a proof recognise a key that should be gone, and is no help in finding it: SHA-256, 32 bytes. internal: Botan failed.
[[nodiscard]] inline result<std::array<std::uint8_t, 32>> key_check(const secret_bytes& key) {
    return keywright::detail::botan_boundary(errc::internal, "keys: SHA-256 failed", [&key] {
        std::array<std::uint8_t, 32> out{};
        const auto hash = Botan::HashFunction::create_or_throw(approved<"SHA-256">);
        hash->update("keywright key check 1");
        hash->update(keywright::detail::reveal(key));
        hash->final(out);
        return out;
    });
}

// --- the customer key's wrap ---

/// The ring secret under a customer key: RSAES-OAEP with SHA-256 and MGF1-SHA-256, empty label (RFC 8017), as long as
/// the modulus. `spki` is a SubjectPublicKeyInfo in DER. malformed: no such structure; unsupported: not RSA, or
/// below 2048 bits.
[[nodiscard]] inline result<bytes> wrap_ring_secret(byte_view spki, const secret_bytes& secret) {
    auto key = keywright::detail::botan_boundary(errc::malformed, "keys: expected a SubjectPublicKeyInfo in DER",
                                                 [spki] { return Botan::X509::load_key(spki); });
    if (!key) return pass(key);
    if ((*key)->algo_name() != "RSA" || (*key)->key_length() < 2048)
        return fail(errc::unsupported, "keys: expected an RSA key of 2048 bits or more");
    return keywright::detail::botan_boundary(errc::internal, "keys: RSA-OAEP encryption failed", [&] {
        const Botan::PK_Encryptor_EME oaep(**key, Botan::system_rng(), approved<"OAEP(SHA-256)">);
        return oaep.encrypt(keywright::detail::reveal(secret), Botan::system_rng());
    });
}

// --- derived keys ---

namespace detail {

inline result<secret_bytes> derive(byte_view key_material, std::string_view label, const encryption_context& context) {
    bytes info(label.begin(), label.end());
    info.push_back(0);
    append(info, context.serialise());
    return keywright::detail::hkdf(approved<"HKDF(SHA-256)">, key_material, info, 32);
}

} // namespace detail

/// The bytes of a ring's key-encryption key, for kek::make and for recovery kits. `secret` is the ring's 32 bytes, else
/// misused.
[[nodiscard]] inline result<secret_bytes> ring_kek(const secret_bytes& secret, std::uint64_t generation, const region_id& region,
                                                   const tenant_id& tenant) {
    if (secret.size() != 32) return fail(errc::misused, "keys: expected a ring secret of 32 bytes");
    return detail::derive(keywright::detail::reveal(secret), "keywright ring kek 1",
                          house_context({.tenant = tenant, .region = region, .generation = generation}));
}

/// The same for one environment on the provider's key: it takes both the provider's ring secret and the environment's
/// slot secret (32 bytes each, else misused), so that destroying the slot closes this path for good. Of `of` only the three ids count.
[[nodiscard]] inline result<secret_bytes> provider_environment_kek(const secret_bytes& provider_ring_secret,
                                                                   const secret_bytes& slot_secret, const scope& of) {
    if (provider_ring_secret.size() != 32 || slot_secret.size() != 32) return fail(errc::misused, "keys: expected two secrets of 32 bytes");
    Botan::secure_vector<std::uint8_t> both(64);
    Botan::copy_mem(both.data(), keywright::detail::reveal(provider_ring_secret).data(), 32);
    Botan::copy_mem(both.data() + 32, keywright::detail::reveal(slot_secret).data(), 32);
    return detail::derive(both, "keywright environment slot kek 1",
                          house_context({.tenant = of.tenant, .region = of.region, .environment = of.environment}));
}

// --- names of keys, as they stand in provider info ---

/// `ring/<tenant>/<region>/<generation>`; ids hold no slash, so no two rings share a name.
inline std::string ring_key_name(const tenant_id& tenant, const region_id& region, std::uint64_t generation) {
    return "ring/" + std::string(tenant.view()) + "/" + std::string(region.view()) + "/" + std::to_string(generation);
}
/// `slot/<tenant>/<region>/<environment>`.
inline std::string slot_key_name(const tenant_id& tenant, const region_id& region, const environment_id& environment) {
    return "slot/" + std::string(tenant.view()) + "/" + std::string(region.view()) + "/" + std::string(environment.view());
}

/// What an environment key wraps. One key has one purpose.
enum class data_purpose : unsigned char {
    message, ///< data keys of messages and files
    field,   ///< keysets of fields
    page,    ///< file keys of databases
};
inline constexpr std::array<std::string_view, 3> data_purpose_names{"message", "field", "page"};
constexpr std::string_view name(data_purpose p) noexcept { return data_purpose_names[static_cast<std::size_t>(p)]; }

/// Names one environment key: `<environment>.<purpose>.<version>`, such as `prod.message.1`.
struct environment_key_name {
    environment_id environment;
    data_purpose purpose = data_purpose::message;
    std::uint64_t version = 1; ///< 1 for the first; grows, is never given twice

    std::string text() const { return std::string(environment.view()) + "." + std::string(name(purpose)) + "." + std::to_string(version); }
    /// Reads `text()`; malformed otherwise. From the right, because an environment's id may hold dots.
    [[nodiscard]] static result<environment_key_name> parse(std::string_view in) {
        const auto wrong = fail(errc::malformed, "keys: expected an environment key name such as prod.message.1");
        const auto last = in.rfind('.');
        if (last == std::string_view::npos || last == 0) return wrong;
        const auto middle = in.rfind('.', last - 1);
        if (middle == std::string_view::npos) return wrong;
        const auto purpose = std::find(data_purpose_names.begin(), data_purpose_names.end(), in.substr(middle + 1, last - middle - 1));
        const auto digits = in.substr(last + 1);
        std::uint64_t version = 0;
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
        const bool is_number = ec == std::errc{} && end == digits.data() + digits.size() && digits[0] != '0';
        if (purpose == data_purpose_names.end() || !is_number || !environment_id::valid(in.substr(0, middle))) return wrong;
        return environment_key_name{environment_id(in.substr(0, middle)), static_cast<data_purpose>(purpose - data_purpose_names.begin()),
                                    version};
    }
    friend bool operator==(const environment_key_name&, const environment_key_name&) = default;
};

} // namespace keywright::keys
