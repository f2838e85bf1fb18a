// SPDX-License-Identifier: Apache-2.0
// A notice as the text of a mail: RFC 5322 (message), RFC 2047 (words of the subject), RFC 2045 (body).
// Nothing of a notice reaches a header line unless it was checked or encoded, so that no text can add a header.
// Depends on: ports/notifier. Used by adapters/file/outbox.
#pragma once

#include <keywright/core/bytes.hpp>
#include <keywright/ports/notifier.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include <time.h>

namespace keywright::file::detail {

// The message, lines ended by CRLF, none longer than 998 bytes, subject and body at most 76:
//   From, To, Date, Message-ID: <notice id@domain>, Subject
//   MIME-Version, Content-Type: text/plain; charset=utf-8, Content-Transfer-Encoding: quoted-printable
//   X-Keywright-Tenant, X-Keywright-Sequence, X-Keywright-Audit-Head   the anchor of the tenant's audit log
//   empty line, body

/// RFC 5322 dot-atom out of the characters that ids and host names are made of.
constexpr bool is_dot_atom(std::string_view text) noexcept {
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '+';
    });
}

/// The administrator's id where it is an address already, else the id at `domain`; quoted where it has to be.
inline std::string address_of(const admin_id& admin, std::string_view domain) {
    std::string_view local = admin.view();
    if (const auto at = local.rfind('@'); at != local.npos && at > 0 && is_dot_atom(local.substr(at + 1))) {
        domain = local.substr(at + 1);
        local = local.substr(0, at);
    }
    // An id has neither quotes nor backslashes, so that nothing in it needs escaping.
    const std::string quote = is_dot_atom(local) ? "" : "\"";
    return quote + std::string(local) + quote + '@' + std::string(domain);
}

/// "Sun, 22 Nov 2026 02:42:44 +0000"; "" outside the years 1900 to 9999.
inline std::string mail_date(instant moment) {
    static constexpr const char* weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t since_epoch = moment.since_epoch;
    tm parts{};
    if (::gmtime_r(&since_epoch, &parts) == nullptr || parts.tm_year < 0 || parts.tm_year > 8099) return "";
    const auto two = [](int number) { return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)}; };
    return std::string(weekdays[parts.tm_wday]) + ", " + two(parts.tm_mday) + ' ' + months[parts.tm_mon] + ' ' +
           std::to_string(parts.tm_year + 1900) + ' ' + two(parts.tm_hour) + ':' + two(parts.tm_min) + ':' + two(parts.tm_sec) + " +0000";
}

inline void append_hex_byte(std::string& out, char byte) {
    static constexpr char digits[] = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(byte);
    out += {'=', digits[value >> 4], digits[value & 15]};
}

/// Never folded: readers disagree about a value that begins on the second line.
inline std::string header(std::string_view name, std::string_view value) { return std::string(name) + ": " + std::string(value) + "\r\n"; }

/// As it is where that is one short line of ASCII, else as encoded words of at most 66 characters, split between
/// characters of UTF-8. Control characters become spaces, so that no reader that decodes finds a line end.
inline std::string subject_header(std::string_view subject) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    const bool plain = subject.size() <= 69 && subject.find("=?") == subject.npos && !subject.starts_with(' ') && !subject.ends_with(' ') &&
                       std::all_of(subject.begin(), subject.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
    if (plain) return header("Subject", subject);
    constexpr std::size_t room = 54, longest_character = 4;
    std::string out = "Subject:", word;
    const auto end_word = [&] { out += " =?utf-8?q?" + std::exchange(word, {}) + "?=\r\n"; };
    for (std::size_t i = 0, begin = 0; i < subject.size(); ++i) {
        const bool continues = (static_cast<unsigned char>(subject[i]) & 0xc0) == 0x80 && i - begin < longest_character;
        if (!continues) begin = i;
        if (!continues && word.size() + 3 * longest_character > room) end_word();
        const char c = subject[i];
        if (c == ' ' || is_control(c))
            word += '_';
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/')
            word += c;
        else
            append_hex_byte(word, c);
    }
    end_word();
    return out;
}

/// Quoted-printable: lines of at most 76; \n becomes CRLF; what is not printable ASCII is encoded, so are spaces and
/// tabs before a line end. A body whose last line has no end gets a soft one, which adds nothing.
inline std::string quoted_printable(std::string_view body) {
    std::string out;
    out.reserve(body.size() + body.size() / 8 + 8);
    std::size_t column = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (c == '\n') {
            out += "\r\n";
            column = 0;
            continue;
        }
        const bool ends_line = i + 1 == body.size() || body[i + 1] == '\n';
        const bool printable = (c >= 0x21 && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !ends_line);
        const std::size_t width = printable ? 1 : 3;
        if (column + width > 75) { // one is kept for the mark of the soft line end
            out += "=\r\n";
            column = 0;
        }
        if (printable)
            out += c;
        else
            append_hex_byte(out, c);
        column += width;
    }
    if (column > 0) out += "=\r\n";
    return out;
}

/// The whole message. Fails with malformed for an id, a moment or a head hash that no service makes.
[[nodiscard]] inline result<std::string> mail_text(const ports::notice& notice, std::string_view sender, std::string_view domain) {
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!ports::valid_notice_id(notice.id)) return fail(errc::malformed, "outbox: expected a notice id of a-z 0-9 . -");
    if (notice.to.empty() || notice.tenant.empty()) return fail(errc::malformed, "outbox: expected a notice with a recipient and a tenant");
    if (notice.head_hash.size() > 128 || !std::all_of(notice.head_hash.begin(), notice.head_hash.end(), is_hex))
        return fail(errc::malformed, "outbox: expected the audit log's head as up to 128 hex digits");
    const std::string date = mail_date(notice.at);
    if (date.empty()) return fail(errc::malformed, "outbox: expected a moment between the years 1900 and 9999");
    const std::string host(domain);
    return header("From", "keywright <" + std::string(sender) + '@' + host + '>') + header("To", address_of(notice.to, domain)) +
           header("Date", date) + header("Message-ID", '<' + notice.id + '@' + host + '>') + subject_header(notice.subject) +
           header("MIME-Version", "1.0") + header("Content-Type", "text/plain; charset=utf-8") +
           header("Content-Transfer-Encoding", "quoted-printable") + header("X-Keywright-Tenant", notice.tenant.view()) +
           header("X-Keywright-Sequence", std::to_string(notice.sequence)) + header("X-Keywright-Audit-Head", notice.head_hash) + "\r\n" +
           quoted_printable(notice.body);
}

} // namespace keywright::file::detail
