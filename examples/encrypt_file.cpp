// SPDX-License-Identifier: Apache-2.0
// One file, sealed and opened with a key of one's own, in the AWS Encryption SDK's format: its official clients open
// `report.csv.esdk` with a raw AES keyring of the same namespace, name and key. The context stands in the clear, is proven
// on opening, and ties the file to its tenant. Files of any size pass in frames, through little memory, and appear whole
// or not at all; a key that comes from a service is a lease from `svc.open(...)` in the place of the keyring.
#include <keywright/adapters/file/message_file.hpp>
#include <keywright/keys/raw_aes_keyring.hpp>
#include <keywright/throwing.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

using namespace keywright;

namespace {

keys::encryption_context context_of(const char* tenant) { return or_throw(keys::encryption_context::make({{"tenant", tenant}})); }

void tell(const char* what, const result<envelope::message_info>& opened) {
    if (!opened) return void(std::printf("%-28s%s: %s\n", what, name(opened.error().code), opened.error().text));
    std::printf("%-28sgenuine, frames of %u bytes, context:", what, opened->frame_length);
    for (const auto& [key, value] : opened->context.pairs()) std::printf(" %s=%s", key.c_str(), value.c_str());
    std::printf("\n");
}

} // namespace

int main() {
    const auto key = or_throw(keys::random_secret()); // yours comes from where you keep it
    const auto keyring = or_throw(keys::raw_aes_keyring::make("acme", "reports 2026", key));
    {
        std::ofstream report("report.csv");
        for (int row = 0; row < 100'000; ++row) report << row << ",4711,EUR,19.99\n";
    }

    int calls = 0;
    const auto count = [&](std::uint64_t, std::uint64_t) { ++calls; }; // done, total: a progress bar goes here
    or_throw(file::seal_file(keyring, "report.csv", "report.csv.esdk", context_of("contoso"), count));
    std::printf("%-28s%ju bytes, from %ju; told of its progress %d times\n",
                "sealed:", std::uintmax_t{std::filesystem::file_size("report.csv.esdk")},
                std::uintmax_t{std::filesystem::file_size("report.csv")}, calls);

    const envelope::open_options of_contoso{.expected = context_of("contoso")}, of_fabrikam{.expected = context_of("fabrikam")};
    tell("opened for contoso:", file::open_message(keyring, "report.csv.esdk", "again.csv", of_contoso));
    tell("opened for fabrikam:", file::open_message(keyring, "report.csv.esdk", "stolen.csv", of_fabrikam));
    const auto stranger = or_throw(keys::raw_aes_keyring::make("acme", "reports 2025", or_throw(keys::random_secret())));
    tell("with another key:", file::open_message(stranger, "report.csv.esdk", "stolen.csv"));

    std::filesystem::resize_file("report.csv.esdk", 1'000'000);
    tell("cut off:", file::open_message(keyring, "report.csv.esdk", "stolen.csv"));
    std::printf("%-28s%s\n", "left behind by failures:", std::filesystem::exists("stolen.csv") ? "a file" : "nothing");

    std::ifstream before("report.csv"), after("again.csv");
    const bool same = std::equal(std::istreambuf_iterator<char>(before), {}, std::istreambuf_iterator<char>(after), {});
    std::printf("%-28s%s\n", "what came out is:", same ? "what went in" : "something else");
}
