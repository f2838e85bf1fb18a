// SPDX-License-Identifier: Apache-2.0
// Who is told. The service keeps notices in the store, in the same commit as the event, and hands each over at least
// once; a notifier makes that one message a person can read.
// Depends on: core. Nearest adapter to copy: adapters/memory/notifier.hpp.
#pragma once

#include <keywright/core/ids.hpp>
#include <keywright/core/result.hpp>
#include <keywright/core/time.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace keywright::ports {

/// One message to one administrator. Holds no secret.
struct notice {
    std::string id;        ///< unique for ever, see valid_notice_id: event and recipient; a second delivery of one id is the same message
    admin_id to;
    tenant_id tenant;
    instant at;            ///< when the event was committed
    std::string subject;   ///< one line of UTF-8
    std::string body;      ///< UTF-8 text, lines ended by \n
    std::uint64_t sequence = 0;  ///< the audit record's number in the tenant's log
    std::string head_hash;       ///< hex of the audit log's head at that record: an anchor against truncation
};

/// 1 to 200 of `a-z 0-9 . -`, dots neither first nor last nor doubled: safe as a file name and in a Message-ID.
constexpr bool valid_notice_id(std::string_view id) noexcept {
    if (id.empty() || id.size() > 200 || id.front() == '.' || id.back() == '.') return false;
    char before = 0;
    for (const char c : id) {
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')) return false;
        if (c == '.' && before == '.') return false;
        before = c;
    }
    return true;
}

/// `deliver(notice)`: durable when it returns. Delivering an id again is success and makes no second message.
/// malformed for an id that valid_notice_id refuses.
template <class N>
concept delivers_notices = requires(N& n, const notice& message) {
    { n.deliver(message) } -> std::same_as<result<void>>;
};

/// Satisfied by a channel that several threads may use at once. `unavailable` is retried later.
template <class N>
concept notifier = delivers_notices<N>;

template <class N>
consteval bool check_notifier() {
    static_assert(delivers_notices<N>, "notifier: needs `result<void> deliver(const notice&)`; see keywright/ports/notifier.hpp");
    return notifier<N>;
}

} // namespace keywright::ports
