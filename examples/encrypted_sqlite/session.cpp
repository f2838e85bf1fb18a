// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "options.hpp"

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <unistd.h>

namespace encrypted_sqlite {

namespace {

std::atomic<sqlite3*> running{nullptr};

/// Ctrl-C ends the statement, not the program.
void interrupt(int) {
    if (sqlite3* db = running.load(); db != nullptr) sqlite3_interrupt(db);
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n;") == text.npos; }

/// A dot command, or statements. False: the session ends.
outcome<bool> run_either(desk& at, const std::string& text) {
    if (text.starts_with(".")) return run_dot_command(at, text);
    if (auto done = run(at, text); !done) return pass_on(done);
    return true;
}

exit_code report(const desk& at, const trouble& t) {
    example::tell("encrypted_sqlite", t, at.given.colours(STDERR_FILENO));
    return t.code;
}

exit_code run_arguments(desk& at) {
    for (const auto& text : at.given.sql) {
        const auto goes_on = run_either(at, text);
        if (!goes_on) return report(at, goes_on.error());
        if (!*goes_on) break;
    }
    return exit_code::done;
}

exit_code run_input(desk& at, bool by_hand) {
    std::string line, text;
    for (;;) {
        if (by_hand) fmt::print("{}", is_blank(text) ? "keywright> " : "      ...> "), std::fflush(stdout);
        if (!std::getline(std::cin, line)) break;
        const bool is_command = is_blank(text) && line.starts_with(".");
        text = is_command ? line : text + line + '\n';
        if (!is_command && (is_blank(text) || sqlite3_complete(text.c_str()) == 0)) continue;
        const auto goes_on = run_either(at, text);
        text.clear();
        if (goes_on && !*goes_on) return exit_code::done;
        if (goes_on) continue;
        const exit_code code = report(at, goes_on.error());
        if (!by_hand) return code;
    }
    if (by_hand) fmt::print("\n");
    if (is_blank(text)) return exit_code::done;
    const auto last = run_either(at, text); // without a semicolon at its end
    return last ? exit_code::done : report(at, last.error());
}

} // namespace

exit_code run_session(desk& at) {
    if (!at.given.sql.empty()) return run_arguments(at);
    const bool by_hand = ::isatty(STDIN_FILENO) != 0;
    if (!by_hand) return run_input(at, false);
    if (!at.given.quiet)
        fmt::print("SQLite {}, {}: encrypted. Statements end with ;  .help lists commands\n", sqlite3_libversion(), at.given.file);
    running = at.db;
    std::signal(SIGINT, interrupt);
    const exit_code code = run_input(at, true);
    running = nullptr;
    return code;
}

} // namespace encrypted_sqlite
