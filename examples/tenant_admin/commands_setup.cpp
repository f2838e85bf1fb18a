// SPDX-License-Identifier: Apache-2.0
// Beginning, people, environments, upkeep.
#include "console.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>

namespace tenant_admin {

using namespace keywright;

result<service::subject> subject_of(const workspace& w, const arguments& given) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    service::subject s{*ring};
    const auto take = [](auto& slot, const std::string& text, const char* what) -> result<void> {
        if (text.empty()) return {};
        const auto parsed = parse_id<std::decay_t<decltype(slot)>>(text, what);
        if (!parsed) return pass(parsed);
        slot = *parsed;
        return {};
    };
    if (auto r = take(s.environment, given.environment, "usage: --environment expects an environment's name"); !r) return pass(r);
    if (auto r = take(s.source, given.source, "usage: --from expects an environment's name"); !r) return pass(r);
    if (auto r = take(s.backup, given.backup, "usage: --backup expects a backup's name"); !r) return pass(r);
    return s;
}

result<policy::typed_text> typed(const std::string& text) {
    if (text.size() > policy::typed_text::capacity()) return fail(errc::limit_exceeded, "usage: what was typed is longer than any name");
    return policy::typed_text(text);
}

namespace {

result<answer> create_tenant(workspace& w, const arguments& given) {
    const auto tenant = w.tenant();
    if (!tenant) return pass(tenant);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto outcome = w.service.create_tenant({.by = *by,
                                                  .at = {},
                                                  .tenant = *tenant,
                                                  .seats = given.seats,
                                                  .opted_in = given.opted_in,
                                                  .regions = static_cast<std::uint8_t>(given.regions)});
    if (!outcome) return pass(outcome);
    return answer_of(*outcome, fmt::format("tenant `{}` with {} licensed seats", *tenant, given.seats),
                     {{"tenant", tenant->view()}, {"seats", given.seats}}, {});
}

/// Commands about the tenant itself.
template <class Make>
result<answer> on_tenant(workspace& w, const Make& make) {
    const auto tenant = w.tenant();
    if (!tenant) return pass(tenant);
    const auto by = w.actor();
    if (!by) return pass(by);
    return make(service::subject{{*tenant, {}}}, *by);
}

result<answer> enable_feature(workspace& w, const arguments&) {
    return on_tenant(w, [&](const service::subject& s, const policy::actor& by) {
        return run_command(w, s, policy::enable_feature{.by = by, .at = {}}, "managing one's own key is turned on for the tenant",
                           json::object());
    });
}

template <class Command>
result<answer> administrator(workspace& w, const arguments& given, const char* verb) {
    const auto who = parse_id<admin_id>(given.who, "usage: expected an administrator such as alice@contoso.example");
    if (!who) return pass(who);
    environment_id of{};
    if (!given.environment.empty()) {
        const auto parsed = parse_id<environment_id>(given.environment, "usage: --environment expects an environment's name");
        if (!parsed) return pass(parsed);
        of = *parsed;
    }
    return on_tenant(w, [&](const service::subject& s, const policy::actor& by) {
        const auto scope = of.empty() ? std::string("the tenant") : fmt::format("environment `{}`", of);
        return run_command(w, s, Command{.by = by, .at = {}, .who = *who, .environment = of},
                           fmt::format("{} as administrator of {}: {}", *who, scope, verb),
                           {{"who", who->view()}, {"environment", of.view()}});
    });
}

result<answer> create_environment(workspace& w, const arguments& given) {
    const auto s = subject_of(w, given);
    if (!s) return pass(s);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto kind = given.kind == "sandbox"   ? policy::environment_kind::sandbox
                      : given.kind == "support" ? policy::environment_kind::support_investigation
                                                : policy::environment_kind::production;
    return run_command(
        w, *s,
        policy::create_environment{.by = *by,
                                   .at = {},
                                   .environment = s->environment,
                                   .kind = kind,
                                   .file_data = given.file_data,
                                   .external_logs = given.external_logs},
        fmt::format("environment `{}` ({}) is there, encrypted under the provider's key", s->environment, policy::name(kind)),
        {{"environment", s->environment.view()}, {"kind", policy::name(kind)}});
}

result<answer> tick(workspace& w) {
    const auto ring = w.ring();
    if (!ring) return pass(ring);
    if (const auto done = w.service.tick(*ring); !done) return pass(done);
    return answer{exit_code::done, "what time itself does is done", json::object()};
}

/// A header field of a mail, its folded lines joined.
std::string field_of(const std::filesystem::path& mail, std::string_view field) {
    std::ifstream in(mail);
    std::string value;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        while (line.ends_with('\r')) line.pop_back();
        if (line.empty()) break;
        const bool goes_on = line.front() == ' ';
        inside = goes_on ? inside : line.starts_with(field);
        if (inside) value += goes_on ? line : line.substr(field.size());
    }
    return value;
}

/// Reads RFC 2047's Q encoding, which our own mails use where a subject is long or not plain; anything else stays.
std::string decoded(std::string_view text) {
    constexpr std::string_view opening = "=?utf-8?q?", closing = "?=";
    std::string out;
    for (std::size_t at = text.find(opening); at != text.npos; at = text.find(opening)) {
        if (at > 0 && text.find_first_not_of(' ') < at) out += text.substr(0, at); // spaces between two words mean nothing
        text.remove_prefix(at + opening.size());
        const auto word = text.substr(0, text.find(closing));
        text.remove_prefix(std::min(text.size(), word.size() + closing.size()));
        for (std::size_t i = 0; i < word.size(); ++i) {
            unsigned code = 0;
            const bool escaped = word[i] == '=' && i + 2 < word.size() &&
                                 std::from_chars(word.data() + i + 1, word.data() + i + 3, code, 16).ec == std::errc{};
            out += escaped ? static_cast<char>(code) : word[i] == '_' ? ' ' : word[i];
            if (escaped) i += 2;
        }
    }
    return out + std::string(text);
}

result<answer> list_outbox(workspace& w) {
    answer a{exit_code::done, {}, {{"mails", json::array()}}};
    std::vector<std::filesystem::path> mails;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(w.where.outbox, failed))
        if (entry.path().extension() == ".eml") mails.push_back(entry.path());
    if (failed) return fail(file::errc_of(failed.value()), "file: expected to read the folder of mails", failed.value());
    std::sort(mails.begin(), mails.end());
    a.text = fmt::format("{} mail(s) in {}", mails.size(), w.where.outbox);
    for (const auto& mail : mails) {
        const auto to = field_of(mail, "To: "), subject = decoded(field_of(mail, "Subject: "));
        a.text += fmt::format("\n    {:<28} {}", to, subject);
        a.data["mails"].push_back({{"file", mail.filename().string()}, {"to", to}, {"subject", subject}});
    }
    return a;
}

} // namespace

void add_setup_commands(console& c, CLI::App& app) {
    auto& given = c.given;
    auto* init = c.add_early(app, "init", "make the state file, the vault and the folders", [&c]() -> result<answer> {
        if (const auto done = workspace::init(c.where); !done) return pass(done);
        return answer{exit_code::done,
                      fmt::format("state in {}, vault in {}", c.where.state, c.where.vault),
                      {{"state", c.where.state}, {"vault", c.where.vault}}};
    });
    init->add_option("--vault-argon-memory", c.where.argon_memory,
                     "KiB of memory that a guess at the passphrase costs; below 19456 the vault is for tests only")
        ->capture_default_str();

    auto* tenant = c.add(app, "create-tenant", "a new tenant (by the provider)", [&](workspace& w) { return create_tenant(w, given); });
    tenant->add_option("--seats", given.seats, "licensed seats")->required();
    tenant->add_flag("--opted-in", given.opted_in, "a support request asked for the feature");
    tenant->add_option("--regions", given.regions, "regions in which the tenant has data")->check(CLI::Range(1U, 255U));
    c.add(app, "enable-feature", "let the tenant manage its own key (by the provider)",
          [&](workspace& w) { return enable_feature(w, given); });
    for (const bool add : {true, false}) {
        auto* sub = c.add(app, add ? "add-admin" : "remove-admin",
                          add ? "make somebody an administrator" : "end that somebody is an administrator", [&given, add](workspace& w) {
                              return add ? administrator<policy::add_administrator>(w, given, "added")
                                         : administrator<policy::remove_administrator>(w, given, "removed");
                          });
        sub->add_option("who", given.who, "the administrator")->required();
        sub->add_option("--environment,-e", given.environment, "of this environment only");
    }
    auto* environment = c.add(app, "create-environment", "a new environment, encrypted under the provider's key",
                              [&](workspace& w) { return create_environment(w, given); });
    c.wants_environment(environment);
    environment->add_option("--kind", given.kind, "production, sandbox or support")
        ->check(CLI::IsMember({"production", "sandbox", "support"}));
    environment->add_flag("--file-data", given.file_data, "it holds File or Image columns");
    environment->add_flag("--external-logs", given.external_logs, "it keeps files or logs outside its SQL database");
    c.add(app, "recover", "resume what a killed run left (every other command does that first, too)",
          [](workspace&) -> result<answer> { return answer{exit_code::done, "nothing is left undone", json::object()}; });
    c.add(app, "tick", "do what is due by time alone: failed installations, expired environments", [](workspace& w) { return tick(w); });
    auto* outbox = app.add_subcommand("outbox", "the mails to administrators");
    outbox->require_subcommand(1);
    c.add(*outbox, "list", "list the mails", [](workspace& w) { return list_outbox(w); });
}

} // namespace tenant_admin
