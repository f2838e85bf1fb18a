// SPDX-License-Identifier: Apache-2.0
// Double encryption: a message within a message, under keys of two holders. Whoever has one of them has nothing, and each
// can lock alone. Any client of the format opens it, one layer after the other.
// Depends on: envelope/message, keys/discovery_keyring (names of keys).
// Use: `auto m = seal_twice(lease, customers_keyring, data, context);` and `open_twice(lease, customers_keyring, *m);`
#pragma once

#include <keywright/envelope/message.hpp>
#include <keywright/keys/discovery_keyring.hpp>

#include <algorithm>

namespace keywright::envelope {

namespace detail {

/// Whether no entry of one message names a key that an entry of the other names.
inline result<bool> under_other_keys(byte_view one, byte_view other) {
    const auto mine = parse_header(one, {}), theirs = parse_header(other, {});
    if (!mine) return pass(mine);
    if (!theirs) return pass(theirs);
    return std::none_of(mine->entries.begin(), mine->entries.end(), [&](const keys::entry_view& a) {
        return std::any_of(theirs->entries.begin(), theirs->entries.end(), [&](const keys::entry_view& b) {
            return a.provider_id == b.provider_id && keys::key_name(a) == keys::key_name(b);
        });
    });
}
inline keys::encryption_context own_pairs(const keys::encryption_context& context) {
    return context.filtered({std::string(verification_key_name)}, false);
}

} // namespace detail

/// Seals under `inner`, and the result under `outer`, with one context. misused: an entry of each names the same key, for two
/// layers under one key are one; that keys of two names differ is for the caller to see to. Else as `seal`.
[[nodiscard]] inline result<bytes> seal_twice(const keys::key_ref& inner, const keys::key_ref& outer, byte_view plaintext,
                                              const keys::encryption_context& context = {}, const seal_options& options = {}) {
    const auto within = seal(inner, plaintext, context, options);
    if (!within) return within;
    auto whole = seal(outer, *within, context, options);
    if (!whole) return whole;
    const auto independent = detail::under_other_keys(*within, *whole);
    if (!independent) return pass(independent);
    if (!*independent) return fail(errc::misused, "message: double encryption needs two keys, and both layers name one");
    return whole;
}

/// Opens both layers; each must have the context that the other has, so that whoever holds one key cannot move what is
/// within to another place. As `open`; authentication_failed for layers that do not belong together.
[[nodiscard]] inline result<bytes> open_twice(const keys::key_ref& inner, const keys::key_ref& outer, byte_view message,
                                              const open_options& options = {}) {
    const auto within = open(outer, message, options);
    if (!within) return within;
    const auto outside = inspect_header(message, options.limits);
    const auto inside = inspect_header(*within, options.limits);
    if (!outside) return pass(outside);
    if (!inside) return pass(inside);
    if (detail::own_pairs(outside->context) != detail::own_pairs(inside->context))
        return fail(errc::authentication_failed, "message: its two layers have contexts of their own");
    return open(inner, *within, options);
}

} // namespace keywright::envelope
