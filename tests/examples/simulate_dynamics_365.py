# SPDX-License-Identifier: Apache-2.0
"""Profile dynamics_365 through the simulator: every operation allowed and refused, expectations by hand from the rules.

A ring is one instance, so every line about a key names the instance as its environment.
"""
from simulate_cases import at, case, line, story

FIRST = "2026-01-01T00:00:00Z"
ACTIVE = "2026-01-01T01:00:00Z"    # a key is used at once, so I08 counts from here until it is applied
APPLIED = "2026-01-01T02:00:00Z"   # so no lock before 2026-01-04T02:00:00Z
LOCKABLE = "2026-01-04T02:00:00Z"
EVERYBODY = ["alice", "bob", "erin"]
GIVE = {"acknowledged": True, "confirmed": True}
PROD = {"environment": "prod"}

TENANT = [
    at(FIRST, do="tenant", tenant="contoso", plan="customer_engagement"),
    line(do="admin", who="alice"),
    line(do="admin", who="bob"),
    line(by="alice", do="environment", environment="prod", version="8.2"),
    line(by="alice", do="environment", environment="other", version="8.2"),
    line(by="alice", do="admin", who="erin", role="environment_admin", environment="prod"),
]
NEW = story("dynamics_365", *TENANT)
GENERATED = NEW + [at(ACTIVE, by="alice", do="generate_key", key="k1", material="m1", **PROD, **GIVE)]
WORLD = GENERATED + [at(APPLIED, do="completed", of="activation", **PROD), line(do="completed", of="apply", **PROD)]
LOCK = {"do": "lock", "material": "m1", "confirmation": "prod", "confirmed": True, **PROD}
LOCKING = WORLD + [at(LOCKABLE, by="alice", **LOCK)]
LOCKED = LOCKING + [at("2026-01-04T02:30:00Z", do="completed", of="lock", **PROD)]
UNLOCKING = LOCKED + [line(by="alice", do="unlock_key", material="m1", **PROD)]


def people():
    case(NEW, line(do="tenant", tenant="fabrikam")).allowed("tenant_created")
    case(NEW, line(by="alice", do="tenant", tenant="fabrikam")).refused("I03 not_authorized")
    case(NEW, line(by="alice", do="admin", who="carol")).allowed("administrator_added")
    case(NEW, line(by="erin", do="admin", who="carol")).refused("I03 not_authorized")
    case(NEW, line(by="alice", do="environment", environment="third", version="8.2")).allowed("environment_created")
    case(NEW, line(by="erin", do="environment", environment="third", version="8.2")).refused("I03 not_authorized")


def keys():
    def generate(**fields):
        return at(ACTIVE, **{"by": "alice", "do": "generate_key", "key": "k1", "material": "m1", **PROD, **GIVE, **fields})

    def upload(moment=ACTIVE, **fields):
        return at(moment, **{"by": "alice", "do": "upload_key", "key": "k2", "material": "m2", **PROD, **GIVE, **fields})

    case(NEW, generate()).allowed("risk_acknowledged", "key_generated", "activation_started", "apply_started", to=EVERYBODY).state(
        k1="active", prod="applying")
    case(NEW, generate(by="erin")).allowed("risk_acknowledged", "key_generated", "activation_started", "apply_started")
    case(NEW, generate(by="erin", environment="other")).refused("I03 not_authorized")
    case(NEW, generate(confirmed=False)).refused("I06 not_confirmed")
    case(NEW, generate(acknowledged=False)).refused("T10 acknowledgement_required")
    case(NEW, generate(password="a", password_again="b")).allowed(
        "risk_acknowledged", "key_generated", "activation_started", "apply_started")  # the password is not given twice here

    # I05: a key that was given no name goes by the instance's.
    unnamed = generate()
    del unnamed["key"]
    case(NEW, unnamed).allowed("risk_acknowledged", "key_generated", "activation_started", "apply_started").state(
        **{"prod Encryption Key": "active"})

    poor = story("dynamics_365", *[{**l, "plan": "other"} if l["do"] == "tenant" else l for l in TENANT])
    case(poor, generate()).refused("I02 not_eligible")
    late = NEW + [line(by="alice", do="environment", environment="nine", version="9.0")]
    case(late, generate(environment="nine")).refused("I15 not_eligible")

    case(NEW, upload()).allowed("risk_acknowledged", "key_uploaded", "activation_started", "apply_started", to=EVERYBODY)
    case(NEW, upload(confirmed=False)).refused("I07 not_confirmed")
    case(NEW, upload(password="a", file_password="b")).refused("I07 wrong_password")
    case(NEW, upload(corrupt=True)).refused("I07 corrupt")
    case(NEW, upload(bits=4096)).refused("I04 bad_key_size")
    case(NEW, upload(type="elliptic_curve")).refused("I04 bad_key_type")
    case(NEW, upload(private=False)).refused("I04 missing_private_key")
    case(NEW, upload(file_password="")).refused("I16 pfx_without_password")
    # A change of key on a running instance: no downtime, and the key before is gone once everything hangs on the new one.
    changed = WORLD + [upload("2026-01-02T00:00:00Z")]
    case(changed).allowed("risk_acknowledged", "key_uploaded", "activation_started").state(k2="active")
    case(changed, line(do="completed", of="activation", **PROD)).allowed("key_activated").state(k1="deleted", k2="active", prod="customer_managed")
    case(changed, line(do="completed", of="activation", **PROD), at("2026-01-04T23:59:59Z", by="alice", **{**LOCK, "material": "m2"})).refused(
        "I08 lock_cooldown 2026-01-05T00:00:00Z")

    case(NEW, line(by="alice", do="import_key", **PROD)).allowed("import_key_created")
    case(NEW, line(by="erin", do="import_key", environment="other")).refused("I03 not_authorized")


def reverting():
    def revert(**fields):
        return line(**{"by": "erin", "do": "return_to_provider", **PROD, **GIVE, **fields})

    case(WORLD, revert()).allowed("risk_acknowledged", "return_started").state(prod="returning")
    case(WORLD, revert(), line(do="completed", of="return", **PROD)).allowed("returned_to_provider").state(k1="deleted", prod="provider_managed")
    case(WORLD, revert(), line(do="failed", of="return", **PROD)).allowed("return_failed").state(k1="active", prod="customer_managed")
    case(WORLD, revert(confirmed=False)).refused("I09 not_confirmed")
    case(LOCKED, revert()).refused("I12 environment_locked")


def locking():
    def lock(moment=LOCKABLE, **fields):
        return at(moment, **{"by": "alice", **LOCK, **fields})

    case(WORLD, lock("2026-01-04T01:59:59Z")).refused("I08 lock_cooldown 2026-01-04T02:00:00Z")
    case(WORLD, lock()).allowed("lock_requested", "lock_started", to=EVERYBODY).state(k1="locked", prod="locking")
    case(LOCKED, line(by="alice", do="open", environment="other")).allowed()  # I01: another instance
    case(WORLD, lock(by="erin")).allowed("lock_requested", "lock_started")
    case(WORLD, lock(confirmation="Prod", confirmed=False)).refused("I10 confirmation_mismatch", "I10 not_confirmed")
    case(WORLD, lock(material="m2")).refused("I10 wrong_key")
    case(LOCKING, line(by="erin", do="open", **PROD)).refused("T22 environment_locked")
    case(WORLD, line(by="erin", do="open", **PROD)).allowed()
    case(LOCKED, line(by="alice", do="upload_key", key="k2", material="m2", **PROD, **GIVE)).refused("I12 environment_locked")
    # No hour has to pass (T24 is off), and with the key the instance comes back.
    case(LOCKED, line(by="alice", do="unlock_key", material="m1", **PROD)).allowed("key_unlock_started", "environment_unlock_started")
    case(LOCKED, line(by="alice", do="unlock_key", material="m2", **PROD)).refused("I11 wrong_key")
    case(LOCKED, line(by="erin", do="unlock_key", material="m1", **PROD)).refused("I03 not_authorized")
    case(UNLOCKING, line(do="completed", of="unlock_key", **PROD), line(do="completed", of="unlock_environment", **PROD)).allowed(
        "environment_unlocked").state(k1="active", prod="customer_managed")
    case(LOCKED, at("2026-06-01T00:00:00Z", do="tick")).allowed().state(prod="locked")  # T26 is off: nothing is deleted by time


def rest():
    backups = WORLD + [line(by="erin", do="backup", backup="b", **PROD)]
    restore = line(by="erin", do="restore", backup="b", **PROD)
    case(WORLD, line(by="erin", do="backup", backup="b", **PROD)).allowed("backup_taken")
    case(LOCKED, line(by="erin", do="backup", backup="b", **PROD)).refused("T22 environment_locked")
    case(backups, restore).allowed("restore_started")
    locked = backups + [at(LOCKABLE, by="alice", **LOCK), line(do="completed", of="lock", **PROD)]
    case(locked, restore).refused("I12 environment_locked", "I12 key_version_unavailable")
    case(WORLD, line(by="alice", do="apply_key", **PROD, **GIVE)).refused("T19 not_provider_managed")
    again = WORLD + [line(by="alice", do="delete_environment", environment="other", confirmation="other")]
    case(again).allowed("environment_deleted")
    case(WORLD, line(by="alice", do="delete_environment", environment="other")).refused("T36 confirmation_mismatch")
    case(WORLD, line(do="completed", of="apply", **PROD)).refused("H03 not_in_progress")
    case(GENERATED, line(do="failed", of="apply", **PROD)).allowed("apply_failed").state(prod="provider_managed")
    case(WORLD, line(do="failed", of="apply", **PROD)).refused("H03 not_in_progress")
    after = GENERATED + [line(do="failed", of="apply", **PROD), line(do="completed", of="activation", **PROD)]
    case(after, line(by="alice", do="apply_key", **PROD, **GIVE)).allowed("risk_acknowledged", "apply_started")
    case(WORLD, line(by="erin", do="field_encryption", **PROD)).allowed("field_encryption_enabled")
    case(WORLD, line(by="erin", do="field_encryption", **PROD), line(by="erin", do="field_encryption", on=False, **PROD)).refused("G09 cannot_turn_off")
    case(WORLD, at(LOCKABLE, by="alice", do="plan", command=LOCK)).allowed()
    rows = {r["what"]: r["covered"] for r in case(WORLD, line(do="coverage")).allowed().answer["coverage"]}
    assert rows == {"environment prod": True, "environment other": False}, rows
    case(WORLD, at(ACTIVE, by="alice", do="plan", command=LOCK)).refused("I08 lock_cooldown 2026-01-04T02:00:00Z")
    assert case(WORLD, at(ACTIVE, by="alice", do="next_allowed", command=LOCK)).allowed().answer["next_allowed"] == LOCKABLE


ALL = [people, keys, reverting, locking, rest]
NEVER_REFUSED = {"tick", "coverage", "next_allowed"}
