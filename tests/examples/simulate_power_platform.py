# SPDX-License-Identifier: Apache-2.0
"""Profile power_platform through the simulator: every operation allowed and refused, expectations by hand from the rules."""
from simulate_cases import at, case, line, story

FIRST = "2026-01-01T00:00:00Z"
ACTIVE = "2026-01-01T01:00:00Z"       # k1; so T17 until 2026-01-02T01:00:00Z
APPLIED = "2026-01-01T02:00:00Z"      # prod and dev; so T18 until 2026-01-04T02:00:00Z
LOCKABLE = "2026-01-04T02:00:00Z"
COMPLETED = "2026-01-04T02:30:00Z"    # the lock of LOCKED; so T26 until 2026-02-01T02:30:00Z
UNLOCKABLE = "2026-01-04T03:00:00Z"   # T24: one hour after the request
EVERYBODY = ["alice", "bob", "erin"]  # erin administers prod

FILE = {"key": "k1", "material": "m1"}
GIVE = {"acknowledged": True, "confirmed": True}

TENANT = [
    at(FIRST, do="tenant", tenant="contoso", seats=1001, opted_in=True),
    line(do="feature_on"),
    line(do="admin", who="alice"),
    line(do="admin", who="bob"),
    at("2026-01-01T00:00:01Z", by="alice", do="environment", environment="prod"),
    line(by="alice", do="environment", environment="dev", kind="sandbox"),
    line(by="alice", do="environment", environment="test", kind="sandbox"),
    line(by="alice", do="environment", environment="help", kind="support_investigation"),
    line(by="alice", do="admin", who="erin", role="environment_admin", environment="prod"),
]
NEW = story("power_platform", *TENANT)
INSTALLING = NEW + [at("2026-01-01T00:30:00Z", by="alice", do="upload_key", acknowledged=True, **FILE)]
KEYED = INSTALLING + [at(ACTIVE, do="completed", of="activation")]
WORLD = KEYED + [
    at(APPLIED, by="alice", do="apply_key", environment="prod", **GIVE),
    line(do="completed", of="apply", environment="prod"),
    line(by="alice", do="apply_key", environment="dev", **GIVE),
    line(do="completed", of="apply", environment="dev"),
]
LOCKING = WORLD + [at(LOCKABLE, by="alice", do="lock", material="m1", confirmation="lock contoso")]
LOCKED = LOCKING + [at(COMPLETED, do="completed", of="lock")]
UNLOCKING = LOCKED + [at(UNLOCKABLE, by="alice", do="unlock_key", material="m1")]
KEY_BACK = UNLOCKING + [at("2026-01-04T03:30:00Z", do="completed", of="unlock_key")]


def tenants_and_people():
    case(NEW, line(do="tenant", tenant="fabrikam")).allowed("tenant_created")
    case(NEW, line(do="tenant", tenant="contoso")).refused("H01 already_exists")
    case(NEW, line(by="alice", do="tenant", tenant="fabrikam")).refused("T05 not_authorized")
    case(NEW[:2], line(do="feature_on")).allowed("feature_enabled")
    case(NEW, line(do="feature_on")).allowed()  # on already: nothing happens
    case(NEW, line(by="alice", do="feature_on")).refused("T05 not_authorized").mended_by("provider")
    case(NEW, line(by="alice", do="admin", who="carol")).allowed("administrator_added")
    case(NEW, line(by="alice", do="admin", who="bob")).refused("H01 already_exists")
    case(NEW, line(by="erin", do="admin", who="carol")).refused("T05 not_authorized")
    case(NEW, line(by="bob", do="admin", who="alice", remove=True)).allowed("administrator_removed")
    case(NEW, line(by="bob", do="admin", who="carol", remove=True)).refused("H01 not_found")
    case(NEW, line(do="admin", who="pat", role="provider"), line(by="pat", do="tenant", tenant="fabrikam")).allowed("tenant_created")
    case(NEW, line(by="alice", do="environment", environment="more")).allowed("environment_created").state(more="provider_managed")
    case(NEW, line(by="alice", do="environment", environment="prod")).refused("H01 already_exists")
    case(NEW, line(by="erin", do="environment", environment="more")).refused("T05 not_authorized")


def keys():
    case(NEW, line(by="alice", do="import_key")).allowed("import_key_created")
    case(NEW, line(by="alice", do="import_key"), line(by="alice", do="import_key")).refused("H01 already_exists")
    case(NEW, line(by="alice", do="import_key"), line(by="alice", do="import_key", replace=True)).allowed("import_key_created")
    case(NEW, line(by="erin", do="import_key")).refused("T05 not_authorized")

    case(NEW, line(by="alice", do="generate_key", key="k9", acknowledged=True)).allowed(
        "risk_acknowledged", "key_generated", to=EVERYBODY).state(k9="available")
    case(NEW, line(by="alice", do="generate_key", password="a", password_again="b")).refused(
        "T10 acknowledgement_required", "T11 key_name_required", "T12 password_mismatch")
    case(NEW, line(by="erin", do="generate_key", key="k9", acknowledged=True)).refused("T05 not_authorized")
    case(LOCKED, line(by="alice", do="generate_key", key="k9", acknowledged=True)).refused("T29 locked_environments_exist")

    def upload(**fields):
        return line(by="alice", do="upload_key", **{"key": "k2", "material": "m2", "acknowledged": True, **fields})

    case(NEW, upload()).allowed("risk_acknowledged", "key_uploaded", "activation_started", to=EVERYBODY).state(k2="installing")
    case(WORLD, upload()).allowed("risk_acknowledged", "key_uploaded").state(k1="active", k2="available")
    case(WORLD, upload(format="other")).refused("T06 bad_format")
    case(WORLD, upload(type="elliptic_curve")).refused("T06 bad_key_type")
    case(WORLD, upload(bits=2047)).refused("T06 bad_key_size")
    case(WORLD, upload(bits=2049)).refused("T06 bad_key_size")
    case(WORLD, upload(file_password="")).refused("T06 pfx_without_password")
    case(WORLD, upload(private=False)).refused("T07 missing_private_key")
    case(WORLD, upload(file_password="a", password="b")).refused("T13 wrong_password")
    case(WORLD, upload(corrupt=True)).refused("T13 corrupt")
    case(WORLD, upload(material="m1")).refused("T13 duplicate_key")
    case(WORLD, upload(key="k1")).refused("H01 already_exists")
    case(WORLD, upload(format="byok", kid="mine")).refused("T08 byok_wrong_binding")
    byok = [line(by="alice", do="import_key", kid="mine"), upload(format="byok", kid="mine")]
    case(WORLD, *byok).allowed("risk_acknowledged", "key_uploaded")
    shown = case(WORLD, byok[0], line(by="alice", do="import_key", show=True)).allowed()
    assert shown.answer["import_kid"] == "mine"
    gone = case(WORLD, *byok, line(by="alice", do="import_key", show=True)).allowed()
    assert "import_kid" not in gone.answer  # used once, destroyed


def eligibility():
    few = [{**l, "seats": 1000} if l["do"] == "tenant" else l for l in TENANT]
    case(story("power_platform", *few), line(by="alice", do="generate_key", key="k", acknowledged=True)).refused("T01 not_eligible")
    off = [l for l in TENANT if l["do"] != "feature_on"]
    case(story("power_platform", *off), line(by="alice", do="generate_key", key="k", acknowledged=True)).refused("T02 feature_off")
    # An environment made in the very moment in which the feature was turned on is not made strictly after it.
    early = [*TENANT[:4], line(by="alice", do="environment", environment="early"), *KEYED[1 + len(TENANT):]]
    case(story("power_platform", *early), line(by="alice", do="apply_key", environment="early", **GIVE)).refused(
        "T02 environment_predates_feature")
    files = line(by="alice", do="environment", environment="files", file_data=True)
    case(KEYED, files, line(by="alice", do="apply_key", environment="files", **GIVE)).refused("T03 unsupported_storage")
    logs = line(by="alice", do="environment", environment="logs", external_logs=True)
    case(KEYED, logs, line(by="alice", do="apply_key", environment="logs", **GIVE)).refused("T03 unsupported_storage")


def activation():
    more = WORLD + [line(by="bob", do="generate_key", key="k2", material="m2", acknowledged=True)]

    def activate(moment, **fields):
        return at(moment, by="bob", do="activate_key", **{"key": "k2", **GIVE, **fields})

    case(more, activate("2026-01-02T00:59:59Z")).refused("T17 activation_cooldown 2026-01-02T01:00:00Z").mended_by("time")
    started = case(more, activate("2026-01-02T01:00:00Z")).allowed("risk_acknowledged", "activation_started", to=EVERYBODY)
    started.state(k1="active", k2="installing", prod="rewrapping", test="provider_managed")
    case(more, activate("2026-01-02T01:00:00Z"), at("2026-01-02T01:10:00Z", do="completed", of="activation")).allowed(
        "key_activated", to=EVERYBODY).state(k1="available", k2="active", prod="customer_managed")
    case(more, activate("2026-01-02T01:00:00Z"), line(do="failed", of="activation")).allowed("activation_failed").state(
        k1="active", k2="available")
    case(more, activate("2026-01-02T01:00:00Z", key="nobody", confirmed=False)).refused("T15 not_available", "T15 not_confirmed")
    case(more, activate("2026-01-02T01:00:00Z", acknowledged=False)).refused("T10 acknowledgement_required")
    case(more, activate("2026-01-02T01:00:00Z"), line(by="alice", do="lock", material="m1", confirmation="lock contoso")).refused(
        "T15 key_change_in_progress", "T18 lock_cooldown 2026-01-04T02:00:00Z")
    case(more, activate("2026-01-02T01:00:00Z"), line(by="erin", do="apply_key", environment="prod", **GIVE)).refused(
        "T15 key_change_in_progress", "T19 not_provider_managed", "T36 operation_in_progress")

    # An installation that is not over within 1 h has failed.
    case(INSTALLING, at("2026-01-01T01:29:59Z", do="completed", of="activation")).allowed("key_activated")
    case(INSTALLING, at("2026-01-01T01:30:00Z", do="completed", of="activation")).refused("H03 not_in_progress")
    case(INSTALLING, at("2026-01-01T01:29:59Z", do="tick")).allowed()
    case(INSTALLING, at("2026-01-01T01:30:00Z", do="tick")).allowed("activation_failed").state(k1="available")


def environments():
    def apply(environment="test", **fields):
        return line(by="erin" if environment == "prod" else "alice", do="apply_key", environment=environment, **{**GIVE, **fields})

    case(KEYED, apply("prod")).allowed("risk_acknowledged", "apply_started").state(prod="applying")
    case(KEYED, apply("prod"), line(by="alice", do="open", environment="prod")).refused("T19 operation_in_progress")
    case(KEYED, apply("prod"), line(do="completed", of="apply", environment="prod")).allowed("key_applied", to=EVERYBODY).state(
        prod="customer_managed")
    case(KEYED, apply("prod"), line(do="failed", of="apply", environment="prod")).allowed("apply_failed").state(prod="provider_managed")
    case(KEYED, apply(confirmed=False)).refused("T19 not_confirmed")
    case(NEW, apply()).refused("T19 no_active_key")
    case(KEYED, line(by="erin", do="apply_key", environment="test", **GIVE)).refused("T05 not_authorized")
    case(KEYED, apply("nowhere")).refused("H01 not_found", "T02 environment_predates_feature")

    def give_back(environment="prod", **fields):
        return line(by="alice", do="return_to_provider", environment=environment, **{**GIVE, **fields})

    case(WORLD, give_back(confirmation="prod")).allowed("risk_acknowledged", "return_started").state(prod="returning")
    case(WORLD, give_back(confirmation="prod"), line(do="completed", of="return", environment="prod")).allowed(
        "returned_to_provider", to=EVERYBODY).state(prod="provider_managed")
    case(WORLD, give_back(confirmation="prod"), line(do="failed", of="return", environment="prod")).allowed("return_failed").state(
        prod="customer_managed")
    case(WORLD, give_back(confirmation="Prod", confirmed=False)).refused("T20 confirmation_mismatch", "T20 not_confirmed")
    case(WORLD, give_back("dev")).allowed("risk_acknowledged", "return_started")  # a sandbox's name is not typed
    case(WORLD, give_back("test")).refused("T20 not_customer_managed")

    case(WORLD, line(by="erin", do="open", environment="prod")).allowed()
    case(WORLD, line(by="erin", do="open", environment="dev")).refused("T05 not_authorized")
    case(LOCKING, line(by="erin", do="open", environment="prod")).refused("T22 environment_locked")
    case(LOCKED, line(by="erin", do="open", environment="prod")).refused("T22 environment_locked")
    case(LOCKED, line(by="alice", do="open", environment="test")).allowed()  # T44: beside, on the provider's key

    case(WORLD, line(by="alice", do="delete_environment", environment="test", confirmation="test")).allowed(
        "environment_deleted", to=EVERYBODY).state(test="deleted")
    case(WORLD, line(by="alice", do="delete_environment", environment="test")).refused("T36 confirmation_mismatch")
    case(KEYED, apply("prod"), line(by="alice", do="delete_environment", environment="prod", confirmation="prod")).refused(
        "T36 operation_in_progress")
    case(LOCKED, line(by="alice", do="delete_environment", environment="prod", confirmation="prod"),
         line(by="alice", do="delete_environment", environment="dev", confirmation="dev")).allowed("environment_deleted").state(
             k1="retired", prod="deleted", dev="deleted")


def locking():
    def lock(moment=LOCKABLE, **fields):
        return at(moment, by="alice", do="lock", **{"material": "m1", "confirmation": "lock contoso", **fields})

    case(WORLD, lock("2026-01-04T01:59:59Z")).refused("T18 lock_cooldown 2026-01-04T02:00:00Z").mended_by("time")
    case(WORLD, lock()).allowed("lock_requested", "lock_started", to=EVERYBODY).state(
        k1="locked", prod="locking", dev="locking", test="provider_managed")
    case(WORLD, lock(material="m2")).refused("T21 wrong_key")
    case(WORLD, lock(confirmation="lock fabrikam")).refused("T21 confirmation_mismatch")
    case(WORLD, lock(private=False)).refused("T21 missing_private_key")
    case(WORLD, lock(file_password="a", password="b")).refused("T21 wrong_password")
    case(WORLD, lock(corrupt=True)).refused("T21 corrupt")
    case(NEW, lock()).refused("T21 no_active_key", "T21 nothing_to_lock")
    case(KEYED, lock()).refused("T21 nothing_to_lock")
    # Available keys die with the Active one.
    spare = line(by="bob", do="generate_key", key="k2", acknowledged=True)
    case(WORLD, spare, lock()).allowed("lock_requested", "lock_started").state(k1="locked", k2="deleted")

    case(LOCKING, at(COMPLETED, do="completed", of="lock")).allowed("lock_completed").state(prod="locked", dev="locked")
    case(WORLD, line(do="completed", of="lock")).refused("H03 not_in_progress")
    case(LOCKING, line(do="failed", of="lock")).refused("H03 not_in_progress")  # a lock only rolls forward
    case(LOCKING, lock("2026-01-04T02:00:01Z")).refused("T21 no_active_key", "T21 nothing_to_lock", "T23 lock_in_progress")

    # An apply under way when the lock begins is undone, and the lock is complete only then.
    beside = [at(LOCKABLE, by="alice", do="apply_key", environment="test", **GIVE), lock()]
    case(WORLD, *beside, line(do="completed", of="lock")).refused("H03 operation_in_progress")
    case(WORLD, *beside, line(do="completed", of="apply", environment="test")).refused("H03 lock_in_progress")
    case(WORLD, *beside, line(do="failed", of="apply", environment="test"), line(do="completed", of="lock")).allowed(
        "lock_completed").state(prod="locked", test="provider_managed")


def unlocking():
    def unlock(moment=UNLOCKABLE, **fields):
        return at(moment, by="alice", do="unlock_key", **{"material": "m1", **fields})

    case(LOCKING, unlock("2026-01-04T02:59:59Z")).refused("T23 lock_in_progress", "T24 unlock_cooldown 2026-01-04T03:00:00Z")
    case(LOCKED, unlock("2026-01-04T02:59:59Z")).refused("T24 unlock_cooldown 2026-01-04T03:00:00Z")
    case(LOCKED, unlock()).allowed("key_unlock_started").state(k1="installing", prod="locked")
    case(LOCKED, unlock(material="m2")).refused("T27 wrong_key")
    case(LOCKED, unlock(file_password="a", password="b")).refused("T27 wrong_password")
    case(LOCKED, unlock(corrupt=True)).refused("T27 corrupt")
    case(LOCKED, unlock(private=False)).refused("T07 missing_private_key")
    case(WORLD, unlock()).refused("T27 not_locked")
    case(UNLOCKING, line(do="completed", of="unlock_key")).allowed("key_unlocked", to=EVERYBODY).state(k1="active", prod="locked")
    case(UNLOCKING, line(do="failed", of="unlock_key")).allowed("key_unlock_failed").state(k1="locked")
    case(UNLOCKING, at("2026-01-04T04:00:00Z", do="tick")).allowed("key_unlock_failed")

    def environment(moment="2026-01-04T03:30:00Z", **fields):
        return at(moment, by="alice", do="unlock_environment", **{"environment": "prod", "confirmed": True, **fields})

    case(UNLOCKING, environment()).refused("T28 key_not_active")
    case(KEY_BACK, environment(confirmed=False)).refused("T28 not_confirmed")
    case(KEY_BACK, environment(environment="test")).refused("T28 not_locked")
    case(KEY_BACK, environment()).allowed("environment_unlock_started").state(prod="unlocking", dev="locked")
    case(KEY_BACK, environment(), line(do="completed", of="unlock_environment", environment="prod")).allowed(
        "environment_unlocked").state(prod="customer_managed")
    case(KEY_BACK, environment(), line(do="failed", of="unlock_environment", environment="prod")).allowed(
        "environment_unlock_failed").state(prod="locked")
    # T37: apply works although others are still locked. T16, T29: activating and uploading do not.
    case(KEY_BACK, line(by="alice", do="apply_key", environment="test", **GIVE)).allowed("risk_acknowledged", "apply_started")
    case(KEY_BACK, at("2026-01-06T00:00:00Z", by="alice", do="activate_key", key="k1", **GIVE)).refused(
        "T15 not_available", "T16 locked_environments_exist")

    # T26: 28 days after the lock was completed, held until 24 h after the key is Active.
    case(LOCKED, at("2026-02-01T02:29:59Z", do="tick")).allowed()
    case(LOCKED, at("2026-02-01T02:30:00Z", do="tick")).allowed(
        "environment_deleted", "environment_deleted", to=EVERYBODY).state(prod="deleted", dev="deleted", test="provider_managed")
    case(LOCKED, unlock("2026-02-01T02:30:00Z")).refused("T26 retention_expired")
    late = [unlock("2026-02-01T02:29:59Z"), at("2026-02-01T03:00:00Z", do="completed", of="unlock_key")]
    case(LOCKED, *late, at("2026-02-02T02:59:59Z", do="tick")).allowed()
    case(LOCKED, *late, environment("2026-02-02T03:00:00Z")).refused("T26 retention_expired")
    case(LOCKED, *late, at("2026-02-02T03:00:00Z", do="tick")).allowed("environment_deleted", "environment_deleted")


def guards():
    backups = WORLD + [line(by="alice", do="backup", environment=e, backup="b") for e in ("prod", "dev", "test")]

    def restore(environment, source=None, **fields):
        more = {"source": source} if source else {}
        return line(by="alice", do="restore", environment=environment, backup="b", **{**more, **fields})

    case(WORLD, line(by="erin", do="backup", environment="prod", backup="b")).allowed("backup_taken")
    case(backups, line(by="alice", do="backup", environment="prod", backup="b")).refused("H01 already_exists")
    case(LOCKED, line(by="alice", do="backup", environment="prod", backup="b")).refused("T22 environment_locked")
    case(backups, restore("dev")).allowed("restore_started").state(dev="overwriting")
    case(backups, restore("dev"), line(do="completed", of="restore", environment="dev")).allowed("restored", to=[])
    case(backups, restore("dev"), line(do="failed", of="restore", environment="dev")).allowed("restore_failed")
    case(backups, restore("prod", confirmation="prod"), line(do="completed", of="restore", environment="prod")).allowed(
        "restored", to=EVERYBODY)
    case(backups, restore("prod")).refused("T30 confirmation_mismatch")
    case(backups, restore("dev", "prod")).allowed("restore_started")  # another one under the same key
    case(backups, restore("test", "prod")).refused("T30 key_mismatch")
    case(backups, restore("dev", "test")).refused("T30 key_mismatch")
    case(backups, line(by="erin", do="restore", environment="dev", source="prod", backup="b")).refused("T05 not_authorized")
    locked = backups + [at(LOCKABLE, by="alice", do="lock", material="m1", confirmation="lock contoso"), at(COMPLETED, do="completed", of="lock")]
    case(locked, restore("dev")).refused("T25 environment_locked", "T30 key_version_unavailable")
    case(locked, restore("dev", "prod")).refused("T25 environment_locked", "T30 key_version_unavailable")
    reset = [line(by="alice", do="reset", environment="dev"), line(do="completed", of="reset", environment="dev")]
    case(backups, *reset, restore("dev")).refused("T30 backup_deleted")

    def copy(source, target, **fields):
        return line(by="alice", do="copy", source=source, target=target, **fields)

    case(WORLD, copy("prod", "dev")).allowed("copy_started").state(dev="overwriting")
    case(WORLD, copy("prod", "dev"), line(do="completed", of="copy", environment="dev")).allowed("copied", to=[])
    case(WORLD, copy("prod", "dev"), line(do="failed", of="copy", environment="dev")).allowed("copy_failed")
    case(WORLD, copy("dev", "prod")).refused("T31 confirmation_mismatch")
    case(WORLD, copy("dev", "dev")).refused("T31 same_environment")
    case(WORLD, copy("prod", "test")).refused("T31 key_mismatch")
    case(WORLD, copy("prod", "help")).refused("T31 key_mismatch", "T32 support_environment_not_customer_managed")
    case(LOCKED, copy("dev", "test")).refused("T22 environment_locked", "T31 key_mismatch")
    case(WORLD, line(by="erin", do="copy", source="prod", target="dev")).refused("T05 not_authorized")

    case(WORLD, line(by="alice", do="reset", environment="dev")).allowed("reset_started").state(dev="resetting")
    case(WORLD, *reset).allowed("reset_completed", to=EVERYBODY).state(dev="provider_managed")
    case(WORLD, reset[0], line(do="failed", of="reset", environment="dev")).refused("H03 not_in_progress")
    case(WORLD, line(by="erin", do="reset", environment="prod", confirmation="dev")).refused("T33 confirmation_mismatch")
    case(LOCKED, line(by="alice", do="reset", environment="dev")).refused("T33 environment_locked")


def fields_and_coverage():
    on = line(by="erin", do="field_encryption", environment="prod")
    case(NEW, on).allowed("field_encryption_enabled")
    case(NEW, on, {**on, "on": False}).refused("G09 cannot_turn_off").mended_by("nobody")
    rows = {r["what"]: r["covered"] for r in case(WORLD, line(do="coverage")).allowed().answer["coverage"]}
    assert rows["environment prod"] and not rows["environment test"] and rows["environment database"] and not rows["relevance search"], rows


def rings():
    two = story("power_platform", *[{**l, "regions": ["eu", "us"]} if l["do"] == "tenant" else l for l in TENANT])
    upload = line(by="alice", do="upload_key", acknowledged=True, **FILE)
    case(two, upload).refused("T11 region_required")
    case(two, {**upload, "region": "eu"}).allowed("risk_acknowledged", "key_uploaded", "activation_started")
    in_eu = two + [at("2026-01-01T00:30:00Z", **{**upload, "region": "eu"})]
    case(in_eu, {**upload, "region": "us"}).refused("T13 key_in_use")
    case(in_eu, {**upload, "region": "us", "material": "m2"}).allowed("risk_acknowledged", "key_uploaded", "activation_started")
    # Windows are per ring: eu is Active since 01:00, us may activate a generated key at once.
    both = in_eu + [at(ACTIVE, do="completed", of="activation", region="eu"),
                    line(by="alice", do="generate_key", key="u1", region="us", acknowledged=True)]
    case(both, line(by="alice", do="activate_key", key="u1", region="us", **GIVE)).allowed("risk_acknowledged", "activation_started")
    case(both, line(by="alice", do="activate_key", key="k1", region="eu", **GIVE)).refused(
        "T15 not_available", "T17 activation_cooldown 2026-01-02T01:00:00Z")
    # A key that is Locked in one ring is not taken by another.
    away = [line(by="alice", do="environment", environment="shop", region="us")]
    case(two, *away, {**upload, "region": "eu"}, at(ACTIVE, do="completed", of="activation", region="eu"),
         at(APPLIED, by="alice", do="apply_key", environment="prod", **GIVE), line(do="completed", of="apply", environment="prod"),
         at(LOCKABLE, by="alice", do="lock", region="eu", material="m1", confirmation="lock contoso"),
         line(by="alice", do="open", environment="shop"), line(do="completed", of="lock", region="eu"),
         {**upload, "region": "us"}).refused("T13 key_in_use")


def next_allowed():
    lock = {"do": "lock", "material": "m1", "confirmation": "lock contoso"}

    def when(moment, world=WORLD, **command):
        answer = case(world, at(moment, by="alice", do="next_allowed", command={**lock, **command})).allowed().answer
        return answer["next_allowed"]

    assert when(APPLIED) == LOCKABLE  # T18
    assert when("2026-03-01T00:00:00Z") == "2026-03-01T00:00:00Z"  # now
    assert when(APPLIED, material="m2") is None  # waiting does not make it the right key
    assert when(APPLIED, by="erin") is None
    unlock = line(by="alice", do="next_allowed", command={"do": "unlock_key", "material": "m1"})
    assert case(LOCKED, {**unlock, "at": COMPLETED}).allowed().answer["next_allowed"] == UNLOCKABLE  # T24
    assert case(LOCKED, {**unlock, "at": "2026-02-01T02:30:00Z"}).allowed().answer["next_allowed"] is None  # T26: over for good


def plans():
    asked = {"do": "lock", "material": "m1", "confirmation": "lock contoso"}
    planned = case(WORLD, at(LOCKABLE, by="alice", do="plan", command=asked)).allowed().state(prod="customer_managed", k1="active")
    plan = planned.answer["plan"]
    assert plan["environments_hit"] == 2 and plan["environments_not_covered"] == 2 and plan["keys_that_die"] == ["k1"], plan
    assert plan["downtime"] and plan["backups_become_unreadable"] and plan["notice_to_all"] and plan["never_in_normal_business"]
    case(WORLD, at(FIRST, by="bob", do="plan", command={**asked, "by": "erin", "at": "2026-01-04T01:59:59Z"})).refused(
        "T05 not_authorized", "T18 lock_cooldown 2026-01-04T02:00:00Z")


ALL = [tenants_and_people, keys, eligibility, activation, environments, locking, unlocking, guards, fields_and_coverage, rings, plans, next_allowed]
NEVER_REFUSED = {"tick", "coverage", "next_allowed"}
