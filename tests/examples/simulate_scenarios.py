# SPDX-License-Identifier: Apache-2.0
"""The scenarios that come with the simulator: which lines are refused and why, and how each story ends, by hand from the rules."""
import json
import pathlib

from simulate_cases import fail, reasons, run

FOLDER = pathlib.Path(__file__).parents[2] / "examples/simulate/scenarios"

# By scenario: the refused lines, every other one is allowed; then keys, environments and policies at the end.
EXPECTED = {
    "rogue_administrator_power_platform": (
        {
            16: ["T18 lock_cooldown 2026-03-09T22:05:00Z"],        # key active 03-06T22:05 + 72 h
            17: ["T17 activation_cooldown 2026-03-07T22:05:00Z"],  # + 24 h
            25: ["T05 not_authorized", "T18 lock_cooldown 2026-03-10T22:40:00Z", "T21 wrong_key"],  # applied 03-07T22:40 + 72 h
        },
        {"k2026": "active", "backup": "available", "prod": "customer_managed", "test": "provider_managed"},
    ),
    "rogue_administrator_recommended": (
        {
            17: ["T18 lock_cooldown 2026-03-09T22:05:00Z", "R02 notice_undelivered"],
            18: ["R02 notice_undelivered"],  # T18 alone would let it pass
            20: ["R01 self_approval"],
            24: ["R02 notice_undelivered"],
            27: ["R03 self_approval"],
            30: ["T22 environment_locked"],
        },
        {"k2026": "locked", "backup": "deleted", "prod": "locked", "test": "provider_managed"},
    ),
    "lock_and_unlock": (
        {
            18: ["T18 lock_cooldown 2026-01-04T02:30:00Z"],
            21: ["T22 environment_locked"],
            24: ["T24 unlock_cooldown 2026-01-04T03:30:00Z"],
            25: ["T27 wrong_key"],
            27: ["T28 key_not_active"],
            32: ["T29 locked_environments_exist"],
        },
        {"k1": "active", "k2": "available", "prod": "customer_managed", "test": "deleted", "old": "deleted", "shop": "provider_managed"},
    ),
    "restore_guards": (
        {
            16: ["T30 confirmation_mismatch"],
            18: ["T30 key_mismatch"],
            19: ["T30 key_mismatch"],
            21: ["T31 same_environment"],
            22: ["T31 key_mismatch"],
            23: ["T31 key_mismatch", "T32 support_environment_not_customer_managed"],
            26: ["G05 geography_mismatch", "T31 key_mismatch"],
            28: ["T30 backup_deleted"],
            31: ["T25 environment_locked", "T30 key_version_unavailable"],
            32: ["T22 environment_locked", "T31 key_mismatch"],
        },
        {"k1": "locked", "prod": "provider_managed", "dev": "locked", "plain": "provider_managed", "support": "locked", "away": "provider_managed"},
    ),
    "dynamics_365_life": (
        {
            8: ["I15 not_eligible"],
            9: ["I06 not_confirmed"],
            15: ["I08 lock_cooldown 2026-02-04T00:00:00Z"],  # the key changed 02-01T00:00
            16: ["I10 wrong_key"],
            19: ["T22 environment_locked"],
            20: ["I12 environment_locked"],
            21: ["I03 not_authorized"],
        },
        {"k1": "deleted", "k2": "deleted", "sales": "provider_managed", "service": "provider_managed"},
    ),
    "enterprise_policy_revocation": (
        {
            10: ["P01 grant_incomplete"],
            16: ["P12 not_integrated"],
            21: ["P05 not_authorized"],
            24: ["T22 environment_offline"],
            25: ["P08 grant_incomplete"],
            26: ["P08 wrong_key"],
            28: ["P08 approval_required"],
            34: ["P20 purge_protected 2026-03-31T00:00:00Z"],  # deleted 03-01, soft delete 30 d
        },
        {"prod": "deleted", "lab": "deleted", "books": "deleted", "p1": "revoked"},
    ),
}


def end_of(answers):
    state = {}
    for a in answers:
        for ring in a.get("state", []):
            for kind, name in (("keys", "key"), ("environments", "environment"), ("policies", "policy")):
                state |= {each[name]: each["state"] for each in ring.get(kind, [])}
    return state


def scenarios():
    found = {f.stem for f in FOLDER.glob("*.jsonl")}
    if found != EXPECTED.keys():
        fail("scenarios", f"expectations for {sorted(EXPECTED)}, files {sorted(found)}")
    for name in sorted(found & EXPECTED.keys()):
        refused, end = EXPECTED[name]
        lines = [json.loads(l) for l in (FOLDER / f"{name}.jsonl").read_text().splitlines()]
        answers = run(lines, "--state")
        for a in answers[1:]:
            if reasons(a) != sorted(refused.get(a["line"], [])):
                fail(f"{name}, line {a['line']}", f"expected {sorted(refused.get(a['line'], []))}, found {reasons(a)}")
        for thing, state in end.items():
            if end_of(answers).get(thing) != state:
                fail(name, f"expected `{thing}` to end {state}, found {end_of(answers).get(thing)}")


def mails_in_time():
    """T34: whoever can undo a rogue activation is told the moment it happens, days before the earliest lock."""
    for name, line in (("rogue_administrator_power_platform", 15), ("rogue_administrator_recommended", 16)):
        lines = [json.loads(l) for l in (FOLDER / f"{name}.jsonl").read_text().splitlines()]
        answer = run(lines)[line - 1]
        told = {n["to"] for n in answer["notices"] if n["kind"] == "key_activated"}
        if told != {"alice", "bob", "mallory"}:
            fail(name, f"expected all three to be told of the activation, found {told}")


ALL = [scenarios, mails_in_time]
