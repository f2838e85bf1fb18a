// SPDX-License-Identifier: Apache-2.0
// Files as messages: sealed, opened and moved to another key, in bounded memory. The result appears whole under its
// name or not at all. Linux first (POSIX), as adapters/file/durable.hpp.
// Depends on: envelope/sealer, envelope/opener, envelope/reseal, adapters/file/durable.
// Use: `file::seal_file(lease, "in.pdf", "in.pdf.esdk", context);` and `file::open_message(lease, "in.pdf.esdk", "in.pdf");`
#pragma once

#include <keywright/adapters/file/durable.hpp>
#include <keywright/adapters/file/message_frames.hpp>
#include <keywright/envelope/reseal.hpp>

#include <functional>

namespace keywright::file {

/// Told as the work goes on: bytes of the source read, and its size when it was opened. Called on the calling thread alone,
/// also when several threads work, and then it is one of them: what it does in here, it does not do there.
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
        if (!S_ISREG(about.st_mode)) return fail(errc::malformed, "file: expected a regular file, found a folder, a device or the like");
        auto out = growing_file::begin(to, about.st_mode & 0777);
        if (!out) return pass(out);
        return file_pass(std::move(*in), std::move(*out), static_cast<std::uint64_t>(about.st_size), std::move(told));
    }

    [[nodiscard]] result<std::size_t> read(byte_span room) {
        auto got = read_fully(in_, room);
        if (got) tell(done_ + *got);
        return got;
    }
    /// For the calling thread.
    void tell(std::uint64_t done) {
        done_ = done;
        if (told_) told_(done_, total_);
    }
    std::uint64_t size() const noexcept { return total_; }
    const descriptor& source() const noexcept { return in_; }
    const descriptor& target() const noexcept { return out_.file(); }
    [[nodiscard]] result<void> write(byte_view data) { return out_.write(data); }
    [[nodiscard]] result<void> commit() { return out_.commit(); }

private:
    file_pass(descriptor&& in, growing_file&& out, std::uint64_t total, progress&& told)
        : in_(std::move(in)), out_(std::move(out)), total_(total), told_(std::move(told)) {}
    descriptor in_;
    growing_file out_;
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

struct piece_plan {
    std::size_t workers;
    std::uint64_t pieces;
    std::uint64_t before; ///< bytes of the source that are done when it begins
};
/// Does all pieces with `one(worker, piece) -> result<std::size_t>` bytes of the source; the calling thread tells.
template <class One>
result<void> run_pieces(file_pass& files, const piece_plan& plan, One&& one) {
    std::atomic<std::uint64_t> done{plan.before};
    auto ended = keywright::detail::in_pieces(plan.workers, plan.pieces, [&](std::size_t worker, std::uint64_t piece) -> result<void> {
        const result<std::size_t> size = one(worker, piece);
        if (!size) return pass(size);
        const std::uint64_t now = done.fetch_add(*size) + *size;
        if (worker == 0) files.tell(now);
        return {};
    });
    if (!ended) return ended;
    files.tell(done);
    struct stat about{};
    if (::fstat(files.source().number(), &about) != 0) return fail_errno("file: expected to learn the file's size");
    if (static_cast<std::uint64_t>(about.st_size) != files.size())
        return fail(errc::unavailable, "file: expected a file that nobody changes while it is read");
    return {};
}

/// Seals the whole file by several threads. Requires: an unsigned suite.
inline result<void> seal_frames(file_pass& files, const keys::key_ref& keys, const keys::encryption_context& context,
                                const envelope::seal_options& options) {
    auto cipher = envelope::message_cipher::make(Botan::Cipher_Dir::Encryption);
    if (!cipher) return pass(cipher);
    const auto begun = envelope::begin_message(*cipher, keys, context, options, files.size());
    if (!begun) return pass(begun);
    const auto at = envelope::body_layout::of_plaintext(files.size(), options.frame_length);
    if (!at) return pass(at);
    if (auto wrote = files.write(begun->header); !wrote) return wrote;
    auto workers = frame_workers::make(*cipher, keys, {files.source(), files.target(), begun->header.size(), *at}, options.threads);
    if (!workers) return pass(workers);
    return run_pieces(files, {workers->count(), at->pieces(), 0},
                      [&](std::size_t w, std::uint64_t piece) { return workers->seal(w, piece); });
}

/// The header's bytes, if the message is one whose frames several threads may open; none if it is signed or unframed.
inline result<bytes> threadable_header(const file_pass& files, const envelope::open_options& options) {
    bytes header;
    for (std::size_t need = 3; header.size() < need;) {
        if (need > files.size()) return fail(errc::malformed, "message: the header is truncated");
        const std::size_t have = header.size();
        header.resize(need);
        if (auto got = read_exactly_at(files.source(), have, byte_span(header).subspan(have)); !got) return pass(got);
        const auto needs = envelope::header_needs(header, options.limits, options.policy);
        if (!needs) return pass(needs);
        need = *needs;
    }
    const auto parsed = envelope::parse_header(header, options.limits, options.policy);
    if (!parsed) return pass(parsed);
    if (parsed->suite->is_signed() || !parsed->framed) header.clear();
    return header;
}

/// Opens the message behind `header` by several threads.
inline result<envelope::message_info> open_frames(file_pass& files, const keys::key_ref& keys, const bytes& header,
                                                  const envelope::open_options& options) {
    auto cipher = envelope::message_cipher::make(Botan::Cipher_Dir::Decryption);
    if (!cipher) return pass(cipher);
    const auto begun = envelope::begin_reading(*cipher, keys, header, options);
    if (!begun) return pass(begun);
    const auto at = envelope::body_layout::of_body(files.size() - header.size(), begun->header.frame_length);
    if (!at) return pass(at);
    auto workers = frame_workers::make(*cipher, keys, {files.source(), files.target(), header.size(), *at}, options.threads);
    if (!workers) return pass(workers);
    auto done = run_pieces(files, {workers->count(), at->pieces(), header.size()},
                           [&](std::size_t w, std::uint64_t piece) { return workers->open(w, piece); });
    if (!done) return pass(done);
    return envelope::info_of(begun->header);
}

/// What comes out goes to a file that nobody sees before the message's end is proven, its signature included.
inline envelope::open_options for_unseen_file(envelope::open_options options) {
    options.release = envelope::before_signature("the file is thrown away if the signature does not hold");
    return options;
}

} // namespace detail

/// Encrypts `from` into `to` (which may be the same, or replaced), with the permissions of `from`. Fails with what
/// the key source says, and with the file codes; `to` is then as it was. Durable when it returns. Takes the memory of one
/// frame, at least 128 KiB, for each of `options.threads`, and never above 64 MiB for several; the message is the same.
/// Thread safety: concurrent for different `to`.
[[nodiscard]] inline result<void> seal_file(const keys::key_ref& keys, const std::string& from, const std::string& to,
                                            const keys::encryption_context& context = {}, progress told = {},
                                            envelope::seal_options options = {.frame_length = file_frame_length}) {
    auto files = detail::file_pass::begin(from, to, std::move(told));
    if (!files) return pass(files);
    if (options.threads != 1 && !options.sign) {
        if (auto done = detail::seal_frames(*files, keys, context, options); !done) return done;
        return files->commit();
    }
    auto seal = envelope::sealer::begin(keys, context, options);
    if (!seal) return pass(seal);
    const auto write = [&](byte_view data) { return files->write(data); };
    if (auto begun = write(seal->header()); !begun) return begun;
    if (auto done = detail::run_through(*files, *seal, write); !done) return done;
    return files->commit();
}

/// Decrypts `from` into `to`, as seal_file; nothing of a message that is not whole and genuine stays. Returns what
/// the message says about itself. The temporary file beside `to` holds plaintext while it works. By several threads
/// unless it is signed or unframed; of several frames that fail, the first is what is told.
[[nodiscard]] inline result<envelope::message_info> open_message(const keys::key_ref& keys, const std::string& from, const std::string& to,
                                                                 const envelope::open_options& options = {}, progress told = {}) {
    auto files = detail::file_pass::begin(from, to, std::move(told));
    if (!files) return pass(files);
    if (options.threads != 1) {
        const auto header = detail::threadable_header(*files, options);
        if (!header) return pass(header);
        if (!header->empty()) {
            auto info = detail::open_frames(*files, keys, *header, options);
            if (!info) return info;
            if (auto done = files->commit(); !done) return pass(done);
            return info;
        }
    }
    envelope::opener open(keys, detail::for_unseen_file(options));
    auto done = detail::run_through(*files, open, [&](byte_view data) { return files->write(data); });
    if (done) done = files->commit();
    if (!done) return pass(done);
    return *open.info();
}

/// Proves the message in `path` and replaces it by one under a fresh data key of `to`, with `context` in place of its
/// own where one is given; signed anew if it was signed. Plaintext passes through memory only. After a failure or a crash the old file is there;
/// a file that is already `to`'s is not_mine to `from`.
[[nodiscard]] inline result<void> reseal_file(const keys::key_ref& from, const keys::key_ref& to, const std::string& path,
                                              const std::optional<keys::encryption_context>& context = std::nullopt, progress told = {},
                                              const envelope::open_options& options = {}) {
    auto files = detail::file_pass::begin(path, path, std::move(told));
    if (!files) return pass(files);
    envelope::resealer moving(from, to, {.opening = options, .sealing = {.frame_length = file_frame_length}, .context = context});
    const auto write = [&](byte_view data) { return files->write(data); };
    for (bool more = true; more;) {
        const auto room = moving.room();
        const auto got = files->read(room);
        if (!got) return pass(got);
        if (auto moved = moving.filled(*got, write); !moved) return moved;
        more = *got == room.size();
    }
    if (auto done = moving.finish(write); !done) return done;
    return files->commit();
}

} // namespace keywright::file
