// SPDX-License-Identifier: Apache-2.0
// The three kinds of file in a vault folder, as bytes. Nothing here is secret but the key inside a slot block.
// Every number is big-endian. Readers check every length before they use it, and accept nothing that they would not
// write themselves.
// Depends on: ports/key_vault. Nearest user: adapters/file/key_vault.hpp.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/secret_bytes.hpp>
#include <keywright/ports/held_key.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace keywright::file {

/// How dear one guess at the passphrase is: Argon2id, RFC 9106. The default is its second recommended set.
struct argon2_costs {
    std::uint32_t memory_kib = 64 * 1024;
    std::uint32_t passes = 3;
    std::uint32_t lanes = 4;
    bool for_tests = false; ///< allows cheaper costs than are safe; the vault's header says so for ever
};
/// Milliseconds instead of a tenth of a second, and no protection.
inline constexpr argon2_costs costs_for_tests{64, 1, 1, true};

namespace detail {

using random_id = std::array<std::uint8_t, 16>;

/// limit_exceeded beyond 1 GiB, 64 passes, 16 lanes or 16 GiB of memory times passes (a hostile file must not cost
/// more than a minute); unsupported below 19 MiB and 2 passes, the least that OWASP names, unless made for tests.
[[nodiscard]] constexpr result<void> check_costs(const argon2_costs& costs) {
    if (costs.memory_kib > 1024 * 1024 || costs.passes > 64 || costs.lanes > 16 ||
        std::uint64_t{costs.memory_kib} * costs.passes > 16 * 1024 * 1024)
        return fail(errc::limit_exceeded, "vault: expected Argon2id costs of at most 1 GiB, 64 passes, 16 lanes and 16 GiB in all passes");
    if (costs.passes < 1 || costs.lanes < 1 || costs.memory_kib < 8 * costs.lanes)
        return fail(errc::unsupported, "vault: expected Argon2id costs of one pass, one lane and 8 KiB for each lane at least");
    if (!costs.for_tests && (costs.memory_kib < 19 * 1024 || costs.passes < 2))
        return fail(errc::unsupported, "vault: expected Argon2id costs of 19 MiB and 2 passes at least");
    return {};
}

// --- vault.header: 104 bytes ---
//    0   8  "KWVAULT" 00
//    8   2  version, 1
//   10   2  1 when made for tests, else 0
//   12   4  Argon2id memory in KiB
//   16   4  Argon2id passes
//   20   4  Argon2id lanes
//   24  16  Argon2id salt
//   40  32  HKDF-SHA-256(master, no salt, "keywright vault check 1" || 00 || bytes 0 to 39): tells a wrong passphrase
//   72  32  SHA-256 of bytes 0 to 71: tells damage

inline constexpr std::size_t header_checked_size = 40;
inline constexpr std::size_t header_size = 104;

struct vault_header {
    argon2_costs costs;
    random_id salt{};
    std::array<std::uint8_t, 32> passphrase_check{};
};

/// Bytes 0 to 39, which the passphrase check covers.
inline bytes header_prefix(const vault_header& header) {
    bytes out;
    append(out, as_bytes(std::string_view("KWVAULT\0", 8)));
    append_be<std::uint16_t>(out, 1);
    append_be<std::uint16_t>(out, header.costs.for_tests ? 1 : 0);
    append_be(out, header.costs.memory_kib);
    append_be(out, header.costs.passes);
    append_be(out, header.costs.lanes);
    append(out, header.salt);
    return out;
}

inline bytes write_header(const vault_header& header) {
    auto out = header_prefix(header);
    append(out, header.passphrase_check);
    append(out, keywright::detail::sha256({out}).bytes);
    return out;
}

/// Fails with corrupt, unsupported (another version, costs too cheap), limit_exceeded (costs too dear).
[[nodiscard]] inline result<vault_header> read_header(byte_view in) {
    if (in.size() < 10 || as_text(in.first(8)) != std::string_view("KWVAULT\0", 8))
        return fail(errc::corrupt, "vault: expected a vault header, found something else");
    if (load_be<std::uint16_t>(&in[8]) != 1)
        return fail(errc::unsupported, "vault: expected format version 1, found another; a newer keywright may read it");
    if (in.size() != header_size) return fail(errc::corrupt, "vault: expected a header of 104 bytes");
    const auto digest = keywright::detail::sha256({in.first(72)});
    if (!std::ranges::equal(digest.bytes, in.subspan(72))) return fail(errc::corrupt, "vault: the header does not match its checksum");
    const auto flags = load_be<std::uint16_t>(&in[10]);
    if (flags > 1) return fail(errc::unsupported, "vault: the header has a flag that is not known");
    vault_header header;
    header.costs = {load_be<std::uint32_t>(&in[12]), load_be<std::uint32_t>(&in[16]), load_be<std::uint32_t>(&in[20]), flags == 1};
    if (const auto fine = check_costs(header.costs); !fine) return pass(fine);
    std::ranges::copy(in.subspan(24, 16), header.salt.begin());
    std::ranges::copy(in.subspan(40, 32), header.passphrase_check.begin());
    return header;
}

// --- <id>.slot: one block of 4096 bytes, the half of a key that can be erased ---
//    0   8  "KWSLOT" 00 01; eight zeros once it is destroyed. A file of no bytes was never a key's: see create_slot
//    8  16  serial, random: the same as in the sealed key
//   24  16  owner: names the lock of the process that staged it
//   40  32  slot key
//   72  32  SHA-256 of bytes 0 to 71
//  104      zeros
// All of it lies in the first 512 bytes, which a disk writes as one, and destruction overwrites the whole block.

inline constexpr std::size_t slot_block_size = 4096;
inline constexpr std::string_view slot_magic{"KWSLOT\0\1", 8};

struct slot_block {
    random_id serial{};
    random_id owner{};
    secret_bytes key;
};

inline secret_bytes write_slot(const slot_block& slot) {
    secret_bytes block(slot_block_size);
    const auto out = keywright::detail::reveal_writable(block);
    std::ranges::copy(as_bytes(slot_magic), out.begin());
    std::ranges::copy(slot.serial, out.begin() + 8);
    std::ranges::copy(slot.owner, out.begin() + 24);
    std::ranges::copy(keywright::detail::reveal(slot.key), out.begin() + 40);
    std::ranges::copy(keywright::detail::sha256({out.first(72)}).bytes, out.begin() + 72);
    return block;
}

/// Fails with not_found when it has been destroyed or was never filled, corrupt when it is damaged.
[[nodiscard]] inline result<slot_block> read_slot(byte_view in) {
    const auto zero = [](std::uint8_t b) { return b == 0; };
    if (in.empty() || (in.size() >= 8 && std::ranges::all_of(in.first(8), zero)))
        return fail(errc::not_found, "vault: the key has been destroyed");
    if (in.size() != slot_block_size || as_text(in.first(8)) != slot_magic ||
        !std::ranges::equal(keywright::detail::sha256({in.first(72)}).bytes, in.subspan(72, 32)) ||
        !std::ranges::all_of(in.subspan(104), zero))
        return fail(errc::corrupt, "vault: a slot block is damaged");
    slot_block slot;
    std::ranges::copy(in.subspan(8, 16), slot.serial.begin());
    std::ranges::copy(in.subspan(24, 16), slot.owner.begin());
    slot.key = secret_bytes(in.subspan(40, 32));
    return slot;
}

// --- <id>.staged, <id>.key: a sealed key ---
//    0   8  "KWSEALED"
//    8   2  version, 1
//   10   1  purpose: one of c p i s a (customer, provider, import, slot, audit)
//   11   1  number of key checks, 0 to 2
//   12  16  serial, random
//   28   2  length of the id
//   30   2  length of the public key
//   32      id, public key, key checks (32 bytes each)
//           nonce, 12 bytes, random
//           AES-256-GCM of the secret, and its tag of 16 bytes; associated data: everything before the nonce
// The secret is a PKCS#8 PrivateKeyInfo (DER), or the 32 bytes of a slot. Key: see vault_seal.hpp.

inline constexpr std::size_t sealed_limit = 64 * 1024;
inline constexpr std::size_t nonce_size = 12;
inline constexpr std::size_t tag_size = 16;
inline constexpr std::string_view purpose_letters = "cpisa";
static_assert(static_cast<int>(ports::key_purpose::customer) == 0 && static_cast<int>(ports::key_purpose::provider) == 1 &&
              static_cast<int>(ports::key_purpose::import) == 2 && static_cast<int>(ports::key_purpose::slot) == 3 &&
              static_cast<int>(ports::key_purpose::audit) == 4);

struct sealed_key {
    ports::vault_entry entry; ///< `published` is not in the file, its name tells
    random_id serial{};
    bytes associated; ///< everything before the nonce
    bytes nonce;
    bytes ciphertext; ///< with the tag
};

inline bytes write_associated(const ports::vault_entry& entry, const random_id& serial) {
    bytes out;
    append(out, as_bytes("KWSEALED"));
    append_be<std::uint16_t>(out, 1);
    out.push_back(static_cast<std::uint8_t>(purpose_letters[static_cast<std::size_t>(entry.purpose)]));
    out.push_back(static_cast<std::uint8_t>(entry.key_check.size() / 32));
    append(out, serial);
    append_be(out, static_cast<std::uint16_t>(entry.id.size()));
    append_be(out, static_cast<std::uint16_t>(entry.public_key.size()));
    append(out, as_bytes(entry.id));
    append(out, entry.public_key);
    append(out, entry.key_check);
    return out;
}

/// Takes the file apart; whether it is genuine, only opening it tells. Fails with corrupt or unsupported.
[[nodiscard]] inline result<sealed_key> read_sealed(byte_view in) {
    const auto damaged = [] { return fail(errc::corrupt, "vault: a sealed key is damaged"); };
    if (in.size() < 32 || in.size() > sealed_limit || as_text(in.first(8)) != "KWSEALED") return damaged();
    if (load_be<std::uint16_t>(&in[8]) != 1) return fail(errc::unsupported, "vault: expected a sealed key of version 1, found another");
    const auto purpose = purpose_letters.find(static_cast<char>(in[10]));
    const std::size_t checks = in[11], id_size = load_be<std::uint16_t>(&in[28]), public_size = load_be<std::uint16_t>(&in[30]);
    if (purpose == std::string_view::npos || checks > 2) return damaged();
    const auto associated_size = 32 + id_size + public_size + 32 * checks;
    if (in.size() < associated_size + nonce_size + tag_size) return damaged();

    sealed_key sealed;
    sealed.entry.id = as_text(in.subspan(32, id_size));
    sealed.entry.purpose = static_cast<ports::key_purpose>(purpose);
    const auto public_key = in.subspan(32 + id_size, public_size);
    sealed.entry.public_key.assign(public_key.begin(), public_key.end());
    if (public_size > 0) sealed.entry.print = keywright::detail::sha256({public_key});
    const auto key_check = in.subspan(32 + id_size + public_size, 32 * checks);
    sealed.entry.key_check.assign(key_check.begin(), key_check.end());
    std::ranges::copy(in.subspan(12, 16), sealed.serial.begin());
    append(sealed.associated, in.first(associated_size));
    append(sealed.nonce, in.subspan(associated_size, nonce_size));
    append(sealed.ciphertext, in.subspan(associated_size + nonce_size));
    return sealed;
}

} // namespace detail
} // namespace keywright::file
