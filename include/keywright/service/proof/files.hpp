// SPDX-License-Identifier: Apache-2.0
// The bytes of folders, piece by piece, for several threads. Links are not followed and devices not read: what they
// lead to is not in the folder.
// Depends on: core, the standard library. Nearest user: service/proof.hpp.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/core/result.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace keywright::service::detail {

namespace fs = std::filesystem;

/// Goes through files and folders. Holds the names of the folders on its way, and nothing else.
class file_walk {
public:
    explicit file_walk(const std::vector<std::string>& places) : pending_(places.rbegin(), places.rend()), roots_(places.size()) {}

    struct step {
        std::string path;
        bool readable = true;    ///< false: nothing is known about this file or folder
        std::uint64_t size = 0;  ///< of a file
    };
    /// The next file; none at the end.
    std::optional<step> next() {
        while (!pending_.empty()) {
            step here{std::move(pending_.back())};
            pending_.pop_back();
            std::error_code failed;
            // A place may be given by a link; below it, links lead out.
            const auto status = pending_.size() < roots_ ? fs::status(here.path, failed) : fs::symlink_status(here.path, failed);
            roots_ = std::min(roots_, pending_.size());
            here.readable = !failed && status.type() != fs::file_type::not_found;
            if (here.readable && status.type() == fs::file_type::directory)
                here.readable = enter(here.path);
            else if (here.readable && status.type() == fs::file_type::regular) {
                here.size = fs::file_size(here.path, failed);
                here.readable = !failed;
                return here;
            } else if (here.readable)
                ++others_;
            if (!here.readable) return here;
        }
        return std::nullopt;
    }
    std::uint64_t others() const noexcept { return others_; }

private:
    bool enter(const std::string& folder) {
        std::error_code failed;
        const auto begin = pending_.size();
        for (fs::directory_iterator at(folder, failed); !failed && at != fs::directory_iterator(); at.increment(failed))
            pending_.push_back(at->path().native());
        std::sort(pending_.begin() + static_cast<std::ptrdiff_t>(begin), pending_.end(), std::greater<>());
        return !failed;
    }

    std::vector<std::string> pending_;
    std::size_t roots_; ///< so many of the first pending ones are places
    std::uint64_t others_ = 0;
};

/// What tells that a file has changed.
struct file_mark {
    std::uint64_t size = 0;
    fs::file_time_type written{};
    friend bool operator==(const file_mark&, const file_mark&) = default;
};
inline std::optional<file_mark> mark_of(const std::string& path) {
    std::error_code failed;
    file_mark mark{fs::file_size(path, failed), {}};
    if (!failed) mark.written = fs::last_write_time(path, failed);
    if (failed) return std::nullopt;
    return mark;
}

/// Reads `room.size()` bytes at `offset`; false when they did not all come.
inline bool read_at(const std::string& path, std::uint64_t offset, byte_span room) {
    std::ifstream in;
    in.rdbuf()->pubsetbuf(nullptr, 0); // no second copy of what may be a key
    in.open(path, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(room.data()), static_cast<std::streamsize>(room.size()));
    return !in.fail() && static_cast<std::size_t>(in.gcount()) == room.size();
}

} // namespace keywright::service::detail
