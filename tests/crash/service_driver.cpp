// SPDX-License-Identifier: Apache-2.0
// One operation of the service on real parts, and the judge of what a crash left of it; crash_matrix.py runs both.
//     service_driver prepare <folder> <operation>   the state before it
//     service_driver change <folder> <operation>    carries it out, says `done `; exit code 0 when it was promised
//     service_driver check <folder> <operation>     recovers, as after a restart; 0 when all is as before or as after,
//                                                   and as after where that was promised. From before it is carried
//                                                   out again: no crash may leave a tenant that cannot go on.
// With a last argument `databases` that is what environments hold; else they hold files.
#include "service_world.hpp"

#include <keywright/core/hex.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>

namespace {

using namespace service_world;
namespace fs = std::filesystem;
namespace vault_ids = service::vault_ids;
namespace records = service::records;

void say(std::string_view word) { (void)!::write(STDOUT_FILENO, word.data(), word.size()); }

// --- before and during ---

/// Of every key in the vault: its id, and the bytes that must be gone from the medium when it is.
void note_slot_keys(auto& w) {
    const file::detail::vault_names names{w.folder + "/vault"};
    std::string all;
    for (const auto& entry : take(w.vault.list(""), "list vault")) {
        const auto slot = file::detail::load_slot(names.key(entry.id, file::detail::slot_suffix));
        need(slot, "load slot");
        all += entry.id + ' ' + to_hex(keywright::detail::reveal(slot->key)) + '\n';
    }
    need(file::write_file_durably(w.folder + "/slot-keys", as_bytes(all)), "note slot keys");
}

template <class World>
int prepare(const std::string& folder, const operation<World>& op) {
    need(file::key_vault::create(folder + "/vault", secret_bytes(as_bytes("crash")), file::costs_for_tests), "create vault");
    World w(folder, made_at);
    must(w.svc.create_tenant({.by = provider, .tenant = contoso, .seats = 1001, .opted_in = true}), "create tenant");
    must(w.svc.run({{contoso, {}}}, policy::enable_feature{.by = provider}), "enable");
    for (const auto& who : {alice, bob})
        must(w.svc.run({{contoso, {}}}, policy::add_administrator{.by = provider, .who = who.who}), "add administrator");
    w.clock.advance(hours(1));
    for (const auto& e : environments_of(op)) {
        must(w.create(e), "create environment");
        w.fill(e, "first");
    }
    op.prepare(w);
    note_slot_keys(w);
    return 0;
}

template <class World>
int change(const std::string& folder, const operation<World>& op) {
    World w(folder, changed_at);
    const auto done = op.run(w);
    if (!done) return 4;
    if (done->refused()) return 5;
    if (done->unfinished()) return 6;
    say("done ");
    return 0;
}

// --- the judge ---

bool was(const char* variable, const char* word) {
    const auto* all = std::getenv(variable);
    return all != nullptr && std::strstr(all, word) != nullptr;
}

[[noreturn]] void failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    std::fflush(stdout);
    std::_Exit(1);
}
void expect(bool holds, const std::string& sentence) {
    if (!holds) failed(sentence);
}

std::size_t count(auto& w, const std::string& prefix) { return take(w.store.scan(prefix, "", 10'000), "scan").size(); }

/// `first`, `second` or `empty`: which edition of all that it holds an environment opens to; `alpha-first`: that of alpha.
template <class Content>
std::string edition_of(world<Content>& w, const policy::environment_state& env) {
    const std::string who(env.id.view());
    if (const auto lease = w.svc.open(eu, env.id, alice, access::read); !lease) failed(who + " does not open: " + lease.error().text);
    std::set<std::string> found;
    for (const auto& one : content_files) {
        const auto text = Content::read(w, env, one.path);
        const bool is_missing = !text && text.error().code == errc::not_found;
        if (!text && !is_missing) failed(who + ": `" + std::string(one.path) + "` does not decrypt: " + text.error().text);
        const auto is = [&](const char* edition, const environment_id& of) { return *text == text_of(of, one, edition); };
        found.insert(is_missing             ? "empty"
                     : is("first", env.id)  ? "first"
                     : is("second", env.id) ? "second"
                     : is("first", alpha)   ? "alpha-first"
                                            : "damaged");
    }
    return found.size() == 1 ? *found.begin() : "mixed";
}

/// The state in words, as in service_world.hpp, found by using it.
std::string describe(auto& w, const auto& op) {
    const auto ring = w.ring();
    std::string text;
    for (const auto& key : ring.keys) text += std::string(key.id.view()) + ':' + std::string(policy::name(key.state)) + ' ';
    for (const auto& e : environments_of(op)) {
        const auto env = w.environment(e);
        const bool is_open = !policy::is_locked(ring, env) && !env.deleted;
        text += std::string(e.view()) + ':' + std::string(is_open ? policy::name(env.managed_by) : policy::state_name(ring, env));
        if (is_open) text += ':' + edition_of(w, env);
        expect(is_open || !w.svc.open(eu, e, alice, access::read), "a locked or deleted environment opens");
        text += ' ';
    }
    text.pop_back();
    return text;
}

void check_ring_rests(auto& w, const auto& op) {
    expect(count(w, "effect/") == 0, "an effect is pending");
    expect(count(w, records::outbox_prefix()) == 0, "a notice is waiting");
    const auto ring = w.ring();
    expect(!ring.locking && ring.in_transition == 0 && policy::installing_key(ring) == nullptr, "something is under way");
    std::uint32_t living = 0, customers = 0, locked = 0;
    for (const auto& e : environments_of(op)) {
        const auto env = w.environment(e);
        if (env.deleted) continue;
        const bool is_locked = policy::is_locked(ring, env);
        ++living;
        locked += is_locked;
        customers += env.managed_by == policy::protector::customer && !is_locked;
    }
    expect(ring.environments == living && ring.customer_managed == customers && ring.locked == locked, "the ring's counts are wrong");
}

/// The vault holds what the state says, and nothing else: no dead key lives on, and no live one is missing.
void check_vault(auto& w, const auto& op) {
    const auto ring = w.ring();
    std::set<std::string> expected{std::string(vault_ids::provider), vault_ids::audit(contoso)};
    for (const auto& key : ring.keys)
        if (key.state == policy::key_state::active || key.state == policy::key_state::available)
            expected.insert(vault_ids::customer(eu, key.print));
    for (const auto& e : environments_of(op)) {
        const auto env = w.environment(e);
        if (env.managed_by == policy::protector::provider && !env.deleted) expected.insert(vault_ids::slot(eu, e, env.key_version));
    }
    std::set<std::string> found;
    for (const auto& entry : take(w.vault.list(""), "list vault")) {
        expect(entry.published, "a key is staged only: " + entry.id);
        expect(expected.contains(entry.id), "a key that the state does not know is in the vault: " + entry.id);
        found.insert(entry.id);
    }
    for (const auto& id : expected) expect(found.contains(id), "a key that the state needs is not in the vault: " + id);
}

bool has_remains(auto& w, const policy::environment_state& env) {
    const auto folder = fs::path(w.data.path(content_of(env))).parent_path();
    const fs::recursive_directory_iterator all(folder);
    return std::any_of(begin(all), end(all), [](const auto& one) { return one.path().filename().string().ends_with("~partial"); });
}

void check_content(auto& w, const auto& op) {
    for (const auto& e : environments_of(op)) {
        const auto env = w.environment(e);
        std::size_t generations = 0, backups = 0;
        for (const auto& one : take(w.data.list(contoso, eu.region, e), "list content")) {
            ++(one.backup.empty() ? generations : backups);
            expect(!one.backup.empty() || one.generation == env.content, "content that is not current is left");
        }
        expect(generations == (env.deleted ? 0U : 1U), "an environment has more or less than one generation of content");
        expect(!has_remains(w, env), "a part of content that was dropped is left");
        expect(backups == (op.name == "restore" && e == alpha ? 1U : 0U), "a backup is missing, or there is one too many");
    }
}

/// The log is whole and genuine, leads to the stored state, and everybody was told of what is to be told, once.
void check_log(auto& w) {
    auto verifier = take(service::audit_verifier::make(take(w.vault.find(vault_ids::audit(contoso)), "audit key").public_key), "verifier");
    policy::tenant_state tenant;
    policy::ring_state ring;
    ring.tenant = contoso;
    ring.region = eu.region;
    std::map<std::string, std::multiset<std::string>> told; // by number
    for (const auto& stored : take(w.store.scan(records::log_prefix(contoso), "", 10'000), "scan log")) {
        const auto record = take(verifier.next(stored.value), "audit log");
        policy::evolve(tenant, record.event);
        if (!record.region.empty()) policy::evolve(ring, record.event);
        if (!policy::notifies(record.event)) continue;
        for (const auto& admin : tenant.administrators)
            told[records::detail::number(record.number)].insert("To: " + std::string(admin.who.view()) + "@localhost");
    }
    expect(ring == w.ring(), "the log does not replay to the stored ring");
    expect(verifier.head().hash == take(w.svc.state({{contoso, {}}}), "load head").head.value.hash,
           "the log's head is not its last record");
    for (const auto& mail : fs::directory_iterator(w.folder + "/outbox")) {
        const auto file = mail.path().filename().string();
        if (!file.ends_with(".eml")) continue;
        const std::string text(as_text(take(file::read_file(mail.path().string(), 1 << 20), "read mail")));
        const auto begin = text.find("To: "), end = text.find('\r', begin);
        expect(end != text.npos, "a mail is torn");
        auto& waiting = told[file.substr(0, file.find('.'))];
        const auto it = waiting.find(text.substr(begin, end - begin));
        expect(it != waiting.end(), "a mail tells of nothing, or twice: " + file);
        waiting.erase(it);
    }
    for (const auto& [number, waiting] : told) expect(waiting.empty(), "nobody was told of record " + number);
}

/// Whether bytes are in any file below a folder.
bool holds(const std::string& folder, byte_view bytes_of_key) {
    for (const auto& one : fs::recursive_directory_iterator(folder)) {
        if (!one.is_regular_file()) continue;
        const auto data = take(file::read_file(one.path().string(), 1 << 26), "read a file");
        if (std::search(data.begin(), data.end(), bytes_of_key.begin(), bytes_of_key.end()) != data.end()) return true;
    }
    return false;
}

/// A key that has left the vault has left the medium, its removed files included; and what environments hold is nowhere in the clear.
void check_medium(auto& w) {
    const auto* residue = std::getenv("KEYWRIGHT_RESIDUE");
    const bool has_residue = residue != nullptr && *residue != '\0';
    const auto clear = as_bytes(" alpha letter\n");
    expect(!holds(w.folder, clear) && !(has_residue && holds(residue, clear)), "something is in the clear");
    const std::string noted(as_text(take(file::read_file(w.folder + "/slot-keys", 1 << 20), "read slot keys")));
    for (std::size_t at = 0; at < noted.size();) {
        const auto space = noted.find(' ', at), end = noted.find('\n', at);
        const std::string id = noted.substr(at, space - at);
        const auto key = Botan::hex_decode(noted.substr(space + 1, end - space - 1));
        at = end + 1;
        if (w.vault.find(id)) continue;
        expect(!holds(w.folder, key), "a destroyed key's slot key is at rest: " + id);
        expect(!has_residue || !holds(residue, key), "a removed file holds a destroyed key's slot key: " + id);
    }
}

/// A generated key that the state knows can be brought back by its customer.
void check_handed_out(auto& w) {
    const auto ring = w.ring();
    const auto* key = policy::find_key(ring, key_id{"k2"});
    if (key == nullptr) return;
    const auto pfx = take(file::read_file(w.folder + "/handed-out.pfx", 1 << 20), "read what was handed out");
    const auto contents = take(formats::open_pfx(pfx, w.password), "open what was handed out");
    expect(contents.keys.size() == 1, "what was handed out holds no key, or several");
    const auto identity = take(keys::fingerprint_of(*contents.keys[0].key), "fingerprint");
    expect(identity.print == key->print, "what was handed out is not the key in the vault");
}

/// Secrets and encrypted fields open whatever became of the operation, and each is there once.
void check_small_values(auto& w, const auto& op) {
    if (op.name == "apply" || op.name == "return") {
        std::string seen;
        const auto used = w.use_alpha().secrets().with(token, [&](byte_view value) { seen = as_text(value); });
        expect(used && seen == "a token", "the secret does not open");
        expect(count(w, records::sealed(eu, alpha)) == 1, "a secret of keys that are not current is left");
    }
    if (op.name == "apply") {
        const auto keys = w.use_alpha().fields(access::read);
        expect(keys.has_value(), "the keys of fields do not open");
        const auto cell = take(file::read_file(w.folder + "/cell", 1 << 10), "read a cell");
        const auto value = take(keys->column("users", "email"), "column").open("row 7", cell);
        expect(value && as_text(*value) == "a cell", "the cell does not open");
    }
}

/// Everything that must hold of a tenant at rest. Returns the state in words.
std::string check_all(auto& w, const auto& op) {
    check_ring_rests(w, op);
    check_vault(w, op);
    const auto text = describe(w, op);
    check_content(w, op);
    check_small_values(w, op);
    check_log(w);
    check_medium(w);
    if (op.name == "generate") check_handed_out(w);
    return text;
}

template <class World>
int check(const std::string& folder, const operation<World>& op) {
    expect(!was("KEYWRIGHT_EXIT", "5"), "the operation was refused");
    const bool promised = was("KEYWRIGHT_SAID", "done ") || was("KEYWRIGHT_DONE", "1");
    World w(folder, checked_at);
    need(w.svc.recover(), "recover");
    const auto text = check_all(w, op);
    expect(text == op.after || text == op.before, "neither before nor after: " + text);
    expect(text == op.after || !promised, "what was said to be done is not: " + text);
    if (text == op.after) return 0;
    must(op.run(w), "the operation again");
    const auto again = check_all(w, op);
    expect(again == op.after, "done again, and not after: " + again);
    return 0;
}

template <class World>
int run(std::string_view what, const std::string& folder, std::string_view name) {
    const auto& all = operations<World>;
    const auto* op = std::find_if(std::begin(all), std::end(all), [&](const auto& one) { return one.name == name; });
    if (op == std::end(all)) return 2;
    if (what == "prepare") return prepare(folder, *op);
    if (what == "change") return change(folder, *op);
    if (what == "check") return check(folder, *op);
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    if (argc == 4) return run<world<files>>(argv[1], argv[2], argv[3]);
    if (argc == 5 && std::string_view(argv[4]) == "databases") return run<world<databases>>(argv[1], argv[2], argv[3]);
    return 2;
}
