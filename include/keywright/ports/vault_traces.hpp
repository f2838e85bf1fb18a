// SPDX-License-Identifier: Apache-2.0
// How a vault's keys look on a medium, so that a proof finds what a destruction should have erased: also in a copy, a
// backup or a free block, where no file name helps. A vault whose keys are in two halves (one sealed, one erasable)
// tells for each half which it is; a key is alive where both are.
// Depends on: core. Nearest adapter to copy: adapters/file/vault_traces.hpp.
#pragma once

#include <keywright/core/bytes.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace keywright::ports {

/// What was read behind a magic.
struct vault_trace {
    std::array<std::uint8_t, 16> serial{}; ///< the same in both halves of a key
    std::string id;                        ///< the sealed half: the key's id in the vault; the erasable half: empty
};

/// One kind of half. The magic is 6 bytes or more, and long enough not to occur by chance.
struct vault_trace_kind {
    std::string_view magic;
    /// `in` begins with the magic and goes on for what there is, 8 KiB at least unless the file ends. None when it is
    /// no such half, or destroyed.
    std::optional<vault_trace> (*read)(byte_view in);
};

} // namespace keywright::ports
