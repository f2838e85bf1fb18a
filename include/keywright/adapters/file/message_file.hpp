// SPDX-License-Identifier: Apache-2.0
// Files as messages: sealed, opened and moved to another key, in bounded memory. The result appears whole under its
// name or not at all. Linux first (POSIX), as adapters/file/durable.hpp.
// Depends on: envelope/sealer, envelope/opener, adapters/file/durable.
// Use: `file::seal_file(lease, "in.pdf", "in.pdf.esdk", context);` and `file::open_message(lease, "in.pdf.esdk", "in.pdf");`
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/envelope/opener.hpp>
#include <keywright/envelope/sealer.hpp>

#include <functional>

namespace keywright::file {

/// Told after every frame: bytes of the source read, and its size when it was opened. Called on the calling thread.
using progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

/// Frames of files: measured fastest among 4 KiB to 1 MiB; a frame's fixed cost is lost in it, and it stays in a core's
/// second cache between reading, encrypting and writing.
inline constexpr std::uint32_t file_frame_length = 128 * 1024;

namespace detail {

/// One file being read into another beside its place; removed unless `commit` succeeds.
class file_pass {
public:
    [[nodiscard]] static result<file_pass> begin(const std::string& from, const std::string& to, progress told) {
        auto in = open_file(from, O_RDONLY | O_NOCTTY | O_NONBLOCK);
        if (!in) return pass(in);
        struct stat about{};
        if (::fstat(in->number(), &about) != 0) return fail_errno("file: expected to learn the file's size");
        if (!S_ISREG(about.st_mode)) return fail(errc::malformed, "file: expected a regular file");
        auto out = open_beside(to, about.st_mode & 0777);
        if (!out) return pass(out);
        return file_pass(std::move(*in), std::move(*out), to, static_cast<std::uint64_t>(about.st_size), std::move(told));
    }

    [[nodiscard]] result<std::size_t> read(byte_span room) {
        auto got = read_fully(in_, room);
        if (got) {
            done_ += *got;
            if (told_) told_(done_, total_);
        }
        return got;
    }
    [[nodiscard]] result<void> write(byte_view data) { return write_fully(out_.file, data); }
    [[nodiscard]] result<void> commit() {
        if (auto synced = sync(out_.file); !synced) return synced;
        if (::rename(out_.path.c_str(), to_.c_str()) != 0) return fail_errno("file: expected to move the new file into place");
        out_.path.clear();
        return sync_folder(folder_of(to_));
    }

private:
    file_pass(descriptor&& in, unfinished_file&& out, const std::string& to, std::uint64_t total, progress&& told)
        : in_(std::move(in)), out_(std::move(out)), to_(to), total_(total), told_(std::move(told)) {}
    descriptor in_;
    unfinished_file out_;
    std::string to_;
    std::uint64_t done_ = 0;
    std::uint64_t total_;
    progress told_;
};

/// Feeds the whole file to a sealer or an opener, in place, and hands on what comes out.
template <class Machine, class Sink>
result<void> run_through(file_pass& files, Machine& machine, Sink&& sink) {
    for (;;) {
        const auto room = machine.room();
        const auto got = files.read(room);
        if (!got) return pass(got);
        if (*got > 0) {
            const auto out = machine.filled(*got);
            if (!out) return pass(out);
            if (result<void> taken = sink(*out); !taken) return taken;
        }
        if (*got < room.size()) break;
    }
    const auto last = machine.finish();
    if (!last) return pass(last);
    return sink(*last);
}

} // namespace detail

namespace detail {

/// What comes out goes to a file that nobody sees before the message's end is proven, its signature included.
inline envelope::open_options for_unseen_file(envelope::open_options options) {
    options.release = envelope::before_signature("the file is thrown away if the signature does not hold");
    return options;
}

} // namespace detail

/// Encrypts `from` into `to` (which may be the same, or replaced), with the permissions of `from`. Fails with what
/// the key source says, and with the file codes; `to` is then as it was. Durable when it returns.
/// Thread safety: concurrent for different `to`.
[[nodiscard]] inline result<void> seal_file(const keys::key_ref& keys, const std::string& from, const std::string& to,
                                            const keys::encryption_context& context = {}, progress told = {},
                                            envelope::seal_options options = {.frame_length = file_frame_length}) {
    auto files = detail::file_pass::begin(from, to, std::move(told));
    if (!files) return pass(files);
    auto seal = envelope::sealer::begin(keys, context, options);
    if (!seal) return pass(seal);
    const auto write = [&](byte_view data) { return files->write(data); };
    if (auto begun = write(seal->header()); !begun) return begun;
    if (auto done = detail::run_through(*files, *seal, write); !done) return done;
    return files->commit();
}

/// Decrypts `from` into `to`, as seal_file; nothing of a message that is not whole and genuine stays. Returns what
/// the message says about itself. The temporary file beside `to` holds plaintext while it works.
[[nodiscard]] inline result<envelope::message_info> open_message(const keys::key_ref& keys, const std::string& from, const std::string& to,
                                                                 const envelope::open_options& options = {}, progress told = {}) {
    auto files = detail::file_pass::begin(from, to, std::move(told));
    if (!files) return pass(files);
    envelope::opener open(keys, detail::for_unseen_file(options));
    auto done = detail::run_through(*files, open, [&](byte_view data) { return files->write(data); });
    if (done) done = files->commit();
    if (!done) return pass(done);
    return *open.info();
}

/// Proves the message in `path` and replaces it by one under a fresh data key of `to`, with `context` in place of its
/// own where one is given. Plaintext passes through memory only. After a failure or a crash the old file is there;
/// a file that is already `to`'s is not_mine to `from`.
[[nodiscard]] inline result<void> reseal_file(const keys::key_ref& from, const keys::key_ref& to, const std::string& path,
                                              const std::optional<keys::encryption_context>& context = std::nullopt, progress told = {},
                                              const envelope::open_options& options = {}) {
    auto files = detail::file_pass::begin(path, path, std::move(told));
    if (!files) return pass(files);
    envelope::opener open(from, detail::for_unseen_file(options));
    std::optional<envelope::sealer> seal; // begun when the old header is proven, which the first plaintext shows
    const auto write = [&](byte_view data) { return files->write(data); };
    const auto feed = [&](byte_view data) -> result<void> {
        if (!seal && open.info()) {
            auto begun = envelope::sealer::begin(to, context.value_or(open.info()->context), {.frame_length = file_frame_length});
            if (!begun) return pass(begun);
            seal.emplace(std::move(*begun));
            if (auto wrote = write(seal->header()); !wrote) return wrote;
        }
        if (data.empty()) return {};
        return seal->write(data, write);
    };
    if (auto done = detail::run_through(*files, open, feed); !done) return done;
    const auto last = seal->finish();
    if (!last) return pass(last);
    if (auto wrote = write(*last); !wrote) return wrote;
    return files->commit();
}

} // namespace keywright::file
