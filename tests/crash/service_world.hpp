// SPDX-License-Identifier: Apache-2.0
// A tenant on real parts in one folder for the service's crash matrix: three environments with files, or with databases,
// two administrators, and every operation that touches keys, with the state before it.
//   <folder>/state     SQLite       <folder>/vault    file vault, cheap passphrase
//   <folder>/outbox    mails        <folder>/content  encrypted files, or databases
//   <folder>/handed-out.pfx         what `generate` gave to its customer
//   <folder>/cell                   an encrypted field of alpha, where it has one
#pragma once

#include <keywright/adapters/file/content_store.hpp>
#include <keywright/adapters/file/key_vault.hpp>
#include <keywright/adapters/file/outbox.hpp>
#include <keywright/adapters/memory/clock.hpp>
#include <keywright/adapters/sqlite/database_content.hpp>
#include <keywright/adapters/sqlite/state_store.hpp>
#include <keywright/keywright.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "../service/operations.hpp"

namespace service_world {

using namespace keywright;
using namespace service_tests;
inline const environment_id alpha{"alpha"};
inline const environment_id beta{"beta"};
inline const secret_id token{"token"};

inline constexpr instant made_at{1'800'000'000};
inline constexpr instant changed_at = made_at + hours(200);
inline constexpr instant checked_at = changed_at + seconds{60};

/// Ends the program with a code of its own where something failed that the operation under test is not about.
template <class Result>
void need(const Result& outcome, const char* step) {
    if (outcome) return;
    std::fprintf(stderr, "service_driver: %s: %s (%s, %d)\n", step, outcome.error().text, name(outcome.error().code),
                 outcome.error().native);
    std::exit(3);
}
template <class T>
T take(result<T>&& made, const char* step) {
    need(made, step);
    return std::move(*made);
}
inline void must(const result<outcome>& done, const char* step) {
    need(done, step);
    if (!done->refused() && !done->unfinished()) return;
    const auto why = done->refused() ? to_text(done->reasons()[0]) : std::string(done->unfinished()->text);
    std::fprintf(stderr, "service_driver: %s: %s\n", step, why.c_str());
    std::exit(3);
}

/// Runs in a process that then ends without closing anything.
template <class Work>
void in_a_process(const Work& work) {
    const auto child = ::fork();
    if (child == 0) {
        work();
        ::_exit(0);
    }
    int how = 0;
    if (child < 0 || ::waitpid(child, &how, 0) != child || !WIFEXITED(how) || WEXITSTATUS(how) != 0) std::exit(3);
}

inline secret_bytes test_password() { return secret_bytes(as_bytes("test1234")); }
inline const char* const first_pfx = KEYWRIGHT_TEST_DATA "/pfx/ossl-default-rsa2048.p12";
inline const char* const second_pfx = KEYWRIGHT_TEST_DATA "/pfx/kt-rsa2048.p12";

// --- what environments hold ---

struct content_file {
    std::string_view path;
    std::size_t size;
};
inline constexpr content_file content_files[] = {{"letter", 700}, {"deep/plan", 3000}};

/// The plaintext of a file; `edition` is `first`, or `second` after it was replaced.
inline bytes text_of(const environment_id& e, const content_file& file, std::string_view edition) {
    const std::string line = std::string(edition) + ' ' + std::string(e.view()) + ' ' + std::string(file.path) + '\n';
    std::string all;
    while (all.size() < file.size) all += line;
    all.resize(file.size);
    return bytes(all.begin(), all.end());
}
inline ports::content_ref content_of(const policy::environment_state& env) { return {contoso, eu.region, env.id, env.content, {}}; }

/// Environments hold files, each a message.
struct files {
    using store = file::content_store;

    static void fill(auto& w, const environment_id& e, std::string_view edition) {
        const auto lease = w.svc.open(eu, e, alice, keywright::access::read_write);
        need(lease, "open to fill");
        const auto place = content_of(w.environment(e));
        for (const auto& one : content_files) {
            const auto sealed = envelope::seal(*lease, text_of(e, one, edition), take(w.data.context_of(place, one.path), "context"));
            need(sealed, "seal");
            need(file::write_file_durably(w.data.path(place) + '/' + std::string(one.path), *sealed), "write content");
        }
    }
    /// not_found: there is none of that name.
    static result<bytes> read(auto& w, const policy::environment_state& env, std::string_view name) {
        const auto place = content_of(env);
        const auto sealed = file::read_file(w.data.path(place) + '/' + std::string(name), 1 << 20);
        if (!sealed) return sealed;
        const auto lease = w.svc.open(eu, env.id, alice, keywright::access::read);
        if (!lease) return pass(lease);
        return envelope::open(*lease, *sealed, {.expected = take(w.data.context_of(place, name), "context")});
    }
};

/// Environments hold databases, with what is in a file for a row. Whoever wrote into them was killed: the one has its last
/// commits in its log, the other a journal by which a change is to be taken back.
struct databases {
    using store = sqlite::database_content;

    static void fill(auto& w, const environment_id& e, std::string_view edition) {
        in_a_process([&] {
            auto other = w.again();
            const auto place = other->data.path(content_of(other->environment(e)));
            for (const auto& one : content_files) {
                static std::vector<sqlite::database> never_closed;
                never_closed.push_back(
                    take(open(*other, e, place + '/' + std::string(one.path), keywright::access::read_write), "open database"));
                const auto& db = never_closed.back();
                run(db, &one == content_files ? "PRAGMA page_size = 512; PRAGMA journal_mode = wal" : "PRAGMA page_size = 512");
                run(db, "CREATE TABLE IF NOT EXISTS t(text BLOB); DELETE FROM t; INSERT INTO t VALUES ('" +
                            std::string(as_text(text_of(e, one, edition))) + "')");
                if (&one != content_files) run(db, "PRAGMA cache_size = 2; BEGIN; UPDATE t SET text = zeroblob(4000)");
            }
        });
    }
    /// not_found: there is none of that name; corrupt: it is not whole.
    static result<bytes> read(auto& w, const policy::environment_state& env, std::string_view name) {
        const auto path = w.data.path(content_of(env)) + '/' + std::string(name);
        if (::access(path.c_str(), F_OK) != 0) return fail(errc::not_found, "test: there is no such database");
        const auto db = open(w, env.id, path, keywright::access::read);
        if (!db) return pass(db);
        if (run(*db, "PRAGMA integrity_check") != "ok") return fail(errc::corrupt, "test: integrity_check finds fault");
        const auto text = run(*db, "SELECT text FROM t");
        return bytes(text.begin(), text.end());
    }

private:
    static result<sqlite::database> open(auto& w, const environment_id& e, const std::string& path, keywright::access how) {
        return sqlite::open(path, [&w, e, how] { return w.svc.environment(eu, e, alice).pages(how); });
    }
    static std::string run(const sqlite::database& db, const std::string& sql) {
        std::string rows;
        const auto keep = [](void* to, int, char** values, char**) { return *static_cast<std::string*>(to) += values[0], 0; };
        if (sqlite3_exec(db.handle(), sql.c_str(), keep, &rows, nullptr) == SQLITE_OK) return rows;
        std::fprintf(stderr, "service_driver: %s: %s\n", sql.c_str(), sqlite3_errmsg(db.handle()));
        std::exit(3);
    }
};

// --- the service and its parts ---

template <class Content>
struct world : tenant_operations<world<Content>> {
    const std::string folder;
    sqlite::state_store store = take(sqlite::state_store::open(folder + "/state"), "open store");
    file::key_vault vault = take(file::key_vault::open(folder + "/vault", secret_bytes(as_bytes("crash"))), "open vault");
    memory::manual_clock clock;
    file::outbox mail = take(file::outbox::open(folder + "/outbox"), "open outbox");
    typename Content::store data = take(Content::store::open(folder + "/content"), "open content");
    const service::progress told;
    tenant_service<profiles::power_platform, sqlite::state_store, file::key_vault, memory::manual_clock, file::outbox,
                   typename Content::store>
        svc{store, vault, clock, mail, data, options()};
    secret_bytes password = test_password();
    const bytes first_file = take(file::read_file(first_pfx, 1 << 20), "read key file");

    world(std::string where, instant now, service::progress told_of_work = {})
        : folder(std::move(where)), clock(now), told(std::move(told_of_work)) {}
    /// The same in another process.
    std::unique_ptr<world> again() { return std::make_unique<world>(folder, take(clock.now(), "now")); }

    service::key_file pfx() const { return {first_file, &password}; }
    service::options options() const {
        service::options how;
        how.on_progress = told;
        how.epoch_refresh = std::chrono::milliseconds(0);
        how.pfx_iterations = 1000;
        return how;
    }

    policy::ring_state ring() { return take(svc.state({eu}), "load ring").ring.value; }
    policy::environment_state environment(const environment_id& e) {
        return take(svc.state({eu, e}), "load environment").environment->value;
    }

    // --- operations ---

    result<outcome> create(const environment_id& e) { return svc.run({eu, e}, policy::create_environment{.by = alice, .environment = e}); }
    result<outcome> upload(const char* path, std::string_view name) {
        const auto content = take(file::read_file(path, 1 << 20), "read key file");
        return svc.upload_key(eu, {.by = alice, .key = key_id{name}, .file = {content, &password}, .acknowledged = true});
    }
    result<outcome> generate() {
        const auto keep = [this](const secret_bytes& pfx) {
            return file::write_file_durably(folder + "/handed-out.pfx", keywright::detail::reveal(pfx));
        };
        return svc.generate_key(
            eu,
            {.by = alice, .key = key_id{"k2"}, .password = password, .password_again = password, .hand_out = keep, .acknowledged = true});
    }

    /// Puts this edition of all that it holds into an environment.
    void fill(const environment_id& e, std::string_view edition) {
        need(file::make_folder_durably(data.path(content_of(environment(e))) + "/deep"), "make folder");
        Content::fill(*this, e, edition);
    }

    /// Another process that applies the key to alpha, and dies in the middle of its data.
    void apply_halfway() {
        in_a_process([&] {
            world other(folder, made_at + hours(50), [](std::string_view, std::uint64_t, std::uint64_t) { ::_exit(0); });
            (void)other.apply(alpha);
            ::_exit(9); // it lives
        });
    }

    // --- small values of alpha ---

    auto use_alpha() { return svc.environment(eu, alpha, alice); }
    void put_secret() { need(use_alpha().secrets().put(token, secret_bytes(as_bytes("a token"))), "put a secret"); }
    /// The cell stands where the product keeps it: the service moves its keys, and never touches it.
    void put_cell() {
        must(svc.run({eu, alpha}, policy::enable_field_encryption{.by = alice}), "field encryption");
        const auto keys = take(use_alpha().fields(keywright::access::read_write), "keys of fields");
        auto column = take(keys.column("users", "email"), "column");
        need(file::write_file_durably(folder + "/cell", take(column.seal("row 7", as_bytes("a cell")), "seal a cell")), "write a cell");
    }
};

// --- the operations, and the states around them ---

/// States are written as the judge reads them: keys, then environments with what is in them.
template <class World>
struct operation {
    std::string_view name;
    std::size_t environments;
    void (*prepare)(World&);
    result<outcome> (*run)(World&);
    std::string_view before;
    std::string_view after;
};

inline std::vector<environment_id> environments_of(const auto& op) {
    std::vector<environment_id> all{
        alpha, beta, environment_id{"gamma"}, environment_id{"delta"}, environment_id{"epsilon"}, environment_id{"zeta"}};
    all.resize(op.environments);
    return all;
}

/// The first key is active, and protects all environments but gamma.
inline void with_active_key(auto& w, const std::vector<environment_id>& all) {
    must(w.upload(first_pfx, "k1"), "upload");
    for (const auto& e : all)
        if (e.view() != "gamma") must(w.apply(e), "apply");
}
inline void three_with_active_key(auto& w) { with_active_key(w, {alpha, beta}); }
inline void locked(auto& w) {
    three_with_active_key(w);
    w.clock.set(made_at + hours(100));
    must(w.lock(), "lock");
}

template <class World>
inline const operation<World> operations[] = {
    {"upload", 3, [](World&) {}, [](World& w) { return w.upload(first_pfx, "k1"); },
     "alpha:provider:first beta:provider:first gamma:provider:first",
     "k1:active alpha:provider:first beta:provider:first gamma:provider:first"},
    {"generate", 3, three_with_active_key, [](World& w) { return w.generate(); },
     "k1:active alpha:customer:first beta:customer:first gamma:provider:first",
     "k1:active k2:available alpha:customer:first beta:customer:first gamma:provider:first"},
    {"activate", 6,
     [](World& w) {
         with_active_key(w, {alpha, beta, environment_id{"delta"}, environment_id{"epsilon"}, environment_id{"zeta"}});
         must(w.upload(second_pfx, "k2"), "upload second");
     },
     [](World& w) { return w.activate(); },
     "k1:active k2:available alpha:customer:first beta:customer:first gamma:provider:first delta:customer:first "
     "epsilon:customer:first zeta:customer:first",
     "k1:available k2:active alpha:customer:first beta:customer:first gamma:provider:first delta:customer:first epsilon:customer:first "
     "zeta:customer:first"},
    {"apply", 3,
     [](World& w) {
         must(w.upload(first_pfx, "k1"), "upload");
         w.put_secret();
         w.put_cell();
     },
     [](World& w) { return w.apply(alpha); }, "k1:active alpha:provider:first beta:provider:first gamma:provider:first",
     "k1:active alpha:customer:first beta:provider:first gamma:provider:first"},
    {"recover", 3,
     [](World& w) {
         must(w.upload(first_pfx, "k1"), "upload");
         w.apply_halfway();
     },
     [](World& w) -> result<outcome> { // an apply that a full disk makes it give up, is asked for again
         auto done = w.svc.recover();
         if (done && w.environment(alpha).managed_by == policy::protector::provider) return w.apply(alpha);
         return outcome(policy::decision(policy::event_list{}), done);
     },
     "k1:active alpha:provider:first beta:provider:first gamma:provider:first",
     "k1:active alpha:customer:first beta:provider:first gamma:provider:first"},
    {"return", 3,
     [](World& w) {
         three_with_active_key(w);
         w.put_secret();
     },
     [](World& w) { return w.give_back(alpha); }, "k1:active alpha:customer:first beta:customer:first gamma:provider:first",
     "k1:active alpha:provider:first beta:customer:first gamma:provider:first"},
    {"lock", 3,
     [](World& w) {
         three_with_active_key(w);
         must(w.upload(second_pfx, "k2"), "upload second");
     },
     [](World& w) { return w.lock(); }, "k1:active k2:available alpha:customer:first beta:customer:first gamma:provider:first",
     "k1:locked k2:deleted alpha:locked beta:locked gamma:provider:first"},
    {"unlock", 3, locked, [](World& w) { return w.unlock(); }, "k1:locked alpha:locked beta:locked gamma:provider:first",
     "k1:active alpha:locked beta:locked gamma:provider:first"},
    {"unlock-environment", 3,
     [](World& w) {
         locked(w);
         w.clock.set(made_at + hours(150));
         must(w.unlock(), "unlock");
     },
     [](World& w) { return w.unlock(alpha); }, "k1:active alpha:locked beta:locked gamma:provider:first",
     "k1:active alpha:customer:first beta:locked gamma:provider:first"},
    {"reset", 3, three_with_active_key, [](World& w) { return w.reset(alpha); },
     "k1:active alpha:customer:first beta:customer:first gamma:provider:first",
     "k1:active alpha:provider:empty beta:customer:first gamma:provider:first"},
    {"restore", 3,
     [](World& w) {
         three_with_active_key(w);
         must(w.back_up(alpha, "monday"), "back up");
         w.fill(alpha, "second");
     },
     [](World& w) { return w.restore(alpha, "monday", alpha); }, "k1:active alpha:customer:second beta:customer:first gamma:provider:first",
     "k1:active alpha:customer:first beta:customer:first gamma:provider:first"},
    {"copy", 3,
     [](World& w) {
         three_with_active_key(w);
         w.fill(beta, "second");
     },
     [](World& w) { return w.copy(alpha, beta); }, "k1:active alpha:customer:first beta:customer:second gamma:provider:first",
     "k1:active alpha:customer:first beta:customer:alpha-first gamma:provider:first"},
    {"delete", 3, three_with_active_key, [](World& w) { return w.remove(alpha); },
     "k1:active alpha:customer:first beta:customer:first gamma:provider:first",
     "k1:active alpha:deleted beta:customer:first gamma:provider:first"},
};

} // namespace service_world
