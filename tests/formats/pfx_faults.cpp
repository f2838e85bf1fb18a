// SPDX-License-Identifier: Apache-2.0
// Files with one fault each: tests/data/pfx/faults.tsv names a good file, one node of it, what is done to that node and
// what must come of it. Everything above the node, the MAC included, is made anew, so that nothing else is wrong.
#include "craft.hpp"

#include <keywright/formats/pfx_reader.hpp>

#include <map>
#include <set>

using namespace keywright;
using namespace keywright::formats;
using samples::secret;

namespace {

enum field : std::size_t { title, base, node, change, limits, outcome, text };

bytes unhex(std::string_view text) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    bytes out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) out.push_back(static_cast<std::uint8_t>(16 * digit(text[i]) + digit(text[i + 1])));
    return out;
}

/// Builds one good file, and does something to one node on the way.
class forge {
public:
    forge(std::string base, std::string node, std::string change)
        : base_(std::move(base)), node_(std::move(node)), change_(std::move(change)) {}

    bytes file() {
        bytes safes = base_ == "open" ? bytes{} : n("safe", encrypted_safe());
        append(safes, n("plain-safe", plain_safe()));
        const bytes content = n("contents", craft::tlv(0x30, safes));
        const bytes authsafe =
            n("authsafe", craft::seq({n("authsafe.type", craft::oid("1.2.840.113549.1.7.1")),
                                      n("authsafe.wrap", craft::explicit0(n("authsafe.octets", craft::octets(content))))}));
        bytes mac = base_ == "open" ? bytes{} : n("mac", mac_data(content));
        return n("pfx", craft::seq({n("version", craft::integer(3)), authsafe, mac}));
    }
    bool hit() const noexcept { return hits_ == 1; }

private:
    /// The node of this name: changed, when it is the one.
    bytes n(const std::string& name, const bytes& good) {
        if (name != node_) return good;
        ++hits_;
        bytes out = good;
        const std::string what = change_.substr(0, change_.find(' '));
        const std::string with = change_.find(' ') == std::string::npos ? "" : change_.substr(change_.find(' ') + 1);
        if (what == "be") return unhex(with);
        if (what == "gone") return {};
        if (what == "then") return craft::join({good, unhex(with)});
        if (what == "cut") return {good.begin(), good.end() - 1};
        if (what == "tag") return out[0] = unhex(with)[0], out;
        if (what == "length") return out[1] = unhex(with)[0], out;
        if (what == "holds") return craft::tlv(good[0], unhex(with));
        if (what == "end-flip") return out.back() = static_cast<std::uint8_t>(out.back() ^ 1), out;
        REQUIRE(what == "times");
        out.clear();
        for (int i = std::stoi(with); i > 0; --i) append(out, good);
        return out;
    }

    bytes scheme(const std::string& at, std::size_t iterations, byte_view salt) {
        const bytes salted = n(at + ".salt", craft::octets(salt)), counted = n(at + ".iterations", craft::integer(iterations));
        if (base_ == "3des")
            return n(at + ".algorithm", craft::seq({n(at + ".oid", craft::oid("1.2.840.113549.1.12.1.3")),
                                                    n(at + ".parameters", craft::seq({salted, counted}))}));
        const bytes prf = n(at + ".prf", craft::seq({n(at + ".prf.oid", craft::oid("1.2.840.113549.2.9")), craft::tlv(0x05, {})}));
        const bytes scrypt = base_ == "scrypt" ? craft::seq({salted, n(at + ".n", craft::integer(16)), n(at + ".r", craft::integer(2)),
                                                             n(at + ".p", craft::integer(1)), n(at + ".length", craft::integer(32))})
                                               : craft::seq({salted, counted, n(at + ".length", craft::integer(32)), prf});
        const bytes kdf = n(
            at + ".kdf", craft::seq({n(at + ".kdf.oid", craft::oid(base_ == "scrypt" ? "1.3.6.1.4.1.11591.4.11" : "1.2.840.113549.1.5.12")),
                                     n(at + ".kdf.parameters", scrypt)}));
        const bytes cipher =
            n(at + ".cipher",
              craft::seq({n(at + ".cipher.oid", craft::oid("2.16.840.1.101.3.4.1.42")), n(at + ".iv", craft::octets(craft::iv))}));
        return n(at + ".algorithm",
                 craft::seq({n(at + ".oid", craft::oid("1.2.840.113549.1.5.13")), n(at + ".parameters", craft::seq({kdf, cipher}))}));
    }
    bytes sealed(byte_view plain, std::size_t iterations, byte_view salt) const {
        Botan::secure_vector<std::uint8_t> key(base_ == "3des" ? 24 : 32), iv(craft::iv.begin(), craft::iv.end()),
            out(plain.begin(), plain.end());
        if (base_ == "3des") {
            const auto pkcs12 = [&](const char* kdf, Botan::secure_vector<std::uint8_t>& to) {
                Botan::PasswordHashFamily::create_or_throw(kdf)->from_iterations(iterations)->hash(to, "x", salt);
            };
            iv.resize(8);
            pkcs12("PKCS12-KDF(SHA-1,1)", key);
            pkcs12("PKCS12-KDF(SHA-1,2)", iv);
        } else if (base_ == "scrypt") {
            Botan::PasswordHashFamily::create_or_throw("Scrypt")->from_params(16, 2, 1)->hash(key, "x", salt);
        } else {
            Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(SHA-256))")->from_iterations(iterations)->hash(key, "x", salt);
        }
        const auto cipher =
            Botan::Cipher_Mode::create_or_throw(base_ == "3des" ? "TripleDES/CBC" : "AES-256/CBC", Botan::Cipher_Dir::Encryption);
        cipher->set_key(key);
        cipher->start(iv);
        cipher->finish(out);
        return {out.begin(), out.end()};
    }

    bytes encrypted_safe() {
        const bytes certificate =
            n("cert.value", craft::seq({n("cert.type", craft::oid("1.2.840.113549.1.9.22.1")),
                                        n("cert.wrap", craft::explicit0(n("cert.octets", craft::octets(bytes(20, 0x30)))))}));
        const bytes bag =
            n("cert.bag",
              craft::seq({n("cert.id", craft::oid("1.2.840.113549.1.12.10.1.3")), n("cert.value-wrap", craft::explicit0(certificate))}));
        const bytes ciphertext = sealed(n("safe.plain", craft::seq({bag})), 4, craft::other_salt);
        const bytes info =
            n("safe.info", craft::seq({n("safe.content-type", craft::oid("1.2.840.113549.1.7.1")), scheme("safe", 4, craft::other_salt),
                                       n("safe.ciphertext", craft::tlv(0x80, ciphertext))}));
        return craft::seq({n("safe.type", craft::oid("1.2.840.113549.1.7.6")),
                           n("safe.wrap", craft::explicit0(n("safe.data", craft::seq({n("safe.version", craft::integer(0)), info}))))});
    }
    bytes plain_safe() {
        const bytes name = n("name", craft::seq({n("name.id", craft::oid("1.2.840.113549.1.9.20")),
                                                 n("name.values", craft::tlv(0x31, n("name.value", craft::tlv(0x1e, bytes{0, 'a'}))))}));
        const bytes id = n("id", craft::seq({n("id.id", craft::oid("1.2.840.113549.1.9.21")),
                                             n("id.values", craft::tlv(0x31, n("id.value", craft::octets(bytes{1}))))}));
        const bytes ciphertext = sealed(n("key.plain", samples::load("byok/target-p256.p8.der")), 3, craft::salt);
        const bytes value = n("key.value", craft::seq({scheme("key", 3, craft::salt), n("key.ciphertext", craft::octets(ciphertext))}));
        const bytes bag =
            n("key.bag", craft::seq({n("key.id", craft::oid("1.2.840.113549.1.12.10.1.2")), n("key.wrap", craft::explicit0(value)),
                                     n("key.attributes", craft::tlv(0x31, craft::join({name, id})))}));
        const bytes clear =
            base_ != "open"
                ? bytes{}
                : n("clear.bag",
                    craft::seq({n("clear.id", craft::oid("1.2.840.113549.1.12.10.1.1")),
                                n("clear.wrap", craft::explicit0(n("clear.value", samples::load("byok/target-p384.p8.der"))))}));
        const bytes nested = n("nested.bag", craft::seq({n("nested.id", craft::oid("1.2.840.113549.1.12.10.1.6")),
                                                         n("nested.wrap", craft::explicit0(n("nested.value", craft::seq({}))))}));
        const bytes bags = n("plain-safe.bags", craft::seq({bag, clear, nested}));
        return craft::seq({n("plain-safe.type", craft::oid("1.2.840.113549.1.7.1")),
                           n("plain-safe.wrap", craft::explicit0(n("plain-safe.octets", craft::octets(bags))))});
    }

    bytes mac_data(const bytes& content) {
        Botan::secure_vector<std::uint8_t> key(32);
        const bool pbmac1 = base_ == "pbmac1";
        Botan::PasswordHashFamily::create_or_throw(pbmac1 ? "PBKDF2(HMAC(SHA-256))" : "PKCS12-KDF(SHA-256,3)")
            ->from_iterations(5)
            ->hash(key, "x", craft::salt);
        const auto hmac = Botan::MessageAuthenticationCode::create_or_throw("HMAC(SHA-256)");
        hmac->set_key(key);
        hmac->update(content);
        const auto tag = hmac->final();
        const bytes kdf =
            n("mac.kdf", craft::seq({n("mac.kdf.oid", craft::oid("1.2.840.113549.1.5.12")),
                                     craft::seq({n("mac.kdf.salt", craft::octets(craft::salt)), n("mac.kdf.iterations", craft::integer(5)),
                                                 n("mac.kdf.length", craft::integer(32)),
                                                 n("mac.prf", craft::seq({n("mac.prf.oid", craft::oid("1.2.840.113549.2.9"))}))})}));
        const bytes hash = n("mac.hmac", craft::seq({n("mac.hmac.oid", craft::oid("1.2.840.113549.2.9"))}));
        const bytes algorithm =
            pbmac1 ? n("mac.algorithm",
                       craft::seq({n("mac.oid", craft::oid("1.2.840.113549.1.5.14")), n("mac.parameters", craft::seq({kdf, hash}))}))
                   : n("mac.algorithm", craft::seq({n("mac.oid", craft::oid("2.16.840.1.101.3.4.2.1"))}));
        const bytes digest = n("mac.digest", craft::seq({algorithm, n("mac.value", craft::octets(tag))}));
        return craft::seq({digest, n("mac.salt", craft::octets(craft::salt)), n("mac.iterations", craft::integer(5))});
    }

    std::string base_, node_, change_;
    int hits_ = 0;
};

/// `name=number` one after the other.
pfx_limits read_limits(const std::string& text) {
    pfx_bounds bounds;
    const std::map<std::string, std::size_t pfx_bounds::*> sizes{{"file_bytes", &pfx_bounds::file_bytes},
                                                                 {"depth", &pfx_bounds::depth},
                                                                 {"safes", &pfx_bounds::safes},
                                                                 {"bags", &pfx_bounds::bags},
                                                                 {"key_bytes", &pfx_bounds::key_bytes},
                                                                 {"certificate_bytes", &pfx_bounds::certificate_bytes},
                                                                 {"scrypt_bytes", &pfx_bounds::scrypt_bytes}};
    if (text.empty()) return {};
    const std::string name = text.substr(0, text.find('='));
    const std::uint64_t number = std::stoull(text.substr(name.size() + 1));
    if (name == "iterations")
        bounds.iterations = number;
    else if (name == "total_cost")
        bounds.total_cost = number;
    else
        bounds.*sizes.at(name) = number;
    return pfx_limits(bounds);
}
result<pfx_contents> open(const bytes& file, const std::string& base, const std::string& limits = {}) {
    pfx_options options{.limits = read_limits(limits)};
    if (base == "open") options.without_mac = accept_unauthenticated{"this base has no MAC"};
    return open_pfx(file, secret("x"), options);
}

} // namespace

TEST_CASE("open_pfx: the good files that faults are made of open") {
    for (const char* base : {"pbes2", "3des", "scrypt", "pbmac1", "open"}) {
        CAPTURE(std::string(base));
        const auto opened = open(forge(base, "", "").file(), base);
        REQUIRE_MESSAGE(opened, opened.error().text);
        CHECK(opened->keys.size() == (std::string(base) == "open" ? 2u : 1u));
        CHECK(opened->keys[0].friendly_name == "a");
        CHECK(opened->keys[0].local_key_id == bytes{1});
    }
}

TEST_CASE("open_pfx: one fault, one refusal, as the table of faults says") {
    const auto rows = samples::table("pfx/faults.tsv");
    std::set<std::string> titles;
    std::size_t refused = 0;
    for (const auto& row : rows) {
        CAPTURE(row[field::title]);
        REQUIRE(row.size() == 7);
        CHECK(titles.insert(row[field::title]).second);
        forge made(row[field::base], row[field::node], row[field::change]);
        const bytes file = made.file();
        CHECK_MESSAGE((made.hit() || row[field::node].empty()), "no such node: " << row[field::node]);
        const auto opened = open(file, row[field::base], row[field::limits]);
        CHECK((opened ? "ok" : name(opened.error().code)) == row[field::outcome]);
        CHECK((opened ? "" : opened.error().text) == row[field::text]);
        if (!opened) ++refused;
    }
    CHECK(refused >= 150);
}
