// SPDX-License-Identifier: Apache-2.0
#include "examine.hpp"

#include <keywright/core/hex.hpp>
#include <keywright/formats/pem.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <botan/data_src.h>
#include <botan/hash.h>
#include <botan/pem.h>
#include <botan/pkcs8.h>
#include <botan/pwdhash.h>
#include <botan/rsa.h>
#include <botan/system_rng.h>
#include <botan/x509_key.h>

#include <chrono>
#include <utility>

namespace inspect_key {

using namespace keywright;
using formats::key_file_kind;

namespace {

/// How long so many iterations take here; the unit of cost is one iteration of PBKDF2 with SHA-256.
double seconds_for(std::uint64_t cost) {
    constexpr std::size_t trial = 10'000;
    const auto kdf = Botan::PasswordHashFamily::create_or_throw("PBKDF2(HMAC(SHA-256))")->from_iterations(trial);
    bytes out(32), salt(8);
    const auto begin = std::chrono::steady_clock::now();
    kdf->hash(out, "measured", salt);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return took.count() * static_cast<double>(cost) / static_cast<double>(trial);
}

void add_key(report& r, const Botan::Private_Key& key, std::string name, byte_view certificate) {
    auto facts = keys::inspect(key, Botan::system_rng());
    const auto weak = keys::weaknesses_of(key);
    if (!facts || !weak) {
        r.trouble = facts ? weak.error() : facts.error();
        return;
    }
    key_report k{std::move(name), std::move(*facts), *weak, std::nullopt};
    if (!certificate.empty())
        if (const auto c = keys::certificate_facts_of(certificate, k.facts.identity.print)) k.certificate = *c;
    r.keys.push_back(std::move(k));
}

/// A certificate that names a key but holds another one.
byte_view claimed(const formats::pfx_contents& contents, const formats::pfx_key& key) {
    if (!key.certificate.empty()) return key.certificate;
    for (const auto& c : contents.other_certificates)
        if (!key.local_key_id.empty() && c.local_key_id == key.local_key_id) return c.der;
    return {};
}

void open_pfx(report& r, const question& q) {
    const formats::pfx_options how{.limits = {}, .without_mac = formats::accept_unauthenticated{"looked at, not taken"}, .work = nullptr};
    const auto contents =
        q.password ? formats::open_pfx(q.content, *q.password, how) : formats::open_pfx(q.content, formats::no_password, how);
    if (!contents) {
        r.trouble = contents.error();
        return;
    }
    r.opened = true;
    r.certificates_alone = contents->other_certificates.size();
    for (const auto& key : contents->keys) add_key(r, *key.key, key.friendly_name, claimed(*contents, key));
}

void examine_pfx(report& r, const question& q) {
    r.kind = "pfx";
    r.description = "a PFX (PKCS#12)";
    auto outline = formats::outline_pfx(q.content);
    if (!outline) {
        r.trouble = outline.error();
        return;
    }
    r.made_by = guess_producer(*outline, q.content);
    r.seconds = seconds_for(outline->visible_cost);
    r.outline = std::move(*outline);
    open_pfx(r, q);
}

// --- keys and certificates that nothing wraps ---

void add_public(report& r, const Botan::Public_Key& key, byte_view certificate) {
    auto facts = keys::inspect_public(key);
    const auto weak = keys::weaknesses_of(key);
    if (!facts || !weak) {
        r.trouble = facts ? weak.error() : facts.error();
        return;
    }
    key_report k{{}, std::move(*facts), *weak, std::nullopt};
    if (!certificate.empty())
        if (const auto c = keys::certificate_facts_of(certificate, k.facts.identity.print)) k.certificate = *c;
    r.keys.push_back(std::move(k));
}

/// PKCS#8 under a password, within the limits of a PFX.
void open_encrypted(report& r, const question& q) {
    if (!q.password) {
        r.trouble = error{errc::password_needed, "pkcs8: the key is encrypted, and no password was given"};
        return;
    }
    const auto opened = formats::open_encrypted_key(q.content, *q.password);
    if (!opened) {
        r.trouble = opened.error();
        return;
    }
    r.opened = true;
    r.trouble.reset();
    add_key(r, *opened->key, {}, {});
}

/// Whether this form fits; each reader throws at what is not its own.
template <class Read>
bool fits(Read&& read) {
    try {
        read();
        return true;
    } catch (const Botan::Exception&) {
        return false;
    }
}

} // namespace

void examine_loose(report& r, const bytes& content) {
    constexpr std::size_t no_key_is_larger = 64 << 10;
    if (content.size() > no_key_is_larger || (r.kind.find("pem") == std::string::npos && r.kind.find("der") == std::string::npos)) return;
    const auto unread = std::exchange(r.trouble, std::nullopt);
    const auto pkcs1 = [&](byte_view der) {
        add_key(r, Botan::RSA_PrivateKey(Botan::AlgorithmIdentifier("RSA", Botan::AlgorithmIdentifier::USE_NULL_PARAM), der), {}, {});
    };
    r.opened = fits([&] { pkcs1(content); }) || fits([&] {
                   Botan::DataSource_Memory in(content);
                   pkcs1(Botan::PEM_Code::decode_check_label(in, "RSA PRIVATE KEY"));
               }) ||
               fits([&] {
                   Botan::DataSource_Memory in(content);
                   add_key(r, *Botan::PKCS8::load_key(in), {}, {});
               }) ||
               fits([&] {
                   Botan::DataSource_Memory in(content);
                   const Botan::X509_Certificate certificate(in);
                   add_public(r, *certificate.subject_public_key(), certificate.BER_encode());
               }) ||
               fits([&] {
                   Botan::DataSource_Memory in(content);
                   add_public(r, *Botan::X509::load_key(in), {});
               });
    if (!r.opened) r.trouble = unread;
}

report examine(const question& q) {
    report r;
    r.path = q.path;
    r.asked_at = q.now;
    r.bytes = q.content.size();
    r.sha256 = to_hex(Botan::HashFunction::create_or_throw("SHA-256")->process<bytes>(q.content));
    r.password_given = q.password.has_value();
    const auto kind = formats::recognise(q.content);
    if (kind == key_file_kind::pfx)
        examine_pfx(r, q);
    else {
        describe(r, q.content, kind);
        if (kind == key_file_kind::pem_encrypted_key || kind == key_file_kind::der_encrypted_key)
            open_encrypted(r, q);
        else
            examine_loose(r, q.content);
    }
    ask_profiles(r, q, kind);
    advise(r);
    return r;
}

} // namespace inspect_key
