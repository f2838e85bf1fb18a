// SPDX-License-Identifier: Apache-2.0
// Whole files, as the peers of interop tests hand them to each other.
#pragma once

#include <keywright/core/bytes.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace interop {

inline keywright::bytes read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline void write(const std::string& path, keywright::byte_view data) {
    std::ofstream(path, std::ios::binary).write(keywright::as_text(data).data(), static_cast<std::streamsize>(data.size()));
}

} // namespace interop
