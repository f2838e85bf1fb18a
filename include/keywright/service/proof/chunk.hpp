// SPDX-License-Identifier: Apache-2.0
// One piece of a file, searched for everything that a proof looks for, as it stands and decoded.
// Depends on: service/proof/windows, markers, encodings; ports/vault_traces. Nearest user: service/proof.hpp.
#pragma once

#include <keywright/ports/vault_traces.hpp>
#include <keywright/service/proof/encodings.hpp>
#include <keywright/service/proof/markers.hpp>
#include <keywright/service/proof/windows.hpp>

#include <span>

namespace keywright::service {

/// How the bytes stood in the file.
enum class found_as : unsigned char { plain, base64, hex };
constexpr const char* name(found_as as) noexcept { return as == found_as::plain ? "plain" : as == found_as::base64 ? "base64" : "hex"; }

namespace detail {

struct finding {
    enum class kind : unsigned char { secret, prime, private_key, pfx, wrap, vault_half };
    kind what = kind::secret;
    found_as as = found_as::plain;
    std::uint64_t at = 0;     ///< in the file
    std::string name;         ///< a wrap's key name
    ports::vault_trace half;  ///< for vault_half
};

/// Thread safety: one thread at a time. What it points to must outlive it.
class chunk_search {
public:
    chunk_search(const key_checks& checks, std::span<const ports::vault_trace_kind> traces) : windows_(checks), traces_(traces) {}

    /// Appends what begins in the first `starts` bytes of `data`; what follows them is there to complete it. `data`
    /// stands at `offset` in its file. Throws Botan's exceptions.
    void operator()(byte_view data, std::size_t starts, std::uint64_t offset, std::vector<finding>& found) {
        search({data, starts, found_as::plain, offset > 0}, found, [offset](std::size_t i) { return offset + i; });
        for (const auto as : {found_as::base64, found_as::hex})
            decoder_.each_run(as == found_as::hex ? hex : base64, data, starts, [&](byte_view decoded, std::size_t inner, auto&& place) {
                search({decoded, inner, as, false}, found, [&](std::size_t i) { return offset + place(i); });
            });
    }

private:
    struct piece {
        byte_view data;
        std::size_t starts; ///< what begins in that many bytes is searched for
        found_as as;
        bool is_continued; ///< bytes of the file are before it
    };
    template <class Place>
    void search(const piece& in, std::vector<finding>& found, Place&& place) {
        using enum finding::kind;
        const auto [data, starts, as, is_continued] = in;
        windows_.scan(data, starts,
                      [&](bool is_prime, std::size_t at) { found.push_back({is_prime ? prime : secret, as, place(at), {}, {}}); });
        each_private_key(data, starts, [&](key_structure structure, std::size_t at) {
            found.push_back({structure == key_structure::pfx ? pfx : private_key, as, place(at), {}, {}});
        });
        each_wrap(data, starts, is_continued,
                  [&](std::string_view key, std::size_t at) { found.push_back({wrap, as, place(at), std::string(key), {}}); });
        for (const auto& kind : traces_)
            each_text(data, starts, kind.magic, [&](std::size_t at) {
                if (auto half = kind.read(data.subspan(at))) found.push_back({vault_half, as, place(at), {}, std::move(*half)});
            });
    }

    windows windows_;
    std::span<const ports::vault_trace_kind> traces_;
    decoder decoder_;
};

} // namespace detail
} // namespace keywright::service
