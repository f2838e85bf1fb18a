// SPDX-License-Identifier: Apache-2.0
// A database that is being converted, and the judge of what a crash left of it; crash_matrix.py runs both.
//     convert_driver prepare <folder> <way>   a database with a log, to `encrypt` or to `decrypt`
//     convert_driver change <folder> <way>    converts it
//     convert_driver check <folder> <way>     exit code 0 when the old or the new one is there with all it held, the new one
//                                             where that was promised, and the conversion can be done (again)
#include <keywright/adapters/sqlite/convert.hpp>
#include <keywright/insecure.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace keywright;

int failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    return 1;
}

result<keys::data_key_lease> lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::page, 1}, secret_bytes(byte_view(bytes(32, 7))), true, 100});
    return keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list));
}

struct closer {
    void operator()(sqlite3* open) const { sqlite3_close(open); }
};
/// Ends the program where SQLite says no: that is no crash.
std::string run(sqlite3* db, const std::string& sql) {
    std::string rows;
    const auto keep = [](void* to, int columns, char** values, char**) {
        for (int i = 0; i < columns; ++i) *static_cast<std::string*>(to) += std::string(values[i] == nullptr ? "NULL" : values[i]) + ' ';
        return 0;
    };
    if (const int code = sqlite3_exec(db, sql.c_str(), keep, &rows, nullptr); code != SQLITE_OK)
        std::fprintf(stderr, "%s: %d %s\n", sql.c_str(), code, sqlite3_errmsg(db)), std::exit(3);
    return rows;
}

bool is_encrypted(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string head(16, '\0');
    file.read(head.data(), 16);
    return head == envelope::header_magic;
}
std::string content(const std::string& path) {
    const std::string all = "SELECT count(*), sum(a), sum(length(b)) FROM t; PRAGMA integrity_check";
    if (is_encrypted(path)) {
        const auto db = sqlite::open(path, lease);
        return db ? run(db->handle(), all) : std::string("does not open: ") + db.error().text;
    }
    sqlite3* raw = nullptr;
    sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, closer> db(raw);
    return run(raw, all);
}

result<void> convert(const std::string& path, std::string_view way) {
    if (way == "encrypt") return sqlite::encrypt(path, lease);
    constexpr insecure::secret_access own{"a test's own key"};
    return sqlite::decrypt(path, lease, policy::clear_permit::without_policy(environment_id{"prod"}, own));
}

int prepare(const std::string& path, std::string_view way) {
    {
        sqlite3* raw = nullptr;
        sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
        const std::unique_ptr<sqlite3, closer> db(raw);
        run(raw,
            "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB);"
            "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) INSERT INTO t SELECT i, randomblob(150) FROM r");
    }
    return way == "encrypt" || sqlite::encrypt(path, lease) ? 0 : failed("could not prepare");
}

int change(const std::string& path, std::string_view way) {
    const auto done = convert(path, way);
    if (!done) std::fprintf(stderr, "%s (%s)\n", done.error().text, name(done.error().code));
    return done ? 0 : 4;
}

int check(const std::string& path, std::string_view way) {
    const char* done = std::getenv("KEYWRIGHT_DONE");
    const bool is_new = is_encrypted(path) == (way == "encrypt");
    if (done != nullptr && *done == '1' && !is_new) return failed("the conversion was promised and is undone");
    if (const auto found = content(path); found != "10 55 1500 ok ") return failed("content: " + found);
    if (!is_new)
        if (const auto again = convert(path, way); !again) return failed(std::string("not again: ") + again.error().text);
    if (const auto found = content(path); found != "10 55 1500 ok ") return failed("content after converting again: " + found);
    return is_encrypted(path) == (way == "encrypt") ? 0 : failed("it is not what it was converted to");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const std::string_view what = argv[1];
    const std::string path = std::string(argv[2]) + "/a.db";
    if (what == "prepare") return prepare(path, argv[3]);
    if (what == "change") return change(path, argv[3]);
    if (what == "check") return check(path, argv[3]);
    return 2;
}
