// SPDX-License-Identifier: Apache-2.0
// The two halves of a file vault's keys, as a proof finds them.
// Depends on: ports/vault_traces, adapters/file/vault_format.
#pragma once

#include <keywright/adapters/file/vault_format.hpp>
#include <keywright/ports/vault_traces.hpp>

namespace keywright::file {

namespace detail {

// Only what cannot be missing is asked for: a slot block whose rest is damaged still has its key.
inline std::optional<ports::vault_trace> trace_of_slot(byte_view in) {
    if (in.size() < 72) return std::nullopt;
    ports::vault_trace found;
    std::copy_n(in.begin() + 8, found.serial.size(), found.serial.begin());
    return found;
}
inline std::optional<ports::vault_trace> trace_of_sealed(byte_view in) {
    const auto sealed = read_sealed(in.first(std::min(in.size(), sealed_limit)));
    if (!sealed || !ports::valid_vault_id(sealed->entry.id)) return std::nullopt;
    return ports::vault_trace{sealed->serial, sealed->entry.id};
}

} // namespace detail

inline constexpr std::array<ports::vault_trace_kind, 2> vault_traces{{
    {detail::slot_magic.substr(0, 6), detail::trace_of_slot},
    {"KWSEALED", detail::trace_of_sealed},
}};

} // namespace keywright::file
