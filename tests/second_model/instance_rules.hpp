// SPDX-License-Identifier: Apache-2.0
// The rules of a key for one instance, as rows of the same table: "instance" reads "ring" and "environment". Depends on
// rules.hpp.
#pragma once

#include "rules.hpp"

namespace second_model {

inline constexpr verbs changes_key{verb::generate_key, verb::upload_key};
inline constexpr verbs on_key{verb::generate_key, verb::upload_key, verb::lock, verb::unlock_key};

/// What the profile does not have; nothing but that is to be said of it.
inline constexpr verbs not_of_instances{verb::feature_on,   verb::activate_key,     verb::rollback_activation, verb::approve,
                                        verb::accept_clock, verb::notice_delivered, verb::unlock_environment,  verb::copy,
                                        verb::reset};

/// A rule of the tenant key that an I row says again has that row's name here.
inline std::string_view named_for_instance(const row& one, verb does) {
    const std::string_view is = one.rule;
    if (is == "T06") return one.code == "pfx_without_password" ? "I16" : "I04";
    if (is == "T07" || is == "T08") return "I04";
    if (is == "T13") return "I07";
    if (is == "T18") return "I08";
    if (is == "T20") return "I09";
    if (is == "T21") return "I10";
    if (is == "T25" || (is == "T22" && does == verb::return_to_provider)) return "I12";
    return is == "T27" ? "I11" : is;
}

inline const row instance_rules[] = {
    {"I01", dynamics_365, {verb::environment}, "too_many", [](const scene& s) { return s.on != nullptr; }},
    {"I01", dynamics_365, on_key, "not_found", [](const scene& s) { return !s.on; }},
    {"I02", dynamics_365, eligible_verbs, "not_eligible",
     [](const scene& s) { return s.in.plan != "customer_engagement" && s.in.plan != "dynamics_365"; }},
    {"I15", dynamics_365, eligible_verbs, "not_eligible", [](const scene& s) { return s.on && s.on->release != "8.2"; }},
    {"I06", dynamics_365, {verb::generate_key}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"I07", dynamics_365, {verb::upload_key}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"I10", dynamics_365, {verb::lock}, "not_confirmed", [](const scene& s) { return !s.asked.confirmed; }},
    {"I12", dynamics_365, changes_key, "environment_locked", [](const scene& s) { return s.on && s.on->locked; }},
    {"I12", dynamics_365, {verb::restore}, "backup_deleted", [](const scene& s) { return s.stored && s.stored->deleted; }},
    {"I12", dynamics_365, {verb::restore}, "key_version_unavailable", key_of_backup_gone},
    // T30 is off, but that data goes only between equal protectors is true of every profile.
    {"I12",
     dynamics_365,
     {verb::restore},
     "key_mismatch",
     [](const scene& s) { return s.on && s.stored && s.asked.target != s.stored->environment && !same_protector(s, *s.stored, *s.on); }},
    {"H03",
     dynamics_365,
     {verb::completed},
     "key_not_active", // data is open only under a key that is back for good
     [](const scene& s) { return s.asked.of == work::unlock_environment && under_way(s) && (!s.active() || s.here->unlocking); }},
    {"T36",
     dynamics_365,
     {verb::generate_key, verb::upload_key, verb::unlock_key},
     "operation_in_progress",
     [](const scene& s) { return s.busy(s.on); }},
    {"I07",
     dynamics_365,
     {verb::generate_key, verb::upload_key, verb::apply_key, verb::return_to_provider, verb::lock},
     "key_change_in_progress",
     [](const scene& s) { return s.here && (s.here->changing || s.here->unlocking); }},
};

} // namespace second_model
