// SPDX-License-Identifier: Apache-2.0
// What a driver of crash_matrix.py is made of beside its scene and its judge:
//     driver prepare|change|check <folder> [word]
// `prepare` makes what is there before, `change` is what is stopped, `check` judges what was left: its exit code is 0 where all
// is well. What a crash cannot be the reason of ends the program with 3.
#pragma once

#include <keywright/core/result.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace crash {

/// What `change` has promised by now; `check` finds it in `said`.
inline void say(std::string_view word) { (void)!::write(STDOUT_FILENO, word.data(), word.size()); }

/// The judge's sentence, and the exit code for it.
inline int failed(const std::string& sentence) {
    std::printf("%s\n", sentence.c_str());
    return 1;
}

[[noreturn]] inline void give_up(const std::string& what, const std::string& why) {
    std::fprintf(stderr, "%s: %s\n", what.c_str(), why.c_str());
    std::exit(3);
}
/// What `done` holds; ends the program where it is a failure.
template <class T>
T must(keywright::result<T> done, const char* what) {
    if (!done) give_up(what, std::string(done.error().text) + " (" + std::string(name(done.error().code)) + ")");
    if constexpr (!std::is_void_v<T>) return std::move(*done);
}

/// crash_matrix.py's words to the judge; empty where there is none.
inline std::string_view told(const char* variable) {
    const char* text = std::getenv(variable);
    return text == nullptr ? std::string_view() : text;
}
inline std::string_view said() { return told("KEYWRIGHT_SAID"); }
inline bool has_said(std::string_view word) { return said().find(word) != std::string_view::npos; }
/// A folder of what the medium still holds of removed files; empty where nothing is known of it.
inline std::string residue() { return std::string(told("KEYWRIGHT_RESIDUE")); }

/// The program's main: each of the three takes the folder and the word.
template <class Prepare, class Change, class Check>
int drive(int argc, char** argv, Prepare&& prepare, Change&& change, Check&& check) {
    if (argc < 3 || argc > 4) return 2;
    const std::string_view what = argv[1], word = argc == 4 ? argv[3] : "";
    const std::string folder = argv[2];
    if (what == "prepare") return prepare(folder, word);
    if (what == "change") return change(folder, word);
    if (what == "check") return check(folder, word);
    return 2;
}

} // namespace crash
