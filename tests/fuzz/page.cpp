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

envelope::page_keys& keys_of(envelope::page_suite suite) {
    static auto siv = envelope::page_keys::derive(secret_bytes(32), envelope::page_suite::aes256_gcm_siv, file);
    static auto gcm = envelope::page_keys::derive(secret_bytes(32), envelope::page_suite::aes256_gcm, file);
    return suite == envelope::page_suite::aes256_gcm ? *gcm : *siv;
}

void read_header(byte_view data) {
    bytes slot(data.begin(), data.end());
    slot.resize(envelope::header_slot_size);
    const auto read = envelope::page_header::parse(slot);
    if (!read) return;
    must(envelope::is_page_size(read->page_size));
    auto& mac = keys_of(read->suite).header_mac();
    const auto written = read->seal(mac);
    must(written.has_value() && std::equal(written->begin(), written->end() - 32, slot.begin()));
    must(envelope::page_header::prove(*written, mac).has_value());
    const bool proves = envelope::page_header::prove(slot, mac).has_value();
    must(proves == (*written == slot));
}

void read_pages(byte_view data) {
    constexpr std::size_t size = 512;
    envelope::page_cipher& cipher =
        keys_of(data[0] % 4 == 1 ? envelope::page_suite::aes256_gcm_siv : envelope::page_suite::aes256_gcm).pages;
    std::uint32_t number = 1;
    for (byte_view rest = data.subspan(1); rest.size() >= size; rest = rest.subspan(size), ++number) {
        const envelope::page_place place{envelope::page_kind::database, number};
        bytes page(size, 0xee);
        if (!cipher.open(place, rest.first(size), page)) {
            must(page == bytes(size));
            continue;
        }
        bytes again(size);
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
