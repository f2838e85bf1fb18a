// SPDX-License-Identifier: Apache-2.0
// A program that replaces one small file, rightly or with one of the classic mistakes: crash_matrix.py must tell them
// apart (test_crash_matrix.py). `probe <way> <folder>` changes, `probe check <folder>` judges.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace {

const std::string before(1000, 'a');
const std::string after(2000, 'b');

struct way {
    const char* name;
    bool beside;         ///< writes a new file and renames it, instead of overwriting
    bool sync;           ///< syncs the file
    bool sync_folder;    ///< syncs the folder after the rename
    bool notices_errors; ///< ends with 1 when a call fails
    bool whole_writes;   ///< goes on after a short write
};
constexpr way ways[] = {
    {"right", true, true, true, true, true},      {"in-place", false, true, true, true, true},
    {"no-sync", true, false, true, true, true},   {"no-folder-sync", true, true, false, true, true},
    {"no-errors", true, true, true, false, true}, {"short-writes", true, true, true, true, false},
};

void need(const way& how, bool fine) {
    if (!fine && how.notices_errors) std::exit(1);
}

void write_all(const way& how, int file) {
    std::size_t done = 0;
    do {
        const auto wrote = ::write(file, after.data() + done, after.size() - done);
        need(how, wrote >= 0);
        if (wrote <= 0) return;
        done += static_cast<std::size_t>(wrote);
    } while (how.whole_writes && done < after.size());
}

void sync_folder(const way& how, const std::string& folder) {
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
    need(how, opened >= 0 && ::fsync(opened) == 0);
    ::close(opened);
}

int change(const way& how, const std::string& folder) {
    const auto file = folder + "/file", target = how.beside ? file + ".new" : file;
    const int opened = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    need(how, opened >= 0);
    write_all(how, opened);
    if (how.sync) need(how, ::fsync(opened) == 0);
    ::close(opened);
    if (how.beside) need(how, ::rename(target.c_str(), file.c_str()) == 0);
    if (how.sync_folder) sync_folder(how, folder);
    return 0;
}

int check(const std::string& folder) {
    std::ifstream in(folder + "/file", std::ios::binary);
    const std::string found{std::istreambuf_iterator<char>(in), {}};
    const auto* done = std::getenv("KEYWRIGHT_DONE");
    const bool promised = done != nullptr && std::strcmp(done, "1") == 0;
    if (found == after || (found == before && !promised)) return 0;
    std::printf("%zu bytes%s\n", found.size(), promised ? ", and the change was promised" : "");
    return 1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string what = argv[1], folder = argv[2];
    if (what == "check") return check(folder);
    if (what == "prepare") return (std::ofstream(folder + "/file", std::ios::binary) << before).good() ? 0 : 2;
    if (what == "nothing") return 0;
    for (const auto& how : ways)
        if (what == how.name) return change(how, folder);
    return 2;
}
