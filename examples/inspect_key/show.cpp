// SPDX-License-Identifier: Apache-2.0
#include "show.hpp"

#include "../common/printable.hpp"
#include "../common/reason_json.hpp"

#include <keywright/core/hex.hpp>

namespace inspect_key {

using namespace keywright;
using example::json;
using example::printable;

namespace {

// --- words that both forms share ---

const char* word(keys::key_algorithm a) { return a == keys::key_algorithm::rsa ? "RSA" : a == keys::key_algorithm::ec ? "EC" : "other"; }
const char* word(keys::certificate_standing s) {
    return s == keys::certificate_standing::valid ? "valid" : s == keys::certificate_standing::not_yet_valid ? "not_yet_valid" : "expired";
}

// --- text ---

class writer {
public:
    explicit writer(bool colours) : colours_(colours) {}

    void section(std::string_view title) { out += fmt::format("\n{}\n", paint(title, 1)); }
    void line(std::string_view name, std::string_view value) { out += fmt::format("  {:<16} {}\n", name, printable(value)); }
    void good(std::string_view text) { out += fmt::format("  {} {}\n", paint("ok", 32), printable(text)); }
    void bad(std::string_view text) { out += fmt::format("  {} {}\n", paint("!!", 31), printable(text)); }
    void plain(std::string_view text) { out += fmt::format("  {}\n", printable(text)); }

    std::string out;

private:
    std::string paint(std::string_view text, int colour) const {
        return colours_ ? fmt::format("\033[{}m{}\033[0m", colour, text) : std::string(text);
    }
    bool colours_;
};

std::string derivation_of(const formats::pfx_layer& l) {
    if (l.kdf == formats::pfx_layer::derivation::scrypt) return fmt::format("scrypt, N = {}, r = {}, p = {}", l.iterations, l.r, l.p);
    return fmt::format("{} with {}, {} iterations", name(l.kdf), l.hash, l.iterations);
}
std::string title_of(const formats::pfx_layer& l) {
    using place = formats::pfx_layer::place;
    return l.where == place::mac ? "MAC" : l.where == place::safe ? "encrypted safe" : "key bag";
}

void write_pfx(writer& w, const report& r) {
    const auto& o = *r.outline;
    w.section("layers");
    for (const auto& l : o.layers) {
        const std::string algorithm = l.where == formats::pfx_layer::place::mac ? "HMAC with " + l.algorithm : l.algorithm;
        w.line(title_of(l),
               fmt::format("{}; {}; salt of {} bytes; {} bytes; cost {}", algorithm, derivation_of(l), l.salt_bytes, l.bytes, l.cost));
    }
    if (!o.has_mac()) w.bad("no MAC: whoever can write to the file can exchange what it holds");
    if (o.keys_in_clear != 0) w.bad(fmt::format("{} key(s) outside any encrypted bag", o.keys_in_clear));
    for (const auto& safe : o.closed_safes) w.bad(fmt::format("a safe of {} bytes stays closed: {}", safe.length, safe.text));
    w.line("in the open", fmt::format("{} key bag(s), {} certificate(s), {} other bag(s)", o.keys, o.certificates, o.other_bags.size()));
    w.line("cost to open", fmt::format("{} units, about {:.2g} s here", o.visible_cost, r.seconds));
    if (o.too_costly) w.bad(o.too_costly->text);
    if (r.made_by) w.line("made by", fmt::format("{}? A guess: {}", r.made_by->who, r.made_by->because));
}

void write_key(writer& w, const key_report& k, instant now) {
    const auto& f = k.facts;
    w.section(k.name.empty() ? "key" : "key `" + printable(k.name) + "`");
    w.line("algorithm", fmt::format("{}, {} bits{}", word(f.algorithm), f.bits,
                                    f.algorithm == keys::key_algorithm::rsa ? fmt::format(", public exponent {}", f.public_exponent) : ""));
    w.line("fingerprint", to_hex(f.identity.print));
    if (f.halves_match)
        w.good("the private half is there and fits");
    else
        w.bad(f.has_private ? "the two halves do not belong together" : "the private half is not there");
    for (const auto weak : k.weaknesses) w.bad(explain(weak));
    if (!k.certificate) return;
    const auto& c = *k.certificate;
    w.line("certificate", fmt::format("from {} to {}", to_text(c.not_before), to_text(c.not_after)));
    if (!c.of_this_key) w.bad("the certificate that names this key holds another one");
    if (c.standing(now) == keys::certificate_standing::expired) w.bad("the certificate has expired, which does not matter to keywright");
    if (c.standing(now) == keys::certificate_standing::not_yet_valid)
        w.bad("the certificate is not yet valid, which does not matter to keywright");
}

void write_verdict(writer& w, const verdict& v) {
    w.section("an upload under " + v.profile);
    if (!v.takes_files) return w.plain("takes no key files: the key stays in the customer's own vault");
    for (const auto& a : v.assuming) w.plain("assuming that " + a);
    if (v.takes()) w.good("no rule objects");
    for (const auto& reason : v.reasons) w.bad(to_text(reason));
    if (v.trouble && !v.takes()) w.plain(fmt::format("({})", to_text(*v.trouble)));
    if (v.failure) w.bad(to_text(*v.failure));
}

// --- JSON ---

json json_of(const error& e) { return {{"code", name(e.code)}, {"text", e.text}}; }

json json_of(const formats::pfx_layer& l) {
    json out{{"where", name(l.where)}, {"algorithm", l.algorithm}, {"derivation", name(l.kdf)}};
    if (!l.hash.empty()) out["hash"] = l.hash;
    out["iterations"] = l.iterations;
    if (l.kdf == formats::pfx_layer::derivation::scrypt) out["r"] = l.r, out["p"] = l.p;
    out["salt_bytes"] = l.salt_bytes;
    out["bytes"] = l.bytes;
    out["cost"] = l.cost;
    return out;
}
json json_of(const key_report& k, instant now) {
    const auto& f = k.facts;
    json out{{"name", k.name}, {"algorithm", word(f.algorithm)}, {"bits", f.bits}, {"fingerprint", to_hex(f.identity.print)}};
    if (f.algorithm == keys::key_algorithm::rsa) out["public_exponent"] = f.public_exponent;
    out["has_private"] = f.has_private;
    out["halves_match"] = f.halves_match;
    out["weaknesses"] = json::array();
    for (const auto weak : k.weaknesses) out["weaknesses"].push_back({{"name", name(weak)}, {"text", explain(weak)}});
    if (k.certificate) {
        const auto& c = *k.certificate;
        out["certificate"] = {{"of_this_key", c.of_this_key},
                              {"standing", word(c.standing(now))},
                              {"not_before", to_text(c.not_before)},
                              {"not_after", to_text(c.not_after)}};
    }
    return out;
}
json json_of(const verdict& v) {
    json out{
        {"profile", v.profile}, {"takes_files", v.takes_files}, {"takes", v.takes()}, {"assuming", v.assuming}, {"reasons", json::array()}};
    for (const auto& reason : v.reasons) out["reasons"].push_back(example::json_of(reason));
    if (v.trouble) out["trouble"] = json_of(*v.trouble);
    if (v.failure) out["failure"] = json_of(*v.failure);
    return out;
}
json json_of_pfx(const report& r) {
    const auto& o = *r.outline;
    json out{{"layers", json::array()}, {"keys_seen", o.keys}, {"keys_in_clear", o.keys_in_clear}, {"certificates_seen", o.certificates}};
    for (const auto& l : o.layers) out["layers"].push_back(json_of(l));
    out["other_bags"] = o.other_bags;
    out["closed_safes"] = json::array();
    for (const auto& safe : o.closed_safes)
        out["closed_safes"].push_back({{"algorithm", safe.algorithm}, {"bytes", safe.length}, {"text", safe.text}});
    out["cost"] = o.visible_cost;
    out["estimated_seconds"] = r.seconds;
    if (o.too_costly) out["too_costly"] = o.too_costly->text;
    if (r.made_by) out["made_by"] = {{"guess", r.made_by->who}, {"because", r.made_by->because}};
    return out;
}

} // namespace

std::string as_text(const report& r, bool colours) {
    writer w(colours);
    w.out = fmt::format("{}: {}\n", printable(r.path), r.description);
    w.line("size", fmt::format("{} bytes", r.bytes));
    w.line("SHA-256", r.sha256);
    for (const auto& [name, value] : r.details) w.line(name, value);
    if (r.outline) write_pfx(w, r);
    for (const auto& key : r.keys) write_key(w, key, r.asked_at);
    if (r.certificates_alone != 0) w.plain(fmt::format("{} certificate(s) that belong to none of the keys", r.certificates_alone));
    if (r.trouble) {
        w.section("not opened");
        w.bad(to_text(*r.trouble));
    }
    for (const auto& v : r.verdicts) write_verdict(w, v);
    if (r.next.empty()) return w.out;
    w.section("what next");
    for (const auto& step : r.next) w.plain(step);
    return w.out;
}

std::string as_json(const report& r) {
    json out{{"format", 1}, {"path", r.path}, {"bytes", r.bytes}, {"sha256", r.sha256}, {"kind", r.kind}, {"description", r.description}};
    out["details"] = json::array();
    for (const auto& [name, value] : r.details) out["details"].push_back({{"name", name}, {"value", value}});
    if (r.outline) out["pfx"] = json_of_pfx(r);
    out["password_given"] = r.password_given;
    out["opened"] = r.opened;
    if (r.trouble) out["trouble"] = json_of(*r.trouble);
    out["keys"] = json::array();
    for (const auto& key : r.keys) out["keys"].push_back(json_of(key, r.asked_at));
    out["certificates_alone"] = r.certificates_alone;
    out["verdicts"] = json::array();
    for (const auto& v : r.verdicts) out["verdicts"].push_back(json_of(v));
    out["next"] = r.next;
    out["exit_code"] = static_cast<int>(r.code);
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace inspect_key
