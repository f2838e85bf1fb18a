// SPDX-License-Identifier: Apache-2.0
// What the printed tables of all searches need.
#pragma once

#include <chrono>
#include <string_view>

namespace keywright::model {

class stopwatch {
public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline int length(std::string_view text) { return static_cast<int>(text.size()); }

} // namespace keywright::model
