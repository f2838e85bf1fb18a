// SPDX-License-Identifier: Apache-2.0
// The proof behind a lock: reads every byte of the given folders and says what in them could still open data. It
// finds keys of which a check was kept (as bytes, base64 or hexadecimal), private keys by their structure, living
// halves of vault keys, and every wrap, with the key that it begins at.
// It does not see through compression or encryption, nor a key that was cut in pieces, and it reads what the file
// system shows: neither free space nor a medium's spare blocks.
// Depends on: service/proof/*, Botan. Use: `auto p = find_survivors({.places = {"/var/lib/app"}, .checks = checks});`
//      `if (p && p->clean()) …`
#pragma once

#include <keywright/keys/hierarchy.hpp>
#include <keywright/service/proof/chunk.hpp>
#include <keywright/service/proof/files.hpp>

#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace keywright::service {

enum class survivor_kind : unsigned char {
    secret,       ///< 32 bytes whose check is among the given
    prime,        ///< a factor of an RSA key, in either byte order, whose check is among the given
    private_key,  ///< PKCS#8, PKCS#1 or PEM, also encrypted, whoever owns it
    pfx,          ///< a PFX file
    slot_wrap,    ///< a wrap on the provider's path, of an environment that should not have one
    unknown_wrap, ///< a wrap whose key name tells no path
    vault_key,    ///< a key of a vault, or its erasable half, that should be destroyed
    unread,       ///< could not be read, or changed meanwhile: nothing is known about it
};
constexpr const char* name(survivor_kind kind) noexcept {
    constexpr std::array names{"secret", "prime", "private_key", "pfx", "slot_wrap", "unknown_wrap", "vault_key", "unread"};
    return names[static_cast<std::size_t>(kind)];
}

struct survivor {
    survivor_kind kind = survivor_kind::secret;
    found_as as = found_as::plain;
    std::string file;
    std::uint64_t offset = 0; ///< of its first byte; of the first symbol where it is encoded
    std::string name;         ///< a wrap's key name, a vault key's id (empty: its sealed half is not in the folders)
};

/// All wraps under one key. `ring/…` begins at the customer's key, `slot/…` at the provider's and a slot of the vault,
/// `<environment>.<purpose>.<version>` at that environment key, whose own wrap is one of those.
struct wraps_of_key {
    std::uint64_t count = 0;
    std::string first_file;
    std::uint64_t first_offset = 0;
};

struct proof {
    static constexpr std::size_t most_listed = 1000;

    std::uint64_t files = 0;           ///< gone through, except what is `unread`
    std::uint64_t bytes = 0;           ///< read
    std::uint64_t others = 0;          ///< links, devices and the like: not read
    std::uint64_t survivor_count = 0;
    std::vector<survivor> survivors;   ///< up to `most_listed`, by file and offset
    std::map<std::string, wraps_of_key, std::less<>> wraps; ///< by key name

    bool clean() const noexcept { return survivor_count == 0; }
};

struct proof_request {
    std::vector<std::string> places; ///< files and folders, nobody writes to them meanwhile
    key_checks checks{};             ///< of keys that must be gone
    std::span<const ports::vault_trace_kind> traces{}; ///< such as file::vault_traces; must outlive the call
    std::vector<std::string> living_vault_keys{};      ///< ids that may be there: provider, import, audit keys, open slots
    std::vector<std::string> open_slots{};             ///< keys::slot_key_name of environments that are not locked
    unsigned threads = 2;
    /// Bytes done, and all of them as counted before. Called by one thread at a time; must not throw.
    std::function<void(std::uint64_t done, std::uint64_t total)> progress{};
};

namespace detail {

/// What threads share: which piece is next, and what was found.
class proof_run {
public:
    explicit proof_run(const proof_request& request) : request_(request), walk_(request.places) {
        if (!request.progress) return;
        file_walk counted(request.places);
        while (const auto file = counted.next()) total_ += file->size;
    }

    /// One thread's work. Throws Botan's exceptions.
    void work() {
        chunk_search search(request_.checks, request_.traces);
        Botan::secure_vector<std::uint8_t> buffer;
        std::vector<finding> found;
        while (const auto here = next()) {
            buffer.resize(here->size);
            const bool whole = read_at(here->path, here->offset, buffer) && mark_of(here->path) == here->mark;
            found.clear();
            if (whole) search(buffer, here->starts, here->offset, found);
            take(*here, found, whole);
        }
    }

    proof finish() {
        const std::scoped_lock alone(mutex_);
        for (const auto& [key, halves] : erasable_) {
            const auto sealed = sealed_.find(key);
            const auto id = sealed == sealed_.end() ? std::string() : sealed->second;
            if (contains(request_.living_vault_keys, id)) continue;
            for (const auto& [file, found] : halves) survives({survivor_kind::vault_key, found.as, file, found.at, id});
        }
        std::sort(result_.survivors.begin(), result_.survivors.end(),
                  [](const survivor& a, const survivor& b) { return std::tie(a.file, a.offset) < std::tie(b.file, b.offset); });
        result_.others = walk_.others();
        return std::move(result_);
    }

private:
    // A piece begins every 1 MiB. What begins in it may end in the next.
    static constexpr std::size_t piece_size = std::size_t{1} << 20;

    struct piece {
        std::string path;
        file_mark mark;
        std::uint64_t offset = 0;
        std::size_t starts = 0; ///< bytes that belong to this piece
        std::size_t size = 0;   ///< with those of the next
    };

    std::optional<piece> next() {
        const std::scoped_lock alone(mutex_);
        while (current_.offset >= current_.mark.size) {
            auto file = walk_.next();
            if (!file) return std::nullopt;
            const auto mark = file->readable ? mark_of(file->path) : std::nullopt;
            if (!mark) {
                survives({survivor_kind::unread, found_as::plain, file->path, 0, {}});
                continue;
            }
            ++result_.files;
            current_ = {std::move(file->path), *mark};
        }
        auto taken = current_;
        const auto left = current_.mark.size - current_.offset;
        taken.starts = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size));
        taken.size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size + marker_reach));
        current_.offset += taken.starts;
        return taken;
    }

    void take(const piece& from, std::vector<finding>& found, bool whole) {
        const std::scoped_lock alone(mutex_);
        for (auto& f : found) classify(from.path, f);
        if (!whole)
            survives({survivor_kind::unread, found_as::plain, from.path, from.offset, {}});
        else
            result_.bytes += from.starts;
        done_ += from.starts;
        if (request_.progress) request_.progress(done_, std::max(total_, done_));
    }

    void classify(const std::string& file, finding& f) {
        switch (f.what) {
        case finding::kind::secret: return survives({survivor_kind::secret, f.as, file, f.at, {}});
        case finding::kind::prime: return survives({survivor_kind::prime, f.as, file, f.at, {}});
        case finding::kind::private_key: return survives({survivor_kind::private_key, f.as, file, f.at, {}});
        case finding::kind::pfx: return survives({survivor_kind::pfx, f.as, file, f.at, {}});
        case finding::kind::wrap: return take_wrap(file, f);
        case finding::kind::vault_half: break;
        }
        if (!f.half.id.empty())
            sealed_[f.half.serial] = f.half.id;
        else
            erasable_[f.half.serial].emplace_back(file, f);
    }
    void take_wrap(const std::string& file, const finding& f) {
        auto& same = result_.wraps[f.name];
        if (same.count++ == 0) {
            same.first_file = file;
            same.first_offset = f.at;
        }
        if (f.name.starts_with("slot/")) {
            if (!contains(request_.open_slots, f.name)) survives({survivor_kind::slot_wrap, f.as, file, f.at, f.name});
        } else if (!f.name.starts_with("ring/") && !keys::environment_key_name::parse(f.name)) {
            survives({survivor_kind::unknown_wrap, f.as, file, f.at, f.name});
        }
    }
    void survives(survivor&& s) {
        if (++result_.survivor_count <= proof::most_listed) result_.survivors.push_back(std::move(s));
    }
    static bool contains(const std::vector<std::string>& all, std::string_view one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    }

    using serial = std::array<std::uint8_t, 16>;

    const proof_request& request_;
    std::mutex mutex_; // guards all below
    file_walk walk_;
    piece current_;
    std::uint64_t total_ = 0, done_ = 0;
    proof result_;
    std::map<serial, std::string> sealed_;
    std::map<serial, std::vector<std::pair<std::string, finding>>> erasable_;
};

} // namespace detail

/// Reads everything and reports it. `clean()` of the result is the proof; a file that cannot be read is a survivor.
/// Takes about 60 ms of a core for each MiB, twice that where primes are looked for and four times where all of it is
/// base64, and up to 10 MiB of memory for each thread. misused: no places, or no thread; not_found: a place that is not there.
/// A SQLite file that this process has open must not be in the places, or SQLite loses its locks on it when the proof
/// closes it: close the store before, or run the proof in another process.
[[nodiscard]] inline result<proof> find_survivors(const proof_request& request) {
    if (request.places.empty() || request.threads == 0) return fail(errc::misused, "proof: expected a place and a thread at least");
    for (const auto& place : request.places) {
        std::error_code failed;
        if (!std::filesystem::exists(place, failed))
            return fail(errc::not_found, "proof: expected every place to be there, one is not", failed.value());
    }
    return keywright::detail::botan_boundary(errc::internal, "proof: a search failed", [&] {
        detail::proof_run run(request);
        std::mutex failing;
        std::exception_ptr failure;
        const auto guarded = [&] {
            try {
                run.work();
            } catch (...) {
                const std::scoped_lock alone(failing);
                failure = std::current_exception();
            }
        };
        {
            std::vector<std::jthread> others;
            for (unsigned i = 1; i < request.threads; ++i) others.emplace_back(guarded);
            guarded();
        }
        if (failure) std::rethrow_exception(failure);
        return run.finish();
    });
}

} // namespace keywright::service
