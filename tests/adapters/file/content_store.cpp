// SPDX-License-Identifier: Apache-2.0
#include "../content_place.hpp"

#include <keywright/adapters/file/content_store.hpp>
#include <keywright/testing/content_store_kills.hpp>

#include <array>
#include <thread>

using namespace keywright;
using testing::detail::check_opens;
using testing::detail::code_of;
using testing::detail::count_of;
using testing::detail::lease_of;
using testing::detail::ref_of;
namespace fs = std::filesystem;

namespace {

struct place : testing::content_place<file::content_store> {
    keys::encryption_context context_of(const ports::content_ref& ref, std::string_view path) {
        return file::content_store::context_of(ref, path).value();
    }
};

struct filled : place {
    file::content_store store = open();
    ports::content_ref from = ref_of("prod", 1), to = ref_of("prod", 2), backup = ref_of("prod", 0, "b");
    keys::data_key_lease old_lease = lease_of("prod", 1, 1), new_lease = lease_of("prod", 2, 2);
    filled() { testing::detail::fill(*this, store, from, old_lease); }

    errc rebuild_code() { return code_of(store.rebuild(from, to, old_lease, new_lease)); }
};

} // namespace

TEST_CASE("file::content_store: passes the suite") { testing::content_store_suite<place>(); }
TEST_CASE("file::content_store: passes the kills") { testing::content_store_kills<place>(); }

TEST_CASE("file::content_store: links, pipes and the like are refused, and not followed") {
    filled here;
    const auto odd = here.path_of(here.from, "deep/odd");
    SUBCASE("a link to a file") { fs::create_symlink(here.path_of(here.from, "a"), odd); }
    SUBCASE("a link to a folder") { fs::create_directory_symlink("/", odd); }
    SUBCASE("a link to nowhere") { fs::create_symlink("/nowhere/at/all", odd); }
    SUBCASE("a pipe") { REQUIRE(::mkfifo(odd.c_str(), 0600) == 0); }
    CHECK(here.rebuild_code() == errc::corrupt);
    CHECK(code_of(here.store.back_up(here.from, here.backup, {}, {})) == errc::corrupt);
    CHECK(count_of(here.store, here.to) == 0);
    CHECK(here.store.drop(here.from).has_value());
    CHECK(fs::exists("/tmp"));
}

TEST_CASE("file::content_store: a generation is a folder, not a link or a file of that name") {
    filled here;
    fs::create_directory_symlink(here.store.path(here.from), here.store.path(here.to));
    CHECK(count_of(here.store, here.to) == 0);
    CHECK(here.store.drop(here.to).has_value());
    check_opens(here, here.from, here.old_lease);
}

TEST_CASE("file::content_store: what a killed process left is no content, and is replaced") {
    filled here;
    SUBCASE("a partial generation") { here.put(here.from, "../2~partial/deep/left", bytes(3, 1)); }
    SUBCASE("a file that was being written") { here.put(here.from, "deep/d.123-4.tmp", bytes(3, 1)); }
    CHECK(count_of(here.store, here.to) == 0);
    CHECK(here.store.list(here.from.tenant, here.from.region, here.from.environment)->size() == 1);
    REQUIRE(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value());
    check_opens(here, here.to, here.new_lease);
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(here.store.path(here.to))) files += entry.is_regular_file() ? 1u : 0u;
    CHECK(files == testing::detail::sample_items().size());
    CHECK_FALSE(fs::exists(here.store.path(here.to) + "~partial"));
}

TEST_CASE("file::content_store: what killed processes left goes with the next change of anything in that environment") {
    filled here;
    const auto environment = file::folder_of(here.store.path(here.from));
    const std::array left{environment + "/7~partial", environment + "/backups/old~partial"};
    for (const auto& folder : left) fs::create_directories(folder + "/deep");
    SUBCASE("create") { CHECK(here.store.create(here.from).has_value()); }
    SUBCASE("rebuild") { CHECK(here.store.rebuild(here.from, here.to, here.old_lease, here.new_lease).has_value()); }
    SUBCASE("back_up") { CHECK(here.store.back_up(here.from, here.backup, {}, {}).has_value()); }
    SUBCASE("drop of what is not there") { CHECK(here.store.drop(here.to).has_value()); }
    for (const auto& folder : left) CHECK_FALSE(fs::exists(folder));
    check_opens(here, here.from, here.old_lease);
}

TEST_CASE("file::content_store: who builds makes others wait, in both environments") {
    filled here;
    SUBCASE("which are the same") {}
    SUBCASE("which are two") {
        here.to = ref_of("test", 1);
        here.new_lease = lease_of("test", 2, 2);
    }
    std::jthread other;
    bool dropped = false, seen_dropped = false, started = false;
    REQUIRE(here.store
                .rebuild(here.from, here.to, here.old_lease, here.new_lease,
                         [&](std::uint64_t, std::uint64_t) {
                             if (!std::exchange(started, true))
                                 other = std::jthread([&] { dropped = here.store.drop(here.from).has_value(); });
                             std::this_thread::sleep_for(std::chrono::milliseconds(20));
                             seen_dropped = seen_dropped || !fs::exists(here.store.path(here.from));
                         })
                .has_value());
    CHECK_FALSE(seen_dropped);
    other.join();
    CHECK(dropped);
    CHECK_FALSE(fs::exists(here.store.path(here.from)));
    check_opens(here, here.to, here.new_lease);
}

TEST_CASE("file::content_store: a context names tenant, region, environment and path, not the generation") {
    const auto context = file::content_store::context_of(ref_of("prod", 3), "deep/d.pdf").value();
    const auto expected =
        keys::encryption_context::make({{"environment", "prod"}, {"path", "deep/d.pdf"}, {"region", "eu"}, {"tenant", "contoso"}});
    CHECK(context == expected.value());
    CHECK(context == file::content_store::context_of(ref_of("prod", 0, "b"), "deep/d.pdf").value());
}

TEST_CASE("file::content_store: a path is relative, plain and UTF-8") {
    using std::string_view_literals::operator""sv;
    constexpr std::array refused{""sv,     "/"sv,    "/a"sv,   "a/"sv,        "a//b"sv,          "."sv,   "a/./b"sv, ".."sv,
                                 "../a"sv, "a/.."sv, "a\0b"sv, "a.1-2.tmp"sv, "d/a.10-20.tmp"sv, "\xff"sv};
    for (const auto path : refused) {
        CAPTURE(path);
        const auto context = file::content_store::context_of(ref_of("prod", 1), path);
        CHECK((!context && context.error().code == errc::malformed));
    }
    constexpr std::array taken{"a"sv, ".a"sv, "..a"sv, "a.tmp"sv, "a.1-.tmp"sv, "a.-2.tmp"sv, "a1-2.tmp"sv, "a b/\u00fc"sv, "1-2.tmp"sv};
    for (const auto path : taken) {
        CAPTURE(path);
        CHECK(file::content_store::context_of(ref_of("prod", 1), path).has_value());
    }
}

TEST_CASE("file::content_store: names that are not its own are not listed") {
    filled here;
    const auto environment = file::folder_of(here.store.path(here.from));
    for (const auto* name : {"01", "+1", "x", "1x", "18446744073709551616", "2~partial", "backups/.hidden", "backups/b~partial"})
        fs::create_directories(environment + '/' + name);
    here.put(here.from, "../5", bytes(3, 1));
    const auto found = here.store.list(here.from.tenant, here.from.region, here.from.environment);
    CHECK(found.value() == std::vector{here.from});
}
