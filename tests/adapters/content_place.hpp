// SPDX-License-Identifier: Apache-2.0
// Where a content store of folders lives in a test, with a door to its files.
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/ports/content_store.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <filesystem>

namespace keywright::testing {

/// A place of testing/content_store_suite, but for what its items are.
template <class Store>
struct content_place {
    temporary_folder folder;

    Store open() { return Store::open(folder / "content").value(); }
    std::string path_of(const ports::content_ref& ref, std::string_view path) { return open().path(ref) + '/' + std::string(path); }
    void put(const ports::content_ref& ref, std::string_view path, byte_view item) {
        std::filesystem::create_directories(std::filesystem::path(path_of(ref, path)).parent_path());
        REQUIRE(file::write_file_durably(path_of(ref, path), item).has_value());
    }
    result<bytes> get(const ports::content_ref& ref, std::string_view path) { return file::read_file(path_of(ref, path), 1 << 24); }
};

} // namespace keywright::testing
