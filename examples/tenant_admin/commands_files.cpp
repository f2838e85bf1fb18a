// SPDX-License-Identifier: Apache-2.0
// An environment's files: sealed under its keys, opened, compared. Whoever opens the environment needs no thought about
// keys: a lease is all there is.
#include "console.hpp"

#include <filesystem>
#include <fstream>

namespace tenant_admin {

using namespace keywright;
namespace fs = std::filesystem;

namespace {

/// An environment that policy has opened for us, and where its files are now.
struct opened {
    keys::data_key_lease lease;
    ports::content_ref content;
};

/// Opens the environment; a refusal is put into `no`.
result<opened> open_environment(workspace& w, const arguments& given, keywright::access how, answer& no) {
    const auto s = subject_of(w, given);
    if (!s) return pass(s);
    const auto by = w.actor();
    if (!by) return pass(by);
    std::optional<policy::decision> why;
    auto lease = w.service.open(s->ring, s->environment, *by, how, &why);
    const auto state = w.service.state(*s);
    if (!state) return pass(state);
    if (why && why->refused()) {
        no = refusal_of(why->reasons(), {}, *state);
        const bool locked = why->refused_by("T22", policy::refusal::environment_locked);
        if (locked) no.code = exit_code::locked;
        no.text += locked ? "\n    environment_locked: not a byte is read" : "";
    }
    if (!lease) return pass(lease);
    return opened{std::move(*lease), {s->ring.tenant, s->ring.region, s->environment, state->environment->value.content, {}}};
}

tl::unexpected<error> fs_failure(const std::error_code& code) {
    return fail(file::errc_of(code.value()), "file: expected to read the folder", code.value());
}

/// Files to be sealed: what is on the disk, and the name within the environment.
struct item {
    std::string path, name;
};
result<std::vector<item>> items_of(const std::vector<std::string>& paths) {
    std::vector<item> items;
    std::error_code failed;
    for (const auto& path : paths) {
        if (!fs::is_directory(path, failed)) {
            items.push_back({path, fs::path(path).filename().string()});
            continue;
        }
        for (fs::recursive_directory_iterator at(path, failed); !failed && at != fs::recursive_directory_iterator(); at.increment(failed))
            if (at->is_regular_file())
                items.push_back({at->path().string(), fs::path(at->path()).lexically_relative(path).generic_string()});
        if (failed) return fs_failure(failed);
    }
    std::sort(items.begin(), items.end(), [](const item& a, const item& b) { return a.name < b.name; });
    return items;
}

result<answer> put(workspace& w, const arguments& given) {
    answer no;
    auto env = open_environment(w, given, keywright::access::read_write, no);
    if (!env) return no.data.empty() ? result<answer>(pass(env)) : no;
    const auto items = items_of(given.files);
    if (!items) return pass(items);
    std::uint64_t bytes = 0, total = 0;
    std::error_code failed;
    for (const auto& item : *items) total += fs::file_size(item.path, failed);
    if (failed) return fs_failure(failed);
    for (const auto& item : *items) {
        const auto context = file::content_store::context_of(env->content, item.name);
        if (!context) return pass(context);
        const fs::path to = fs::path(w.content.path(env->content)) / item.name;
        if (fs::create_directories(to.parent_path(), failed); failed) return fs_failure(failed);
        const auto sealed = file::seal_file(env->lease, item.path, to.string(), *context,
                                            [&](std::uint64_t done, std::uint64_t) { w.out.progress("sealing", bytes + done, total); });
        if (!sealed) return pass(sealed);
        bytes += fs::file_size(item.path, failed);
    }
    return answer{exit_code::done,
                  fmt::format("{} file(s), {} bytes, sealed into environment `{}`", items->size(), bytes, env->content.environment),
                  {{"environment", env->content.environment.view()}, {"files", items->size()}, {"bytes", bytes}}};
}

result<answer> get(workspace& w, const arguments& given) {
    answer no;
    auto env = open_environment(w, given, keywright::access::read, no);
    if (!env) return no.data.empty() ? result<answer>(pass(env)) : no;
    auto context = file::content_store::context_of(env->content, given.file);
    if (!context) return pass(context);
    const auto from = w.content.path(env->content) + "/" + given.file;
    const auto done = file::open_message(env->lease, from, given.write_to, {.expected = std::move(*context)},
                                         [&](std::uint64_t read, std::uint64_t total) { w.out.progress("opening", read, total); });
    if (!done) return pass(done);
    return answer{exit_code::done,
                  fmt::format("`{}` of environment `{}` is in {}", given.file, env->content.environment, given.write_to),
                  {{"environment", env->content.environment.view()}, {"file", given.file}, {"out", given.write_to}}};
}

/// Opens a message in memory-sized pieces and compares it with a file; nothing opened touches a disk.
result<bool> same_as(const keys::data_key_lease& lease, const ports::content_ref& content, const std::string& sealed,
                     const item& original) {
    auto context = file::content_store::context_of(content, original.name);
    if (!context) return pass(context);
    const auto in = file::open_file(sealed, O_RDONLY);
    if (!in) return pass(in);
    std::ifstream expected(original.path, std::ios::binary);
    bool same = true;
    bytes buffer;
    const auto compare = [&](byte_view plain) -> result<void> {
        buffer.resize(plain.size());
        expected.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
        same =
            same && static_cast<std::size_t>(expected.gcount()) == plain.size() && std::equal(plain.begin(), plain.end(), buffer.begin());
        return {};
    };
    envelope::opener opener(lease, {.expected = std::move(*context)});
    bytes piece(1 << 20);
    for (std::size_t got = piece.size(); got == piece.size();) {
        const auto read = file::read_fully(*in, piece);
        if (!read) return pass(read);
        got = *read;
        if (const auto done = opener.write(byte_view(piece).first(got), compare); !done) return pass(done);
    }
    const auto last = opener.finish();
    if (!last) return pass(last);
    (void)compare(*last);
    return same && expected.peek() == std::ifstream::traits_type::eof();
}

result<answer> verify_files(workspace& w, const arguments& given) {
    answer no;
    auto env = open_environment(w, given, keywright::access::read, no);
    if (!env) return no.data.empty() ? result<answer>(pass(env)) : no;
    const auto items = items_of({given.folder});
    if (!items) return pass(items);
    std::string different;
    json names = json::array();
    for (const auto& item : *items) {
        const auto same = same_as(env->lease, env->content, w.content.path(env->content) + "/" + item.name, item);
        if (!same && same.error().code != errc::not_found) return pass(same);
        if (same && *same) continue;
        different += (different.empty() ? "" : ", ") + item.name;
        names.push_back(item.name);
    }
    json data{{"environment", env->content.environment.view()}, {"files", items->size()}, {"different", names}};
    if (!different.empty())
        return answer{exit_code::files_differ, fmt::format("not as in {}: {}", given.folder, different), std::move(data)};
    return answer{
        exit_code::done,
        fmt::format("{} file(s) of environment `{}` open, and are as in {}", items->size(), env->content.environment, given.folder),
        std::move(data)};
}

} // namespace

void add_file_commands(console& c, CLI::App& app) {
    auto& given = c.given;
    auto* putting = c.add(app, "put", "seal files, or whole folders, into an environment", [&](workspace& w) { return put(w, given); });
    c.wants_environment(putting);
    putting->add_option("files", given.files, "files and folders")->required();
    auto* getting = c.add(app, "get", "open one file of an environment", [&](workspace& w) { return get(w, given); });
    c.wants_environment(getting);
    getting->add_option("name", given.file, "its path within the environment")->required();
    getting->add_option("--out,-o", given.write_to, "where the plain file goes")->required();
    auto* verifying = c.add(app, "verify-files", "open an environment's files and compare them with a folder",
                            [&](workspace& w) { return verify_files(w, given); });
    c.wants_environment(verifying);
    verifying->add_option("folder", given.folder, "the folder with the originals")->required();
}

} // namespace tenant_admin
