// SPDX-License-Identifier: Apache-2.0
// What to do next, with the very commands. `FILE` stands for the file: its own name may hold what a shell acts on.
#include "examine.hpp"

#include <fmt/format.h>

namespace inspect_key {

using namespace keywright;

namespace {

void say(report& r, std::string text) { r.next.push_back(std::move(text)); }
void run(report& r, std::string command) { r.next.push_back("    " + std::move(command)); }

constexpr const char* from_pem = "openssl pkcs12 -export -nocerts -inkey key.pem -name 'tenant key' -out new.pfx";

/// The last step of every way: a PFX of a key that stands in key.pem.
void make_pfx(report& r) {
    run(r, from_pem);
    run(r, "shred -u key.pem");
}
void make_again(report& r) {
    say(r, "make the file again from the same key; it stays the same key, and its fingerprint the same:");
    run(r, "openssl pkcs12 -legacy -in FILE -nodes -nocerts -out key.pem");
    make_pfx(r);
}
void export_again(report& r) {
    say(r, "the file is damaged or cut off: compare its size and SHA-256 with the sender's, and have it exported again");
}

void advise_pfx(report& r) {
    if (r.outline && !r.outline->has_mac()) return make_again(r);
    if (!r.trouble) return;
    switch (r.trouble->code) {
    case errc::password_needed: return say(r, "give its password to look inside: --ask, --password-file or --password-env");
    case errc::authentication_failed:
        say(r, "check the password with another program; non-ASCII passwords differ between programs:");
        return run(r, "openssl pkcs12 -legacy -in FILE -info -noout");
    case errc::unsupported: return make_again(r);
    case errc::limit_exceeded:
        if (r.outline) return make_again(r);
        return say(r, "no key file is that large or nested: ask for the file itself, not for an archive of it");
    case errc::malformed: return export_again(r);
    default: return;
    }
}

void advise_private_key(report& r, const char* form) {
    say(r, "make a PFX with a password of it, and destroy what lies in the clear:");
    run(r, fmt::format("openssl pkey{} -in FILE -out key.pem", form));
    make_pfx(r);
}

void advise_other(report& r) {
    if (r.kind == "empty") return say(r, "the file is empty: have it sent again, as an attachment and not as text");
    if (r.kind == "byok_in_base64") {
        say(r, "this is the value that a REST request carries; decode it:");
        return run(r, "basenc --base64url -d FILE >key.byok");
    }
    if (r.kind == "pem_pfx") {
        say(r, "take off the lines that make it text:");
        return run(r, "sed '/^-----/d' FILE | base64 -d >new.pfx");
    }
    if (r.kind == "der_in_base64") {
        say(r, "decode it, and ask again:");
        return run(r, "base64 -d FILE >new.pfx");
    }
    if (r.kind == "openssh_key") {
        say(r, "turn it into PKCS#8, in place:");
        run(r, "ssh-keygen -p -m PKCS8 -f FILE");
        return advise_private_key(r, "");
    }
    if (r.kind == "pem_private_key" || r.kind == "pem_encrypted_key") return advise_private_key(r, "");
    if (r.kind == "der_private_key" || r.kind == "der_encrypted_key") return advise_private_key(r, " -inform DER");
    if (r.kind == "pem" || r.kind == "der") {
        say(r, "if this is a certificate, the private key is elsewhere: export key and certificate together, as PFX; to see what it is:");
        return run(r, r.kind == "pem" ? "openssl x509 -in FILE -noout -text" : "openssl asn1parse -inform DER -in FILE");
    }
    if (r.kind == "json" || r.kind == "jwk" || r.kind == "jose")
        return say(r, "ask for a PFX, or for a transfer file made with the vendor's BYOK tool");
    if (r.kind == "xml")
        return say(r, "ask for a PFX; an RMS trusted publishing domain holds its key in a form of its own and is not read");
    for (const auto& [name, value] : r.details) {
        if (value.find("JKS") == std::string::npos && value.find("JCEKS") == std::string::npos) continue;
        say(r, "convert it:");
        return run(r, "keytool -importkeystore -srckeystore FILE -destkeystore new.pfx -deststoretype PKCS12");
    }
    say(r, "ask which program wrote it, and for a PFX or a BYOK transfer file");
}

void advise_byok(report& r) {
    if (r.trouble) return say(r, "make the file again with the vendor's current BYOK tool, for the import key that the ring shows");
    say(r, "compare `kek` with the import key that the ring shows now; after a lock, or once used, an import key is gone");
}

void advise_weak(report& r) {
    for (const auto& k : r.keys)
        if (!k.weaknesses.empty()) {
            say(r, "this key protects nothing; make a new one where its maker's software can be trusted:");
            run(r, "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem");
            return make_pfx(r);
        }
}

} // namespace

void advise(report& r) {
    if (r.kind == "pfx")
        advise_pfx(r);
    else if (r.kind == "byok")
        advise_byok(r);
    else
        advise_other(r);
    advise_weak(r);
}

} // namespace inspect_key
