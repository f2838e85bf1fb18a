# SPDX-License-Identifier: Apache-2.0
"""encrypted_sqlite as its user meets it: statements from everywhere, every way of seeing rows, conversion there and back held
against the program sqlite3, backups, a new key, damage, wrong keys, a kill, and a tenant's lock.

    python3 encrypted_sqlite.py ENCRYPTED_SQLITE ENVELOPE_FILE TENANT_ADMIN
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from around import NEXT_WEEK, Checks, Provider, in_terminal

PROGRAM, ENVELOPE_FILE, TENANT_ADMIN = (pathlib.Path(p).resolve() for p in sys.argv[1:4])
check = Checks("encrypted_sqlite")

WORLD = """
PRAGMA user_version = 7;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, price REAL, picture BLOB, twice AS (price * 2) STORED);
CREATE INDEX by_name ON item(name); CREATE INDEX by_upper ON item(upper(name));
CREATE TABLE stock(item TEXT PRIMARY KEY, n) WITHOUT ROWID; CREATE TABLE "odd 'name'"("a ""quoted"" column", b);
CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, x);
CREATE VIEW cheap AS SELECT name FROM item WHERE price < 2;
CREATE TRIGGER sold AFTER DELETE ON item BEGIN INSERT INTO counted(x) VALUES ('MARKER ' || old.name || '; it is gone'); END;
CREATE VIRTUAL TABLE words USING fts5(body); CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  INSERT INTO item(name, price, picture) SELECT 'MARKER-' || i, i / 3.0, randomblob(i) FROM n;
INSERT INTO stock SELECT name, id FROM item; INSERT INTO words SELECT name FROM item; INSERT INTO places SELECT id, id, id + 1 FROM item;
INSERT INTO "odd 'name'" VALUES ('it''s', NULL), (x'00ff', 9e99), ('two
lines', -9223372036854775808); DELETE FROM item WHERE id % 7 = 0; ANALYZE;
"""


def run(*arguments, stdin="", code=0, says=None):
    """Runs the program; `says` must stand in what it writes to stderr, and an end that is not well says something."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=stdin.encode(), capture_output=True)
    told = done.stderr.decode()
    check(done.returncode == code, "expected exit code", code, "found", done.returncode, "of", arguments, told)
    check(says is None or says in told, "expected", repr(says), "in", repr(told), "of", arguments)
    check(code == 0 or told.startswith("encrypted_sqlite: "), arguments, "ended with", code, "and said", repr(told))
    check(b"\033" not in done.stdout + done.stderr, "colours, and no terminal", arguments)
    return done.stdout.decode()


def in_any_order(dump):
    """SQLite's VACUUM puts virtual tables last."""
    return sorted(dump.splitlines())


def sqlite3(*arguments, stdin=""):
    return subprocess.run(["sqlite3", *map(str, arguments)], input=stdin, check=True, capture_output=True, text=True).stdout


def statements_and_rows(w, key):
    db = w / "a.db"
    rows = run(*key, db, "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2.5, NULL)", "SELECT * FROM t", "SELECT count(*) FROM t")
    check(rows == "1|x\n2.5|\n2\n", rows)
    check(run(*key, db, stdin="SELECT a\nFROM t; -- a comment; with a semicolon\nSELECT 'a;b';\n.tables\nSELECT 3") == "1\n2.5\na;b\nt\n3\n")
    check(run(*key, "--header", db, "SELECT a, b FROM t") == "a|b\n1|x\n2.5|\n", "--header")
    check(run(*key, "-m", "csv", "--header", db, "SELECT a AS \"x,y\", 'say \"no\"' AS z FROM t LIMIT 1") == "\"x,y\",z\r\n1,\"say \"\"no\"\"\"\r\n")
    found = json.loads(run(*key, "-m", "json", db, "SELECT a, b, x'0aff' AS c, 'Ä' AS d FROM t"))
    check(found == [{"a": 1, "b": "x", "c": "0aff", "d": "Ä"}, {"a": 2.5, "b": None, "c": "0aff", "d": "Ä"}], found)
    check(run(*key, "-m", "json", db, "SELECT a FROM t WHERE a > 9") == "", "no rows")
    table = run(*key, "-m", "column", db, "SELECT 'Äpfel' AS name, 12 AS n UNION ALL SELECT 'x', 3")
    check(table == "name   n\n-----  --\nÄpfel  12\nx       3\n", repr(table))
    check(run(*key, db, ".mode csv", ".headers on", "SELECT a FROM t LIMIT 1", ".quit", "SELECT 2") == "a\r\n1\r\n", "dot commands")
    check(".dump" in run(*key, db, ".help") and "CREATE TABLE t(a, b);\n" == run(*key, db, ".schema t"), ".help, .schema")

    # A failure ends it, and what was done before stands.
    out = run(*key, db, stdin="INSERT INTO t VALUES (3, 3);\nSELECT a FROM nowhere;\nDELETE FROM t;", code=60, says="nowhere")
    check(out == "" and run(*key, db, "SELECT count(*) FROM t") == "3\n", "after a failure")
    run(*key, db, "INSERT INTO t VALUES (4", code=60, says="incomplete")
    run(*key, db, ".nothing", code=2, says=".help")
    run(*key, db, ".mode", "x", code=2)
    run(*key, db, "ATTACH '%s' AS p" % (w / "plain.db"), code=60, says=".dump")
    check(not (w / "plain.db").exists(), "a database in the clear was made")
    run(*key, "--read-only", db, "DELETE FROM t", code=60, says="readonly")
    run(*key, "--read-only", w / "none.db", "SELECT 1", code=53)
    check(not (w / "none.db").exists(), "--read-only made a file")
    check(b"INSERT" not in db.read_bytes() and b"SQLite" not in db.read_bytes(), "in the clear")
    for wrong in ([], [db], [*key], [*key, "--json", db], ["--key", w / "shop.key", "--environment", "a/b/c", db], ["--aes-key", "x", db],
                  ["convert", *key, db], ["inspect"], ["verify", *key, db, db], [*key, "-m", "html", db]):
        run(*wrong, code=2)
    for code, meaning in re.findall(r"^ +(\d+)  (.*)$", run("--help"), re.M):
        check(code in ("0", "1", "2", "3", "8", "9", "12", "14") or int(code) >= 20, code, meaning)


def keys_and_headers(w, key):
    db = w / "a.db"
    shown = json.loads(run("inspect", "--json", db))
    check(shown["suite"] == "AES-256-GCM-SIV" and shown["page_size"] == 4096 and shown["pages"] == 2 and not shown["proven"], shown)
    check("key-file" in shown["key"] and re.fullmatch("[0-9a-f]{32}", shown["file_id"]), shown)
    check("nothing of this is proven" in run("inspect", db), "inspect as text")
    run(*key, "--suite", "aes-gcm", w / "gcm.db", "CREATE TABLE t(a)")
    check(json.loads(run("inspect", "--json", w / "gcm.db"))["suite"] == "AES-256-GCM", "--suite")
    run("inspect", w / "shop.key", code=59)
    run("inspect", w / "nowhere", code=53)

    (w / "other.key").write_bytes(os.urandom(32))
    run("--key", w / "other.key", db, "SELECT 1", code=54, says="another key file")
    run("--key", w / "nowhere.key", db, code=53)
    (w / "short.key").write_bytes(os.urandom(31))
    run("--key", w / "short.key", db, code=25, says="found 31")
    run("verify", *key, w / "nowhere.db", code=53)

    # The key file itself, encrypted for the holder of a PFX.
    openssl = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", w / "clear.pem", "-subj", "/CN=test", "-out", w / "certificate.pem")
    openssl("pkcs12", "-export", "-inkey", w / "clear.pem", "-in", w / "certificate.pem", "-passout", "pass:word", "-out", w / "key.pfx")
    (w / "word").write_text("word\n")
    subprocess.run([ENVELOPE_FILE, "-e", "--rsa-key", "acme/escrow=%s" % (w / "certificate.pem"), w / "shop.key"], check=True)
    pfx = ["--rsa-key", "acme/escrow=%s" % (w / "key.pfx"), "--password-file", w / "word"]
    check(run("--key", w / "shop.key.esdk", *pfx, db, "SELECT count(*) FROM t") == "3\n", "by PFX")
    run("--key", w / "shop.key.esdk", db, code=25, says="--rsa-key")
    run("--key", w / "shop.key", *pfx, db, code=57)
    run("--key", w / "shop.key.esdk", "--aes-key", "acme/escrow=%s" % (w / "shop.key"), db, code=54)


def damage(w, key):
    db = w / "d.db"
    run(*key, db, "PRAGMA page_size = 512; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(3000))")
    check("all proved" in run("verify", *key, db), "verify")
    whole = db.read_bytes()
    for page in (1, 3, (len(whole) - 8192) // 512):
        at = 8192 + page * 512 - 100
        db.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        check(run("verify", *key, db, code=52, says="1 of ") == "page %d does not open\n" % page, page)
        check(json.loads(run("verify", "--json", *key, db, code=52))["damaged_pages"] == [page], page)
    run(*key, db, "SELECT sum(length(a)) FROM t; SELECT a FROM t", code=52, says="verify")
    for at in (20, 40, 4096 + 40):  # one copy of the header is enough
        db.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        check("all proved" in run("verify", *key, db), "header", at)
    db.write_bytes(bytes(b ^ 1 if i in (100, 4196) else b for i, b in enumerate(whole)))
    run(*key, db, "SELECT 1", code=54)
    db.write_bytes(whole[:-512])
    run("verify", *key, db, code=52)
    db.write_bytes(whole[:8192])
    run("verify", *key, db, code=52)


def conversion(w, key):
    for mode in ("delete", "wal"):
        plain = w / ("plain-%s.db" % mode)
        sqlite3(plain, stdin="PRAGMA journal_mode = %s;" % mode + WORLD)
        before = sqlite3(plain, ".dump")
        check("MARKER" in before and "CREATE VIRTUAL TABLE words" in before, "the world is poor")
        run(*key, plain, "SELECT 1", code=59, says="convert --to encrypted")
        run("inspect", plain, code=59, says="convert --to encrypted")
        run("convert", "--to", "clear", *key, plain, code=59)
        run("convert", "--to", "encrypted", *key, plain, says="zeros")
        check(b"MARKER" not in plain.read_bytes() and "all proved" in run("verify", *key, plain), "encrypted")
        run("convert", "--to", "encrypted", *key, plain, code=56)
        # The dump makes the same database in an SQLite that knows nothing of us.
        sqlite3(w / "again.db", stdin=run(*key, plain, ".dump"))
        check(in_any_order(sqlite3(w / "again.db", ".dump")) == in_any_order(before), ".dump")
        check(sqlite3(w / "again.db", "PRAGMA integrity_check; SELECT count(*) FROM words WHERE words MATCH 'marker'") == "ok\n200\n", ".dump")
        (w / "again.db").unlink()
        check(run(*key, plain, "PRAGMA journal_mode; PRAGMA user_version") == "%s\n7\n" % mode, mode)
        run("convert", "--to", "clear", "--key", w / "other.key", plain, code=54)
        run("convert", "--to", "clear", *key, plain, says="in the clear")
        check(in_any_order(sqlite3(plain, ".dump")) == in_any_order(before) and sqlite3(plain, "PRAGMA integrity_check") == "ok\n", "there and back")
        check(sorted(p.name for p in w.glob("plain-%s*" % mode)) == [plain.name], "something was left beside")
    with subprocess.Popen(["sqlite3", plain], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        other.stdin.write("BEGIN IMMEDIATE; SELECT 'holds';\n")
        other.stdin.flush()
        check(other.stdout.readline() == "holds\n", "sqlite3 did not begin")
        run("convert", "--to", "encrypted", *key, plain, code=8, says="nothing was changed")
        other.stdin.close()
    check(in_any_order(sqlite3(plain, ".dump")) == in_any_order(before), "after a refusal")


def backups_and_keys(w, key):
    db, kept = w / "b.db", w / "b.backup"
    run(*key, db, "PRAGMA journal_mode = wal", "CREATE TABLE t(a); INSERT INTO t VALUES ('MARKER'), (zeroblob(20000))")
    run("backup", *key, db, "-o", kept)
    run("backup", *key, db, "-o", kept, code=56, says="--force")
    run("backup", *key, db, "-o", kept, "--force", "-q")
    shown = json.loads(run("inspect", "--json", kept))
    check(shown["backup"] and shown["pages"] > 5 and "key-file" in shown["key"] and re.match("20..-..-..T", shown["taken"]), shown)
    check("all proved" in run("verify", *key, kept) and b"MARKER" not in kept.read_bytes(), "verify of a backup")
    run("verify", "--key", w / "other.key", kept, code=52, says="another key")
    whole = kept.read_bytes()
    for changed in (whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], whole[:-1], whole[:3000]):
        (w / "bad.backup").write_bytes(changed)
        run("verify", *key, w / "bad.backup", code=52)
        run("restore", *key, db, "-i", w / "bad.backup", code=52)
    run(*key, db, "DELETE FROM t; INSERT INTO t VALUES ('later')")
    with subprocess.Popen([PROGRAM, *map(str, key), db], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdin.write(b"BEGIN IMMEDIATE; SELECT 'holds';\n")
        other.stdin.flush()
        check(other.stdout.readline() == b"holds\n", "no transaction")
        run("restore", *key, db, "-i", kept, code=8)
        other.stdin.close()
    check(run(*key, db, "SELECT a FROM t") == "later\n", "after refusals")
    run("restore", *key, db, "-i", kept)
    check(run(*key, db, "SELECT length(a) FROM t; PRAGMA integrity_check") == "6\n20000\nok\n", "restored")
    piped = subprocess.run([PROGRAM, "backup", *key, db, "-o", "-"], capture_output=True, check=True).stdout
    moved = subprocess.run([PROGRAM, "restore", "--key", w / "other.key", "--from-key", w / "shop.key", w / "moved.db", "-i", "-", "-q"],
                           input=piped, capture_output=True)
    check(moved.returncode == 0 and moved.stderr == b"", moved)
    check(run("--key", w / "other.key", w / "moved.db", "SELECT length(a) FROM t") == "6\n20000\n", "moved to another key")
    run(*key, w / "moved.db", "SELECT 1", code=54)

    before = json.loads(run("inspect", "--json", db))
    old = db.read_bytes()
    run("rekey", *key, db, says="sealed anew")
    after = json.loads(run("inspect", "--json", db))
    check(after["generation"] > before["generation"] and not after["rekey_under_way"], before, after)
    new = db.read_bytes()
    check(all(old[at:at + 4096] != new[at:at + 4096] for at in range(8192, len(new), 4096)), "a page was not sealed anew")
    check("all proved" in run("verify", *key, db) and run(*key, db, "SELECT length(a) FROM t") == "6\n20000\n", "after rekey")
    for command in (["backup", *key, db], ["restore", *key, db], ["rekey", db], ["restore", *key]):
        run(*command, code=2)
    run("rekey", *key, w / "nowhere.db", code=53)
    run("backup", *key, w / "nowhere.db", "-o", "-", code=53)
    run("restore", *key, db, "-i", w / "nowhere.backup", code=53)
    run("restore", *key, db, "-i", db, code=59, says="no backup")


def a_kill(w, key):
    """Whatever is committed when the program dies is there afterwards; nothing else is."""
    for mode in ("delete", "wal"):
        db = w / ("killed-%s.db" % mode)
        run(*key, db, "PRAGMA journal_mode = %s" % mode, "CREATE TABLE t(a)")
        child = subprocess.Popen([PROGRAM, *map(str, key), db], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdin.write(b"PRAGMA cache_size = 5; BEGIN; INSERT INTO t VALUES ('kept'); COMMIT;\nBEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION"
                          b" ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT hex(zeroblob(500)) FROM n; SELECT 'half way';\n")
        child.stdin.flush()
        check(child.stdout.readline() == b"half way\n", "not half way")
        child.send_signal(signal.SIGKILL)
        child.communicate()
        check(len(list(w.glob(db.name + "*"))) > 1, "there is no journal or log")
        check(run(*key, db, "SELECT * FROM t; PRAGMA integrity_check") == "kept\nok\n", mode)


def a_tenants_database(w):
    provider = Provider(TENANT_ADMIN, w / "provider", w / "key.pfx", w / "word")
    db, at = w / "prod.db", "2026-11-02T10:00:00Z"
    run(*provider.options(at), db, "CREATE TABLE t(a); INSERT INTO t VALUES ('contoso''s MARKER')")
    check(run(*provider.options(at), "--read-only", db, "SELECT * FROM t") == "contoso's MARKER\n", "a tenant's database")
    check("prod" in json.loads(run("inspect", "--json", db))["key"], "whose key")
    run(*provider.options(at, by="mallory"), db, "SELECT 1", code=3, says="tenant_admin status")
    run("--key", w / "shop.key", db, "SELECT 1", code=54, says="inspect")
    kept = a_tenants_restore(w, provider, db)
    # Under the customer's key it stays: the way out leads over the provider's.
    run("convert", "--to", "clear", *provider.options(at), db, code=3, says="T20")
    check(b"MARKER" not in db.read_bytes(), "it went out")
    with subprocess.Popen([PROGRAM, *map(str, provider.options(NEXT_WEEK)), db], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        child.stdin.write(b"SELECT count(*) FROM t;\n")
        child.stdin.flush()
        check(child.stdout.readline() == b"1\n", "before the lock")
        provider.lock(NEXT_WEEK, settle=1000)
        child.stdin.write(b"SELECT count(*) FROM t;\n")
        child.stdin.close()
        told = child.stderr.read()
        check(child.wait() == 9 and b"locked" in told, "an open connection after the lock", child.returncode, told)
    run(*provider.options(NEXT_WEEK), db, "SELECT 1", code=9, says="locked")
    run("convert", "--to", "clear", *provider.options(NEXT_WEEK), db, code=9, says="locked")
    run("restore", *provider.options(NEXT_WEEK), "--confirm", "prod", db, "-i", kept, code=9, says="locked")
    run("backup", *provider.options(NEXT_WEEK), db, "-o", w / "locked.backup", code=9, says="locked")


def a_tenants_restore(w, provider, db):
    """Of a database with one row: the policy decides, everybody is told, and the log holds it."""
    taken, later = provider.options("2026-11-02T11:00:00Z"), provider.options("2026-11-02T12:00:00Z")
    confirmed = [*later, "--confirm", "prod"]
    kept, bad = w / "prod.backup", w / "bad.backup"
    run("backup", *provider.options("2026-11-02T11:00:00Z", by="mallory"), db, "-o", kept, code=3)
    check(not kept.exists(), "a backup was taken all the same")
    run("backup", *taken, db, "-o", kept)
    run("backup", *taken, "--force", db, "-o", kept, code=3, says="already")
    check("all proved" in run("verify", *taken, kept), "verify of a tenant's backup")
    run(*taken, db, "UPDATE t SET a = 'later'")
    before = db.read_bytes()
    mails = lambda: len(list((provider.folder / "outbox").glob("*.eml")))
    events = lambda: provider.admin("2026-11-02T12:00:00Z", "alice", "audit", "show", quiet=False)
    told = mails()

    run("restore", *later, db, "-i", kept, code=3, says="T30")
    run("restore", *provider.options("2026-11-02T12:00:00Z", by="mallory"), "--confirm", "prod", db, "-i", kept, code=3)
    whole = kept.read_bytes()
    bad.write_bytes(whole[:31] + bytes([whole[31] ^ 1]) + whole[32:])  # of another moment: the state has no such backup
    run("restore", *confirmed, db, "-i", bad, code=3, says="no such backup")
    check(db.read_bytes() == before and mails() == told and "restore" not in events(), "after refusals")
    bad.write_bytes(whole[:9000] + bytes([whole[9000] ^ 1]) + whole[9001:])
    run("restore", *confirmed, db, "-i", bad, code=52)
    check(db.read_bytes() == before and "restore_failed" in events(), "after a damaged backup", events())

    run("restore", *confirmed, db, "-i", kept)
    check(run(*later, db, "SELECT * FROM t") == "contoso's MARKER\n", "restored")
    check(mails() > told, "nobody was told")
    check(re.search("restored", events()), events())
    provider.admin("2026-11-02T12:00:00Z", "alice", "audit", "verify")
    db.write_bytes(before)  # whoever puts the old file back is found out
    run(*later, db, "SELECT * FROM t", code=52, says="restore")
    run("restore", *confirmed, db, "-i", kept)
    return kept


def on_a_terminal(w, key):
    code, seen = in_terminal(PROGRAM, *key, w / "a.db", typed=b"SELECT\n'from' || ' a \"person\"\\';\nSELECT b FROM t WHERE c;\n.tables\n.quit\n")
    text = seen.decode()
    check(code == 0 and "keywright> " in text and "...> " in text, code, text)
    check("from a \"person\"\\\r\n" in text and "no such column" in text and "keywright> t\r\n" in text, text)
    code, seen = in_terminal(PROGRAM, *key, w / "a.db", "SELECT char(27) || '[2Jgone'")
    check(code == 0 and b"\033" not in seen and b"gone" in seen, "what a database says moved the cursor", seen)
    check(b"\033[2m" in in_terminal(PROGRAM, "inspect", w / "a.db")[1], "colours at a terminal")
    run(*key, w / "large.db", "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
                              " INSERT INTO t SELECT zeroblob(1000000) FROM n")
    code, seen = in_terminal(PROGRAM, "verify", *key, w / "large.db")
    check(code == 0 and re.search(rb"\[#*-*\] +\d+ %", seen), code, seen[-200:])


def main():
    if shutil.which("sqlite3") is None:
        sys.exit("encrypted_sqlite: the program sqlite3 is missing; cmake/setup.sh installs it")
    with tempfile.TemporaryDirectory() as folder:
        w = pathlib.Path(folder)
        (w / "shop.key").write_bytes(os.urandom(32))
        key = ["--key", w / "shop.key"]
        statements_and_rows(w, key)
        keys_and_headers(w, key)
        damage(w, key)
        conversion(w, key)
        backups_and_keys(w, key)
        a_kill(w, key)
        a_tenants_database(w)
        on_a_terminal(w, key)
    print("encrypted_sqlite: %d checks" % check.count)


main()
