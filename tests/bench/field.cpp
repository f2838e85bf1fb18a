// SPDX-License-Identifier: Apache-2.0
// Fields of 64 bytes, sealed and opened, beside one bare call of Botan's AEAD with a fixed nonce over the same bytes:
// each round times both, in turns; printed are the medians and their ratio.
#include <keywright/envelope/column.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <vector>

#include <time.h>

using namespace keywright;

namespace {

constexpr int rounds = 15, calls = 200'000;

// Processor time: other programs on the machine do not count.
double nanoseconds(const std::function<void()>& call) {
    const auto now = [] {
        timespec t{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return 1e9 * static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec);
    };
    const double from = now();
    for (int i = 0; i < calls; ++i) call();
    return (now() - from) / calls;
}
double median(std::vector<double> all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
}
void compare(const char* what, const std::function<void()>& ours, const std::function<void()>& bare) {
    std::vector<double> a, b;
    for (int i = 0; i < rounds; ++i) {
        a.push_back(nanoseconds(ours));
        b.push_back(nanoseconds(bare));
    }
    std::printf("%-24s %7.0f ns  %5.2f million/s   bare AEAD call %6.0f ns   ratio %.2f\n", what, median(a), 1000 / median(a), median(b),
                median(a) / median(b));
}
template <class T>
T must(result<T>&& r) {
    if (!r) std::printf("failed: %s\n", r.error().text), std::exit(1);
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

keys::data_key_lease a_lease() {
    std::vector<keys::leased_key> list;
    list.push_back({{environment_id{"prod"}, keys::data_purpose::field, 1}, must(keys::random_secret()), true, 10});
    return must(
        keys::data_key_lease::grant(std::make_shared<keys::epoch_watch>(1), 1, std::move(list), {.max_age = std::chrono::hours(1)}));
}

void measure(const char* name, envelope::field_suite suite, const keys::data_key_lease& lease) {
    auto keys = must(envelope::keyset::generate(suite));
    for (int i = 0; i < 4; ++i) (void)must(keys.reserve(0));
    const bytes value(64, 'v'), ad(60, 'a');
    const bool looks_up = suite == envelope::field_suite::aes256_siv;
    bytes out(value.size() + (looks_up ? 21 : 33));

    auto bare = Botan::AEAD_Mode::create_or_throw(name, Botan::Cipher_Dir::Encryption);
    bare->set_key(bytes(looks_up ? 64 : 32, 1));
    const bytes nonce(looks_up ? 0 : 12);
    Botan::secure_vector<std::uint8_t> buffer;
    const auto bare_call = [&] {
        bare->set_associated_data(ad);
        bare->start(nonce);
        buffer.assign(value.begin(), value.end());
        bare->finish(buffer);
    };
    std::printf("%s\n", name);
    if (looks_up) {
        auto column = must(envelope::lookup_column::make({tenant_id{"contoso"}, "users", "email"}, keys, lease));
        const bytes cell = must(column.seal(value));
        compare("  seal", [&] { (void)must(column.seal(value)); }, bare_call);
        compare("  open", [&] { (void)must(column.open(cell)); }, bare_call);
        return;
    }
    auto column = must(envelope::column::make({tenant_id{"contoso"}, "users", "email"}, keys, lease));
    const bytes cell = must(column.seal("4711", value));
    compare("  seal into memory", [&] { must(column.seal("4711", value, out)); }, bare_call);
    compare("  seal", [&] { (void)must(column.seal("4711", value)); }, bare_call);
    compare("  open", [&] { (void)must(column.open("4711", cell)); }, bare_call);
}

} // namespace

int main() {
    const auto lease = a_lease();
    measure("AES-256/GCM-SIV", envelope::field_suite::aes256_gcm_siv, lease);
    measure("AES-256/GCM", envelope::field_suite::aes256_gcm, lease);
    measure("AES-256/SIV", envelope::field_suite::aes256_siv, lease);
}
