// SPDX-License-Identifier: Apache-2.0
// A backup of a file of sealed pages, as one stream: its pages as they are, so that making one takes no second encryption,
// a rotation of customer keys touches none, and storage that removes duplicates finds the pages that did not change.
// Knows nothing of SQLite. Depends on: envelope/page_header, page_keys, keys/lease, Botan (SHA-256).
// Use: `auto opened = backup_opener::begin(source, lease);` then `opened->next()` for each page, and `opened->finish()`
#pragma once

#include <keywright/core/time.hpp>
#include <keywright/envelope/page_header.hpp>
#include <keywright/envelope/page_keys.hpp>
#include <keywright/keys/lease.hpp>

#include <botan/hash.h>

#include <array>
#include <functional>
#include <optional>

namespace keywright::envelope {

// Layout, big-endian:
//   0     16  "keywright backup"
//   16    2   version, 1
//   18    1   n, size of the environment's id
//   19    1   zero
//   20    4   number of pages, 1 or more
//   24    8   when it was taken, seconds since 1970-01-01T00:00:00Z
//   32    n   the environment's id
//   32+n      zero
//   4096      the copy of the file's header that counted (envelope/page_header.hpp), 4096 bytes
//   8192      the pages, in order, each as it is in the file: sealed as kind `database` under its number
//   behind    32  SHA-256 of all before it: notices an accident, without any key. Whoever alters the stream can make another
//             32  HMAC-SHA-256 of those 32 bytes, under a key derived from the file key (envelope/page_keys.hpp): proves
//                 that the stream was made as it is by who held that key, and not of parts of two
inline constexpr std::string_view backup_magic{"keywright backup", 16};
inline constexpr std::size_t backup_head_size = 4096, backup_trailer_size = 64;

/// Takes bytes in order: a file, a pipe, a socket.
using byte_sink = std::function<result<void>(byte_view)>;
/// Gives bytes in order: as many as there are now, from the front, and how many; 0 at the end.
using byte_source = std::function<result<std::size_t>(byte_span)>;

/// What a backup says of itself. True only once the backup was verified with its key.
struct backup_info {
    environment_id environment{};
    instant taken{};
    std::uint32_t pages = 0;
    std::uint32_t page_size = 0;
    page_suite suite = page_suite::aes256_gcm_siv;
    file_identity file{};
    std::string key; ///< the environment key that wraps its file key, such as `prod.page.3`

    /// Of the whole stream, in bytes.
    std::uint64_t size() const noexcept {
        return backup_head_size + header_slot_size + std::uint64_t{pages} * page_size + backup_trailer_size;
    }
};

namespace detail {

/// SHA-256 of what goes by.
class running_hash {
public:
    using digest = std::array<std::uint8_t, 32>;

    [[nodiscard]] static result<running_hash> make() {
        return keywright::detail::botan_boundary(errc::internal, "backup: SHA-256 cannot be had",
                                                 [] { return running_hash(Botan::HashFunction::create_or_throw(approved<"SHA-256">)); });
    }
    void update(byte_view data) { hash_->update(data); }
    digest finish() {
        digest out{};
        hash_->final(out);
        return out;
    }

private:
    explicit running_hash(std::unique_ptr<Botan::HashFunction> hash) noexcept : hash_(std::move(hash)) {}
    std::unique_ptr<Botan::HashFunction> hash_;
};

/// The key's name in a wrapped key of the library's own; empty where there is none.
inline std::string name_of_key(const keys::wrapped_key& wrapped) {
    constexpr std::size_t behind = 8 + keywright::detail::aes_gcm::iv_size; // lengths, and the IV
    const auto info = wrapped.view().provider_info;
    return std::string(as_text(info.first(info.size() < behind ? 0 : info.size() - behind)));
}

} // namespace detail

/// Of a file with that header.
inline backup_info info_of(const environment_id& environment, instant taken, std::uint32_t pages, const page_header& header) {
    return {environment, taken, pages, header.page_size, header.suite, header.file, detail::name_of_key(header.key)};
}

/// What a backup is of.
struct backup_subject {
    environment_id environment;
    instant taken;
    std::uint32_t pages; ///< of the database
};

/// Writes one. Thread safety: one thread at a time.
class backup_writer {
public:
    /// `header_copy` is the file's own, of `header_slot_size` bytes, and says the rest that `backup_info` has. Fails as the
    /// sink does.
    [[nodiscard]] static result<backup_writer> begin(byte_sink to, const backup_subject& of, byte_view header_copy) {
        auto hash = detail::running_hash::make();
        if (!hash) return pass(hash);
        const auto id = of.environment.view();
        bytes head(backup_head_size);
        std::copy(backup_magic.begin(), backup_magic.end(), head.begin());
        store_be(std::uint16_t{1}, head.data() + 16);
        head[18] = static_cast<std::uint8_t>(id.size());
        store_be(of.pages, head.data() + 20);
        store_be(static_cast<std::uint64_t>(of.taken.since_epoch), head.data() + 24);
        std::copy(id.begin(), id.end(), head.begin() + 32);
        backup_writer made(std::move(to), std::move(*hash), of.pages);
        if (auto sent = made.send(head); !sent) return pass(sent);
        if (auto sent = made.send(header_copy); !sent) return pass(sent);
        return made;
    }
    /// The next page, sealed. Fails as the sink does. Requires: not all were added yet.
    [[nodiscard]] result<void> add(byte_view sealed) {
        expects(left_ > 0, "backup_writer: as many pages as were said");
        --left_;
        return send(sealed);
    }
    /// Once, behind the last page; `mac` is page_keys::backup_mac(). Fails as the sink does.
    [[nodiscard]] result<void> finish(Botan::MessageAuthenticationCode& mac) {
        expects(left_ == 0, "backup_writer: as many pages as were said");
        const auto digest = hash_.finish();
        std::array<std::uint8_t, backup_trailer_size> trailer{};
        std::copy(digest.begin(), digest.end(), trailer.begin());
        auto proved = keywright::detail::botan_boundary(errc::internal, "backup: HMAC-SHA-256 failed", [&] {
            mac.update(digest);
            mac.final(byte_span(trailer).last(digest.size()));
        });
        return proved ? to_(trailer) : proved;
    }

private:
    backup_writer(byte_sink&& to, detail::running_hash&& hash, std::uint32_t pages) noexcept
        : to_(std::move(to)), hash_(std::move(hash)), left_(pages) {}
    result<void> send(byte_view data) {
        hash_.update(data);
        return to_(data);
    }

    byte_sink to_;
    detail::running_hash hash_;
    std::uint32_t left_;
};

/// Reads one without keys. Memory: one page. Thread safety: one thread at a time.
class backup_reader {
public:
    /// Reads the head. malformed: no backup, or a damaged head; unsupported: of a later version; corrupt: cut short; and as
    /// the source fails.
    [[nodiscard]] static result<backup_reader> begin(byte_source from) {
        auto hash = detail::running_hash::make();
        if (!hash) return pass(hash);
        bytes head(backup_head_size + header_slot_size);
        if (auto got = fill(from, head); !got) return pass(got);
        hash->update(head);
        auto info = parse_head(byte_view(head).first(backup_head_size));
        if (!info) return pass(info);
        const byte_view copy = byte_view(head).subspan(backup_head_size);
        auto header = page_header::parse(copy);
        if (!header) return pass(header);
        auto whole = info_of(info->environment, info->taken, info->pages, *header);
        return backup_reader(std::move(from), std::move(*hash), std::move(whole), std::move(*header), bytes(copy.begin(), copy.end()));
    }

    const backup_info& info() const noexcept { return info_; }
    const page_header& header() const noexcept { return header_; }
    byte_view header_copy() const noexcept { return header_copy_; }
    std::uint32_t pages_read() const noexcept { return read_; }

    /// The next page, sealed; valid until the next call. corrupt: cut short. Requires: not all were read.
    [[nodiscard]] result<byte_view> next() {
        expects(read_ < info_.pages, "backup_reader: there is another page");
        page_.resize(info_.page_size);
        if (auto got = fill(from_, page_); !got) return pass(got);
        hash_.update(page_);
        ++read_;
        return byte_view(page_);
    }
    /// Once, behind the last page. corrupt: it is not what was written, was cut, or something follows;
    /// authentication_failed: with `mac`, it was not made as it is by who held the key.
    [[nodiscard]] result<void> finish(Botan::MessageAuthenticationCode* mac = nullptr) {
        expects(read_ == info_.pages, "backup_reader: every page was read");
        const auto digest = hash_.finish();
        std::array<std::uint8_t, backup_trailer_size> trailer{};
        if (auto got = fill(from_, trailer); !got) return got;
        std::array<std::uint8_t, 1> beyond{};
        const auto more = from_(beyond);
        if (!more) return pass(more);
        if (*more != 0) return fail(errc::corrupt, "backup: something follows its end; use another copy of it");
        if (!std::equal(digest.begin(), digest.end(), trailer.begin()))
            return fail(errc::corrupt, "backup: it is damaged, its checksum does not match; use another copy of it");
        if (mac == nullptr) return {};
        auto holds = keywright::detail::botan_boundary(errc::internal, "backup: HMAC-SHA-256 failed", [&] {
            mac->update(digest);
            return mac->verify_mac(byte_view(trailer).last(digest.size()));
        });
        if (!holds) return pass(holds);
        if (!*holds) return fail(errc::authentication_failed, "backup: it was altered, or put together of parts; use another copy of it");
        return {};
    }

private:
    backup_reader(byte_source&& from, detail::running_hash&& hash, backup_info&& info, page_header&& header, bytes&& copy) noexcept
        : from_(std::move(from)), hash_(std::move(hash)), info_(std::move(info)), header_(std::move(header)),
          header_copy_(std::move(copy)) {}

    static result<backup_info> parse_head(byte_view head) {
        if (as_text(head.first(16)) != backup_magic)
            return fail(errc::malformed, "backup: expected a backup of an encrypted database, found something else");
        if (load_be<std::uint16_t>(head.data() + 16) != 1)
            return fail(errc::unsupported, "backup: expected format version 1; use the program that wrote it");
        const std::size_t n = head[18];
        const auto rest = head.subspan(std::min<std::size_t>(32 + n, head.size()));
        const bool is_blank = head[19] == 0 && std::all_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte == 0; });
        const auto id = as_text(head.subspan(32, n));
        backup_info info;
        info.pages = load_be<std::uint32_t>(head.data() + 20);
        if (!is_blank || info.pages == 0 || !environment_id::valid(id)) return fail(errc::malformed, "backup: its head is damaged");
        info.environment = environment_id(id);
        info.taken = instant{static_cast<std::int64_t>(load_be<std::uint64_t>(head.data() + 24))};
        return info;
    }
    static result<void> fill(const byte_source& from, byte_span room) {
        while (!room.empty()) {
            const auto got = from(room);
            if (!got) return pass(got);
            expects(*got <= room.size(), "backup_reader: a source gives no more than there is room for");
            if (*got == 0) return fail(errc::corrupt, "backup: it was cut short; use another copy of it");
            room = room.subspan(*got);
        }
        return {};
    }

    byte_source from_;
    detail::running_hash hash_;
    backup_info info_;
    page_header header_;
    bytes header_copy_, page_;
    std::uint32_t read_ = 0;
};

/// Reads one with its environment's keys: every page is proved, and given in the clear. Nothing of it is to be relied on
/// before `finish` has succeeded. Thread safety: one thread at a time.
class backup_opener {
public:
    /// `lease` is of the environment that it was taken of, and outlives this. As backup_reader::begin; not_mine: of another
    /// environment, or under a key that it does not hold any more; authentication_failed: its head was altered, or it is of
    /// another customer's environment of that name; and what the lease says (locked, expired).
    [[nodiscard]] static result<backup_opener> begin(byte_source from, const keys::data_key_lease& lease,
                                                     page_engine engine = botan_pages) {
        auto reader = backup_reader::begin(std::move(from));
        if (!reader) return pass(reader);
        if (auto usable = lease.check(); !usable) return pass(usable);
        if (lease.environment() != reader->info().environment)
            return fail(errc::not_mine, "backup: it is of another environment; open it with a lease of that one");
        const auto& header = reader->header();
        const key_source from_header{header, lease, engine};
        key_slots keys;
        auto sealing = from_header.derive(header.key, header.sealing_slot);
        if (!sealing) return pass(sealing);
        if (auto proved = page_header::prove(reader->header_copy(), sealing->header_mac()); !proved) return pass(proved);
        if (header.other) { // it was taken while the file was given another key
            auto other = from_header.derive(*header.other, static_cast<std::uint8_t>(1 - header.sealing_slot));
            if (!other) return pass(other);
            keys[1 - header.sealing_slot] = std::move(*other);
        }
        keys[header.sealing_slot] = std::move(*sealing);
        return backup_opener(std::move(*reader), std::move(keys), lease);
    }

    const backup_info& info() const noexcept { return reader_.info(); }
    bool at_end() const noexcept { return reader_.pages_read() == info().pages; }

    /// The next page in the clear; valid until the next call. authentication_failed: altered, or in another's place; and as
    /// backup_reader::next and the lease. Requires: not at_end().
    [[nodiscard]] result<byte_view> next() {
        if (auto usable = lease_->check(); !usable) return pass(usable);
        const auto sealed = reader_.next();
        if (!sealed) return pass(sealed);
        page_.resize(sealed->size());
        const std::size_t slot = page_cipher::slot_of(*sealed);
        page_keys& keys = slot < keys_.size() && keys_[slot] ? *keys_[slot] : sealing();
        auto opened = keys.pages.open({.kind = page_kind::database, .number = reader_.pages_read()}, *sealed, page_);
        if (!opened) return pass(opened);
        return byte_view(page_);
    }
    /// As backup_reader::finish.
    [[nodiscard]] result<void> finish() {
        auto whole = reader_.finish(&sealing().backup_mac());
        return whole ? lease_->check() : whole;
    }

private:
    using key_slots = std::array<std::optional<page_keys>, 2>;

    backup_opener(backup_reader&& reader, key_slots&& keys, const keys::data_key_lease& lease) noexcept
        : reader_(std::move(reader)), keys_(std::move(keys)), lease_(&lease) {}

    struct key_source {
        const page_header& header;
        const keys::data_key_lease& lease;
        page_engine engine;

        result<page_keys> derive(const keys::wrapped_key& wrapped, std::uint8_t slot) const {
            const auto file_key =
                lease.unwrap(keys::data_purpose::page, file_key_context(lease.environment(), header.file), wrapped.view());
            if (!file_key && file_key.error().code == errc::not_mine)
                return fail(errc::not_mine, "backup: the environment holds no key that opens it: it is of before a reset, or behind a key "
                                            "that was left");
            if (!file_key) return pass(file_key);
            return page_keys::derive(*file_key, {header.suite, engine}, header.file, slot);
        }
    };
    page_keys& sealing() noexcept { return *keys_[reader_.header().sealing_slot]; }

    backup_reader reader_;
    key_slots keys_; // by slot
    const keys::data_key_lease* lease_;
    Botan::secure_vector<std::uint8_t> page_;
};

} // namespace keywright::envelope
