// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come, as a header copy and as pages of a file with a known key: no crash, and nothing opens but what was
// sealed, where it was sealed. The first byte says what the rest is: a header copy (even), or pages of 512 bytes (odd).
#include <keywright/envelope/page_header.hpp>
#include <keywright/envelope/page_keys.hpp>

#include <cstdlib>

using namespace keywright;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

constexpr envelope::file_identity file{1, 2, 3};

envelope::page_keys& keys_of(envelope::page_suite suite, std::uint8_t slot = 0) {
    const auto derive = [](envelope::page_suite of, std::uint8_t in) {
        return envelope::page_keys::derive(secret_bytes(32), of, file, in);
    };
    constexpr auto siv = envelope::page_suite::aes256_gcm_siv, gcm = envelope::page_suite::aes256_gcm;
    static std::array all{derive(siv, 0), derive(siv, 1), derive(gcm, 0), derive(gcm, 1)};
    return *all[(suite == gcm ? 2U : 0U) + slot];
}

void read_header(byte_view data) {
    bytes slot(data.begin(), data.end());
    slot.resize(envelope::header_slot_size);
    const auto read = envelope::page_header::parse(slot);
    if (!read) return;
    must(envelope::is_page_size(read->page_size) && read->sealing_slot <= 1);
    auto& mac = keys_of(read->suite).header_mac();
    const auto written = read->seal(mac);
    must(written.has_value() && std::equal(written->begin(), written->end() - 32, slot.begin()));
    must(envelope::page_header::prove(*written, mac).has_value());
    const bool proves = envelope::page_header::prove(slot, mac).has_value();
    must(proves == (*written == slot));
}

void read_pages(byte_view data) {
    constexpr std::size_t size = 512;
    const auto suite = data[0] % 4 == 1 ? envelope::page_suite::aes256_gcm_siv : envelope::page_suite::aes256_gcm;
    std::uint32_t number = 1;
    for (byte_view rest = data.subspan(1); rest.size() >= size; rest = rest.subspan(size), ++number) {
        const envelope::page_place place{envelope::page_kind::database, number};
        bytes page(size, 0xee);
        const std::uint8_t slot = envelope::page_cipher::slot_of(rest.first(size)) == 1 ? 1 : 0;
        envelope::page_cipher& cipher = keys_of(suite, slot).pages;
        if (!cipher.open(place, rest.first(size), page)) {
            must(page == bytes(size));
            continue;
        }
        bytes again(size);
        must(!keys_of(suite, static_cast<std::uint8_t>(1 - slot)).pages.open(place, rest.first(size), again).has_value());
        must(!cipher.open({envelope::page_kind::journal, number}, rest.first(size), again).has_value());
        must(!cipher.open({envelope::page_kind::database, number + 1}, rest.first(size), again).has_value());
        const auto sealed = cipher.seal(place, page);
        must(sealed.has_value());
        must(cipher.open(place, bytes(sealed->begin(), sealed->end()), again).has_value() && again == page);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    if (data[0] % 2 == 0) {
        if (size <= 1 + envelope::header_slot_size) read_header(byte_view(data + 1, size - 1));
    } else {
        read_pages(byte_view(data, size));
    }
    return 0;
}
