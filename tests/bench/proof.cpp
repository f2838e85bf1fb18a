// SPDX-License-Identifier: Apache-2.0
// What a proof costs for each MiB: random bytes, as ciphertext is; with primes to look for; text that is all base64;
// and zeros. Usage: bench_proof [MiB] [threads]
#include <keywright/service/proof.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <botan/base64.h>
#include <botan/system_rng.h>
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

using namespace keywright;

namespace {

void measure(const char* what, const std::string& data, bool with_primes, unsigned threads) {
    const testing::temporary_folder folder;
    std::ofstream(folder / "data", std::ios::binary) << data;
    service::proof_request request{.places = {folder.path()}};
    request.threads = threads;
    request.checks.secrets = {service::key_check{1}, service::key_check{2}};
    if (with_primes) request.checks.primes = {{service::key_check{3}, 2048}, {service::key_check{4}, 2048}};
    const auto begun = std::chrono::steady_clock::now();
    const auto cpu = std::clock();
    const auto found = service::find_survivors(request);
    if (!found || !found->clean()) std::abort();
    const double mib = static_cast<double>(data.size()) / (1 << 20);
    fmt::print("{:<28} {:7.1f} ms per MiB, {:7.1f} ms of a core per MiB\n", what,
               std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count() / mib,
               1000.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / mib);
}

} // namespace

int main(int argc, char** argv) {
    const std::size_t mib = argc > 1 ? static_cast<std::size_t>(std::atoi(argv[1])) : 16;
    const unsigned threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 2;
    std::string random(mib << 20, '\0');
    Botan::system_rng().randomize(reinterpret_cast<std::uint8_t*>(random.data()), random.size());
    const auto text = Botan::base64_encode(as_bytes(random).first(random.size() / 4 * 3));
    measure("random", random, false, threads);
    measure("random, with primes", random, true, threads);
    measure("base64", text, false, threads);
    measure("base64, with primes", text, true, threads);
    measure("zeros, with primes", std::string(mib << 20, '\0'), true, threads);
}
