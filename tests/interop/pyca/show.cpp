// SPDX-License-Identifier: Apache-2.0
// Opens PFX files for a script to judge: reads lines `password TAB path` (`-` for no password at all) and prints for each
//   outcome TAB text TAB keys TAB certificates TAB matched TAB name of the first key, hex TAB fingerprints TAB closed safes
#include <keywright/core/hex.hpp>
#include <keywright/formats/pfx_reader.hpp>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

using namespace keywright;
using namespace keywright::formats;

namespace {

void show(const pfx_contents& contents) {
    std::size_t certificates = contents.other_certificates.size(), matched = 0;
    std::string prints, closed;
    for (const pfx_key& key : contents.keys) {
        if (key.match == certificate_match::matched) ++matched;
        if (!key.certificate.empty()) ++certificates;
        prints += (prints.empty() ? "" : " ") + to_hex(key.print);
    }
    for (const pfx_closed_safe& safe : contents.closed_safes) closed += (closed.empty() ? "" : " ") + safe.algorithm;
    const std::string name = contents.keys.empty() ? "" : to_hex(as_bytes(contents.keys[0].friendly_name));
    std::printf("ok\t\t%zu\t%zu\t%zu\t%s\t%s\t%s\n", contents.keys.size(), certificates, matched, name.c_str(), prints.c_str(),
                closed.c_str());
}

} // namespace

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const std::string password = line.substr(0, line.find('\t')), path = line.substr(line.find('\t') + 1);
        std::ifstream in(path, std::ios::binary);
        const bytes file{std::istreambuf_iterator<char>(in), {}};
        const auto opened = password == "-" ? open_pfx(file, no_password) : open_pfx(file, secret_bytes(as_bytes(password)));
        if (opened)
            show(*opened);
        else
            std::printf("%s\t%s\t\t\t\t\t\t\n", name(opened.error().code), opened.error().text);
    }
}
