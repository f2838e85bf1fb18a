// SPDX-License-Identifier: Apache-2.0
#include "recipients.hpp"

namespace example {

using namespace keywright;

outcome<std::unique_ptr<recipients>> recipients::open(const key_file_options& files, const environment_options& where, intent how) {
    auto made = std::make_unique<recipients>();
    for (const auto& text : files.aes_keys) {
        const auto from = named_file::parse(text);
        if (!from) return pass_on(from);
        auto keyring = load_aes_key(*from);
        if (!keyring) return pass_on(keyring);
        made->aes_.push_back(std::move(*keyring));
    }
    for (const auto& text : files.rsa_keys) {
        const auto from = named_file::parse(text);
        if (!from) return pass_on(from);
        auto keyring = load_rsa_key(*from, files, how == intent::read);
        if (!keyring) return pass_on(keyring);
        made->rsa_.push_back(std::move(*keyring));
    }
    if (!where.name.empty()) {
        auto opened = environment::open(where, how);
        if (!opened) return pass_on(opened);
        if (auto leased = (*opened)->renew(); !leased) return pass_on(leased);
        made->environment_ = std::move(*opened);
    }
    return made;
}

outcome<keys::multi_keyring> recipients::keyring() {
    std::vector<keys::key_ref> all;
    if (environment_ != nullptr) {
        if (const auto usable = environment_->lease().check(); !usable && usable.error().code == errc::expired)
            if (auto renewed = environment_->renew(); !renewed) return pass_on(renewed);
        all.emplace_back(environment_->lease());
    }
    for (const auto& one : aes_) all.emplace_back(one);
    for (const auto& one : rsa_) all.emplace_back(one);
    const auto first = all.front();
    all.erase(all.begin());
    return keys::multi_keyring(first, std::move(all));
}

} // namespace example
