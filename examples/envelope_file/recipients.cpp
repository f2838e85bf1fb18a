// SPDX-License-Identifier: Apache-2.0
#include "recipients.hpp"

namespace envelope_file {

using namespace keywright;

outcome<std::unique_ptr<recipients>> recipients::open(const options& given) {
    auto made = std::make_unique<recipients>();
    for (const auto& text : given.aes_keys) {
        const auto from = named_file::parse(text);
        if (!from) return pass_on(from);
        auto keyring = load_aes_key(*from);
        if (!keyring) return pass_on(keyring);
        made->aes_.push_back(std::move(*keyring));
    }
    for (const auto& text : given.rsa_keys) {
        const auto from = named_file::parse(text);
        if (!from) return pass_on(from);
        auto keyring = load_rsa_key(*from, given);
        if (!keyring) return pass_on(keyring);
        made->rsa_.push_back(std::move(*keyring));
    }
    if (!given.environment.name.empty()) {
        auto opened = environment::open(given.environment, given.what);
        if (!opened) return pass_on(opened);
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

} // namespace envelope_file
