// SPDX-License-Identifier: Apache-2.0
#include "trouble.hpp"

#include "printable.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace example {

using namespace keywright;

namespace {

/// What helps whatever the subject is; the rest is known where the failure happened.
std::string next_of(const error& e) {
    switch (e.code) {
    case errc::password_needed: return "give the password: --ask, --password-file FILE, or KEYWRIGHT_PASSWORD in the environment";
    case errc::not_found: return "check the path";
    case errc::storage_full: return "make room and run the same command again: what was begun was removed";
    case errc::locked: return "the customer has locked this data; only the customer's key brings it back (tenant_admin unlock)";
    case errc::permission_denied: return "check the owner and the permissions";
    case errc::unavailable:
    case errc::timed_out:
    case errc::version_conflict: return "run the same command again";
    default: return {};
    }
}

} // namespace

tl::unexpected<trouble> trouble_of(const error& e, std::string subject) {
    const std::string_view text = e.text;
    if (text.starts_with("usage: ")) return trouble_of(code_of(e), std::move(subject), std::string(text.substr(7)), next_of(e));
    if (text.starts_with("file: ")) // the system's reason, which a file's text leaves to the code
        return trouble_of(code_of(e), std::move(subject), fmt::format("{}: {}", name(e.code), text.substr(6)), next_of(e));
    return trouble_of(code_of(e), std::move(subject), std::string(text), next_of(e));
}

void tell(std::string_view program, const trouble& t, bool colours) {
    const char *bad = colours ? "\033[31m" : "", *mild = colours ? "\033[2m" : "", *end = colours ? "\033[0m" : "";
    const auto subject = t.subject.empty() ? std::string() : printable(t.subject) + ": ";
    fmt::print(stderr, "{}{}:{} {}{}\n", bad, program, end, subject, t.text);
    if (!t.next.empty()) fmt::print(stderr, "{}  next:{} {}\n", mild, end, t.next);
}

} // namespace example
