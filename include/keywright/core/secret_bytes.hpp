// SPDX-License-Identifier: Apache-2.0
// Bytes that must not be copied, printed or left behind: keys, passwords, plaintext of small things.
// Depends on: Botan (secure_vector wipes on release and, where the system lets it, is kept out of swap).
#pragma once

#include <keywright/core/bytes.hpp>

#include <botan/mem_ops.h>
#include <botan/secmem.h>

#include <utility>

namespace keywright {

namespace detail {
struct secret_door;
} // namespace detail

/// Owns secret bytes. Move-only; wiped when destroyed, moved from or replaced; no iterators, no ==, no output.
/// Equality is `equal`, in constant time. A consumer reads it through <keywright/insecure.hpp> only; the library's
/// own layers go through detail::reveal and hand the view straight to Botan.
/// Thread safety: as a plain value.
class secret_bytes {
public:
    secret_bytes() = default;
    /// `size` zero bytes, to be filled by a cipher or a generator.
    explicit secret_bytes(std::size_t size) : data_(size) {}
    /// Copies from memory that the caller owns, and must wipe.
    explicit secret_bytes(byte_view data) : data_(data.begin(), data.end()) {}
    explicit secret_bytes(Botan::secure_vector<std::uint8_t>&& data) noexcept : data_(std::move(data)) {}

    // Compilers show the line of what is deleted, so the sentence for whoever meets it stands there.
    secret_bytes(const secret_bytes&) = delete; // secret_bytes: a secret is not copied; move it, or clone() it on purpose
    secret_bytes& operator=(const secret_bytes&) = delete;
    secret_bytes(secret_bytes&& other) noexcept : data_(std::exchange(other.data_, {})) {}
    secret_bytes& operator=(secret_bytes&& other) noexcept {
        data_ = std::exchange(other.data_, {});
        return *this;
    }
    ~secret_bytes() = default;

    std::size_t size() const noexcept { return data_.size(); }
    bool empty() const noexcept { return data_.empty(); }

    /// A second owner, made on purpose.
    secret_bytes clone() const { return secret_bytes(byte_view(data_)); }

    void begin() const = delete; // secret_bytes: what has iterators is copied by accident; see keywright/insecure.hpp
    void end() const = delete;
    friend bool operator==(const secret_bytes&, const secret_bytes&) = delete; // secret_bytes: compared by equal(a, b), in constant time
    template <class Stream>
    friend void operator<<(Stream&, const secret_bytes&) = delete; // secret_bytes: not printed or streamed; see keywright/insecure.hpp

private:
    friend struct detail::secret_door;
    Botan::secure_vector<std::uint8_t> data_;
};

namespace detail {

/// The one way in. Only <keywright/insecure.hpp> and the library's own layers name it; a test counts the places.
struct secret_door {
    static byte_view view(const secret_bytes& s) noexcept { return {s.data_.data(), s.data_.size()}; }
    static byte_span writable(secret_bytes& s) noexcept { return {s.data_.data(), s.data_.size()}; }
};

/// The bytes, to be handed to a cipher and not kept. Valid as long as the secret is.
inline byte_view reveal(const secret_bytes& s) noexcept { return secret_door::view(s); }
inline byte_span reveal_writable(secret_bytes& s) noexcept { return secret_door::writable(s); }
void reveal(secret_bytes&&) = delete; // reveal: the secret would be wiped before its bytes are used; name it first

} // namespace detail

/// Compares without telling by its timing where two secrets differ (their sizes are not secret).
inline bool equal(const secret_bytes& a, const secret_bytes& b) {
    return a.size() == b.size() && Botan::constant_time_compare(detail::reveal(a), detail::reveal(b));
}

} // namespace keywright
