// SPDX-License-Identifier: Apache-2.0
// What can go wrong in the world outside: a closed list of codes, each with a static sentence. An error owns
// nothing and so cannot carry a password, a key or plaintext to a log. A policy's "no" is not an error; see
// policy/decision.hpp.
// Depends on: nothing. Use: `return fail(errc::malformed, "pfx: the outer SEQUENCE is truncated");`
#pragma once

namespace keywright {

/// Every way in which the world fails. Stored and printed by name, so names are stable; numbers are not.
enum class errc : unsigned char {
    malformed,             ///< bytes that break the format's own structure
    unsupported,           ///< well formed, but an algorithm, version or feature that is not offered
    limit_exceeded,        ///< larger, deeper or costlier than the limits that the caller set
    password_needed,       ///< the file is encrypted and no password was given
    authentication_failed, ///< wrong password, wrong key, bad MAC or bad tag: one code, so that there is no oracle
    unauthenticated,       ///< the file carries no MAC, and the caller did not ask to accept that
    not_mine,              ///< a keyring holds no key for this; another one may
    not_found,
    already_exists,
    locked,                ///< the environment is locked or revoked: its epoch has moved on
    expired,               ///< a lease or a file has outlived its bound; get a new one
    exhausted,             ///< a key has reached the number of uses that it is safe for
    unavailable,           ///< could not be asked (network, process, device): may be retried, never means "forged"
    timed_out,
    version_conflict,      ///< somebody else committed first: load again and decide again
    permission_denied,
    storage_full,
    io_failed,
    corrupt,               ///< something that we stored is damaged, as told by its own checks
    weak_key,              ///< a key that somebody else can break; the text names the weakness
    misused,               ///< called in a state in which it cannot work, such as after finish
    internal,              ///< a library below failed in a way that has no better name
};

/// The code's stable name, for output and for logs.
constexpr const char* name(errc code) noexcept {
    switch (code) {
    case errc::malformed: return "malformed";
    case errc::unsupported: return "unsupported";
    case errc::limit_exceeded: return "limit_exceeded";
    case errc::password_needed: return "password_needed";
    case errc::authentication_failed: return "authentication_failed";
    case errc::unauthenticated: return "unauthenticated";
    case errc::not_mine: return "not_mine";
    case errc::not_found: return "not_found";
    case errc::already_exists: return "already_exists";
    case errc::locked: return "locked";
    case errc::expired: return "expired";
    case errc::exhausted: return "exhausted";
    case errc::unavailable: return "unavailable";
    case errc::timed_out: return "timed_out";
    case errc::version_conflict: return "version_conflict";
    case errc::permission_denied: return "permission_denied";
    case errc::storage_full: return "storage_full";
    case errc::io_failed: return "io_failed";
    case errc::corrupt: return "corrupt";
    case errc::weak_key: return "weak_key";
    case errc::misused: return "misused";
    case errc::internal: return "internal";
    }
    return "unknown";
}

/// One failure. `text` has static storage: lower case, no full stop, names the layer first (`pfx: …`), says what
/// was expected and what to do. `native` is the errno, SQLite or Botan code below it, 0 where there is none.
struct [[nodiscard]] error {
    errc code = errc::internal;
    const char* text = "";
    int native = 0;

    /// Whether the same call may succeed later without anybody mending anything.
    constexpr bool retryable() const noexcept {
        return code == errc::unavailable || code == errc::timed_out || code == errc::version_conflict;
    }
    friend constexpr bool operator==(const error& a, const error& b) noexcept { return a.code == b.code; }
};

} // namespace keywright
