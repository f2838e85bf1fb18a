// SPDX-License-Identifier: Apache-2.0
// A database that is being converted, and the judge of what a crash left of it; crash_matrix.py runs both.
//     convert_driver prepare <folder> <way>   a database with a log, to `encrypt` or to `decrypt`
//     convert_driver change <folder> <way>    converts it
//     convert_driver check <folder> <way>     exit code 0 when the old or the new one is there with all it held, the new one
//                                             where that was promised, and the conversion can be done (again)
#include "database.hpp"

#include <keywright/adapters/sqlite/convert.hpp>
#include <keywright/insecure.hpp>

namespace {

using namespace crash;

bool is_encrypted(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string head(16, '\0');
    file.read(head.data(), 16);
    return head == envelope::header_magic;
}
sqlite::connection open_clear(const std::string& path) {
    return must(sqlite::connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, seconds{5}), "open in the clear");
}
std::string content(const std::string& path) {
    const auto db = is_encrypted(path) ? must(sqlite::open(path, lease), "open").release() : open_clear(path);
    return run(db.handle(), "SELECT count(*), sum(a), sum(length(b)) FROM t; PRAGMA journal_mode; PRAGMA integrity_check");
}
constexpr const char* whole = "10|55|1500;wal;ok;";

result<void> convert(const std::string& path, std::string_view way) {
    if (way == "encrypt") return sqlite::encrypt(path, lease);
    constexpr insecure::secret_access own{"a test's own key"};
    return sqlite::decrypt(path, lease, policy::clear_permit::without_policy(environment_id{"prod"}, own));
}

int prepare(const std::string& folder, std::string_view way) {
    const std::string path = folder + "/a.db";
    run(open_clear(path).handle(),
        "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB);"
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) INSERT INTO t SELECT i, randomblob(150) FROM r");
    return way == "encrypt" || sqlite::encrypt(path, lease) ? 0 : failed("could not prepare");
}

int change(const std::string& folder, std::string_view way) {
    const auto done = convert(folder + "/a.db", way);
    if (!done) std::fprintf(stderr, "%s (%s)\n", done.error().text, name(done.error().code));
    return done ? 0 : 4;
}

int check(const std::string& folder, std::string_view way) {
    const std::string path = folder + "/a.db";
    const bool is_new = is_encrypted(path) == (way == "encrypt");
    if (told("KEYWRIGHT_DONE") == "1" && !is_new) return failed("the conversion was promised and is undone");
    if (const auto found = content(path); found != whole) return failed("content: " + found);
    if (!is_new)
        if (const auto again = convert(path, way); !again) return failed(std::string("not again: ") + again.error().text);
    if (const auto found = content(path); found != whole) return failed("content after converting again: " + found);
    return is_encrypted(path) == (way == "encrypt") ? 0 : failed("it is not what it was converted to");
}

} // namespace

int main(int argc, char** argv) { return crash::drive(argc, argv, prepare, change, check); }
