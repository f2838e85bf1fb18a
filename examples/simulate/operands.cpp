// SPDX-License-Identifier: Apache-2.0
#include "operands.hpp"

#include <algorithm>

namespace simulate {

using namespace keywright;
using policy::typed_text;

namespace {

constexpr choice<policy::file_kind> file_kinds[] = {
    {"pfx", policy::file_kind::pfx}, {"byok", policy::file_kind::byok}, {"other", policy::file_kind::other}};
constexpr choice<policy::key_kind> key_kinds[] = {
    {"rsa", policy::key_kind::rsa}, {"elliptic_curve", policy::key_kind::elliptic_curve}, {"other", policy::key_kind::other}};
constexpr choice<policy::environment_kind> environment_kinds[] = {
    {"production", policy::environment_kind::production},
    {"sandbox", policy::environment_kind::sandbox},
    {"support_investigation", policy::environment_kind::support_investigation}};
constexpr choice<policy::licence_plan> plans[] = {{"other", policy::licence_plan::other},
                                                  {"customer_engagement", policy::licence_plan::customer_engagement},
                                                  {"dynamics_365", policy::licence_plan::dynamics_365}};
constexpr choice<policy::operation> operations[] = {
    {"apply", policy::operation::applying},        {"return", policy::operation::returning},
    {"restore", policy::operation::restoring},     {"copy", policy::operation::copying},
    {"reset", policy::operation::resetting},       {"unlock_environment", policy::operation::unlocking},
    {"activation", policy::operation::activation}, {"unlock_key", policy::operation::unlocking_key},
    {"lock", policy::operation::locking}};

constexpr choice<policy::revocation> revocations[] = {{"access", policy::revocation::access},
                                                      {"key_disabled", policy::revocation::key_disabled},
                                                      {"version_disabled", policy::revocation::version_disabled},
                                                      {"key_deleted", policy::revocation::key_deleted},
                                                      {"vault_deleted", policy::revocation::vault_deleted},
                                                      {"policy_deleted", policy::revocation::policy_deleted}};

fingerprint print_of_symbol(line& l, std::string_view symbol) {
    if (key_id::valid(symbol) && symbol.size() <= max_material) return print_of(symbol);
    l.complain("expected `material`, 1 to 32 characters of A-Z a-z 0-9 . _ @ + - that stand for a key");
    return {};
}

void acknowledge(line& l, auto& c) { c.acknowledged = l.flag("acknowledged"); }
void confirm(line& l, auto& c) { c.confirmed = l.flag("confirmed"); }
void type(line& l, auto& c) { c.confirmation = l.short_text<typed_text>("confirmation"); }

} // namespace

bool is_of_ring(policy::operation of) {
    return of == policy::operation::activation || of == policy::operation::unlocking_key || of == policy::operation::locking;
}

fingerprint operands::material() const {
    return print_of_symbol(l, l.text("material", l.has("material") ? "" : fmt::format("line-{}", l.number())));
}

/// As a reader of key files tells it: of a file that does not open only its format is known.
policy::key_evidence operands::key_file() const {
    policy::key_evidence file;
    file.format = l.one_of("format", file_kinds, policy::file_kind::pfx);
    const std::string_view typed = l.text("password", l.text("file_password", "p"));
    const std::string_view of_file = l.text("file_password", typed);
    const auto type = l.one_of("type", key_kinds, policy::key_kind::rsa);
    const auto bits = l.count("bits", 2048);
    const bool whole = l.flag("private", true);
    const auto kid = l.short_text<policy::kid_text>("kid");
    file.has_password = !of_file.empty();
    if (file.format == policy::file_kind::byok) file.kid = kid;
    if (l.flag("corrupt") || file.format == policy::file_kind::other) return file;
    file.outcome = typed == of_file ? policy::file_outcome::opened : policy::file_outcome::wrong_password;
    if (file.outcome != policy::file_outcome::opened) return file;
    file.type = type, file.bits = bits, file.has_private = whole;
    file.print = print_of_symbol(l, l.text("material"));
    file.held_by_another_ring = about.ring != nullptr && w.held_elsewhere(*about.ring, file.print);
    return file;
}

policy::operation operands::operation() const {
    if (!l.has("of")) l.complain("expected `of`, the work that is over, such as apply");
    return l.one_of("of", operations, policy::operation::none);
}

profiles::circumstances read_uses(line& l) {
    namespace uses = profiles::uses;
    static constexpr choice<profiles::circumstances> words[] = {{"supply_chain", uses::supply_chain},
                                                                {"human_resources", uses::human_resources},
                                                                {"human_resources_alone", uses::human_resources_alone},
                                                                {"finance", uses::finance},
                                                                {"commerce", uses::commerce},
                                                                {"e_commerce", uses::e_commerce},
                                                                {"recommendations", uses::recommendations},
                                                                {"scale_units_elsewhere", uses::scale_units_elsewhere},
                                                                {"e_commerce_elsewhere", uses::e_commerce_elsewhere},
                                                                {"ratings_elsewhere", uses::ratings_elsewhere},
                                                                {"lifecycle_services", uses::lifecycle_services},
                                                                {"tax_calculation", uses::tax_calculation},
                                                                {"electronic_invoicing", uses::electronic_invoicing},
                                                                {"other_add_ins", uses::other_add_ins},
                                                                {"configuration_service", uses::configuration_service}};
    profiles::circumstances all;
    for (const std::string& each : l.list("uses")) {
        const auto found = std::find_if(std::begin(words), std::end(words), [&](const auto& word) { return word.word == each; });
        if (found == std::end(words)) l.complain("`uses`: there is no {}; FORMAT.md names what there is", line::quoted(each));
        if (found != std::end(words)) all = all | found->value;
    }
    return all;
}

// --- tenants and their people ---

void read(const operands& in, policy::create_tenant& c) {
    c.tenant = in.l.id<tenant_id>("tenant");
    c.seats = in.l.count("seats", 0);
    c.opted_in = in.l.flag("opted_in");
    c.regions = static_cast<std::uint8_t>(in.about.tenant->regions.size());
    c.plan = in.l.one_of("plan", plans, policy::licence_plan::other);
}
void read(const operands&, policy::enable_feature&) {}
void read(const operands& in, policy::add_administrator& c) {
    c.who = in.l.required_id<admin_id>("who");
    c.environment = in.l.id<environment_id>("environment");
}
void read(const operands& in, policy::remove_administrator& c) {
    c.who = in.l.required_id<admin_id>("who");
    c.environment = in.l.id<environment_id>("environment");
}
void read(const operands& in, policy::create_environment& c) {
    c.environment = in.l.id<environment_id>("environment");
    c.kind = in.l.one_of("kind", environment_kinds, policy::environment_kind::production);
    c.file_data = in.l.flag("file_data");
    c.external_logs = in.l.flag("external_logs");
    c.geography = in.l.id<geography_id>("geography");
    c.release = in.l.short_text<policy::release_text>("version");
}

// --- keys ---

void read(const operands& in, policy::create_import_key& c) {
    const std::string kid = fmt::format("import-{}", in.l.number());
    c.kid = in.l.short_text<policy::kid_text>("kid", kid);
    c.print = print_of(kid);
    c.replace = in.l.flag("replace");
}
void read(const operands& in, policy::generate_key& c) {
    const std::string_view password = in.l.text("password", "p");
    c.key = in.l.id<key_id>("key");
    c.print = in.material();
    c.bits = in.l.count("bits", 2048);
    c.region_chosen = in.l.has("region");
    c.passwords_match = !password.empty() && password == in.l.text("password_again", password);
    acknowledge(in.l, c);
    confirm(in.l, c);
}
void read(const operands& in, policy::upload_key& c) {
    c.key = in.l.id<key_id>("key");
    c.file = in.key_file();
    c.region_chosen = in.l.has("region");
    acknowledge(in.l, c);
    confirm(in.l, c);
}
void read(const operands& in, policy::activate_key& c) {
    c.key = in.l.required_id<key_id>("key");
    acknowledge(in.l, c);
    confirm(in.l, c);
}
void read(const operands&, policy::rollback_activation&) {}
void read(const operands& in, policy::lock& c) {
    c.key = in.key_file();
    type(in.l, c);
    confirm(in.l, c);
}
void read(const operands& in, policy::approve_lock& c) { type(in.l, c); }
void read(const operands& in, policy::unlock_key& c) { c.key = in.key_file(); }

// --- environments ---

void read(const operands& in, policy::apply_key& c) {
    acknowledge(in.l, c);
    confirm(in.l, c);
}
void read(const operands& in, policy::return_to_provider& c) {
    acknowledge(in.l, c);
    confirm(in.l, c);
    type(in.l, c);
}
void read(const operands& in, policy::unlock_environment& c) { confirm(in.l, c); }
void read(const operands& in, policy::delete_environment& c) { type(in.l, c); }
void read(const operands&, policy::open_environment&) {}
void read(const operands& in, policy::take_backup& c) { c.backup = in.l.id<backup_id>("backup"); }
void read(const operands& in, policy::restore& c) { type(in.l, c); }
void read(const operands& in, policy::copy& c) { type(in.l, c); }
void read(const operands& in, policy::reset& c) { type(in.l, c); }

void read(const operands&, policy::enable_field_encryption&) {}
void read(const operands&, policy::disable_field_encryption&) {}

// --- policies of a customer's own vault ---

policy::vault_key_evidence operands::vault_key() const {
    policy::vault_key_evidence key;
    key.key = l.id<key_id>("key");
    key.print = print_of_symbol(l, l.text("material"));
    key.type = l.one_of("type", key_kinds, policy::key_kind::rsa);
    key.bits = l.count("bits", 2048);
    key.deleted_at = l.moment("deleted_at").value_or(never);
    return key;
}
policy::vault_evidence read_vault(line& l) {
    policy::vault_evidence vault;
    vault.vault = l.required_id<vault_id>("vault");
    vault.region = l.id<region_id>("region");
    vault.soft_delete = days(l.count("soft_delete_days", 90));
    vault.purge_protection = l.flag("purge_protection", true);
    return vault;
}
policy::environment_facts read_facts(line& l) {
    static constexpr choice<bool> hosts[] = {{"provider", false}, {"customer", true}};
    return {.managed = l.flag("managed", true),
            .data_platform = l.flag("dataverse", true),
            .licensed = l.flag("licensed", true),
            .finance_and_operations = l.flag("finance_and_operations"),
            .cloud_hosted = l.one_of("hosting", hosts, false)};
}
void read(const operands& in, policy::create_policy& c) {
    const std::string_view name = in.l.required_id<vault_id>("vault").view();
    const auto& vaults = in.about.tenant->vaults;
    const auto found = vaults.find(name);
    if (found == vaults.end()) return in.l.complain("`vault`: expected one that a `vault` line told of, found {}", line::quoted(name));
    c.policy = in.l.id<policy_id>("policy");
    c.vault = found->second;
    c.key = in.vault_key();
    if (c.key.key.empty()) in.l.complain("expected `key`, its name in the vault");
    c.offered_here = in.l.flag("offered", true);
}
/// What the vault shows is the policy's own key, unless the line says otherwise.
void read(const operands& in, policy::grant_access& c) {
    if (!in.l.has("permissions")) c.permissions = policy::all_uses;
    for (const std::string& each : in.l.list("permissions")) {
        if (each != "get" && each != "wrap" && each != "unwrap")
            in.l.complain("`permissions`: expected get, wrap, unwrap; found {}", line::quoted(each));
        c.permissions = c.permissions | policy::key_permissions{each == "get", each == "wrap", each == "unwrap"};
    }
    const bool made = !in.about.policy->id.empty();
    c.print = in.l.has("material") ? print_of_symbol(in.l, in.l.text("material"))
              : made               ? in.about.policy->in_force().print
                                   : fingerprint{};
}
void read(const operands& in, policy::revoke_access& c) { c.cause = in.l.one_of("cause", revocations, policy::revocation::access); }
void read(const operands&, policy::request_unlock&) {}
void read(const operands&, policy::approve_unlock&) {}
void read(const operands& in, policy::rotate_version& c) {
    c.key = in.vault_key();
    c.key.key = in.about.policy->key;
}
void read(const operands& in, policy::purge_key& c) { c.version = in.l.count("version", 0); }
void read(const operands& in, policy::integrate_environment& c) { c.organisation = in.l.id<organisation_id>("organisation"); }
void read(const operands& in, policy::add_to_policy& c) {
    c.facts = in.about.environment->facts;
    c.organisation = in.l.id<organisation_id>("organisation");
    confirm(in.l, c);
}
void read(const operands& in, policy::remove_from_policy& c) {
    confirm(in.l, c);
    type(in.l, c);
}

// --- what the system reports, and the clock ---

void read(const operands&, policy::accept_clock&) {}
/// Of the activation that is in force, unless another key is named.
void read(const operands& in, policy::report_delivery& c) {
    static constexpr choice<bool> events[] = {{"key_activated", true}, {"key_unlocked", true}};
    in.l.one_of("event", events, true);
    const policy::ring_state& ring = in.about.ring->state;
    const auto name = in.l.id<key_id>("key");
    const policy::key_record* key = name.empty() ? policy::active_key(ring) : policy::find_key(ring, name);
    if (key == nullptr) in.l.complain("expected a key that is Active, or `key`, the name of one");
    c.to = in.l.required_id<admin_id>("to");
    c.key = key != nullptr ? key->print : fingerprint{};
    c.activation = in.l.count("activation", static_cast<std::uint32_t>(ring.activation.number));
}

void read(const operands& in, policy::completed& c) { c.of = in.operation(); }
void read(const operands& in, policy::failed& c) { c.of = in.operation(); }

} // namespace simulate
