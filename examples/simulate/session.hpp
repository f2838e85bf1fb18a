// SPDX-License-Identifier: Apache-2.0
// A run of one scenario, line after line. What needs no profile is here; what does is a table of operations, made for
// each profile in a file of its own (profiles.hpp, operations.hpp).
#pragma once

#include "answer.hpp"
#include "operands.hpp"
#include "subjects.hpp"

#include <keywright/profiles/coverage.hpp>

namespace simulate {

class session;

/// Do it, or only tell what would be.
enum class intent : std::uint8_t { act, plan, next_allowed };

/// One word that `do` may be. `fields` are those of its own, beside `common_fields` and, where it brings a key file,
/// `key_file_fields`.
struct operation {
    std::string_view name;
    std::string_view fields;
    std::string_view asked_by; ///< who asks where no `by` is given; empty: it must be
    void (*run)(session&, line&, intent); ///< nullptr: the profile does not have it
    bool brings_key_file = false;
};
inline constexpr std::string_view common_fields = "do at by as tenant region note";
inline constexpr std::string_view key_file_fields = "material format type bits private kid password file_password corrupt";

/// A profile with the operations that it knows.
struct simulated_profile {
    std::string_view name;
    ring_kind rings;
    std::span<const operation> operations;
    window_spans windows;
};

class session {
public:
    /// Never fails: what is wrong with the line is in the answer, and then nothing was changed. The answer stays valid
    /// until the next line.
    const answer& run(line& l);

    /// Of the first line; nullptr before it.
    const simulated_profile* profile() const { return profile_; }

    // --- for operations ---

    const policy::actor& by() const { return answer_.by; }
    instant at() const { return answer_.at; }
    subjects& names() { return *names_; }
    world& things() { return world_; }
    answer& out() { return answer_; }
    bool works_instantly() const { return works_instantly_; }

    /// Takes the answer of the policy, and what follows from it into the world.
    void conclude(subject about, const policy::decision& decided);
    /// Takes what would follow into the answer only.
    void conclude(const subject& about, const keywright::profiles::plan_outline& planned);
    /// From when on it would be allowed; `never`: not by waiting.
    void conclude(const subject& about, instant first_allowed);
    /// Runs the command inside a line with another intent.
    void run_inner(line& l, intent what);
    void mention(const ring_world* ring);

    // --- lines that no rule speaks about ---

    /// People of the provider and of the customer's vault are in no tenant's state.
    void appoint(line& l, policy::principal as);
    /// A vault is the customer's, and no state of the policy: what is told here, `policy` brings as evidence.
    static void tell_vault(session& s, line& l, intent what);
    void show_import_key(line& l);
    /// The tenant's environments, by whose key they are under.
    void cover(const subject& about);
    template <std::size_t N>
    void cover(const keywright::profiles::coverage_table<N>& table, keywright::profiles::circumstances uses) {
        for (const auto& row : table.rows)
            if (row.speaks_of(uses))
                answer_.coverage.push_back(
                    {std::string(row.what), row.covered, std::string(row.why), table.as_of, !row.covered && row.expected.stale(at())});
    }

private:
    void begin(line& l);
    void dispatch(line& l, intent what);
    void take(subject& about, const policy::event& event);
    void tell(const subject& about, const policy::event& event);

    const simulated_profile* profile_ = nullptr;
    world world_;
    std::optional<subjects> names_;
    bool works_instantly_ = false;
    instant latest_ = keywright::never;
    answer answer_;
};

} // namespace simulate
