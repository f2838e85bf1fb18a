// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

using world::tenant;

namespace {

using namespace keywright;

struct log_of {
    bytes key;
    std::vector<bytes> records;

    explicit log_of(tenant& t) {
        key = t.vault.find(service::vault_ids::audit(world::contoso))->public_key;
        const auto stored = t.memory.scan(service::records::log_prefix(world::contoso), "", 10'000);
        for (const auto& r : *stored) records.push_back(r.value);
    }
    /// The first record that does not verify, or none.
    std::optional<error> verify() const {
        auto verifier = service::audit_verifier::make(key);
        for (const bytes& r : records)
            if (auto next = verifier->next(r); !next) return next.error();
        return std::nullopt;
    }
};

log_of long_log() {
    tenant t;
    tenant::must(t.upload());
    tenant::must(t.apply(world::prod));
    return log_of(t);
}

void replace(bytes& in, std::string_view from, std::string_view to) {
    std::string text(as_text(in));
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    in.assign(text.begin(), text.end());
}

} // namespace

TEST_CASE("audit: an untouched log verifies, and its numbers have no gaps") {
    const auto log = long_log();
    REQUIRE(log.records.size() > 8);
    CHECK_FALSE(log.verify().has_value());
    for (std::size_t i = 0; i < log.records.size(); ++i) CHECK(service::read_audit(log.records[i])->number == i + 1);
}

TEST_CASE("audit: every changed byte of a record is noticed") {
    const auto log = long_log();
    for (std::size_t at = 0; at < log.records[3].size(); ++at) {
        auto changed = log;
        changed.records[3][at] ^= 0x01;
        CAPTURE(at);
        // A changed escape or digit may spell the same JSON value; then nothing that was said has changed.
        const auto same = service::parse_record(changed.records[3]);
        const auto original = service::parse_record(log.records[3]);
        if (same && *same == *original) continue;
        CHECK(changed.verify().has_value());
    }
}

TEST_CASE("audit: a record that is dropped, repeated, swapped or cut off in the middle is noticed") {
    const auto log = long_log();
    auto dropped = log;
    dropped.records.erase(dropped.records.begin() + 2);
    CHECK(dropped.verify()->code == errc::corrupt);
    auto repeated = log;
    repeated.records.insert(repeated.records.begin() + 2, repeated.records[2]);
    CHECK(repeated.verify()->code == errc::corrupt);
    auto swapped = log;
    std::swap(swapped.records[2], swapped.records[3]);
    CHECK(swapped.verify()->code == errc::corrupt);
}

TEST_CASE("audit: a log cut off at its end verifies by itself, and differs from the head that mails carry") {
    tenant t;
    tenant::must(t.upload());
    auto log = log_of(t);
    log.records.pop_back();
    CHECK_FALSE(log.verify().has_value());
    auto verifier = service::audit_verifier::make(log.key);
    for (const bytes& r : log.records) REQUIRE(verifier->next(r).has_value());
    CHECK(to_hex(verifier->head().hash) != t.mail.notices().back().head_hash);
}

TEST_CASE("audit: a record rewritten with a right hash but without the key fails by its signature") {
    auto log = long_log();
    const auto of_alice = std::find_if(log.records.begin(), log.records.end(),
                                       [](const bytes& r) { return as_text(r).find("alice") != std::string_view::npos; });
    REQUIRE(of_alice != log.records.end());
    replace(*of_alice, "alice", "carol");
    const auto outer = service::parse_record(*of_alice);
    const auto hash = service::detail::sha256(as_bytes((*outer)["record"].get<std::string>()));
    replace(*of_alice, (*outer)["hash"].get<std::string>(), to_hex(hash));
    REQUIRE(log.verify().has_value());
    CHECK(log.verify()->code == errc::authentication_failed);
}

TEST_CASE("audit: another tenant's key verifies nothing") {
    const auto log = long_log();
    auto other = log;
    other.key = long_log().key;
    CHECK(other.verify()->code == errc::authentication_failed);
}

TEST_CASE("audit: Python and openssl verify the log by its published format alone") {
    if (std::system("python3 -c 'import json' && openssl version > /dev/null") != 0) {
        MESSAGE("SKIPPED: python3 or openssl is not here");
        return;
    }
    const auto log = long_log();
    const std::string folder = std::string(KEYWRIGHT_BINARY_DIR) + "/audit-interop";
    REQUIRE(std::system(("rm -rf '" + folder + "' && mkdir -p '" + folder + "'").c_str()) == 0);
    std::ofstream(folder + "/key.der", std::ios::binary)
        .write(reinterpret_cast<const char*>(log.key.data()), static_cast<std::streamsize>(log.key.size()));
    std::ofstream lines(folder + "/log.jsonl");
    for (const bytes& r : log.records) lines << as_text(r) << "\n";
    lines.close();
    const std::string check = "cd '" + folder + R"(' && python3 - <<'PY'
import hashlib, json, subprocess, sys
previous, number = "0" * 64, 0
for line in open("log.jsonl", encoding="utf-8"):
    outer = json.loads(line)
    text = outer["record"].encode()
    inner = json.loads(text)
    number += 1
    assert hashlib.sha256(text).hexdigest() == outer["hash"]
    assert inner["previous"] == previous and inner["number"] == number
    assert json.dumps(inner, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == text
    open("text", "wb").write(text)
    open("signature", "wb").write(bytes.fromhex(outer["signature"]))
    subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "text", "-sigfile", "signature"],
                   check=True, stdout=subprocess.DEVNULL)
    previous = outer["hash"]
assert number > 8
PY)";
    CHECK(std::system(check.c_str()) == 0);
}
