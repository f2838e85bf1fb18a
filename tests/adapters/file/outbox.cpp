// SPDX-License-Identifier: Apache-2.0
// The outbox: its messages as Python's mail parser reads them, whatever the notice says, and its files.
#include <keywright/adapters/file/outbox.hpp>
#include <keywright/testing/notifier_suite.hpp>
#include <keywright/testing/temporary_folder.hpp>

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace {

using namespace keywright;
using testing::sample_notice;
using testing::temporary_folder;

std::string hex(std::string_view text) {
    std::string out;
    for (const char c : text) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
        out += digits;
    }
    return out;
}

std::size_t count_messages(const std::string& folder) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        CHECK(entry.path().extension() == ".eml"); // nothing unfinished is left
        ++count;
    }
    return count;
}

class place {
public:
    const file::outbox& notifier() { return outbox_; }
    std::size_t delivered() const { return count_messages(folder_.path()); }

private:
    temporary_folder folder_;
    file::outbox outbox_ = file::outbox::open(folder_.path()).value();
};

/// What read_mail.py prints.
struct mail {
    std::string subject, body, user, domain, sender, message_id, date, sequence, head, tenant, fields;
};
std::vector<mail> read_mails(const std::string& paths, std::size_t count) {
    const std::string command = "python3 '" KEYWRIGHT_TEST_DATA "/../adapters/file/read_mail.py'" + paths;
    const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
    REQUIRE(output != nullptr);
    std::string all;
    char part[4096];
    for (std::size_t got; (got = std::fread(part, 1, sizeof part, output.get())) > 0;) all.append(part, got);
    std::vector<mail> read(count);
    std::size_t begin = 0;
    for (auto& one : read)
        for (std::string* value : {&one.subject, &one.body, &one.user, &one.domain, &one.sender, &one.message_id, &one.date, &one.sequence,
                                   &one.head, &one.tenant, &one.fields}) {
            const auto end = all.find('\n', begin);
            REQUIRE_MESSAGE(end != all.npos, "read_mail.py refused a message");
            *value = all.substr(begin, end - begin);
            begin = end + 1;
        }
    return read;
}

/// Delivers each notice under an id of its own (but a single one under its own id), and reads what arrived.
std::vector<mail> delivered_mails(std::vector<ports::notice> notices, file::outbox_options options = {}) {
    const temporary_folder folder;
    const auto outbox = file::outbox::open(folder.path(), std::move(options));
    REQUIRE(outbox.has_value());
    std::string paths;
    for (std::size_t i = 0; i < notices.size(); ++i) {
        if (notices.size() > 1) notices[i].id = std::to_string(i);
        const auto done = outbox->deliver(notices[i]);
        REQUIRE_MESSAGE(done.has_value(), std::string(done.error().text));
        paths += " '" + (folder / (notices[i].id + ".eml")) + "'";
    }
    return read_mails(paths, notices.size());
}
mail delivered_mail(const ports::notice& notice, file::outbox_options options = {}) {
    return delivered_mails({notice}, std::move(options)).front();
}

/// Notices that differ in one member.
template <class Member>
std::vector<ports::notice> notices_with(Member ports::notice::* member, const std::vector<Member>& values) {
    std::vector<ports::notice> notices;
    for (const auto& value : values) {
        notices.push_back(sample_notice("a"));
        notices.back().*member = value;
    }
    return notices;
}

} // namespace

TEST_CASE("file::outbox: passes the suite") { testing::notifier_suite<place>(); }

TEST_CASE("file::outbox: a mail parser finds every field of the notice") {
    const auto notice = sample_notice("contoso.17.alice");
    const auto read = delivered_mail(notice, {.domain = "keys.example.org", .sender = "noreply"});
    CHECK(read.subject == hex(notice.subject));
    CHECK(read.body == hex(notice.body));
    CHECK(read.user == "alice");
    CHECK(read.domain == "example.org");
    CHECK(read.sender == "noreply@keys.example.org");
    CHECK(read.message_id == "<contoso.17.alice@keys.example.org>");
    CHECK(read.date == "1795315364");
    CHECK(read.sequence == "7");
    CHECK(read.head == std::string(64, 'a'));
    CHECK(read.tenant == "contoso");
    CHECK(read.fields == "11");
}

TEST_CASE("file::outbox: a mail parser finds the same subject, whatever it is") {
    std::vector<std::string> subjects = {"",
                                         "plain",
                                         "=?utf-8?q?not_an_encoded_word?=",
                                         "a =? b",
                                         "Schl\xc3\xbcssel f\xc3\xbcr Z\xc3\xbcrich ge\xc3\xa4ndert",
                                         "under_score = and ? and _",
                                         "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
                                         "\xf0\x9f\x94\x91 rotated",
                                         std::string(5000, 'x')};
    for (std::size_t size = 66; size <= 72; ++size) subjects.push_back(std::string(size, 'y'));
    for (std::size_t shift = 0; shift < 20; ++shift) {
        std::string mixed(shift, 'z');
        for (int i = 0; i < 30; ++i) mixed += i % 3 == 0 ? "\xf0\x9f\x94\x91" : i % 3 == 1 ? " \xc3\xa4" : "\xe6\x97\xa5";
        subjects.push_back(mixed);
    }
    const auto read = delivered_mails(notices_with(&ports::notice::subject, subjects));
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        CAPTURE(subjects[i]);
        CHECK(read[i].subject == hex(subjects[i]));
        CHECK(read[i].fields == "11");
    }
}

TEST_CASE("file::outbox: line ends and other control characters in a subject are spaces, and add no header") {
    auto notice = sample_notice("a");
    notice.subject = "harmless\r\nBcc: eve@example.org\r\n\r\nbody\x7f\x01\t.";
    notice.subject += std::string(1, '\0') + "\n";
    const auto read = delivered_mail(notice);
    CHECK(read.subject == hex("harmless  Bcc: eve@example.org    body   .  "));
    CHECK(read.fields == "11");
    CHECK(read.body == hex(notice.body));
}

TEST_CASE("file::outbox: a mail parser finds the same body, whatever it is") {
    std::string all_bytes;
    for (int byte = 0; byte < 256; ++byte) all_bytes.push_back(static_cast<char>(byte));
    std::vector<std::string> bodies = {"",
                                       "\n",
                                       "\n\n\nx\n\n",
                                       "no end",
                                       "space at the end ",
                                       "space \ntab\t\n \n\t",
                                       "a=b\n",
                                       ".\n..\n",
                                       "From me\n",
                                       "=\n==\n=3D",
                                       "Subject: x\n\ny\n",
                                       std::string("NUL \0 in it\n", 12),
                                       "\xc3\xa4\xf0\x9f\x94\x91\n",
                                       all_bytes,
                                       all_bytes + all_bytes};
    for (std::size_t size = 72; size <= 79; ++size) {
        bodies.push_back(std::string(size, 'x'));
        bodies.push_back(std::string(size, 'x') + "\n");
        bodies.push_back(std::string(size, 'x') + " \n");
        bodies.push_back(std::string(size, 'x') + "\xc3\xa4\n");
    }
    bodies.push_back(std::string(20000, 'x') + "\n" + std::string(3000, ' ') + "\n" + std::string(3000, '='));
    bodies.push_back("a\r\nb\rc\n"); // a carriage return is a character like others
    const auto read = delivered_mails(notices_with(&ports::notice::body, bodies));
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        CAPTURE(bodies[i]);
        CHECK(read[i].body == hex(bodies[i]));
    }
}

TEST_CASE("file::outbox: every administrator id gives one address") {
    const struct {
        const char* id;
        const char* user;
        const char* domain;
    } rows[] = {
        {"alice", "alice", "localhost"},
        {"alice@example.org", "alice", "example.org"},
        {"a.b+c_d-e@x.y", "a.b+c_d-e", "x.y"},
        {"a@b@example.org", "a@b", "example.org"},
        {"alice@", "alice@", "localhost"},
        {"@example.org", "@example.org", "localhost"},
        {"a..b", "a..b", "localhost"},
        {"a.@example.org", "a.", "example.org"},
        {"alice@example..org", "alice@example..org", "localhost"},
        {"123456789-123456789-123456789-123456789-123456789-123456789-123",
         "123456789-123456789-123456789-123456789-123456789-123456789-123", "localhost"},
    };
    std::vector<admin_id> ids;
    for (const auto& row : rows) ids.emplace_back(row.id);
    const auto read = delivered_mails(notices_with(&ports::notice::to, ids));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        CAPTURE(rows[i].id);
        CHECK(read[i].user == rows[i].user);
        CHECK(read[i].domain == rows[i].domain);
    }
}

TEST_CASE("file::outbox: dates are those of the calendar") {
    const struct {
        std::int64_t moment;
        const char* date;
    } rows[] = {
                 // by `date -u -R -d @...`
        {0, "Thu, 01 Jan 1970 00:00:00 +0000"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 +0000"},
        {1795315364, "Sun, 22 Nov 2026 02:42:44 +0000"},
        {4107542399, "Sun, 28 Feb 2100 23:59:59 +0000"},
        {-1, "Wed, 31 Dec 1969 23:59:59 +0000"},
        {253402300799, "Fri, 31 Dec 9999 23:59:59 +0000"},
        {253402300800, ""},
        {-2208988801, ""},
        {INT64_MAX, ""},
        {never.since_epoch, ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.moment);
        CHECK(file::detail::mail_date(instant{row.moment}) == row.date);
    }
}

TEST_CASE("file::outbox: refuses what could not be a notice, and leaves no file") {
    const temporary_folder folder;
    const auto outbox = file::outbox::open(folder.path()).value();
    auto notice = sample_notice("a");
    SUBCASE("a head that is not hex") { notice.head_hash = "ab\r\nBcc: eve"; }
    SUBCASE("a head of 129 digits") { notice.head_hash = std::string(129, 'a'); }
    SUBCASE("no recipient") { notice.to = {}; }
    SUBCASE("no tenant") { notice.tenant = {}; }
    SUBCASE("no moment") { notice.at = never; }
    SUBCASE("a path as id") { notice.id = "../a"; }
    const auto done = outbox.deliver(notice);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == errc::malformed);
    CHECK(count_messages(folder.path()) == 0);
}

TEST_CASE("file::outbox: delivering again leaves the message as it is") {
    const temporary_folder folder;
    const auto outbox = file::outbox::open(folder.path()).value();
    auto notice = sample_notice("a");
    REQUIRE(outbox.deliver(notice).has_value());
    const auto first = file::read_file(folder / "a.eml", 100000);
    notice.body = "another";
    REQUIRE(outbox.deliver(notice).has_value());
    CHECK(file::read_file(folder / "a.eml", 100000) == first);
}

TEST_CASE("file::outbox: opens only with a sender that can stand in an address, and makes one folder") {
    const temporary_folder folder;
    for (const char* bad : {"", "a b", "a..b", ".a", "a@b", "a\r\nBcc: eve@example.org", "a>", "\xc3\xa4"}) {
        CAPTURE(std::string(bad));
        CHECK(file::outbox::open(folder / "new", {.domain = bad}).error().code == errc::malformed);
        CHECK(file::outbox::open(folder / "new", {.sender = bad}).error().code == errc::malformed);
    }
    CHECK_FALSE(std::filesystem::exists(folder / "new"));
    CHECK(file::outbox::open(folder / "new").has_value());
    CHECK(file::outbox::open(folder / "new").has_value());
    CHECK(file::outbox::open(folder / "missing/new").error().code == errc::not_found);
    const auto outbox = file::outbox::open(folder / "new").value();
    std::filesystem::remove(folder / "new");
    CHECK(outbox.deliver(sample_notice("a")).error().code == errc::not_found);
}
