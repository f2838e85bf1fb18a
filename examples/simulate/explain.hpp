// SPDX-License-Identifier: Apache-2.0
// Answers for people: who asked for what and when, what came of it, and at the end how often.
#pragma once

#include "answer.hpp"

#include <string>

namespace simulate {

class explainer {
public:
    explicit explainer(bool colours) : colours_(colours) {}
    /// Appends a few lines.
    void tell(std::string& out, const answer& a);
    void sum_up(std::string& out) const;

private:
    std::string paint(std::string_view text, int colour) const;

    bool colours_;
    std::size_t allowed_ = 0;
    std::size_t refused_ = 0;
    std::size_t errors_ = 0;
    instant shown_ = keywright::never;
};

} // namespace simulate
