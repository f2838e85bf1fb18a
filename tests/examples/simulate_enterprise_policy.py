# SPDX-License-Identifier: Apache-2.0
"""Profile enterprise_policy through the simulator: every operation allowed and refused, expectations by hand from the rules."""
from simulate_cases import at, case, line, story

FIRST = "2026-01-01T00:00:00Z"
REVOKED = "2026-02-01T00:00:00Z"  # so production is deleted on 2026-03-03, a sandbox on 2026-02-08
MADE = {"do": "policy", "vault": "v1", "key": "k1"}

TENANT = [
    at(FIRST, do="tenant", tenant="contoso", regions=["eu", "us"]),
    line(do="admin", who="alice"),
    line(do="admin", who="bob"),
    line(do="admin", who="vera", role="vault_admin"),
    line(by="alice", do="environment", environment="prod"),
    line(by="alice", do="environment", environment="dev", kind="sandbox"),
    line(by="alice", do="environment", environment="test", kind="sandbox"),
    line(by="alice", do="admin", who="erin", role="environment_admin", environment="prod"),
    line(by="vera", do="vault", vault="v1"),
]
NEW = story("enterprise_policy", *TENANT)
NAMED = NEW + [line(by="alice", **MADE, policy="p1", material="m1")]
GRANTED = NAMED + [line(by="vera", do="grant", policy="p1")]


def add(environment, policy="p1", **fields):
    return line(do="add_to_policy", environment=environment, policy=policy, **{"by": "alice", "confirmed": True, **fields})


def done(what, environment, **fields):
    return line(do="completed", of=what, environment=environment, **fields)


WORLD = GRANTED + [add("prod"), done("apply", "prod"), add("dev"), done("apply", "dev")]
OFFLINE = WORLD + [at(REVOKED, by="vera", do="revoke", policy="p1")]
SHOWN_AGAIN = OFFLINE + [line(by="vera", do="grant", policy="p1")]
ASKED = SHOWN_AGAIN + [line(by="alice", do="request_unlock", policy="p1")]
EVERYBODY = ["alice", "bob", "erin"]


def policies():
    case(NEW, line(by="alice", **MADE, policy="p1", material="m1")).allowed("policy_created")
    case(NEW, line(by="vera", **MADE, policy="p1", material="m1")).allowed("policy_created")
    case(NEW, line(by="erin", **MADE, policy="p1", material="m1")).refused("P05 not_authorized")
    case(NAMED, line(by="alice", **MADE, policy="p1", material="m1")).refused("H01 already_exists")

    def make(**fields):
        return line(by="alice", **{**MADE, "policy": "p2", "material": "m2", **fields})

    case(NEW, make(type="elliptic_curve")).refused("P10 bad_key_type")
    case(NEW, make(bits=1024)).refused("P10 bad_key_size", "P15 bad_key_size")
    case(NEW, make(bits=3072)).allowed("policy_created")
    case(NEW, make(bits=4096)).refused("P15 bad_key_size")
    case(NEW, make(offered=False)).refused("P25 region_unavailable")
    case(NEW, make(deleted_at="2025-12-31T00:00:00Z")).refused("P19 recoverable")
    case(NEW, line(by="vera", do="vault", vault="us", region="us"), make(vault="us")).refused("P17 region_mismatch")
    for wrong in ({"soft_delete_days": 6}, {"soft_delete_days": 91}, {"purge_protection": False}):
        case(NEW, line(by="vera", do="vault", vault="weak", **wrong), make(vault="weak")).refused("P09 vault_unprotected")
    for right in ({"soft_delete_days": 7}, {"soft_delete_days": 90}):
        case(NEW, line(by="vera", do="vault", vault="fit", **right), make(vault="fit")).allowed("policy_created")
    # The vault's administrator is not the tenant's.
    both = NEW + [line(do="admin", who="vera")]
    case(both, line(by="vera", **MADE, policy="p1", material="m1")).refused("P09 separation_of_duties")


def grants():
    case(NAMED, line(by="vera", do="grant", policy="p1", permissions=["get", "wrap"])).allowed("access_granted")
    case(NAMED, line(by="alice", do="grant", policy="p1")).refused("P05 not_authorized")
    case(NAMED, line(by="vera", do="grant", policy="p1", material="m2")).refused("P08 wrong_key")
    case(NAMED, line(by="vera", do="grant", policy="p9")).refused("H01 not_found")
    case(NAMED, line(by="vera", do="grant", policy="p1", permissions=["get", "wrap"]), add("prod")).refused("P01 grant_incomplete")
    case(NAMED, line(by="vera", do="grant", policy="p1", permissions=["get", "wrap"]),
         line(by="vera", do="grant", policy="p1", permissions=["unwrap"]), add("prod")).allowed("environment_added", "apply_started")


def members():
    case(GRANTED, add("prod")).allowed("environment_added", "apply_started").state(prod="applying")
    case(GRANTED, add("prod"), done("apply", "prod")).allowed("key_applied", to=EVERYBODY).state(prod="customer_managed", test="provider_managed")
    case(GRANTED, add("prod"), line(do="failed", of="apply", environment="prod")).allowed("apply_failed", "environment_removed").state(
        prod="provider_managed")
    case(GRANTED, add("prod", confirmed=False)).refused("T19 not_confirmed")
    case(GRANTED, add("prod", by="erin")).allowed("environment_added", "apply_started")
    case(GRANTED, add("dev", by="erin")).refused("P05 not_authorized")
    second = [line(by="alice", **MADE, policy="p2", material="m2"), line(by="vera", do="grant", policy="p2")]
    case(WORLD, *second, add("prod", "p2")).refused("P03 already_in_policy")
    for facts, reason in (({"managed": False}, "P02 not_managed"), ({"dataverse": False}, "P24 no_data_platform"),
                          ({"hosting": "customer"}, "P14 cloud_hosted"), ({"licensed": False}, "P14 not_licensed"),
                          ({"region": "us"}, "P17 region_mismatch")):
        case(GRANTED, line(by="alice", do="environment", environment="odd", **facts), add("odd")).refused(reason)
    # Finance and operations: first integrated, then found by the organisation's name.
    finance = GRANTED + [line(by="alice", do="environment", environment="fin", finance_and_operations=True)]
    note = line(by="alice", do="integrate", environment="fin", organisation="contoso-org")
    case(finance, add("fin", organisation="contoso-org")).refused("P12 not_integrated")
    case(finance, note).allowed("environment_integrated")
    case(finance, note, add("fin", organisation="fabrikam")).refused("P23 unknown_organisation")
    case(finance, note, add("fin", organisation="contoso-org")).allowed("environment_added", "apply_started")
    case(WORLD, {**note, "environment": "dev"}).refused("P12 already_in_policy")

    def remove(environment="prod", **fields):
        return line(by="alice", do="remove_from_policy", environment=environment, **{"confirmed": True, "confirmation": environment, **fields})

    case(WORLD, remove()).allowed("return_started").state(prod="returning")
    case(WORLD, remove(), done("return", "prod")).allowed("returned_to_provider", "environment_removed").state(prod="provider_managed")
    case(WORLD, remove(confirmation="", confirmed=False)).refused("T20 confirmation_mismatch", "T20 not_confirmed")
    case(WORLD, remove("dev", confirmation="")).allowed("return_started")
    case(WORLD, remove("test")).refused("T20 not_customer_managed")
    case(OFFLINE, remove()).refused("P07 environment_offline")


def revocation():
    case(WORLD, at(REVOKED, by="vera", do="revoke", policy="p1")).allowed("access_revoked", to=EVERYBODY).state(
        prod="offline", dev="offline", test="provider_managed")
    case(WORLD, at(REVOKED, by="alice", do="revoke", policy="p1")).refused("P05 not_authorized")
    case(WORLD, at(REVOKED, by="system", do="revoke", policy="p1", cause="key_disabled")).allowed("access_revoked")
    case(WORLD, line(by="erin", do="open", environment="prod")).allowed()
    case(OFFLINE, line(by="erin", do="open", environment="prod")).refused("T22 environment_offline")
    case(OFFLINE, line(by="alice", do="open", environment="test")).allowed()
    case(OFFLINE, add("test")).refused("P01 grant_incomplete", "P07 environment_offline")

    case(OFFLINE, line(by="alice", do="request_unlock", policy="p1")).refused("P08 grant_incomplete").mended_by("vault_administrator")
    case(OFFLINE, line(by="vera", do="grant", policy="p1", material="m2")).refused("P08 wrong_key")
    case(SHOWN_AGAIN, line(by="alice", do="request_unlock", policy="p1")).allowed("unlock_requested").state(prod="offline")
    case(WORLD, line(by="alice", do="request_unlock", policy="p1")).refused("P08 not_locked")
    case(SHOWN_AGAIN, line(do="approve_unlock", policy="p1")).refused("P08 approval_required").mended_by("tenant_administrator")
    case(ASKED, line(by="alice", do="approve_unlock", policy="p1")).refused("P05 not_authorized")
    case(ASKED, line(do="approve_unlock", policy="p1")).allowed("unlock_approved", to=EVERYBODY).state(
        prod="customer_managed", dev="customer_managed")

    # P18: a sandbox is deleted after 7 days, production after 30.
    case(OFFLINE, at("2026-02-07T23:59:59Z", do="tick")).allowed()
    case(OFFLINE, at("2026-02-08T00:00:00Z", do="tick")).allowed("environment_deleted", "environment_removed").state(
        dev="deleted", prod="offline")
    case(OFFLINE, at("2026-02-08T00:00:00Z", do="tick"), at("2026-03-02T23:59:59Z", do="tick")).allowed()
    case(OFFLINE, at("2026-02-08T00:00:00Z", do="tick"), at("2026-03-03T00:00:00Z", do="tick")).allowed(
        "environment_deleted", "environment_removed").state(prod="deleted")
    case(SHOWN_AGAIN, at("2026-02-08T00:00:00Z", by="alice", do="request_unlock", policy="p1")).refused("P18 retention_expired")


def versions():
    def rotate(moment="2026-01-10T00:00:00Z", **fields):
        return at(moment, by="vera", do="rotate_version", policy="p1", **{"material": "m2", **fields})

    case(WORLD, rotate()).allowed("version_rotated").state(prod="customer_managed")
    case(WORLD, {**rotate(), "by": "alice"}).refused("P05 not_authorized")
    case(WORLD, rotate(material="m1")).refused("P16 duplicate_key")
    case(WORLD, rotate(bits=1024)).refused("P10 bad_key_size", "P15 bad_key_size")
    case(OFFLINE, rotate(REVOKED)).refused("P07 environment_offline")

    def purge(moment, version=0):
        return at(moment, by="vera", do="purge_key", policy="p1", version=version)

    # The earlier version is kept 28 days.
    case(WORLD, rotate(), purge("2026-02-06T23:59:59Z", 1)).refused("P16 version_in_use 2026-02-07T00:00:00Z")
    case(WORLD, rotate(), purge("2026-02-07T00:00:00Z", 1)).allowed("key_purged")
    case(WORLD, rotate(), purge("2026-02-07T00:00:00Z", 2)).refused("P16 version_in_use")
    # The whole key: deleted, and then soft delete's 90 days.
    case(WORLD, purge(REVOKED)).refused("P20 purge_protected").mended_by("vault_administrator")
    deleted = WORLD + [at(REVOKED, by="vera", do="revoke", policy="p1", cause="key_deleted")]
    case(deleted, purge("2026-05-01T23:59:59Z")).refused("P20 purge_protected 2026-05-02T00:00:00Z")
    case(deleted, purge("2026-05-02T00:00:00Z")).allowed("key_purged")


def guards():
    backups = WORLD + [line(by="alice", do="backup", environment=e, backup="b") for e in ("prod", "dev", "test")]
    offline = backups + [at(REVOKED, by="vera", do="revoke", policy="p1")]

    def restore(target, source=None, **fields):
        return line(by="alice", do="restore", environment=target, backup="b", **{"source": source or target, **fields})

    case(WORLD, line(by="alice", do="backup", environment="dev", backup="b")).allowed("backup_taken")
    case(OFFLINE, line(by="alice", do="backup", environment="dev", backup="b")).refused("T22 environment_offline")
    case(backups, restore("dev", "prod")).allowed("restore_started").state(dev="overwriting")
    case(backups, restore("test", "prod")).refused("T30 key_mismatch")
    case(backups, restore("prod")).refused("T30 confirmation_mismatch")
    case(offline, restore("dev")).refused("T25 environment_offline")

    case(WORLD, line(by="alice", do="copy", source="prod", target="dev")).allowed("copy_started")
    case(WORLD, line(by="alice", do="copy", source="prod", target="test")).refused("T31 key_mismatch")
    case(WORLD, line(by="alice", do="reset", environment="dev")).allowed("reset_started")
    case(WORLD, line(by="alice", do="reset", environment="dev"), done("reset", "dev")).allowed(
        "reset_completed", "environment_removed").state(dev="provider_managed")
    case(OFFLINE, line(by="alice", do="reset", environment="dev")).refused("T33 environment_offline")
    case(WORLD, line(by="alice", do="delete_environment", environment="dev", confirmation="dev")).allowed(
        "environment_deleted", "environment_removed")
    case(WORLD, line(by="alice", do="delete_environment", environment="dev")).refused("T36 confirmation_mismatch")
    case(WORLD, done("apply", "dev")).refused("H03 not_in_progress")
    case(WORLD, line(do="failed", of="apply", environment="dev")).refused("H03 not_in_progress")


def people_and_questions():
    case(NEW, line(do="tenant", tenant="fabrikam")).allowed("tenant_created")
    case(NEW, line(by="alice", do="tenant", tenant="fabrikam")).refused("P05 not_authorized")
    case(NEW, line(by="erin", do="admin", who="carol")).refused("P05 not_authorized")
    case(NEW, line(by="alice", do="admin", who="carol")).allowed("administrator_added")
    case(NEW, line(by="alice", do="environment", environment="more")).allowed("environment_created")
    case(NEW, line(by="erin", do="environment", environment="more")).refused("P05 not_authorized")
    case(NEW, line(by="vera", do="vault", vault="v2")).allowed()
    case(WORLD, line(by="vera", do="tick")).allowed()
    on = line(by="erin", do="field_encryption", environment="prod")
    case(NEW, on).allowed("field_encryption_enabled")
    case(NEW, on, {**on, "on": False}).refused("G09 cannot_turn_off")
    planned = case(WORLD, line(by="vera", do="plan", command={"do": "revoke", "policy": "p1"})).allowed().state(prod="customer_managed")
    plan = planned.answer["plan"]
    assert plan["environments_hit"] == 2 and plan["downtime"] and plan["unsaved_data_is_lost"], plan
    case(WORLD, line(by="bob", do="plan", command={"do": "revoke", "policy": "p1"})).refused("P05 not_authorized")

    late = OFFLINE + [line(by="vera", do="revoke", policy="p1", cause="key_deleted")]
    purge = line(by="vera", do="next_allowed", command={"do": "purge_key", "policy": "p1"})
    assert case(late, purge).allowed().answer["next_allowed"] == "2026-05-02T00:00:00Z"  # P20: 90 days after 02-01

    rows = {r["what"]: r for r in case(WORLD, at("2023-12-31T23:59:59Z", do="coverage", uses=["commerce", "recommendations", "finance",
                                       "configuration_service"])).allowed().answer["coverage"]}
    assert rows["recommendations"]["covered"] is False and rows["Commerce"]["covered"] is True
    assert rows["environment prod"]["covered"] is True and rows["environment test"]["covered"] is False
    late = "Finance data in the regulatory configuration service"
    assert rows[late]["as_of"] == "2023-07-19T00:00:00Z" and "stale" not in rows[late], rows[late]
    stale = {r["what"]: r for r in case(WORLD, at("2024-01-01T00:00:00Z", do="coverage", uses=["finance", "configuration_service"])).answer["coverage"]}
    assert stale[late]["stale"] is True


ALL = [policies, grants, members, revocation, versions, guards, people_and_questions]
NEVER_REFUSED = {"tick", "vault", "coverage", "next_allowed"}
