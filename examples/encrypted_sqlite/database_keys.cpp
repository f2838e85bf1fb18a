// SPDX-License-Identifier: Apache-2.0
#include "database_keys.hpp"

#include "../common/recipients.hpp"

#include <keywright/adapters/system/clock.hpp>
#include <keywright/envelope/message.hpp>
#include <keywright/insecure.hpp>

#include <fmt/format.h>

namespace encrypted_sqlite {

using namespace keywright;

namespace {

constexpr std::size_t key_size = 32;

/// The 32 bytes in a message that envelope_file made.
outcome<secret_bytes> unseal(const options& given, byte_view message) {
    const auto keyring = example::recipients::open(given.keys, {}, example::intent::read);
    if (!keyring) return pass_on(keyring);
    const auto all = (*keyring)->keyring();
    if (!all) return pass_on(all);
    auto content = envelope::open(*all, message);
    if (!content && content.error().code == errc::malformed)
        return trouble_of(exit_code::not_a_message, given.key, "is no message of envelope_file",
                          "leave out --aes-key and --rsa-key if it is the key itself");
    if (!content)
        return trouble_of(exit_code::no_key_fits, given.key, content.error().text, "look which keys open it: envelope_file --inspect FILE");
    secret_bytes key{byte_view(*content)};
    Botan::secure_scrub_memory(content->data(), content->size());
    return key;
}

outcome<secret_bytes> load_key(const options& given) {
    constexpr insecure::secret_access reason{"the bytes of a file that may be a message"};
    auto file = example::read_key_file(given.key);
    if (!file) return pass_on(file);
    auto key = given.keys.empty() ? std::move(file) : unseal(given, insecure::export_secret(*file, reason));
    if (key && key->size() != key_size)
        return trouble_of(
            exit_code::key_size, given.key, fmt::format("expected a key of 32 bytes, found {}", key->size()),
            given.keys.empty() ? "make one: head -c 32 /dev/urandom > FILE; a file of envelope_file needs --aes-key or --rsa-key" : "");
    return key;
}

} // namespace

outcome<std::unique_ptr<database_keys>> database_keys::open(const options& given, example::intent how) {
    auto made = std::make_unique<database_keys>();
    if (given.environment.name.empty()) {
        auto key = load_key(given);
        if (!key) return pass_on(key);
        made->key_ = example::leases_of(std::move(*key));
    } else {
        auto opened = example::environment::open(given.environment, how);
        if (!opened) return pass_on(opened);
        made->environment_ = std::move(*opened);
    }
    return made;
}

sqlite::lease_source database_keys::source() {
    return [this] { return lease(); };
}

result<keys::data_key_lease> database_keys::lease() {
    refusal_.reset();
    if (environment_ == nullptr) return key_();
    auto given = environment_->pages();
    if (given) return std::move(*given);
    refusal_ = given.error();
    return fail(errc::locked, "sqlite: no lease of the environment is to be had now");
}

result<instant> database_keys::now() const { return environment_ != nullptr ? environment_->now() : system_clock{}.now(); }

outcome<void> database_keys::back_up(const example::database_backup& backup,
                                     const std::function<result<void>(const sqlite::lease_source&)>& write) {
    if (environment_ != nullptr) return environment_->back_up(backup, write);
    if (const auto done = write(source()); !done) return trouble_of(done.error(), "the backup");
    return {};
}
outcome<void> database_keys::restore(
    const example::database_backup& backup, database_keys& from,
    const std::function<result<void>(const keys::data_key_lease& opens, const keys::data_key_lease& seals)>& put_in_place) {
    if (environment_ != nullptr) return environment_->restore(backup, put_in_place);
    const auto opens = from.lease(), seals = lease();
    if (!opens || !seals) return trouble_of((opens ? seals : opens).error(), "the key file");
    if (const auto done = put_in_place(*opens, *seals); !done) return trouble_of(done.error(), "the backup");
    return {};
}

sqlite::generation_keeper database_keys::generation_of(const std::string& path) {
    if (environment_ == nullptr) return {};
    return {.known = [this, path] { return environment_->known_generation(path); },
            .keep = [this, path](std::uint64_t value) { return environment_->keep_generation(path, value); }};
}

outcome<policy::clear_permit> database_keys::way_out() {
    if (environment_ != nullptr) return environment_->way_out();
    constexpr insecure::secret_access reason{"whoever holds the key file and asks for it"};
    return policy::clear_permit::without_policy(example::of_key_file, reason);
}

trouble why_closed(const error& e, const options& given, const database_keys& keys) {
    if (keys.refusal()) return *keys.refusal();
    const auto& file = given.file;
    switch (e.code) {
    case errc::not_mine: return {exit_code::no_key_fits, file, "belongs to other keys", "see whose: encrypted_sqlite inspect FILE"};
    case errc::malformed:
        return {exit_code::not_a_database, file, e.text, "a database in the clear: encrypted_sqlite convert --to encrypted FILE"};
    case errc::unsupported: return {exit_code::not_a_database, file, e.text};
    case errc::already_exists: return {exit_code::output_exists, file, e.text};
    case errc::corrupt: return {exit_code::content_damaged, file, e.text, "restore it from a backup"};
    case errc::not_found: return {exit_code::not_there, file, "is not there", "check the path"};
    case errc::authentication_failed:
        // Before any page is read this can be either: nothing tells a wrong key from an altered header.
        if (std::string_view(e.text).substr(0, 6) != "sqlite")
            return {exit_code::no_key_fits, file, "the key does not open it, or its header was altered",
                    "look for another key file; or restore it from a backup"};
        return {exit_code::content_damaged, file, e.text, "see which pages: encrypted_sqlite verify FILE"};
    default: return trouble_of(e, file).value();
    }
}

outcome<sqlite::database> open_database(const options& given, database_keys& keys, bool must_exist) {
    const auto generation = keys.generation_of(given.file);
    const auto known = generation ? generation.known() : result<std::uint64_t>(0);
    if (!known) return trouble_of(known.error(), given.file);
    auto db = sqlite::open(given.file, keys.source(),
                           {.suite = given.suite, .read_only = given.read_only, .create = !must_exist, .at_least = *known});
    if (!db) return tl::unexpected(why_closed(db.error(), given, keys));
    return std::move(*db);
}

} // namespace encrypted_sqlite
