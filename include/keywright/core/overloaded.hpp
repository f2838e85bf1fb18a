// SPDX-License-Identifier: Apache-2.0
// One visitor out of several lambdas, for std::visit.
// Depends on: nothing. Use: `std::visit(overloaded{[](const a&) {}, [](const auto&) {}}, value);`
#pragma once

namespace keywright {

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

} // namespace keywright
