// SPDX-License-Identifier: Apache-2.0
// A state store of one's own: load, scan, commit, scrub. This one keeps all records in a text file, whole at any moment because
// each commit replaces it; a database with ordered keys does better. What passes the conformance suite carries a service.
#define DOCTEST_CONFIG_IMPLEMENT
#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/memory.hpp>
#include <keywright/keywright.hpp>
#include <keywright/ports/record_map.hpp>
#include <keywright/testing/state_store_suite.hpp>
#include <keywright/testing/temporary_folder.hpp>
#include <keywright/throwing.hpp>

#include <sstream>
#include <sys/file.h>

using namespace keywright;

class text_store {
public:
    explicit text_store(std::string path) : path_(std::move(path)) {}
    result<ports::record> load(std::string_view key) const {
        return read().and_then([&](const auto& all) { return all.load(key); });
    }
    result<std::vector<ports::record>> scan(std::string_view prefix, std::string_view after, std::size_t limit) const {
        return read().and_then([&](const auto& all) { return all.scan(prefix, after, limit); });
    }
    result<void> commit(const ports::batch& batch) {
        const auto turn = file::open_file(path_ + ".lock", O_RDWR | O_CREAT); // given back when it goes out of scope
        if (!turn || ::flock(turn->number(), LOCK_EX) != 0) return file::fail_errno("text store: expected a turn to write");
        auto all = read();
        if (!all) return pass(all);
        if (const auto done = all->commit(batch); !done) return done;
        const auto records = all->scan("", "", SIZE_MAX).value();
        std::string text = fmt::format("{} {}\n", all->commits(), records.size()); // then each record: numbers, key, value
        for (const ports::record& r : records)
            text += fmt::format("{} {} {}\n{}\n{}\n", r.version, r.key.size(), r.value.size(), r.key, as_text(r.value));
        return file::write_file_durably(path_, as_bytes(text));
    }
    result<void> scrub() { return {}; } // what was replaced went with the old file

private:
    result<ports::record_map> read() const {
        const auto raw = file::read_file(path_, std::size_t{1} << 30);
        if (!raw) return raw.error().code == errc::not_found ? result<ports::record_map>(ports::record_map()) : pass(raw);
        std::istringstream in{std::string(as_text(*raw))};
        std::size_t commits = 0, left = 0, version = 0, key_size = 0, value_size = 0;
        in >> commits >> left;
        ports::record_map all(commits);
        for (; left > 0 && in >> version >> key_size >> value_size && std::max(key_size, value_size) < raw->size(); --left) {
            std::string key(key_size, ' '), value(value_size, ' ');
            in.ignore().read(key.data(), std::streamsize(key_size)).ignore().read(value.data(), std::streamsize(value_size));
            all.keep({std::move(key), version, bytes(value.begin(), value.end())});
        }
        if (!in || left > 0) return fail(errc::corrupt, "text store: the file is damaged");
        return all;
    }
    std::string path_;
};
static_assert(ports::check_state_store<text_store>());
struct place : testing::temporary_folder {
    static constexpr bool outlives_the_store = true;
    text_store open() { return text_store(*this / "state.txt"); }
};
TEST_CASE("text_store: passes the suite") { testing::state_store_suite<place>(); }

int main() {
    doctest::Context suite;
    suite.setOption("minimal", true);
    fmt::print("the suite: {}\n", suite.run() == 0 ? "passed" : "failed");
    place folder;
    text_store store = folder.open();
    memory::parts p{instant{1'767'596'400}}; // 2026-01-05 07:00 UTC
    tenant_service<profiles::recommended, text_store, memory::key_vault, memory::manual_clock, memory::notifier, memory::content_store> svc(
        store, p.vault, p.clock, p.mail, p.data);
    const policy::actor provider{admin_id{"provider"}, policy::principal::provider};
    or_throw(svc.create_tenant({.by = provider, .tenant = tenant_id{"contoso"}, .seats = 1001, .opted_in = true}));
    or_throw(svc.run({{tenant_id{"contoso"}}}, policy::add_administrator{.by = provider, .who = admin_id{"alice"}}));
    for (const ports::record& r : or_throw(folder.open().scan("", "", 100)))
        fmt::print("commit {}: {}, {} bytes\n", r.version, r.key, r.value.size());
}
