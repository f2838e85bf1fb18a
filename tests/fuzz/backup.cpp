// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come as a backup: no crash, no more read than there is, and nothing opens with the key but what its holder
// wrote. The first byte says whether the checksum is made right first (odd), which anybody can do.
#include "../envelope/backup_streams.hpp"

#include <cstdlib>

using namespace keywright;
using namespace keywright::backup_tests;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

const keys::data_key_lease& lease() {
    static const auto made = [] {
        std::vector<keys::leased_key> list;
        list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), false, 0});
        return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list), {.max_age = std::chrono::hours(99)});
    }();
    return *made;
}
void mend_checksum(bytes& all) {
    if (all.size() < envelope::backup_trailer_size) return;
    const auto hash = Botan::HashFunction::create_or_throw("SHA-256");
    hash->update(byte_view(all).first(all.size() - envelope::backup_trailer_size));
    hash->final(byte_span(all).last(envelope::backup_trailer_size).first(32));
}

/// Whether it is whole, by its checksum; writes what it read in `again`.
bool is_whole(byte_view all, bytes& again) {
    auto reader = envelope::backup_reader::begin(out_of(all));
    if (!reader) return false;
    const auto& info = reader->info();
    must(info.pages > 0 && envelope::is_page_size(info.page_size) && !info.environment.empty());
    auto writer = envelope::backup_writer::begin(into(again), {info.environment, info.taken, info.pages}, reader->header_copy());
    must(writer.has_value());
    while (reader->pages_read() < info.pages) {
        const auto page = reader->next();
        if (!page) return false;
        must(writer->add(*page).has_value());
    }
    if (!reader->finish()) return false;
    must(info.size() == all.size());
    return true;
}
bool opens(byte_view all) {
    auto opener = envelope::backup_opener::begin(out_of(all), lease());
    if (!opener) return false;
    while (!opener->at_end()) {
        const auto page = opener->next();
        if (!page) return false;
        must(std::all_of(page->end() - envelope::page_reserve, page->end(), [](std::uint8_t byte) { return byte == 0; }));
    }
    return opener->finish().has_value();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0 || size > 100'000) return 0;
    bytes all(data + 1, data + size);
    if (data[0] % 2 == 1) mend_checksum(all);
    bytes again;
    const bool whole = is_whole(all, again);
    const bool opened = opens(all);
    must(whole || !opened);
    // What was read makes the same stream, but for its trailer, which is not written here.
    if (whole) must(std::equal(again.begin(), again.end(), all.begin(), all.end() - envelope::backup_trailer_size));
    return 0;
}
