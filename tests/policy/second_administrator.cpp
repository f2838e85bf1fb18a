// SPDX-License-Identifier: Apache-2.0
#include <keywright/policy/second_administrator.hpp>

#include "second_worlds.hpp"

#include <keywright/policy/effects.hpp>

namespace {

using namespace keywright;
using namespace keywright::testing;

constexpr key_id k1{"k1"};

constexpr scenario two[] = {
    {"R03: the first one's lock is a request: nothing is locked, the fingerprint is kept, everybody is told",
     [] {
         const outcome o = given(recommended, told_both).when(locks(requested_at));
         return o.then_allowed({"lock_requested"}) && o.then_event(0, lock_requested{{k1, print_of(1)}, true}) &&
                o.after().ring.locked == 0 && state_of(o.after(), "k1") == key_state::active &&
                o.after().ring.lock_request == lock_request_record{alice.who, print_of(1), requested_at} &&
                notifies(o.decision().events()[0]);
     }},
    {"R03: the second one's word locks",
     [] {
         const outcome o = given(recommended, requested).when(approves(requested_at + second));
         return o.then_allowed({"lock_approved", "lock_started"}) && o.then_event(0, lock_approved{{k1, print_of(1)}, alice.who}) &&
                o.then_event(1, lock_started{k1, print_of(1), 1, 2}) && o.after().ring.locked == 2 &&
                o.after().ring.lock_request.by.empty();
     }},
    {"R03: not the first one's own",
     [] { return given(recommended, requested).when(approves(requested_at, alice)).then_refused({{"R03", refusal::self_approval}}); }},
    {"R03: nor an environment's administrator's",
     [] { return given(recommended, requested).when(approves(requested_at, erin)).then_refused({{"T05", refusal::not_authorized}}); }},
    {"R03: 24 h less a second later",
     [] { return given(recommended, requested).when(approves(requested_at + hours(24) - second)).then_allowed(); }},
    {"R03: 24 h later it is too late",
     [] {
         return given(recommended, requested).when(approves(requested_at + hours(24))).then_refused({{"R03", refusal::request_expired}});
     }},
    {"R03: a request made again is a new one, of whoever made it last",
     [] {
         const world w = requested.after(recommended, but(locks(requested_at + hours(23)), [](lock& c) { c.by = bob; }));
         return given(recommended, w).when(approves(requested_at + hours(30), alice)).then_allowed() &&
                given(recommended, w).when(approves(requested_at + hours(30), bob)).then_refused({{"R03", refusal::self_approval}});
     }},
    {"R03: nothing was requested",
     [] { return given(recommended, told_both).when(approves(requested_at)).then_refused({{"R03", refusal::not_in_progress}}); }},
    {"R03: the text is typed by both",
     [] {
         return given(recommended, requested)
             .when(but(approves(requested_at), [](approve_lock& c) { c.confirmation = typed_text("lock fabrikam"); }))
             .then_refused({{"T21", refusal::confirmation_mismatch}});
     }},
    {"R03: whoever requested it has to be administrator still",
     [] {
         const world w = requested.after(recommended, remove_administrator{.by = bob, .at = requested_at, .who = alice.who})
                             .after(recommended, add_administrator{.by = provider_person, .at = requested_at, .who = carol.who});
         return given(recommended, w).when(approves(requested_at)).then_refused({{"R03", refusal::not_authorized}});
     }},
    {"R03: with one administrator no lock, whoever asks; the provider can add one",
     [] {
         const world w = told_both.after(recommended, remove_administrator{.by = alice, .at = applied_at, .who = bob.who});
         const outcome o = given(recommended, w).when(locks(requested_at));
         return o.then_refused({{"R03", refusal::approval_required}}) && o.decision().reasons()[0].who_can_mend == mender::provider &&
                o.decision().reasons()[0].found == 1 && o.decision().reasons()[0].limit == 2;
     }},
    {"R03: nor an approval, once the other one is gone",
     [] {
         const world w = requested.after(recommended, remove_administrator{.by = bob, .at = requested_at, .who = alice.who});
         return given(recommended, w)
             .when(approves(requested_at))
             .then_refused({{"R03", refusal::approval_required}, {"R03", refusal::not_authorized}});
     }},
    {"R03: every rule speaks again: an apply in between, and T18 begins anew",
     [] {
         const world w = requested.after(recommended, applies(requested_at), on_support)
                             .after(recommended, ends(requested_at + minutes(9), operation::applying), on_support);
         return given(recommended, w)
             .when(approves(requested_at + hours(1)))
             .then_refused({{"T18", refusal::lock_cooldown, requested_at + minutes(9) + hours(72)}});
     }},
    {"R03: another key in between, and the request is for the wrong one",
     [] {
         const world w = requested.after(recommended, uploads(requested_at, "k2", 2))
                             .after(recommended, activates(requested_at, "k2"))
                             .after(recommended, ends(requested_at, operation::activation));
         return given(recommended, w).when(approves(requested_at + hours(1))).refused_by({"T21", refusal::wrong_key});
     }},
    {"R03: and while one is Installing",
     [] {
         const world w = requested.after(recommended, uploads(requested_at, "k2", 2)).after(recommended, activates(requested_at, "k2"));
         return given(recommended, w).when(approves(requested_at)).then_refused({{"T15", refusal::key_change_in_progress}});
     }},
    {"R03: nothing is left to lock",
     [] {
         const auto gone = [](const world& w, const subject& s, std::string_view name) {
             return w.after(recommended, returns(requested_at, name), s).after(recommended, ends(requested_at, operation::returning), s);
         };
         const world w = gone(gone(requested, on_prod, "prod"), on_sandbox, "sandbox");
         return given(recommended, w).when(approves(requested_at)).then_refused({{"T21", refusal::nothing_to_lock}});
     }},
    {"R03: approved twice, the second time does nothing more",
     [] {
         const world w = requested.after(recommended, approves(requested_at));
         return given(recommended, w)
             .when(approves(requested_at))
             .then_refused({{"T21", refusal::no_active_key},
                            {"T21", refusal::nothing_to_lock},
                            {"T23", refusal::lock_in_progress},
                            {"R03", refusal::not_in_progress}});
     }},
    {"without R03 a lock takes one again",
     [] {
         constexpr auto one = recommended.without(rule_tag<"R03">{});
         return given(one, told_both).when(locks(requested_at)).then_allowed({"lock_requested", "lock_started"});
     }},
};
static_assert(first_failure(two) == none_failed);
TEST_CASE("R03: a lock takes two administrators, and every rule speaks both times") { run(two); }

} // namespace
