// SPDX-License-Identifier: Apache-2.0
// A stream of three pages, damaged in every way: each bit, each length, parts of two, with and without a mended checksum.
#include "backup_streams.hpp"

#include <doctest/doctest.h>

namespace {

using namespace keywright;
using namespace keywright::backup_tests;
using envelope::backup_opener;
using envelope::backup_reader;

constexpr std::size_t page_size = 512, pages_at = 8192;
constexpr envelope::file_identity one_file{1, 2, 3};

keys::data_key_lease lease(std::string_view environment = "prod", std::uint8_t fill = 7,
                           std::shared_ptr<keys::epoch_watch> watch = std::make_shared<keys::epoch_watch>(1)) {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{environment}, keys::data_purpose::page, 3}, secret_bytes(byte_view(bytes(32, fill))), true, 1000});
    return keys::data_key_lease::grant(std::move(watch), 1, std::move(list)).value();
}
/// A file with one key, of which two backups can be made.
struct source_file {
    keys::data_key_lease held = lease();
    secret_bytes key = keys::random_secret().value();
    envelope::page_keys keys = envelope::page_keys::derive(key, envelope::page_suite::aes256_gcm_siv, one_file).value();

    bytes header() {
        envelope::page_header made(
            held.wrap(keys::data_purpose::page, envelope::file_key_context(environment_id{"prod"}, one_file), key).value());
        made.page_size = page_size;
        made.file = one_file;
        return made.seal(keys.header_mac()).value();
    }
    bytes backup(std::uint8_t fill, std::uint32_t count = 3) {
        bytes all;
        auto writer = envelope::backup_writer::begin(into(all), {environment_id{"prod"}, instant{1'800'000'000}, count}, header()).value();
        for (std::uint32_t number = 1; number <= count; ++number) {
            bytes page(page_size, static_cast<std::uint8_t>(fill + number));
            std::fill(page.end() - envelope::page_reserve, page.end(), std::uint8_t{0});
            REQUIRE(writer.add(*keys.pages.seal({envelope::page_kind::database, number}, page)));
        }
        REQUIRE(writer.finish(keys.backup_mac()));
        return all;
    }
};

const char* verified(const bytes& all) {
    auto reader = backup_reader::begin(out_of(all));
    if (!reader) return name(reader.error().code);
    while (reader->pages_read() < reader->info().pages)
        if (auto page = reader->next(); !page) return name(page.error().code);
    const auto whole = reader->finish();
    return whole ? "whole" : name(whole.error().code);
}
const char* opened(const bytes& all, const keys::data_key_lease& with) {
    auto opener = backup_opener::begin(out_of(all), with);
    if (!opener) return name(opener.error().code);
    for (std::uint8_t number = 1; !opener->at_end(); ++number) {
        const auto page = opener->next();
        if (!page) return name(page.error().code);
        CHECK((*page)[0] == 10 + number);
        CHECK(page->back() == 0);
    }
    const auto whole = opener->finish();
    return whole ? "whole" : name(whole.error().code);
}
/// What somebody does who knows the format and has no key.
void mend_checksum(bytes& all) {
    const auto hash = Botan::HashFunction::create_or_throw("SHA-256");
    hash->update(byte_view(all).first(all.size() - 64));
    hash->final(byte_span(all).last(64).first(32));
}
bool is_padding(std::size_t at, const bytes& all) { return at < pages_at && all[at] == 0 && at % 61 != 0; }

} // namespace

TEST_CASE("page_backup: what is written is read back, in pieces of every size") {
    source_file file;
    const bytes all = file.backup(10);
    CHECK(all.size() == pages_at + 3 * page_size + 64);
    CHECK(as_text(byte_view(all).first(16)) == "keywright backup");
    for (const std::size_t piece : {1u, 7u, 4096u, 100'000u}) {
        auto opener = backup_opener::begin(out_of(all, piece), file.held);
        REQUIRE(opener);
        while (!opener->at_end()) REQUIRE(opener->next());
        CHECK(opener->finish());
        const auto& info = opener->info();
        CHECK(info.environment == environment_id{"prod"});
        CHECK(info.taken == instant{1'800'000'000});
        CHECK(info.pages == 3);
        CHECK(info.page_size == page_size);
        CHECK(info.file == one_file);
        CHECK(info.key == "prod.page.3");
        CHECK(info.size() == all.size());
    }
    CHECK(verified(all) == std::string_view("whole"));
}

TEST_CASE("page_backup: the checksum is the SHA-256 of all before it, the proof an HMAC of that under a key of its own") {
    source_file file;
    const bytes all = file.backup(10);
    bytes mended = all;
    mend_checksum(mended);
    CHECK(mended == all);
    const auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
    const auto kdf = Botan::KDF::create_or_throw("HKDF(SHA-256)");
    bytes info;
    append(info, as_bytes("keywright page backup 1"));
    append(info, bytes{0, 1});
    append(info, one_file);
    hmac->set_key(kdf->derive_key(32, keywright::detail::reveal(file.key), {}, info));
    hmac->update(byte_view(all).last(64).first(32));
    const auto expected = hmac->final_stdvec();
    CHECK(std::equal(expected.begin(), expected.end(), all.end() - 32));
}

TEST_CASE("page_backup: no bit can be changed, neither unnoticed without a key nor, the checksum mended, with it") {
    source_file file;
    const bytes all = file.backup(10, 1);
    for (std::size_t at = 0; at < all.size(); ++at) {
        if (is_padding(at, all)) continue;
        for (std::uint8_t bit = 1; bit != 0; bit = static_cast<std::uint8_t>(bit << 1)) {
            const bool is_sampled = at < pages_at ? at % 4096 < 96 : (at * 8 + bit) % 7 == 0 || at + 64 >= all.size();
            bytes damaged = all;
            damaged[at] ^= bit;
            // Whoever has no key cannot tell the proof at the end from another.
            const bool is_proof = at + 32 >= all.size();
            if (is_proof == (verified(damaged) != std::string_view("whole"))) CHECK_MESSAGE(false, "bit of byte ", at);
            if (!is_sampled) continue;
            if (at + 64 < all.size()) mend_checksum(damaged);
            const std::string_view why = opened(damaged, file.held);
            if (why == "whole") CHECK_MESSAGE(false, "bit of byte ", at, ", mended");
            if (at >= pages_at && at + 64 < all.size()) CHECK(why == "authentication_failed");
        }
    }
}

TEST_CASE("page_backup: cut at any length it is corrupt, and so it is with anything behind it") {
    source_file file;
    const bytes all = file.backup(10);
    for (std::size_t size = 0; size < all.size(); size += size < pages_at ? 37 : 1) {
        const bytes cut(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
        if (verified(cut) != std::string_view("corrupt")) CHECK_MESSAGE(false, "cut to ", size);
        if (size % 5 == 0 && opened(cut, file.held) != std::string_view("corrupt")) CHECK_MESSAGE(false, "cut to ", size, ", with the key");
    }
    bytes longer = all;
    longer.push_back(0);
    CHECK(verified(longer) == std::string_view("corrupt"));
    CHECK(opened(longer, file.held) == std::string_view("corrupt"));
}

TEST_CASE("page_backup: parts of two backups of one file do not make a third, whoever mends the checksum") {
    source_file file;
    const bytes first = file.backup(10), second = file.backup(10), shorter = file.backup(10, 2);
    const auto page = [](std::size_t number) { return static_cast<std::ptrdiff_t>(pages_at + (number - 1) * page_size); };
    bytes mixed = first;
    std::copy(second.begin() + page(2), second.begin() + page(3), mixed.begin() + page(2)); // a page as it was at another time
    mend_checksum(mixed);
    CHECK(verified(mixed) == std::string_view("whole"));
    CHECK(opened(mixed, file.held) == std::string_view("authentication_failed"));
    bytes with_proof = mixed;
    std::copy(second.end() - 32, second.end(), with_proof.end() - 32);
    CHECK(opened(with_proof, file.held) == std::string_view("authentication_failed"));
    bytes swapped = first;
    std::swap_ranges(swapped.begin() + page(1), swapped.begin() + page(2), swapped.begin() + page(2));
    mend_checksum(swapped);
    CHECK(opened(swapped, file.held) == std::string_view("authentication_failed"));
    bytes dropped = first; // the last page, with the number of pages made right
    dropped.erase(dropped.begin() + page(3), dropped.begin() + page(4));
    dropped[23] = 2;
    mend_checksum(dropped);
    CHECK(verified(dropped) == std::string_view("whole"));
    CHECK(opened(dropped, file.held) == std::string_view("authentication_failed"));
    bytes later = first; // its date
    later[31] ^= 1;
    mend_checksum(later);
    CHECK(verified(later) == std::string_view("whole"));
    CHECK(opened(later, file.held) == std::string_view("authentication_failed"));
    CHECK(opened(shorter, file.held) == std::string_view("whole"));
}

TEST_CASE("page_backup: whose it is, and of which version, is told before any page is read") {
    source_file file;
    bytes all = file.backup(10);
    CHECK(opened(all, lease("test")) == std::string_view("not_mine"));
    CHECK(opened(all, lease("prod", 8)) == std::string_view("authentication_failed"));
    CHECK(opened(all, lease("prod", 7, std::make_shared<keys::epoch_watch>(2))) == std::string_view("locked"));
    std::size_t read = 0;
    const auto counting = [&, source = out_of(all)](byte_span room) {
        auto got = source(room);
        read += got ? *got : 0;
        return got;
    };
    CHECK_FALSE(backup_opener::begin(counting, lease("test")));
    CHECK(read == pages_at);
    all[17] = 2;
    mend_checksum(all);
    CHECK(verified(all) == std::string_view("unsupported"));
    all[17] = 1;
    std::fill(all.begin() + 20, all.begin() + 24, std::uint8_t{0}); // no page
    CHECK(verified(all) == std::string_view("malformed"));
    std::fill(all.begin() + 20, all.begin() + 24, std::uint8_t{0xff}); // more than there are: read until it ends, one page at a time
    CHECK(verified(all) == std::string_view("corrupt"));
    CHECK(verified(bytes(20'000, 0)) == std::string_view("malformed"));
}

TEST_CASE("page_backup: a sink that fails ends it, and a source's failure is told as it is") {
    source_file file;
    const auto full = [](byte_view) -> result<void> { return fail(errc::storage_full, "test: no room"); };
    CHECK(envelope::backup_writer::begin(full, {environment_id{"prod"}, {}, 1}, file.header()).error().code == errc::storage_full);
    const auto gone = [](byte_span) -> result<std::size_t> { return fail(errc::io_failed, "test: gone"); };
    CHECK(backup_reader::begin(gone).error().code == errc::io_failed);
}
