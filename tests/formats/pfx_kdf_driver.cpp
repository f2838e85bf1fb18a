// SPDX-License-Identifier: Apache-2.0
// Our PKCS#12 key derivation for another program to compare: reads lines of `hash use iterations size password salt`, the
// last two in hex or `-` for nothing, and prints each key in hex.
#include <keywright/core/hex.hpp>
#include <keywright/formats/detail/pfx_kdf.hpp>

#include <cstdio>
#include <iostream>
#include <string>

using namespace keywright;
using namespace keywright::formats::detail;

namespace {

bytes unhex(const std::string& text) {
    bytes out;
    if (text != "-")
        for (std::size_t i = 0; i + 1 < text.size(); i += 2)
            out.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return out;
}

} // namespace

int main() {
    std::string hash, password, salt;
    int use = 0;
    std::uint64_t iterations = 0;
    std::size_t size = 0;
    while (std::cin >> hash >> use >> iterations >> size >> password >> salt) {
        const auto engine = Botan::HashFunction::create_or_throw(hash);
        const bytes typed = unhex(password), salted = unhex(salt);
        for (const std::uint8_t b : pkcs12_kdf(*engine, {static_cast<kdf_use>(use), typed, salted, iterations}, size))
            std::printf("%02x", b);
        std::printf("\n");
    }
}
