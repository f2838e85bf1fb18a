// SPDX-License-Identifier: Apache-2.0
// 193 files from a dozen producers against what OpenSSL makes of them; tests/data/pfx/README.md says where from.
#include "samples.hpp"

#include <keywright/formats/pfx_reader.hpp>
#include <keywright/keys/fingerprint.hpp>

#include <set>

using namespace keywright;
using namespace keywright::formats;

namespace {

enum field : std::size_t { file, password, outcome, text, keys, certificates, mac, encrypted, prints, alias, closed };

const pfx_options lenient{.without_mac = accept_unauthenticated{"the table says which files have no MAC"}};

std::string prints_of(const pfx_contents& contents) {
    std::string out;
    for (const pfx_key& k : contents.keys) {
        const auto half = keys::fingerprint_of(*k.key);
        REQUIRE(half);
        CHECK(half->print == k.print);
        out += (out.empty() ? "" : " ") + samples::hex(half->print.bytes);
    }
    return out;
}

void check_opened(const std::vector<std::string>& row, const pfx_contents& contents) {
    std::size_t found = contents.other_certificates.size();
    bool all_encrypted = true;
    for (const pfx_key& k : contents.keys) {
        if (!k.certificate.empty()) ++found;
        all_encrypted = all_encrypted && k.encrypted;
        CHECK(k.match != certificate_match::mismatch);
        CHECK((k.match == certificate_match::matched) == !k.certificate.empty());
    }
    CHECK(std::to_string(contents.keys.size()) == row[field::keys]);
    CHECK(std::to_string(found) == row[field::certificates]);
    CHECK(contents.has_mac == (row[field::mac] == "1"));
    CHECK(all_encrypted == (row[field::encrypted] == "1"));
    CHECK(prints_of(contents) == row[field::prints]);
    std::string closed;
    for (const pfx_closed_safe& safe : contents.closed_safes) {
        closed += (closed.empty() ? "" : " ") + safe.algorithm;
        CHECK(safe.why == closed_because::unsupported);
        CHECK(std::string(safe.text) == row[field::text]);
        CHECK(safe.length > 0);
    }
    CHECK(closed == row[field::closed]);
    if (!contents.keys.empty()) CHECK(contents.keys[0].friendly_name == row[field::alias]);
}

} // namespace

TEST_CASE("open_pfx: 193 files of a dozen producers come out as their table says") {
    const auto rows = samples::table("pfx/expected.tsv");
    REQUIRE(rows.size() == 193);
    std::size_t opened = 0;
    for (const auto& row : rows) {
        CAPTURE(row[field::file]);
        REQUIRE(row.size() == 11);
        const auto result = open_pfx(samples::load("pfx/" + row[field::file]), samples::secret(row[field::password]), lenient);
        if (row[field::outcome] == "ok") {
            CHECK(result);
            if (result) check_opened(row, *result), ++opened;
        } else {
            CHECK_FALSE(result);
            if (result) continue;
            CHECK(std::string(name(result.error().code)) == row[field::outcome]);
            CHECK(std::string(result.error().text) == row[field::text]);
        }
    }
    CHECK(opened == 162);
}

TEST_CASE("open_pfx: of the same files, exactly those without a MAC are unauthenticated unless that is accepted") {
    std::size_t refused = 0;
    for (const auto& row : samples::table("pfx/expected.tsv")) {
        if (row[field::outcome] != "ok" || row[field::mac] == "1") continue;
        CAPTURE(row[field::file]);
        pfx_work work;
        const auto result = open_pfx(samples::load("pfx/" + row[field::file]), samples::secret(row[field::password]), {.work = &work});
        CHECK_FALSE(result);
        if (!result) CHECK(result.error().code == errc::unauthenticated);
        CHECK(work.derivations == 0);
        ++refused;
    }
    CHECK(refused == 18);
}

TEST_CASE("open_pfx: a wrong password opens none of the encrypted files, and says so with one code") {
    std::size_t tried = 0;
    for (const auto& row : samples::table("pfx/expected.tsv")) {
        // One producer each is enough; the iteration counts of some would cost seconds.
        static const std::set<std::string> chosen{"ossl-default-rsa2048.p12",
                                                  "ossl-nomac.p12",
                                                  "ossl-mac-sha3-256.p12",
                                                  "kt-rsa2048.p12",
                                                  "forge-3des-ascii.p12",
                                                  "forge-nomac.p12",
                                                  "bc-pkcs12-3des-3des-ascii.p12",
                                                  "pyca48-best-ascii.p12",
                                                  "botan-3des.p12",
                                                  "ossl-pbe-none.p12",
                                                  "ossl-empty-pw.p12"};
        if (!chosen.contains(row[field::file])) continue;
        CAPTURE(row[field::file]);
        for (const char* wrong : {"test1235", "Test1234", "test1234 ", "test123", "\xf0\x9f\x94\x91"}) {
            const auto result = open_pfx(samples::load("pfx/" + row[field::file]), samples::secret(wrong), lenient);
            CHECK_FALSE(result);
            if (!result) CHECK(result.error().code == errc::authentication_failed);
        }
        ++tried;
    }
    CHECK(tried == 11);
}

TEST_CASE("open_pfx: the files of RFC 9879, appendix A: three valid PBMAC1, and three that must not verify") {
    for (const char* valid : {"a1", "a2", "a3"}) {
        CAPTURE(std::string(valid));
        const auto result = open_pfx(samples::load(std::string("pfx/pbmac1-") + valid + ".p12"), samples::secret("1234"));
        REQUIRE(result);
        CHECK(result->keys.size() == 1);
        CHECK(result->keys[0].match == certificate_match::matched);
        CHECK(result->keys_protected());
    }
    const auto refusal_of = [](const char* file) {
        const auto result = open_pfx(samples::load(std::string("pfx/pbmac1-") + file + ".p12"), samples::secret("1234"));
        return result ? "ok" : std::string(name(result.error().code)) + ": " + result.error().text;
    };
    const std::string does_not_hold = "authentication_failed: pfx: wrong password, or the file was altered: the MAC does not hold";
    const std::string no_length = "malformed: pfx: PBMAC1 needs a key length of 20 to 256 bytes";
    CHECK(refusal_of("a4") == does_not_hold); // wrong iteration count
    CHECK(refusal_of("a5") == does_not_hold); // wrong salt
    CHECK(refusal_of("a6") == no_length);
    CHECK(refusal_of("short-key") == no_length); // a MAC key so short that it can be guessed
    const auto wrong = open_pfx(samples::load("pfx/pbmac1-a1.p12"), samples::secret("1235"));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == errc::authentication_failed);
}
