// SPDX-License-Identifier: Apache-2.0
// The ring's keys: generate, upload, activate, lock, unlock, and the import key for BYOK.
#include "console.hpp"

#include <keywright/formats/jwk.hpp>
#include <keywright/insecure.hpp>

#include <botan/pem.h>

namespace tenant_admin {

using namespace keywright;

namespace {

// No key file is larger; the reader has a limit of its own below this.
constexpr std::size_t key_file_limit = std::size_t{16} << 20;

} // namespace

result<loaded_key_file> load_key_file(const arguments& given) {
    auto content = file::read_file(given.file, key_file_limit);
    if (!content) return pass(content);
    auto password = read_password(given.password_file, "KEYWRIGHT_PASSWORD");
    if (!password) return pass(password);
    return loaded_key_file{std::move(*content), std::move(*password), given.alias};
}

namespace {

result<key_id> key_name(const arguments& given) {
    if (given.key.empty()) return key_id{}; // the rule about names tells
    return parse_id<key_id>(given.key, "usage: --key expects a key's name");
}
/// The ring, who asks, and the key's name; the begin of every command here.
struct request {
    service::ring_id ring;
    policy::actor by;
    key_id key;
};
result<request> request_of(const workspace& w, const arguments& given) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto key = key_name(given);
    if (!key) return pass(key);
    return request{*ring, *by, *key};
}
result<answer> tell(workspace& w, const request& q, const result<outcome>& outcome, const std::string& done) {
    if (!outcome) return pass(outcome);
    const auto state = w.service.state({q.ring});
    if (!state) return pass(state);
    return answer_of(*outcome, done, {{"key", q.key.view()}}, *state);
}

result<answer> generate_key(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    const auto password = read_password(given.password_file, "KEYWRIGHT_PASSWORD");
    if (!password) return pass(password);
    // A file is not mistyped, so one that is given once stands for both.
    const auto again =
        read_password(given.password_again_file.empty() ? given.password_file : given.password_again_file, "KEYWRIGHT_PASSWORD");
    if (!again) return pass(again);
    const secret_bytes none;
    const auto hand_out = [&](const secret_bytes& pfx) {
        return file::create_file_durably(
            given.write_to,
            insecure::export_secret(pfx, insecure::secret_access{"the customer's only copy, encrypted under the password"}));
    };
    const auto outcome = w.service.generate_key(q->ring, {.by = q->by,
                                                          .key = q->key,
                                                          .password = *password ? **password : none,
                                                          .password_again = *again ? **again : none,
                                                          .hand_out = hand_out,
                                                          .region_chosen = !w.where.region.empty(),
                                                          .acknowledged = given.acknowledged});
    return tell(w, *q, outcome,
                fmt::format("key `{}` is available; its PFX is in {}, handed out this once: keep a backup of it and of its password",
                            q->key, given.write_to));
}

result<answer> upload_key(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    const auto file = load_key_file(given);
    if (!file) return pass(file);
    const auto before = w.service.state({q->ring});
    if (!before) return pass(before);
    const auto outcome = w.service.upload_key(
        q->ring,
        {.by = q->by, .key = q->key, .file = file->view(), .region_chosen = !w.where.region.empty(), .acknowledged = given.acknowledged});
    return tell(w, *q, outcome,
                before->ring.value.ever_activated ? fmt::format("key `{}` is available", q->key)
                                                  : fmt::format("key `{}` is the ring's first and has activated by itself (T14)", q->key));
}

result<answer> activate_key(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    const auto wraps = w.store.scan(service::records::wraps(q->ring), "", 1'000'000);
    if (!wraps) return pass(wraps);
    const auto outcome = w.service.run(
        {q->ring},
        policy::activate_key{.by = q->by, .at = {}, .key = q->key, .acknowledged = given.acknowledged, .confirmed = given.confirmed});
    return tell(w, *q, outcome,
                fmt::format("key `{}` is active; {} environment key(s) are wrapped by it, without downtime", q->key, wraps->size()));
}

result<answer> lock(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    const auto file = load_key_file(given);
    if (!file) return pass(file);
    const auto outcome = w.service.lock(q->ring, {.by = q->by, .file = file->view(), .confirmation = given.confirmation});
    const auto state = w.service.state({q->ring});
    if (!state) return pass(state);
    return tell(w, *q, outcome,
                fmt::format("{} environment(s) are locked and serve no one; unlock from {}", state->ring.value.locked,
                            to_text(later(state->ring.value.lock_requested_at, instant{0}) + hours(1))));
}

result<answer> unlock_key(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    const auto file = load_key_file(given);
    if (!file) return pass(file);
    const auto outcome = w.service.unlock_key(q->ring, {.by = q->by, .file = file->view()});
    return tell(w, *q, outcome, "the key is active again; environments stay locked until each is unlocked");
}

result<answer> import_key(workspace& w, const arguments& given) {
    const auto q = request_of(w, given);
    if (!q) return pass(q);
    auto shown = w.service.import_key(q->ring);
    if (!shown && shown.error().code != errc::not_found) return pass(shown);
    if (!shown || given.replace) {
        const auto outcome = w.service.create_import_key(
            q->ring, {.by = q->by, .bits = given.bits, .valid_for = days(given.days), .replace = given.replace});
        if (!outcome) return pass(outcome);
        if (outcome->refused()) return tell(w, *q, outcome, "");
        shown = w.service.import_key(q->ring);
        if (!shown) return pass(shown);
    }
    const auto pem = Botan::PEM_Code::encode(shown->public_key, "PUBLIC KEY");
    const auto jwk = formats::public_jwk(*Botan::X509::load_key(shown->public_key), shown->kid);
    if (!jwk) return pass(jwk);
    const auto until = happened(shown->expires_at) ? to_text(shown->expires_at) : std::string("it is used, or a lock");
    return answer{exit_code::done,
                  fmt::format("bind the export to kid {}\n    it serves once, until {}\n{}", shown->kid, until, pem),
                  {{"kid", shown->kid}, {"public_key", pem}, {"jwk", *jwk}, {"expires_at", until}}};
}

} // namespace

void add_key_commands(console& c, CLI::App& app) {
    auto& given = c.given;
    auto* generate = c.add(app, "generate-key", "make an RSA-2048 key and hand it out once, as a PFX",
                           [&](workspace& w) { return generate_key(w, given); });
    c.wants_key(generate);
    generate->add_option("--out,-o", given.write_to, "where the PFX goes; never an existing file")->required();
    generate->add_option("--password-file", given.password_file, "a file that holds the PFX's password; else KEYWRIGHT_PASSWORD is used");
    generate->add_option("--password-again-file", given.password_again_file, "a second file that must hold the same");
    c.wants_acknowledgement(generate);

    auto* upload = c.add(app, "upload-key", "take a customer's key file; the ring's first one activates by itself",
                         [&](workspace& w) { return upload_key(w, given); });
    c.wants_key(upload);
    c.wants_key_file(upload);
    c.wants_acknowledgement(upload);

    auto* activate =
        c.add(app, "activate-key", "rotate to an available key, without downtime", [&](workspace& w) { return activate_key(w, given); });
    c.wants_key(activate);
    c.wants_acknowledgement(activate);
    c.wants_yes(activate);

    auto* locking = c.add(app, "lock", "lock every environment on the ring's key: no one reads it until the same key comes back",
                          [&](workspace& w) { return lock(w, given); });
    c.wants_key_file(locking);
    c.wants_typed(locking, "type `lock <tenant>`");

    auto* unlocking = c.add(app, "unlock-key", "bring the locked key back", [&](workspace& w) { return unlock_key(w, given); });
    c.wants_key_file(unlocking);

    auto* importing = c.add(app, "import-key", "show what a BYOK export must be bound to; made when there is none",
                            [&](workspace& w) { return import_key(w, given); });
    importing->add_flag("--replace", given.replace, "make a new one");
    importing->add_option("--bits", given.bits, "of a new one: 2048, 3072 or 4096")->capture_default_str();
    importing->add_option("--days", given.days, "how long a new one serves, up to 90")->capture_default_str();
}

} // namespace tenant_admin
