// SPDX-License-Identifier: Apache-2.0
#include "passwords.hpp"

#include <keywright/adapters/file/durable.hpp>

#include <cstdlib>

namespace example {

using namespace keywright;

result<std::optional<secret_bytes>> read_password(const std::string& file, const char* variable) {
    if (!file.empty()) {
        auto raw = file::read_file(file, 1024);
        if (!raw) return pass(raw);
        std::size_t size = raw->size();
        while (size > 0 && ((*raw)[size - 1] == '\n' || (*raw)[size - 1] == '\r')) --size;
        std::optional<secret_bytes> password(secret_bytes(byte_view(*raw).first(size)));
        Botan::secure_scrub_memory(raw->data(), raw->size());
        return password;
    }
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::optional<secret_bytes>();
    return std::optional<secret_bytes>(secret_bytes(as_bytes(text)));
}

} // namespace example
