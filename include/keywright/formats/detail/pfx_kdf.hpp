// SPDX-License-Identifier: Apache-2.0
// What a PFX makes of a password: the budget that bounds the work, the password's encodings, and RFC 7292's key
// derivation over Botan's hashes. Botan's own derivation takes text of UCS-2 only; files in the wild use passwords
// beyond it and the zero-length form of the empty password, which its interface cannot express.
// Depends on: formats/limits, detail/ber_walk, Botan.
#pragma once

#include <keywright/core/secret_bytes.hpp>
#include <keywright/formats/detail/ber_walk.hpp>
#include <keywright/formats/detail/utf16.hpp>
#include <keywright/formats/limits.hpp>

#include <botan/hash.h>

#include <vector>

namespace keywright::formats {

/// One operation under a password. `derive_key` derives the IV as well, where that is derived.
enum class pfx_step : unsigned char { derive_mac_key, check_mac, derive_key, decrypt };

/// What opening a file has cost; filled on failure, too.
struct pfx_work {
    std::uint64_t derivations = 0; ///< key derivations that ran
    std::uint64_t cost = 0;        ///< their cost, as pfx_limits counts it
    std::vector<pfx_step> steps;   ///< what ran, in order: the same for a wrong password and an altered file
};

namespace detail {

/// One key derivation before it runs.
struct kdf_cost {
    std::uint64_t iterations = 0;
    std::uint64_t weight = 1;
    std::size_t memory = 0;
    bool operator==(const kdf_cost&) const = default;
};

/// Reserves cost before it is spent: a file over its limit never reaches a key derivation.
class kdf_budget {
public:
    explicit kdf_budget(const pfx_bounds& bounds) : bounds_(bounds) {}

    void reserve(const kdf_cost& cost) {
        if (cost.iterations == 0) refuse(errc::malformed, "pfx: a key derivation has an iteration count of 0, expected at least 1");
        if (cost.memory > bounds_.scrypt_bytes)
            refuse(errc::limit_exceeded, "pfx: scrypt asks for more memory than the limit `scrypt_bytes` allows");
        if (cost.iterations > bounds_.iterations)
            refuse(errc::limit_exceeded, "pfx: a key derivation asks for more iterations than the limit `iterations` allows");
        // Divided, not multiplied: limits may be raised to anything.
        if (cost.iterations > (bounds_.total_cost - reserved_) / cost.weight)
            refuse(errc::limit_exceeded, "pfx: all key derivations together exceed the limit `total_cost`");
        reserved_ += cost.iterations * cost.weight;
    }

private:
    pfx_bounds bounds_;
    std::uint64_t reserved_ = 0; // INVARIANT: <= bounds_.total_cost
};

/// Counts one derivation that is about to run.
inline void note_run(pfx_work& work, pfx_step step, const kdf_cost& cost) {
    work.steps.push_back(step);
    ++work.derivations;
    work.cost += cost.iterations * cost.weight;
}

/// A password as the two families of schemes want it: UTF-8 for PBES2 and PBMAC1, UTF-16BE with a terminator for the
/// rest. The empty password has two forms there: the terminator alone (RFC 7292), and nothing at all.
struct pfx_password {
    byte_view utf8;
    Botan::secure_vector<std::uint8_t> utf16;

    bool ambiguous() const noexcept { return utf8.empty(); }
    void use_zero_length_form() { utf16.clear(); }
};

inline pfx_password encode_password(byte_view utf8) {
    pfx_password password{utf8, {}};
    if (!append_utf16(password.utf16, as_text(utf8))) refuse(errc::malformed, "pfx: the password is not valid UTF-8");
    password.utf16.insert(password.utf16.end(), 2, std::uint8_t{0});
    return password;
}

/// What the derived bytes are for; the numbers are RFC 7292's.
enum class kdf_use : std::uint8_t { key = 1, iv = 2, mac = 3 };

/// RFC 7292, appendix B.2: repeats `data` to fill whole blocks.
inline void append_blocks(Botan::secure_vector<std::uint8_t>& out, byte_view data, std::size_t block) {
    const std::size_t size = (data.size() + block - 1) / block * block;
    out.reserve(out.size() + size);
    for (std::size_t i = 0; i < size; ++i) out.push_back(data[i % data.size()]);
}

/// What goes into that derivation.
struct pkcs12_kdf_input {
    kdf_use use;
    byte_view password; ///< any byte string
    byte_view salt;
    std::uint64_t iterations; ///< 1 or more
};

/// RFC 7292, appendix B.2.
inline Botan::secure_vector<std::uint8_t> pkcs12_kdf(Botan::HashFunction& hash, const pkcs12_kdf_input& from, std::size_t size) {
    using secure = Botan::secure_vector<std::uint8_t>;
    const std::size_t block = hash.hash_block_size();
    const secure diversifier(block, static_cast<std::uint8_t>(from.use));
    secure input;
    append_blocks(input, from.salt, block);
    append_blocks(input, from.password, block);
    secure out, a(hash.output_length());
    while (true) {
        hash.update(diversifier);
        hash.update(input);
        hash.final(a);
        for (std::uint64_t i = 1; i < from.iterations; ++i) {
            hash.update(a);
            hash.final(a);
        }
        out.insert(out.end(), a.begin(), a.end());
        if (out.size() >= size) break;
        for (std::size_t start = 0; start < input.size(); start += block) { // I_j = I_j + B + 1 mod 2^(8 block)
            unsigned carry = 1;
            for (std::size_t k = block; k-- > 0;) {
                carry += unsigned{input[start + k]} + a[k % a.size()];
                input[start + k] = static_cast<std::uint8_t>(carry);
                carry >>= 8;
            }
        }
    }
    out.resize(size);
    return out;
}

} // namespace detail
} // namespace keywright::formats
