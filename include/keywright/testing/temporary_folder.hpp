// SPDX-License-Identifier: Apache-2.0
// A folder for one test, gone with it.
// Depends on: POSIX. Use: `temporary_folder folder; open(folder / "state.db");`
#pragma once

#include <keywright/core/contract.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <stdlib.h>

namespace keywright::testing {

/// Made empty (0700) under the system's folder for such things; removed with all that is in it.
class temporary_folder {
public:
    temporary_folder() : path_((std::filesystem::temp_directory_path() / "keywright-XXXXXX").string()) {
        expects(::mkdtemp(path_.data()) != nullptr, "temporary_folder: the system's temporary folder can be written to");
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const noexcept { return path_; }

    /// The path of an entry.
    friend std::string operator/(const temporary_folder& folder, std::string_view name) { return folder.path_ + '/' + std::string(name); }

private:
    std::string path_;
};

} // namespace keywright::testing
