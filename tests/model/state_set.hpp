// SPDX-License-Identifier: Apache-2.0
// The states found, in the order in which they were found, each with the state and the step that led to it; and a hash
// table with open addressing that tells whether a state is among them. 48 bytes a state.
// Depends on: packed.
#pragma once

#include "packed.hpp"

#include <vector>

namespace keywright::model {

class state_set {
public:
    static constexpr std::uint32_t not_there = UINT32_MAX;
    struct origin {
        std::uint32_t from = not_there; ///< number of the state before
        std::uint32_t step = 0;         ///< number of the step in that state
    };

    explicit state_set(std::size_t expected = 1024) : slots_(std::bit_ceil(expected * 2), not_there) {}

    /// Thread safe as long as nobody inserts.
    std::uint32_t find(const packed& p) const {
        const std::uint32_t found = slots_[slot_of(p)];
        return found;
    }
    /// The number of the state, and whether it is new.
    std::pair<std::uint32_t, bool> insert(const packed& p, origin o) {
        if ((states_.size() + 1) * 2 > slots_.size()) grow();
        const std::size_t slot = slot_of(p);
        if (slots_[slot] != not_there) return {slots_[slot], false};
        slots_[slot] = static_cast<std::uint32_t>(states_.size());
        states_.push_back(p);
        origins_.push_back(o);
        return {slots_[slot], true};
    }
    const packed& operator[](std::size_t number) const { return states_[number]; }
    const origin& origin_of(std::size_t number) const { return origins_[number]; }
    std::size_t size() const { return states_.size(); }

private:
    /// Where the state is, or where it would go.
    std::size_t slot_of(const packed& p) const {
        const std::size_t mask = slots_.size() - 1;
        std::size_t slot = hash_of(p) & mask;
        while (slots_[slot] != not_there && !(states_[slots_[slot]] == p)) slot = (slot + 1) & mask;
        return slot;
    }
    void grow() {
        slots_.assign(slots_.size() * 2, not_there);
        for (std::size_t i = 0; i < states_.size(); ++i) slots_[slot_of(states_[i])] = static_cast<std::uint32_t>(i);
    }

    std::vector<packed> states_;
    std::vector<origin> origins_;
    std::vector<std::uint32_t> slots_;
};

} // namespace keywright::model
