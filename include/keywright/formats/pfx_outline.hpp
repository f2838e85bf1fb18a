// SPDX-License-Identifier: Apache-2.0
// What can be told of a PFX from outside, without a password and without running one key derivation: how each layer is
// protected, what that costs to open, and what lies open. For people who ask why a file is refused, or who made it.
// Depends on: detail/pfx_structure. Use: `for (const pfx_layer& l : outline_pfx(file)->layers) …`
#pragma once

#include <keywright/formats/detail/pfx_structure.hpp>

#include <optional>
#include <string>
#include <vector>

namespace keywright::formats {

/// One thing under the password. Names are Botan's: `AES-256/CBC`, `SHA-256`.
struct pfx_layer {
    enum class place : unsigned char { mac, safe, key };
    enum class derivation : unsigned char { pkcs12, pbkdf2, scrypt };

    place where = place::mac;
    std::string algorithm; ///< the cipher; of a MAC the digest of its HMAC
    derivation kdf = derivation::pkcs12;
    std::string hash;             ///< of the derivation; empty for scrypt
    std::uint64_t iterations = 0; ///< scrypt: N
    std::uint64_t r = 0, p = 0;   ///< of scrypt
    std::size_t salt_bytes = 0;
    std::size_t bytes = 0;  ///< what it protects: ciphertext, or the octets under the MAC
    std::uint64_t cost = 0; ///< as pfx_limits counts it; UINT64_MAX when it does not fit
};

constexpr const char* name(pfx_layer::place p) noexcept {
    return p == pfx_layer::place::mac ? "mac" : p == pfx_layer::place::safe ? "safe" : "key";
}
constexpr const char* name(pfx_layer::derivation d) noexcept {
    return d == pfx_layer::derivation::pkcs12 ? "PKCS#12" : d == pfx_layer::derivation::pbkdf2 ? "PBKDF2" : "scrypt";
}

/// Nothing in it is authenticated. What an encrypted safe holds cannot be seen and is not counted.
struct pfx_outline {
    std::vector<pfx_layer> layers; ///< the MAC if there is one, then safes, then keys, in the file's order
    std::size_t keys = 0;          ///< that can be seen, encrypted or not
    std::size_t keys_in_clear = 0; ///< that need no password at all
    std::size_t certificates = 0;  ///< that lie open
    std::vector<std::string> other_bags;     ///< OIDs of bags that are neither
    std::vector<pfx_closed_safe> closed_safes; ///< whose encryption is not offered; they cost nothing, and stay closed
    std::vector<std::string> friendly_names; ///< of keys, UTF-8; from outside: escape them before printing
    std::uint64_t visible_cost = 0;          ///< of all layers together; UINT64_MAX when it does not fit
    std::optional<error> too_costly; ///< why the reader would not begin under these limits

    bool has_mac() const noexcept { return !layers.empty() && layers.front().where == pfx_layer::place::mac; }
};

namespace detail {

inline std::uint64_t bounded_cost(const kdf_cost& cost) {
    return cost.weight != 0 && cost.iterations > UINT64_MAX / cost.weight ? UINT64_MAX : cost.iterations * cost.weight;
}

inline pfx_layer layer_of(pfx_layer::place where, std::string algorithm, const kdf_scheme& kdf, std::size_t size) {
    using derivation = pfx_layer::derivation;
    return {.where = where,
            .algorithm = std::move(algorithm),
            .kdf = kdf.kind == kdf_kind::pkcs12   ? derivation::pkcs12
                   : kdf.kind == kdf_kind::pbkdf2 ? derivation::pbkdf2
                                                  : derivation::scrypt,
            .hash = std::string(kdf.hash),
            .iterations = kdf.iterations,
            .r = kdf.r,
            .p = kdf.p,
            .salt_bytes = kdf.salt.size(),
            .bytes = size,
            .cost = bounded_cost(kdf.cost)};
}

/// Adds a layer, and asks the reader's own budget for it.
class outline_writer {
public:
    explicit outline_writer(const pfx_bounds& bounds) : budget_(bounds) {}

    void add(pfx_layer layer, const kdf_cost& cost) {
        out.visible_cost = layer.cost > UINT64_MAX - out.visible_cost ? UINT64_MAX : out.visible_cost + layer.cost;
        out.layers.push_back(std::move(layer));
        if (out.too_costly) return;
        if (const auto fits = ber_walk("", [&] { budget_.reserve(cost); }); !fits) out.too_costly = fits.error();
    }

    pfx_outline out;

private:
    kdf_budget budget_;
};

inline pfx_outline outline_of(const pfx_tree& tree, const pfx_bounds& bounds) {
    using place = pfx_layer::place;
    outline_writer writer(bounds);
    if (tree.mac)
        writer.add(layer_of(place::mac, std::string(tree.mac->hash), tree.mac->kdf, tree.authenticated.size()), tree.mac->kdf.cost);
    for (const encrypted_safe& safe : tree.safes)
        writer.add(layer_of(place::safe, std::string(safe.encryption.cipher), safe.encryption.kdf, safe.ciphertext.size()),
                   safe.encryption.kdf.cost);
    for (const key_bag& key : tree.keys) {
        if (key.encryption)
            writer.add(layer_of(place::key, std::string(key.encryption->cipher), key.encryption->kdf, key.data.size()),
                       key.encryption->kdf.cost);
        else
            ++writer.out.keys_in_clear;
        if (!key.attributes.friendly_name.empty()) writer.out.friendly_names.push_back(key.attributes.friendly_name);
    }
    writer.out.keys = tree.keys.size();
    writer.out.certificates = tree.certificates.size();
    writer.out.other_bags = tree.other_bags;
    writer.out.closed_safes = tree.closed;
    return std::move(writer.out);
}

} // namespace detail

/// Walks the file's open part. Cost above the limits is told in `too_costly` and is no failure.
/// Fails with malformed, limit_exceeded (size, depth, bags) and unsupported as open_pfx does before its first key
/// derivation. Thread safety: a function of its arguments.
[[nodiscard]] inline result<pfx_outline> outline_pfx(byte_view file, const pfx_limits& limits = {}) {
    const pfx_bounds& bounds = limits.bounds();
    if (file.size() > bounds.file_bytes) return fail(errc::limit_exceeded, "pfx: the file is larger than the limit `file_bytes` allows");
    return detail::ber_walk("pfx: not a PFX, or damaged: its structure does not decode",
                            [&] { return detail::outline_of(detail::read_pfx_tree(file, bounds), bounds); });
}

} // namespace keywright::formats
