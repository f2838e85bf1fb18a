// SPDX-License-Identifier: Apache-2.0
// Messages and wraps against what they are made of, in one run and interleaved, as ratios.
//   bench_message [MiB, default 1024] [folder, default /dev/shm]
// Raw peers: Botan's AES-256-GCM in place over the same buffers, one IV and tag per frame, no message around them; for
// several threads, threads that do nothing but read, that and write; for small messages, the bare calls that one cannot
// do without. What is so much slower than its peer here as elsewhere is ours; what is slower with it is the machine.
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/detail/in_pieces.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/envelope/reseal.hpp>
#include <keywright/keys/data_key_cache.hpp>

#include <botan/aead.h>
#include <botan/mac.h>
#include <botan/system_rng.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <time.h>
#include <unistd.h>

using namespace keywright;

namespace {

template <class Work>
double seconds_of(Work&& work, clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) {
    const auto now = [clock] {
        timespec t{};
        ::clock_gettime(clock, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    const double from = now();
    work();
    return now() - from;
}
// Of one thread: processor time, because other programs on the machine then do not count.
// Of several: time on the wall, and the shortest of all rounds, which is the one that others disturbed least.
template <class Work>
double wall_of(Work&& work) {
    return seconds_of(work, CLOCK_MONOTONIC);
}
double shortest(const std::vector<double>& times) { return *std::min_element(times.begin(), times.end()); }
double median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}
template <class T>
T need(result<T>&& got) {
    if (!got) {
        fmt::print(stderr, "bench: {}: {}\n", name(got.error().code), got.error().text);
        std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*got);
}
secret_bytes fresh() { return need(keys::random_secret()); }

keys::data_key_lease lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::message, 1}, fresh(), true, std::uint64_t{1} << 24});
    return need(
        keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list), {.max_age = std::chrono::hours(1)}));
}

// Kilobytes of memory that are this process's own, from the system's page of it; reset by writing to clear_refs.
long peak_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmHWM:")) return std::atol(line.c_str() + 6);
    return 0;
}
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

// --- files ---

void raw_gcm(const std::string& from, const std::string& to, Botan::Cipher_Dir direction) {
    const auto in = need(file::open_file(from, O_RDONLY));
    const auto out = need(file::open_file(to, O_WRONLY | O_CREAT | O_TRUNC));
    const auto gcm = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", direction);
    gcm->set_key(std::vector<std::uint8_t>(32));
    std::vector<std::uint8_t> frame(file::file_frame_length), iv(12);
    Botan::secure_vector<std::uint8_t> tag;
    for (std::uint64_t n = 0;; ++n) {
        const auto got = need(file::read_fully(in, frame));
        store_be(n, iv.data() + 4);
        gcm->start(iv);
        gcm->process({frame.data(), got});
        tag.clear();
        gcm->finish(tag);
        need(file::write_fully(out, byte_view(frame).first(got)));
        if (got < frame.size()) return;
    }
}
void copy(const std::string& from, const std::string& to) {
    const auto in = need(file::open_file(from, O_RDONLY));
    const auto out = need(file::open_file(to, O_WRONLY | O_CREAT | O_TRUNC));
    bytes frame(file::file_frame_length);
    for (std::size_t got = frame.size(); got == frame.size();) {
        got = need(file::read_fully(in, frame));
        need(file::write_fully(out, byte_view(frame).first(got)));
    }
}

// Threads that do nothing but read, encrypt and write, each frame at its place.
void raw_gcm_by(unsigned threads, const std::string& from, const std::string& to) {
    const auto in = need(file::open_file(from, O_RDONLY));
    const auto out = need(file::open_file(to, O_WRONLY | O_CREAT | O_TRUNC));
    const auto size = static_cast<std::uint64_t>(::lseek(in.number(), 0, SEEK_END));
    struct worker {
        std::unique_ptr<Botan::AEAD_Mode> gcm = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
        bytes frame = bytes(file::file_frame_length), iv = bytes(12);
        Botan::secure_vector<std::uint8_t> tag{};
    };
    std::vector<worker> all(threads);
    for (worker& one : all) one.gcm->set_key(bytes(32));
    need(keywright::detail::in_pieces(threads, (size + file::file_frame_length - 1) / file::file_frame_length,
                                      [&](std::size_t w, std::uint64_t piece) -> result<void> {
                                          auto& [gcm, frame, iv, tag] = all[w];
                                          const auto at = static_cast<off_t>(piece * frame.size());
                                          const auto got = ::pread(in.number(), frame.data(), frame.size(), at);
                                          store_be(piece, iv.data() + 4);
                                          gcm->start(iv);
                                          gcm->process({frame.data(), static_cast<std::size_t>(got)});
                                          tag.clear();
                                          gcm->finish(tag);
                                          if (::pwrite(out.number(), frame.data(), static_cast<std::size_t>(got), at) != got)
                                              return fail(errc::io_failed, "bench: expected to write the frame");
                                          return {};
                                      }));
}

void write_plain(const std::string& path, std::size_t mib) {
    std::ofstream out(path, std::ios::binary);
    std::string block(1 << 20, 'x');
    for (std::size_t i = 0; i < mib; ++i) {
        block[i % block.size()] = static_cast<char>(i);
        out.write(block.data(), static_cast<std::streamsize>(block.size()));
    }
}

void files(std::size_t mib, const std::string& folder) {
    const std::string plain = folder + "/kw-plain", sealed = folder + "/kw-sealed", other = folder + "/kw-other";
    write_plain(plain, mib);
    const auto keys = lease();
    std::vector<double> copies, raws, seals, opens;
    long above = 0;
    for (int round = 0; round < 5; ++round) {
        copies.push_back(seconds_of([&] { copy(plain, other); }));
        raws.push_back(seconds_of([&] { raw_gcm(plain, other, Botan::Cipher_Dir::Encryption); }));
        reset_peak();
        const long before = peak_kib();
        seals.push_back(seconds_of([&] { need(file::seal_file(keys, plain, sealed)); }));
        opens.push_back(seconds_of([&] { need(file::open_message(keys, sealed, other)); }));
        above = std::max(above, peak_kib() - before);
    }
    const double plain_copy = median(copies);
    fmt::print("file to file, {} MiB in {}; plain copy {:.3f} s = 1\n", mib, folder, plain_copy);
    fmt::print("  raw AES-256-GCM {:.2f}   seal_file {:.2f}   open_message {:.2f}   of raw: {:.2f} and {:.2f}\n", median(raws) / plain_copy,
               median(seals) / plain_copy, median(opens) / plain_copy, median(seals) / median(raws), median(opens) / median(raws));
    fmt::print("  peak memory above start: {} KiB\n", above);
    for (const auto& path : {plain, sealed, other}) ::unlink(path.c_str());
}

// --- several threads ---

void threaded_files(std::size_t mib, const std::string& folder) {
    const std::string plain = folder + "/kw-plain", sealed = folder + "/kw-sealed", other = folder + "/kw-other";
    write_plain(plain, mib);
    const auto keys = lease();
    std::vector<double> copies, raws[3], seals[3], opens[3];
    long above = 0;
    for (int round = 0; round < 7; ++round) {
        copies.push_back(wall_of([&] { copy(plain, other); }));
        for (const unsigned threads : {1u, 2u}) {
            raws[threads].push_back(wall_of([&] { raw_gcm_by(threads, plain, other); }));
            reset_peak();
            const long before = peak_kib();
            const envelope::seal_options sealing{.frame_length = file::file_frame_length, .threads = threads};
            seals[threads].push_back(wall_of([&] { need(file::seal_file(keys, plain, sealed, {}, {}, sealing)); }));
            opens[threads].push_back(wall_of([&] { need(file::open_message(keys, sealed, other, {.threads = threads})); }));
            above = std::max(above, peak_kib() - before);
        }
    }
    const double one = shortest(copies);
    fmt::print("the same on the wall, shortest of 7; plain copy {:.3f} s = 1\n", one);
    for (const unsigned threads : {1u, 2u})
        fmt::print("  {} thread(s): nothing but the cipher {:.2f}   seal_file {:.2f}   open_message {:.2f}\n", threads,
                   shortest(raws[threads]) / one, shortest(seals[threads]) / one, shortest(opens[threads]) / one);
    fmt::print("  peak memory above start: {} KiB\n", above);
    for (const auto& path : {plain, sealed, other}) ::unlink(path.c_str());
}

// The peer copies each frame and encrypts or decrypts it where it then lies: Botan works in place.
void raw_gcm(byte_view from, byte_span to, std::size_t frame, std::size_t stride, Botan::AEAD_Mode& gcm) {
    Botan::secure_vector<std::uint8_t> tag;
    bytes iv(12);
    for (std::uint64_t n = 0; n * frame < from.size(); ++n) {
        const auto data = to.subspan(n * stride + 16, frame);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(n * frame), frame, data.begin());
        store_be(n, iv.data() + 4);
        gcm.start(iv);
        gcm.process(data);
        tag.clear();
        gcm.finish(tag);
    }
}

void in_memory(std::uint32_t frame) {
    const bytes plain(std::size_t{256} << 20, 7);
    bytes message(envelope::sealed_bound(plain.size(), frame)), back(plain.size());
    const auto keys = lease();
    const auto gcm = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
    gcm->set_key(bytes(32));
    std::vector<double> raws, seals[3], opens[3];
    for (int round = 0; round < 9; ++round) {
        raws.push_back(wall_of([&] { raw_gcm(plain, message, frame, frame + 32, *gcm); }));
        for (const unsigned threads : {1u, 2u}) {
            std::size_t size = 0;
            seals[threads].push_back(
                wall_of([&] { size = need(envelope::seal_into(keys, plain, message, {}, {.frame_length = frame, .threads = threads})); }));
            opens[threads].push_back(
                wall_of([&] { need(envelope::open_into(keys, byte_view(message).first(size), back, {.threads = threads})); }));
        }
    }
    fmt::print("256 MiB in memory, frames of {} KiB; raw AES-256-GCM over the same buffers {:.2f} GB/s = 1 (wall, shortest of 9)\n",
               frame / 1024, static_cast<double>(plain.size()) / shortest(raws) / 1e9);
    for (const unsigned threads : {1u, 2u})
        fmt::print("  {} thread(s): seal_into {:.2f}   open_into {:.2f} times as fast\n", threads,
                   shortest(raws) / shortest(seals[threads]), shortest(raws) / shortest(opens[threads]));
}

// --- to other keys ---

void resealing(std::size_t mib, const std::string& folder) {
    const std::string plain = folder + "/kw-plain", sealed = folder + "/kw-sealed", other = folder + "/kw-other";
    write_plain(plain, mib);
    const auto from = lease(), to = lease();
    std::vector<double> sums, moves;
    for (int round = 0; round < 5; ++round) {
        need(file::seal_file(from, plain, sealed));
        sums.push_back(seconds_of([&] {
            need(file::open_message(from, sealed, other));
            need(file::seal_file(to, plain, other));
        }));
        moves.push_back(seconds_of([&] { need(file::reseal_file(from, to, sealed)); }));
    }
    fmt::print("reseal_file, {} MiB: {:.2f} of opening and sealing\n", mib, median(moves) / median(sums));
    const bytes data(std::size_t{32} << 20, 7);
    for (const std::uint32_t frame : {4u * 1024, 128u * 1024}) {
        const envelope::seal_options options{.frame_length = frame};
        const bytes message = need(envelope::seal(from, data, {}, options));
        sums.clear(), moves.clear();
        for (int round = 0; round < 5; ++round) {
            sums.push_back(seconds_of([&] { need(envelope::seal(to, need(envelope::open(from, message)), {}, options)); }));
            moves.push_back(seconds_of([&] { need(envelope::reseal(from, to, message, {.sealing = options})); }));
        }
        fmt::print("reseal, 32 MiB in frames of {} KiB: {:.2f} of opening and sealing\n", frame / 1024, median(moves) / median(sums));
    }
    for (const auto& path : {plain, sealed, other}) ::unlink(path.c_str());
}

// --- small things ---

template <class Work>
double micros_of(std::size_t times, Work&& work) {
    const double took = seconds_of([&] {
        for (std::size_t i = 0; i < times; ++i) work();
    });
    return took / static_cast<double>(times) * 1e6;
}
template <class Work>
double micros(std::size_t times, Work&& work) {
    std::vector<double> rounds;
    for (int round = 0; round < 5; ++round) rounds.push_back(micros_of(times, work));
    return median(rounds);
}

// The bare calls of one small message, each on an object that is kept: random bytes; HMAC-SHA-512 for extract and both
// expands (RFC 5869); a key set, the header's tag and one frame; and, with a fresh data key, its wrap under a kept key.
class bare_message {
public:
    bare_message() { wrapping_->set_key(bytes(32)); }

    void seal(byte_span data, bool fresh_key) {
        Botan::system_rng().randomize(byte_span(random_).first(fresh_key ? 76 : 32));
        if (fresh_key) call(*wrapping_, byte_span(random_).first(32));
        mac(byte_view(random_).first(32), {});
        const byte_view prk = mac_;
        mac(prk, byte_view(random_).first(11));
        hmac_->update(byte_view(random_).first(12)); // the second expand: the same key
        hmac_->final(mac_);
        body_->set_key(byte_view(mac_).first(32));
        call(*body_, {});
        call(*body_, data);
    }

private:
    void mac(byte_view key, byte_view more) {
        const bytes copy(key.begin(), key.end());
        hmac_->set_key(copy);
        hmac_->update(byte_view(random_).first(32));
        hmac_->update(more);
        hmac_->final(mac_);
    }
    void call(Botan::AEAD_Mode& mode, byte_span data) {
        mode.set_associated_data(byte_view(context_));
        mode.start(iv_);
        mode.process(data);
        tag_.clear();
        mode.finish(tag_);
    }
    std::unique_ptr<Botan::AEAD_Mode> wrapping_ = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
    std::unique_ptr<Botan::AEAD_Mode> body_ = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
    std::unique_ptr<Botan::MessageAuthenticationCode> hmac_ = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-512)");
    bytes random_ = bytes(76), context_ = bytes(60), iv_ = bytes(12), mac_ = bytes(64);
    Botan::secure_vector<std::uint8_t> tag_{};
};

void small_messages() {
    const auto keys = lease();
    const bytes data(1024, 7);
    const auto context = need(keys::encryption_context::make({{"table", "invoices"}}));
    const auto message = need(envelope::seal(keys, data, context));
    auto cache = need(keys::data_key_cache::make(
        {.max_age = std::chrono::hours(1), .max_messages = std::uint64_t{1} << 32, .max_bytes = std::uint64_t{1} << 50}));
    const keys::caching_keyring cached(cache, keys);
    // One after the other in each round, so that what else the machine does meets all six.
    std::array<std::vector<double>, 6> rounds;
    bare_message bare;
    bytes block(1024, 7);
    for (int round = 0; round < 9; ++round) {
        rounds[4].push_back(micros_of(5'000, [&] { bare.seal(block, true); }));
        rounds[5].push_back(micros_of(5'000, [&] { bare.seal(block, false); }));
        rounds[0].push_back(micros_of(5'000, [&] { need(envelope::seal(keys, data, context)); }));
        rounds[1].push_back(micros_of(5'000, [&] { need(envelope::open(keys, message)); }));
        rounds[2].push_back(micros_of(5'000, [&] { need(envelope::seal(cached, data, context)); }));
        rounds[3].push_back(micros_of(5'000, [&] { need(envelope::open(cached, message)); }));
    }
    fmt::print("1 KiB message, fresh data key: seal {:.2f} microseconds, open {:.2f}; cached: {:.2f} and {:.2f} (medians of 9)\n",
               median(rounds[0]), median(rounds[1]), median(rounds[2]), median(rounds[3]));
    fmt::print("  the bare calls of sealing: {:.2f}, of them with a cached key {:.2f}; ours takes {:.2f} and {:.2f} times as long\n",
               median(rounds[4]), median(rounds[5]), median(rounds[0]) / median(rounds[4]), median(rounds[2]) / median(rounds[5]));
}

void wraps() {
    auto from = need(keys::kek::make(fresh()));
    auto to = need(keys::kek::make(fresh()));
    const auto context = keys::house_context({.tenant = tenant_id{"contoso"}, .region = region_id{"eu"}, .generation = 1}).serialise();
    const auto secret = fresh();
    const auto record = need(from.wrap(keys::provider, "ring/contoso/eu/1", context, secret));
    keys::rewrapper rewrap(from, "ring/contoso/eu/1", to, "ring/contoso/eu/2");
    const double moving = micros(100'000, [&] { need(rewrap(record.view(), context, context)); });
    const double wrapping = micros(100'000, [&] { need(from.wrap(keys::provider, "ring/contoso/eu/1", context, secret)); });
    const double unwrapping = micros(100'000, [&] { need(from.unwrap(keys::provider, "ring/contoso/eu/1", context, record.view())); });
    auto gcm = Botan::AEAD_Mode::create_or_throw("AES-256/GCM", Botan::Cipher_Dir::Encryption);
    gcm->set_key(std::vector<std::uint8_t>(32));
    bytes iv(12), key(32);
    Botan::secure_vector<std::uint8_t> tag;
    const double floor = micros(100'000, [&] {
        gcm->set_associated_data(context);
        gcm->start(iv);
        gcm->process(key);
        tag.clear();
        gcm->finish(tag);
    });
    fmt::print("unwrap and wrap: {:.2f} microseconds, {:.0f} a second and core; two bare AES-GCM calls {:.2f}\n", moving, 1e6 / moving,
               2 * floor);
    fmt::print("  wrap alone {:.2f}, unwrap alone {:.2f}\n", wrapping, unwrapping);
    const auto keys = lease();
    fmt::print("lease check: {:.3f} microseconds\n", micros(1'000'000, [&] { need(keys.check()); }));
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t mib = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1024;
    const std::string folder = argc > 2 ? argv[2] : "/dev/shm";
    files(mib, folder);
    threaded_files(mib, folder);
    in_memory(1024 * 1024);
    in_memory(4 * 1024);
    resealing(mib / 4, folder);
    small_messages();
    wraps();
}
