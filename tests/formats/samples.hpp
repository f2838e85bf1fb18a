// SPDX-License-Identifier: Apache-2.0
// Files and tools for the tests of formats: samples, tables, scratch files, other people's programs.
#pragma once

#include <keywright/core/secret_bytes.hpp>

#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace samples {

using keywright::as_bytes;
using keywright::byte_view;
using keywright::bytes;

inline bytes load(const std::string& path) {
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA "/") + path, std::ios::binary);
    REQUIRE_MESSAGE(in.good(), path);
    return {std::istreambuf_iterator<char>(in), {}};
}
inline keywright::secret_bytes secret(std::string_view text) { return keywright::secret_bytes(as_bytes(text)); }

/// Rows of tab-separated fields; lines that begin with # are skipped.
inline std::vector<std::vector<std::string>> table(const std::string& path) {
    std::ifstream in(std::string(KEYWRIGHT_TEST_DATA "/") + path);
    REQUIRE_MESSAGE(in.good(), path);
    std::vector<std::vector<std::string>> rows;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') continue;
        rows.emplace_back();
        for (std::size_t at = 0, tab = 0; tab != std::string::npos; at = tab + 1) {
            tab = line.find('\t', at);
            rows.back().push_back(line.substr(at, tab == std::string::npos ? tab : tab - at));
        }
    }
    return rows;
}

/// A folder that is gone when the test is.
class scratch {
public:
    scratch() : path_(std::filesystem::temp_directory_path() / ("keywright-formats-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(path_);
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string file(const std::string& name) const { return (path_ / name).string(); }
    std::string write(const std::string& name, byte_view data) const {
        std::ofstream(file(name), std::ios::binary)
            .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
        return file(name);
    }
    std::string folder() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

/// What a command printed; its exit status is checked by the caller.
struct ran {
    int status = -1;
    std::string out;
};
inline ran run(const std::string& command) {
    ran result;
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) result.out.append(buffer, n);
    result.status = ::pclose(pipe);
    return result;
}
/// Whether a program is there; says so when it is not.
inline bool have(const std::string& program) {
    const bool found = run("command -v " + program).status == 0;
    if (!found) MESSAGE("skipped: " << program << " is not installed");
    return found;
}

inline std::string hex(byte_view data) {
    std::string out;
    for (const std::uint8_t b : data) {
        char two[3];
        std::snprintf(two, sizeof two, "%02x", b);
        out += two;
    }
    return out;
}

} // namespace samples
