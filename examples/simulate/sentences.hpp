// SPDX-License-Identifier: Apache-2.0
// Answers in words, for the two ways to show them to people.
#pragma once

#include "answer.hpp"

#include <string>
#include <vector>

namespace simulate {

/// `key activated: k1`.
std::string to_words(const policy::event& event);
/// `key_activated, lock_started to alice, bob`; empty where nobody is told.
std::string notices_in_words(const answer& a);
/// What a plan would do, in one sentence.
std::string to_words(const keywright::profiles::plan_outline& plan);
/// One sentence for each thing that came of the line: events, or reasons, or what is wrong with it.
std::vector<std::string> to_sentences(const answer& a);

} // namespace simulate
