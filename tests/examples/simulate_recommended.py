# SPDX-License-Identifier: Apache-2.0
"""Profile recommended through the simulator: what it adds to power_platform (R01 to R04), expectations by hand from the rules."""
from simulate_cases import at, case, line, story
from simulate_power_platform import ACTIVE, APPLIED, EVERYBODY, FILE, FIRST, GIVE, LOCKABLE, TENANT

NEW = story("recommended", *TENANT)
INSTALLING = NEW + [at("2026-01-01T00:30:00Z", by="alice", do="upload_key", acknowledged=True, **FILE)]
KEYED = INSTALLING + [at(ACTIVE, do="completed", of="activation")]
UNHEARD = KEYED + [at(APPLIED, by="alice", do="apply_key", environment="prod", **GIVE), line(do="completed", of="apply", environment="prod")]
TOLD = at("2026-01-01T02:00:00Z", do="notice_delivered", to="bob")
WORLD = UNHEARD + [TOLD]  # so both T18 and R02 end at 2026-01-04T02:00:00Z
LOCK = {"do": "lock", "material": "m1", "confirmation": "lock contoso"}
REQUESTED = WORLD + [at(LOCKABLE, by="alice", **LOCK)]
APPROVE = {"do": "approve", "confirmation": "lock contoso"}
LOCKING = REQUESTED + [at(LOCKABLE, by="bob", **APPROVE)]
LOCKED = LOCKING + [at("2026-01-04T02:30:00Z", do="completed", of="lock")]  # due 2026-02-01T02:30:00Z
# bob activates k2 at 2026-01-02T01:00 and it is effective at 01:10
CHANGING = WORLD + [at("2026-01-02T01:00:00Z", by="bob", do="generate_key", key="k2", material="m2", acknowledged=True),
                    line(by="bob", do="activate_key", key="k2", **GIVE)]
CHANGED = CHANGING + [at("2026-01-02T01:10:00Z", do="completed", of="activation")]
HEARD = CHANGED + [at("2026-01-02T05:00:00Z", do="notice_delivered", to="alice")]  # T18+R02 let a lock pass at 2026-01-05T05:00:00Z


def rollback():
    def undo(moment, by="alice"):
        return at(moment, by=by, do="rollback_activation")

    case(CHANGED, undo("2026-01-02T01:10:00Z")).allowed("activation_rolled_back", "activation_started", to=EVERYBODY).state(
        k1="installing", k2="active")  # exempt from T17
    case(CHANGED, undo("2026-01-02T01:20:00Z"), at("2026-01-02T01:30:00Z", do="completed", of="activation")).allowed(
        "key_activated").state(k1="active", k2="available")
    case(CHANGED, undo("2026-01-02T02:00:00Z", "bob")).refused("R01 self_approval").mended_by("second_administrator")
    case(CHANGED, undo("2026-01-02T02:00:00Z", "erin")).refused("T05 not_authorized")
    case(HEARD, undo("2026-01-05T04:59:59Z")).allowed("activation_rolled_back", "activation_started")
    case(HEARD, undo("2026-01-05T05:00:00Z")).refused("R01 rollback_window_closed")
    case(CHANGED, undo("2026-06-01T00:00:00Z")).allowed("activation_rolled_back", "activation_started")  # nobody was told, no lock can pass
    case(CHANGING, undo("2026-01-02T01:05:00Z")).allowed("activation_rolled_back").state(k1="active", k2="available")  # cancelled
    case(WORLD, undo("2026-01-02T00:00:00Z", "bob")).refused("R01 nothing_to_roll_back")  # a first activation
    # A rollback is itself an activation: T17 for 24 h from then on, and it cannot be rolled back.
    undone = CHANGED + [undo("2026-01-02T01:20:00Z"), at("2026-01-02T01:30:00Z", do="completed", of="activation")]
    case(undone, undo("2026-01-02T02:00:00Z", "bob")).refused("R01 nothing_to_roll_back")
    again = {"by": "bob", "do": "activate_key", "key": "k2", **GIVE}
    case(undone, at("2026-01-03T01:29:59Z", **again)).refused("T17 activation_cooldown 2026-01-03T01:30:00Z")
    case(undone, at("2026-01-03T01:30:00Z", **again)).allowed("risk_acknowledged", "activation_started")


def notices():
    lock = at(LOCKABLE, by="alice", **LOCK)
    case(UNHEARD, lock).refused("R02 notice_undelivered").mended_by("provider")
    case(WORLD, lock).allowed("lock_requested")
    case(WORLD, {**lock, "at": "2026-01-04T01:59:59Z"}).refused("T18 lock_cooldown 2026-01-04T02:00:00Z", "R02 lock_cooldown 2026-01-04T02:00:00Z")
    late = at("2026-01-03T00:00:00Z", do="notice_delivered", to="bob")
    case(UNHEARD, late, lock).refused("R02 lock_cooldown 2026-01-06T00:00:00Z")
    case(UNHEARD, late, {**lock, "at": "2026-01-06T00:00:00Z"}).allowed("lock_requested")
    case(UNHEARD, late).allowed("notice_delivered")
    case(UNHEARD, {**late, "to": "alice"}).allowed()  # she activated it herself: this counts for nothing
    case(UNHEARD, at("2026-01-02T00:00:00Z", by="alice", do="admin", who="carol"), {**late, "to": "carol"}).allowed()  # no role before
    case(UNHEARD, {**late, "by": "bob"}).refused("T05 not_authorized")
    case(UNHEARD, late, {**late, "at": "2026-01-03T05:00:00Z"}).allowed()  # only the first delivery counts


def two_people():
    case(WORLD, at(LOCKABLE, by="alice", **LOCK)).allowed("lock_requested", to=EVERYBODY).state(k1="active", prod="customer_managed")
    case(REQUESTED, at(LOCKABLE, by="bob", **APPROVE)).allowed("lock_approved", "lock_started", to=EVERYBODY).state(
        k1="locked", prod="locking")
    case(REQUESTED, at(LOCKABLE, by="alice", **APPROVE)).refused("R03 self_approval").mended_by("second_administrator")
    case(REQUESTED, at(LOCKABLE, by="bob", **{**APPROVE, "confirmation": "yes"})).refused("T21 confirmation_mismatch")
    case(REQUESTED, at("2026-01-05T01:59:59Z", by="bob", **APPROVE)).allowed("lock_approved", "lock_started")
    case(REQUESTED, at("2026-01-05T02:00:00Z", by="bob", **APPROVE)).refused("R03 request_expired")
    case(WORLD, at(LOCKABLE, by="bob", **APPROVE)).refused("R03 not_in_progress")
    alone = WORLD + [at(LOCKABLE, by="alice", do="admin", who="bob", remove=True)]
    case(alone, at(LOCKABLE, by="alice", **LOCK)).refused("R03 approval_required").mended_by("provider")
    # Every rule is judged again at the approval: meanwhile an apply has started the 72 h anew.
    apply = [at(LOCKABLE, by="alice", do="apply_key", environment="dev", **GIVE), line(do="completed", of="apply", environment="dev")]
    case(REQUESTED, *apply, at("2026-01-04T03:00:00Z", by="bob", **APPROVE)).refused("T18 lock_cooldown 2026-01-07T02:00:00Z")


def clocks():
    behind = "2026-01-04T01:00:00Z"  # the latest record of LOCKED is of 02:30
    frozen = "R04 clock_frozen 2026-01-04T02:30:00Z"
    case(LOCKED, at(behind, by="alice", do="unlock_key", material="m1")).refused(frozen, "T24 unlock_cooldown 2026-01-04T03:00:00Z")
    vote = at(behind, by="alice", do="accept_clock")
    case(LOCKED, vote).allowed("clock_accepted", to=EVERYBODY)
    case(LOCKED, vote, {**vote, "by": "bob"}).allowed("clock_accepted")
    case(LOCKED, vote, vote).allowed("clock_accepted")  # the same person: still one word
    case(LOCKED, vote, vote, at(behind, by="alice", do="unlock_key", material="m1")).refused(frozen, "T24 unlock_cooldown 2026-01-04T03:00:00Z")
    case(LOCKED, at("2026-01-04T02:30:00Z", by="alice", do="accept_clock")).refused("R04 not_in_progress")
    case(LOCKED, {**vote, "by": "erin"}).refused("T05 not_authorized")
    # Accepted by two, time starts again from that clock, and the hour before an unlock with it.
    agreed = LOCKED + [vote, {**vote, "by": "bob"}]
    case(agreed, at("2026-01-04T01:59:59Z", by="alice", do="unlock_key", material="m1")).refused("T24 unlock_cooldown 2026-01-04T02:00:00Z")
    case(agreed, at("2026-01-04T02:00:00Z", by="alice", do="unlock_key", material="m1")).allowed("key_unlock_started")


def retention():
    """T26 deletes only if two ticks at least 24 h apart both find the deadline passed."""
    first = at("2026-02-01T02:30:00Z", do="tick")
    case(LOCKED, at("2026-02-01T02:29:59Z", do="tick")).allowed()
    case(LOCKED, first).allowed("deadline_passed", to=EVERYBODY).state(prod="locked")
    case(LOCKED, first, at("2026-02-02T02:29:59Z", do="tick")).allowed()
    case(LOCKED, first, at("2026-02-02T02:30:00Z", do="tick")).allowed("environment_deleted").state(prod="deleted")
    case(LOCKED, at("2026-02-01T02:30:00Z", by="alice", do="unlock_key", material="m1")).refused("T26 retention_expired")


ALL = [rollback, notices, two_people, clocks, retention]
ONLY = {"rollback_activation", "approve", "notice_delivered", "accept_clock", "lock"}  # the others: power_platform's cases
