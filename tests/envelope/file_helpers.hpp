// SPDX-License-Identifier: Apache-2.0
// Files for tests of messages: a folder of their own, written and read whole.
#pragma once

#include "helpers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace keywright::test {

/// A folder of its own, removed at the end; `names()` shows whether anything was left behind.
class folder {
public:
    folder() {
        std::string name = (std::filesystem::temp_directory_path() / "keywright-message-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { std::filesystem::remove_all(path_); }
    std::string operator/(const char* name) const { return (path_ / name).string(); }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) all.push_back(entry.path().filename().string());
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    std::filesystem::path path_;
};

inline void write(const std::string& path, byte_view data) {
    std::ofstream out(path, std::ios::binary);
    out.write(as_text(data).data(), static_cast<std::streamsize>(data.size()));
}
inline bytes read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return {text.begin(), text.end()};
}

} // namespace keywright::test
