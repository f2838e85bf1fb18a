// SPDX-License-Identifier: Apache-2.0
// A profile is a value: grants (which commands exist, and for whom) and rules. It inherits from its rules, which
// compiles five times faster than a tuple of them.
// Depends on: policy/rule. Use:
//     inline constexpr auto acme = profiles::power_platform.with(no_lock_on_weekends{})
//                                                          .with(policy::lock_cooldown{hours(96)})   // T18's number
//                                                          .without(rule_tag<"T26">{});
#pragma once

#include <keywright/policy/rule.hpp>

namespace keywright::profiles {

template <class Grants, class... Rules>
struct profile;

namespace detail {

/// The profile P with every rule of From that carries none of Tag's id, in order.
template <class Tag, class First, class... Rest, class P, class From>
constexpr auto keep_without(const P& kept, const From& from) {
    if constexpr (First::id::text == Tag::text) {
        if constexpr (sizeof...(Rest) == 0)
            return kept;
        else
            return keep_without<Tag, Rest...>(kept, from);
    } else {
        const auto more = kept.and_also(static_cast<const First&>(from));
        if constexpr (sizeof...(Rest) == 0)
            return more;
        else
            return keep_without<Tag, Rest...>(more, from);
    }
}

} // namespace detail

/// Grants: `static constexpr roles to<Command>()`; a command that nobody is granted does not exist in the profile.
template <class Grants, class... Rules>
struct profile : Rules... {
    static_assert((policy::check_rule<Rules>() && ...));

    using grants = Grants;
    static constexpr std::size_t rules = sizeof...(Rules);

    constexpr profile() = default;
    constexpr explicit profile(const Rules&... values)
        requires(sizeof...(Rules) > 0)
        : Rules(values)... {}

    /// Adds rules. One of a type that is there already replaces it: that is how a number is changed.
    template <class R, class... More>
    constexpr auto with(const R& rule, const More&... more) const {
        static_assert(policy::check_rule<R>() && (policy::check_rule<More>() && ...));
        if constexpr (has<R>) {
            profile changed = *this;
            static_cast<R&>(changed) = rule;
            if constexpr (sizeof...(More) == 0)
                return changed;
            else
                return changed.with(more...);
        } else if constexpr (!(has<More> || ...)) {
            return and_also(rule, more...);
        } else {
            return and_also(rule).with(more...);
        }
    }

    /// The same rules, other grants.
    template <class Other>
    constexpr profile<Other, Rules...> granting() const {
        return profile<Other, Rules...>(static_cast<const Rules&>(*this)...);
    }

    /// Drops every rule of that id.
    template <policy::fixed_text Id>
    constexpr auto without(policy::rule_tag<Id>) const {
        static_assert(((Rules::id::text == policy::rule_tag<Id>::text) || ...), "profile: no rule of this id to leave out");
        return detail::keep_without<policy::rule_tag<Id>, Rules...>(profile<Grants>{}, *this);
    }

    template <class... More>
    constexpr profile<Grants, Rules..., More...> and_also(const More&... more) const {
        return profile<Grants, Rules..., More...>(static_cast<const Rules&>(*this)..., more...);
    }

    /// Who may ask for a command; nobody: it does not exist here.
    template <class C>
    static constexpr policy::roles grants_to() {
        return Grants::template to<C>();
    }

    /// Whether it holds a rule of that type, be it under another id.
    template <class R>
    static constexpr bool has = (std::is_base_of_v<R, Rules> || ...);

    /// The rule of that type, for its numbers. Requires: has<R>.
    template <class R>
    constexpr const R& rule_of() const {
        static_assert(has<R>, "profile: holds no rule of this type");
        return *this;
    }

    /// Whether any rule objects; cheaper than to collect, because a list of reasons is large.
    template <class C>
    constexpr bool objects(const policy::facts& f, const C& command) const {
        return (objects_one<Rules>(f, command) || ...);
    }

    /// Collects the objections of all rules that speak about this command.
    template <class C>
    constexpr void judge(const policy::facts& f, const C& command, policy::reason_list& reasons) const {
        static_assert(speak_about<C> <= policy::reason_list::capacity(),
                      "profile: more rules speak about one command than a refusal has room for");
        (judge_one<Rules>(f, command, reasons), ...);
    }

    /// How its commands are carried out: what its rules ask for.
    constexpr policy::procedure procedure() const {
        policy::procedure p;
        (shape_by<Rules>(p), ...);
        return p;
    }

private:
    template <class R>
    constexpr void shape_by(policy::procedure& p) const {
        if constexpr (requires(const R& rule) { rule.shape(p); }) static_cast<const R&>(*this).shape(p);
    }
    template <class R, class C>
    constexpr bool objects_one(const policy::facts& f, const C& command) const {
        if constexpr (R::commands::template contains<C>)
            return static_cast<const R&>(*this)(f, command).objects();
        else
            return false;
    }
    template <class R, class C>
    constexpr void judge_one(const policy::facts& f, const C& command, policy::reason_list& reasons) const {
        if constexpr (R::commands::template contains<C>) {
            const policy::verdict v = static_cast<const R&>(*this)(f, command);
            if (v.objects()) reasons.push_back(v.why()).rule = R::id::text;
        }
    }
    template <class C>
    static constexpr std::size_t speak_about = ((Rules::commands::template contains<C> ? 1U : 0U) + ... + 1U); // 1: the grants
};

} // namespace keywright::profiles
