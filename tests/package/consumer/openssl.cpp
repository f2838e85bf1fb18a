// SPDX-License-Identifier: Apache-2.0
// A consumer of OpenSSL's cipher for pages.
#include <keywright/adapters/openssl/page_aead.hpp>

#include <cstdio>

int main() {
    const auto aead = keywright::openssl::pages(keywright::envelope::page_suite::aes256_gcm, keywright::secret_bytes(32));
    std::puts(aead ? "openssl: works" : "openssl: fails");
}
