// SPDX-License-Identifier: Apache-2.0
// Opening a PFX against OpenSSL (PKCS12_parse) and Botan::PKCS12, in one run and interleaved, as ratios; recognising and
// walking a file; and what a wrong password, a bad MAC and bad padding take.
//   bench_pfx_open [rounds, default 15]
#include <keywright/formats/key_file.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <botan/pkcs12.h>
#include <fmt/format.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <time.h>

using namespace keywright;
using namespace keywright::formats;

namespace {

constexpr std::string_view password = "test1234";

[[noreturn]] void stop(const char* what) {
    fmt::print(stderr, "bench: {}\n", what);
    std::exit(1);
}
bytes load(const std::string& name) {
    std::ifstream in(KEYWRIGHT_TEST_DATA "/pfx/" + name, std::ios::binary);
    if (!in.good()) stop("a sample is missing");
    return {std::istreambuf_iterator<char>(in), {}};
}

// Processor time: all of it is one thread's work, and other programs on the machine do not count.
double now() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}
double median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

// --- the peers ---

void by_openssl(const bytes& file) {
    const unsigned char* at = file.data();
    PKCS12* p12 = d2i_PKCS12(nullptr, &at, static_cast<long>(file.size()));
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    STACK_OF(X509)* chain = nullptr;
    if (PKCS12_parse(p12, std::string(password).c_str(), &key, &certificate, &chain) != 1 || key == nullptr)
        stop("OpenSSL did not open it");
    EVP_PKEY_free(key);
    X509_free(certificate);
    sk_X509_pop_free(chain, X509_free);
    PKCS12_free(p12);
}
void by_botan(const bytes& file) {
    if (Botan::PKCS12(file, password).private_keys().empty()) stop("Botan did not open it");
}
void by_us(const bytes& file, pfx_want want) {
    const auto opened = open_pfx(file, secret_bytes(as_bytes(password)), {.want = want});
    if (!opened || opened->keys.size() != 1) stop("keywright did not open it");
}

// --- opening ---

struct times {
    std::vector<double> everything, key, openssl, botan;
};
double timed(std::size_t repeats, const auto& work) {
    const double from = now();
    for (std::size_t i = 0; i < repeats; ++i) work();
    return (now() - from) / static_cast<double>(repeats);
}
void compare(const char* title, const std::string& sample, std::size_t rounds, std::size_t repeats) {
    const bytes file = load(sample);
    times t;
    for (std::size_t round = 0; round < rounds; ++round) {
        t.openssl.push_back(timed(repeats, [&] { by_openssl(file); }));
        t.everything.push_back(timed(repeats, [&] { by_us(file, pfx_want::everything); }));
        t.botan.push_back(timed(repeats, [&] { by_botan(file); }));
        t.key.push_back(timed(repeats, [&] { by_us(file, pfx_want::keys); }));
    }
    const double openssl = median(t.openssl), all = median(t.everything), key = median(t.key), botan = median(t.botan);
    fmt::print("{:<44} OpenSSL {:9.1f} us = 1   Botan::PKCS12 {:.2f}   everything {:.2f}   the key alone {:.2f}   everything against Botan "
               "{:.3f}\n",
               title, openssl * 1e6, openssl / botan, openssl / all, openssl / key, botan / all);
}

// --- looking ---

void look(const std::string& sample) {
    const bytes file = load(sample);
    const pfx_bounds bounds;
    std::vector<double> recognising, walking;
    for (int round = 0; round < 15; ++round) {
        recognising.push_back(timed(2000, [&] {
            if (recognise(file) != key_file_kind::pfx) stop("not recognised");
        }));
        walking.push_back(timed(500, [&] {
            if (!formats::detail::ber_walk("", [&] { return formats::detail::read_pfx_tree(file, bounds); })) stop("the walk failed");
        }));
    }
    fmt::print("{} bytes: recognise {:.3f} us, walk {:.1f} us\n", file.size(), median(recognising) * 1e6, median(walking) * 1e6);
}

// --- refusals ---

void distribution(const char* title, const bytes& file, std::string_view with) {
    std::vector<double> all;
    for (int i = 0; i < 2000; ++i) {
        const double from = now();
        const auto opened = open_pfx(file, secret_bytes(as_bytes(with)), {.without_mac = accept_unauthenticated{"measured"}});
        all.push_back(now() - from);
        if (opened || opened.error().code != errc::authentication_failed) stop("a refusal was expected");
    }
    std::sort(all.begin(), all.end());
    const auto at = [&](double part) { return all[static_cast<std::size_t>(part * static_cast<double>(all.size() - 1))] * 1e6; };
    fmt::print("{:<36} microseconds at 1 % {:.1f}, 25 % {:.1f}, 50 % {:.1f}, 75 % {:.1f}, 99 % {:.1f}\n", title, at(0.01), at(0.25),
               at(0.5), at(0.75), at(0.99));
}
void refusals() {
    const bytes file = load("ossl-default-p256.p12"), open = load("ossl-nomac.p12");
    const auto flipped = [](bytes of, std::size_t at) { return of[at] ^= 1, of; };
    distribution("with a MAC: wrong password", file, "test1235");
    distribution("with a MAC: bad MAC", flipped(file, file.size() - 30), password);
    distribution("with a MAC: altered ciphertext", flipped(file, file.size() / 2), password);
    distribution("without: wrong password", open, "test1235");
    distribution("without: bad padding", flipped(open, open.size() - 40), password); // behind the ciphertext: a local key id, 39 bytes
}

// --- the dearest ---

/// Seconds that the whole budget of ten million buys, by what it is spent on; the limit is counted, this is what it means.
void budget() {
    const bytes salt(8, 1);
    const auto spent = [&](const formats::detail::kdf_scheme& kdf) {
        const formats::detail::pfx_password secret_text = formats::detail::encode_password(as_bytes(password));
        const double took =
            timed(1, [&] { (void)formats::detail::derive(kdf, formats::detail::kdf_use::mac, kdf.key_bytes, secret_text); });
        return took * 1e7 / static_cast<double>(kdf.cost.iterations * kdf.cost.weight);
    };
    fmt::print("seconds for a total_cost of 10 000 000:");
    for (const auto& row : formats::detail::hmac_hashes)
        fmt::print(" PBKDF2 {} {:.1f}", row.name,
                   spent({.kind = formats::detail::kdf_kind::pbkdf2,
                          .hash = row.name,
                          .salt = salt,
                          .iterations = 20'000,
                          .key_bytes = row.bytes,
                          .cost = {20'000, row.weight, 0}}));
    for (const auto& row : formats::detail::mac_hashes)
        fmt::print(" MAC {} {:.1f}", row.name,
                   spent({.hash = row.name, .salt = salt, .iterations = 50'000, .key_bytes = row.bytes, .cost = {50'000, row.weight, 0}}));
    fmt::print(" scrypt {:.1f}\n", spent({.kind = formats::detail::kdf_kind::scrypt,
                                          .hash = "",
                                          .salt = salt,
                                          .iterations = 16'384,
                                          .r = 8,
                                          .p = 1,
                                          .key_bytes = 32,
                                          .cost = {2 * 16'384 * 8, 1, 0}}));
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 15;
    compare("RSA-2048, AES, 2 048 iterations", "ossl-default-rsa2048.p12", rounds, 20);
    compare("P-256, AES, 2 048 iterations", "ossl-default-p256.p12", rounds, 20);
    compare("RSA-2048, 3DES, 2 048 iterations", "ossl-legacy-descert.p12", rounds, 20);
    compare("P-256, AES, 100 000 iterations", "ossl-iter-100000.p12", rounds, 1);
    look("ossl-default-rsa4096.p12");
    refusals();
    budget();
}
