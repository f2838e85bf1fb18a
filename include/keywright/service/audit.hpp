// SPDX-License-Identifier: Apache-2.0
// The audit log: every event once, numbered, chained by hashes and signed, so that it can be checked offline by
// anybody who holds the tenant's audit public key, and replayed to the same state.
// Depends on: service/codec, service/records, ports/key_vault, Botan (SHA-256, Ed25519).
//
// A record, canonical JSON (service/codec.hpp):
//   {"as":principal,"at":moment,"by":who,"event":name,"fields":{…},"format":1,"number":n,"previous":hex,"region":r,"tenant":t}
// stored as {"format":1,"hash":hex SHA-256 of that text,"record":that text,"signature":hex Ed25519 over that text}.
// `previous` is the hash of the record before, 64 zeros for number 1. The head is {"format":1,"hash":hex,"number":n}.
#pragma once

#include <keywright/core/algorithms.hpp>
#include <keywright/detail/botan_boundary.hpp>
#include <keywright/ports/key_vault.hpp>
#include <keywright/service/codec.hpp>
#include <keywright/service/records.hpp>

#include <botan/ed25519.h>
#include <botan/hash.h>
#include <botan/pubkey.h>
#include <botan/system_rng.h>
#include <botan/x509_key.h>

#include <concepts>
#include <optional>
#include <span>

namespace keywright::service {

/// Where a tenant's log ends.
struct log_head {
    std::uint64_t number = 0;
    fingerprint hash; ///< SHA-256 of the last record's text; empty before the first
    template <class Self, class Visitor>
    static constexpr void visit(Self& self, Visitor&& field) {
        field("number", self.number);
        field("hash", self.hash);
    }
};

/// One event of a tenant's log. `region` is empty for events of the tenant itself.
struct audit_record {
    std::uint64_t number = 0;
    tenant_id tenant;
    region_id region;
    policy::event event;
    fingerprint previous;
};

namespace detail {

template <std::same_as<audit_record> Record>
std::string audit_text(const Record& r) {
    json out = {{"format", record_format},
                {"number", r.number},
                {"tenant", std::string(r.tenant.view())},
                {"region", std::string(r.region.view())},
                {"at", to_text(r.event.at)},
                {"by", std::string(r.event.by.who.view())},
                {"as", std::string(policy::name(r.event.by.as))},
                {"previous", to_hex(r.previous)}};
    json fields = json::object();
    out["event"] = std::string(policy::name(r.event));
    policy::visit_body(r.event.body, [&fields](const auto& body) { write_fields(fields, body); });
    out["fields"] = std::move(fields);
    return out.dump();
}

template <class Record = audit_record>
result<Record> parse_audit_text(std::string_view text) {
    const auto in = parse_record(as_bytes(text));
    if (!in) return pass(in);
    Record r;
    for (const char* name : {"number", "tenant", "region", "at", "by", "as", "previous", "event", "fields"})
        if (!in->contains(name)) return fail(errc::corrupt, "audit: a record lacks a field");
    const json& j = *in;
    const bool good = read_value(j["number"], r.number) && read_value(j["tenant"], r.tenant) && read_value(j["region"], r.region) &&
                      read_value(j["at"], r.event.at) && read_value(j["by"], r.event.by.who) && read_value(j["as"], r.event.by.as) &&
                      read_value(j["previous"], r.previous) && j["event"].is_string() &&
                      read_alternative(j["event"].get_ref<const std::string&>(), j["fields"], r.event.body);
    if (!good) return fail(errc::corrupt, "audit: a record has a field of the wrong shape");
    return r;
}

} // namespace detail

/// Appends an event to a tenant's log: moves `head` on and returns the record to be stored under its number. Fails as the
/// vault's `sign`; `head` is then as it was.
template <ports::key_vault Vault>
[[nodiscard]] result<bytes> append_audit(Vault& vault, log_head& head, const ring_id& ring, const policy::event& event) {
    const audit_record record{head.number + 1, ring.tenant, ring.region, event, head.hash};
    const std::string text = detail::audit_text(record);
    auto signature = vault.sign(vault_ids::audit(ring.tenant), as_bytes(text));
    if (!signature) return pass(signature);
    head = {record.number, detail::sha256(as_bytes(text))};
    const json stored = {{"format", record_format}, {"record", text}, {"hash", to_hex(head.hash)}, {"signature", to_hex(*signature)}};
    return detail::to_bytes(stored);
}

/// Reads a stored record without judging it. corrupt: it is none; unsupported: a later version wrote it.
template <class Record = audit_record>
[[nodiscard]] result<Record> read_audit(byte_view stored) {
    const auto in = parse_record(stored);
    if (!in) return pass(in);
    if (!in->contains("record") || !(*in)["record"].is_string()) return fail(errc::corrupt, "audit: a stored record holds no text");
    return detail::parse_audit_text<Record>((*in)["record"].get_ref<const std::string&>());
}

/// Checks a log from its first record on: numbers without gaps, hashes, chain and signatures.
/// Thread safety: one thread at a time.
class audit_verifier {
public:
    /// `spki` is the tenant's audit public key (SubjectPublicKeyInfo, DER), from outside the store that is being checked.
    /// malformed: it does not load; unsupported: it is not of Ed25519.
    [[nodiscard]] static result<audit_verifier> make(byte_view spki) {
        auto key = keywright::detail::botan_boundary(errc::malformed, "audit: expected an Ed25519 SubjectPublicKeyInfo",
                                                     [spki] { return Botan::X509::load_key(spki); });
        if (!key) return pass(key);
        if ((*key)->algo_name() != "Ed25519") return fail(errc::unsupported, "audit: expected an Ed25519 key");
        return audit_verifier(std::move(*key));
    }

    /// The next stored record. corrupt: it is not what its hash, its number or the chain says; authentication_failed:
    /// its signature is not the key's. A failure is final.
    template <class Record = audit_record>
    [[nodiscard]] result<Record> next(byte_view stored) {
        auto record = check<Record>(stored);
        if (!record) broken_ = record.error();
        return record;
    }
    /// What the head in the store, and the one in the newest mail, must equal.
    const log_head& head() const noexcept { return head_; }

private:
    explicit audit_verifier(std::unique_ptr<Botan::Public_Key> key) : key_(std::move(key)) {}

    template <class Record>
    result<Record> check(byte_view stored) {
        if (broken_) return tl::unexpected(*broken_);
        const auto in = parse_record(stored);
        if (!in) return pass(in);
        for (const char* name : {"record", "hash", "signature"})
            if (!in->contains(name) || !(*in)[name].is_string()) return fail(errc::corrupt, "audit: a stored record lacks a part");
        const auto& text = (*in)["record"].get_ref<const std::string&>();
        auto record = detail::parse_audit_text<Record>(text);
        if (!record) return record;
        const fingerprint hash = detail::sha256(as_bytes(text));
        if (to_hex(hash) != (*in)["hash"].get_ref<const std::string&>())
            return fail(errc::corrupt, "audit: a record's hash is not that of its text");
        if (record->number != head_.number + 1) return fail(errc::corrupt, "audit: records are missing or repeated");
        if (record->previous != head_.hash) return fail(errc::corrupt, "audit: the chain is broken: a record does not name the one before");
        if (!signed_by_key(text, (*in)["signature"].get_ref<const std::string&>()))
            return fail(errc::authentication_failed, "audit: a record's signature is not the tenant's");
        head_ = {record->number, hash};
        return record;
    }
    bool signed_by_key(const std::string& text, const std::string& signature) const {
        const auto good =
            keywright::detail::botan_boundary(errc::corrupt, "audit: expected a signature in hexadecimal, found something else", [&] {
                Botan::PK_Verifier verifier(*key_, approved<"Pure">);
                return verifier.verify_message(as_bytes(text), Botan::hex_decode(signature));
            });
        return good.value_or(false);
    }

    std::unique_ptr<Botan::Public_Key> key_;
    log_head head_;
    std::optional<error> broken_;
};

} // namespace keywright::service
