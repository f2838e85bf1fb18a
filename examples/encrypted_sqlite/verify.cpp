// SPDX-License-Identifier: Apache-2.0
#include "verify.hpp"

#include "../common/progress_bar.hpp"

#include <keywright/adapters/sqlite/verify.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>

namespace encrypted_sqlite {

using namespace keywright;

namespace {

/// What integrity_check says, which is `ok` or a list of sentences. Not asked where pages do not open: it would stop there.
outcome<std::vector<std::string>> ask_sqlite(desk& at) {
    std::vector<std::string> said;
    auto asked = each_row(at, "PRAGMA integrity_check", {},
                          [&](sqlite3_stmt* row) { said.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(row, 0))); });
    if (!asked) return pass_on(asked);
    return said;
}

void show(const desk& at, const sqlite::page_survey& survey, const std::vector<std::string>& said) {
    const bool is_whole = survey.damaged == 0 && said == std::vector<std::string>{"ok"};
    if (at.given.as_json) {
        const nlohmann::ordered_json out{{"format", 1},
                                         {"path", at.given.file},
                                         {"whole", is_whole},
                                         {"pages", survey.pages},
                                         {"damaged", survey.damaged},
                                         {"damaged_pages", survey.numbers},
                                         {"integrity_check", said}};
        fmt::print("{}\n", out.dump(2));
        return;
    }
    for (const auto number : survey.numbers) fmt::print("page {} does not open\n", number);
    if (survey.damaged > survey.numbers.size()) fmt::print("and {} more\n", survey.damaged - survey.numbers.size());
    if (survey.damaged == 0 && !is_whole)
        for (const auto& sentence : said) fmt::print("{}\n", sentence);
    if (is_whole && !at.given.quiet) fmt::print("{}: {} pages, all proved; integrity_check: ok\n", at.given.file, survey.pages);
}

} // namespace

outcome<exit_code> verify(desk& at, const sqlite::database& db) {
    std::error_code ignored;
    example::progress_bar bar(std::filesystem::file_size(at.given.file, ignored), !at.given.quiet);
    const auto survey = sqlite::survey_pages(db, [&](std::uint64_t done, std::uint64_t) { bar.at(done); });
    bar.clear();
    if (!survey) return tl::unexpected(why_closed(survey.error(), at.given, at.keys));
    std::vector<std::string> said;
    if (survey->damaged == 0) {
        auto asked = ask_sqlite(at);
        if (!asked) return pass_on(asked);
        said = std::move(*asked);
    }
    show(at, *survey, said);
    if (survey->damaged == 0 && said == std::vector<std::string>{"ok"}) return exit_code::done;
    return trouble_of(exit_code::content_damaged, at.given.file,
                      survey->damaged > 0 ? fmt::format("{} of {} pages were altered, moved or cut", survey->damaged, survey->pages)
                                          : "its pages are genuine, but do not make sense together",
                      "restore it from a backup; what can still be read, .dump writes");
}

} // namespace encrypted_sqlite
