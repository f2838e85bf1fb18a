#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Whatever is handed to tenant_admin: one clear line, an exit code of its own, and nothing stored is lost or changed.
#   sh tests/examples/bad_input.sh     (tenant_admin, openssl, sqlite3 and python3 in PATH)
set -eu

work=$(mktemp -d "${TMPDIR:-/tmp}/keywright-bad-input.XXXXXX")
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
provider=$work/provider
mkdir "$provider" "$work/keys" "$work/data"

KEYWRIGHT_STATE=$provider/state.db
KEYWRIGHT_VAULT=$provider/vault
KEYWRIGHT_CONTENT=$provider/content
KEYWRIGHT_OUTBOX=$provider/outbox
KEYWRIGHT_VAULT_PASSPHRASE='a passphrase of the provider'
KEYWRIGHT_TENANT=contoso
KEYWRIGHT_REGION=eu
KEYWRIGHT_BY=alice@contoso.example
KEYWRIGHT_SETTLE_MS=0
KEYWRIGHT_NOW=2026-11-02T09:00:00Z
export KEYWRIGHT_STATE KEYWRIGHT_VAULT KEYWRIGHT_CONTENT KEYWRIGHT_OUTBOX KEYWRIGHT_VAULT_PASSPHRASE KEYWRIGHT_TENANT
export KEYWRIGHT_REGION KEYWRIGHT_BY KEYWRIGHT_SETTLE_MS KEYWRIGHT_NOW

cases=0
broken() { printf 'bad_input: BROKEN: %s\n' "$*" >&2; [ ! -e "$work/said" ] || cat "$work/said" >&2; exit 1; }
records() { sqlite3 "file:$KEYWRIGHT_STATE?mode=ro" 'SELECT key, version, hex(value) FROM records ORDER BY key'; }
bytes_of() { find "$@" -type f -exec sha256sum {} + | sort; }
stored() { { records; bytes_of "$provider/vault/keys" "$provider/content" "$provider/outbox"; } | sha256sum; }

# expect <code> <what> <arguments...>: ends with that code, and says one line
expect() {
    wanted=$1 what=$2
    shift 2
    code=0
    "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq "$wanted" ] || broken "$what: expected exit code $wanted, found $code"
    [ "$code" -eq 0 ] || [ "$(wc -l <"$work/said")" -eq 1 ] || broken "$what: expected one line"
    cases=$((cases + 1))
    [ "$code" -eq 0 ] || printf '%3s  %-32s %s\n' "$code" "$what" "$(cut -c1-150 "$work/said")"
}
# harmless <code> <what> <arguments...>: as expect, and what is stored is as it was
harmless() {
    before=$(stored)
    expect "$@"
    [ "$(stored)" = "$before" ] || broken "$2: changed what is stored"
}

# --- a tenant to do harm to ---

seq 1 300000 >"$work/data/numbers"
provider_does() { tenant_admin --by provider --as provider -q "$@"; }
KEYWRIGHT_NOW=2026-11-02T08:00:00Z
provider_does init --vault-argon-memory 64
provider_does create-tenant --seats 2000 --opted-in
provider_does enable-feature
provider_does add-admin alice@contoso.example
KEYWRIGHT_NOW=2026-11-02T09:00:00Z
tenant_admin -q create-environment -e prod
tenant_admin -q put -e prod "$work/data"

# --- key files ---

cd "$work/keys"
printf 'secret\n' >pass
printf 'wrong\n' >wrong
: >empty
pfx_of() { # <name> <openssl req options...>: a key of that kind and its PFX
    name=$1
    shift
    openssl req -x509 -nodes -days 3650 -subj /CN=bad -keyout "$name.pem" -out "$name.crt" "$@" 2>/dev/null
    openssl pkcs12 -export -inkey "$name.pem" -in "$name.crt" -out "$name.pfx" -passout file:pass
}
pfx_of good -newkey rsa:2048
pfx_of short -newkey rsa:1024
pfx_of long -newkey rsa:4096
pfx_of weak -newkey rsa:2048 -pkeyopt rsa_keygen_pubexp:3
pfx_of curve -newkey ec -pkeyopt ec_paramgen_curve:prime256v1
openssl pkcs12 -export -nokeys -in good.crt -out certificate.pfx -passout file:pass
openssl pkcs12 -export -inkey good.pem -in good.crt -out open.pfx -passout pass:
printf 'this is not a key file at all\n' >text.pfx
size=$(wc -c <good.pfx)
head -c "$((size / 2))" good.pfx >half.pfx
head -c "$((size - 1))" good.pfx >almost.pfx
: >nothing.pfx
# 10 000 000 iterations of the MAC in place of the 2048 that openssl writes: 02 02 08 00 at the very end
python3 - good.pfx costly.pfx <<'PYTHON'
import sys
der = bytearray(open(sys.argv[1], "rb").read())
assert der[-4:] == b"\x02\x02\x08\x00"
mac = len(der) - 67
assert der[mac:mac + 2] == b"\x30\x41"  # MacData: its SEQUENCE ends the file
assert der[0:2] == b"\x30\x82"
der[mac + 1] += 2
der[-4:] = b"\x02\x04\x00\x98\x96\x80"
der[2:4] = (int.from_bytes(der[2:4], "big") + 2).to_bytes(2, "big")
open(sys.argv[2], "wb").write(der)
PYTHON

upload() { tenant_admin upload-key -k key -f "$1.pfx" --password-file "${2:-pass}" --acknowledge-risk; }
harmless 21 'no PFX' upload text
harmless 21 'an empty file' upload nothing
harmless 22 'half a PFX' upload half
harmless 22 'a PFX without its last byte' upload almost
harmless 23 'a wrong password' upload good wrong
harmless 23 'no password for one that has one' tenant_admin upload-key -k key -f good.pfx --acknowledge-risk
harmless 24 '10 million iterations' upload costly
harmless 25 '1024 bits' upload short
harmless 25 '4096 bits' upload long
harmless 26 'an elliptic curve' upload curve
harmless 27 'no private key' upload certificate
harmless 28 'an empty password' upload open empty
harmless 29 'a weak key' upload weak
harmless 53 'no such file' upload nowhere
cd "$work"

# --- the command line, and time ---

harmless 2 'no such command' tenant_admin frobnicate
grep -q 'frobnicate' "$work/said" || broken 'no such command: it is not named'
harmless 2 'a region that is none' tenant_admin --region ../eu status
harmless 2 'a moment that is none' tenant_admin --now yesterday status
harmless 12 'the real clock' env -u KEYWRIGHT_NOW tenant_admin status
harmless 3 'a name that is taken' tenant_admin create-environment -e prod
harmless 3 'somebody without a role' tenant_admin --by mallory@contoso.example create-environment -e other
harmless 35 'init again' tenant_admin init

# --- the state file ---

# a_copy <name>: the state's file alone, whole, under another name
a_copy() { sqlite3 "$KEYWRIGHT_STATE" "VACUUM INTO '$work/$1'" && sqlite3 "$work/$1" 'PRAGMA journal_mode=wal' >/dev/null; }
poke() { printf "$3" | dd of="$work/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null; }
# state <code> <what> <name>: that file as the state is refused, and stays as it is
state() {
    before=$(sha256sum <"$work/$3")
    expect "$1" "$2" tenant_admin --state "$work/$3" status
    [ "$(sha256sum <"$work/$3")" = "$before" ] || broken "$2: the file was changed"
}
a_copy future.db; poke future.db 60 '\000\000\000\002'
a_copy foreign.db; poke foreign.db 68 '\001\002\003\004'
a_copy header.db; poke header.db 0 'garbage garbage!'
a_copy cut.db; truncate -s -100 cut.db
a_copy torn.db; head -c 12288 /dev/urandom | dd of=torn.db bs=4096 seek=1 conv=notrunc 2>/dev/null
printf 'a text, no database\n' >text.db
state 32 'a state of a later version' future.db
state 33 "another program's database" foreign.db
state 31 'a damaged header' header.db
state 31 'a state without its end' cut.db
state 31 'damaged pages' torn.db
state 31 'a text for a state' text.db
expect 30 'no state' tenant_admin --state "$work/none.db" status
[ ! -e "$work/none.db" ] || broken 'a state was made by asking for its status'

# --- the log ---

a_copy forged.db
sqlite3 "$work/forged.db" "UPDATE records SET value = CAST(replace(CAST(value AS TEXT), '2000', '9000') AS BLOB) WHERE key = CAST('log/contoso/000000000001' AS BLOB)"
a_copy shortened.db
sqlite3 "$work/shortened.db" "DELETE FROM records WHERE key = (SELECT max(key) FROM records WHERE key < CAST('log0' AS BLOB))"
tenant_admin -q audit export-key -o "$work/audit.pem"
expect 0 'the log as it is' tenant_admin audit verify --key "$work/audit.pem"
expect 11 'a forged record' tenant_admin --state "$work/forged.db" audit verify --key "$work/audit.pem"
expect 11 'a log without its end' tenant_admin --state "$work/shortened.db" audit verify --key "$work/audit.pem"

# --- the vault ---

harmless 41 'a wrong passphrase' env KEYWRIGHT_VAULT_PASSPHRASE=wrong tenant_admin status
harmless 40 'no vault' tenant_admin --vault "$work/nowhere" status
cp -r "$provider/vault" "$work/damaged-vault"
for key in "$work"/damaged-vault/keys/provider*; do head -c 5000 /dev/urandom >"$key"; done
harmless 42 'a damaged vault' tenant_admin --vault "$work/damaged-vault" put -e prod "$work/data"
cp -r "$provider" "$work/closed"
cp "$(command -v tenant_admin)" "$work/program"
as_nobody=
if [ "$(id -u)" -eq 0 ]; then # to whom no file is closed
    chmod 755 "$work" "$work/program"
    chown -R 65534 "$work/closed"
    as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi
chmod 000 "$work/closed/vault"
at_closed() { $as_nobody "$work/program" --state "$work/closed/state.db" --vault "$work/closed/vault" --content "$work/closed/content" --outbox "$work/closed/outbox" "$@"; }
expect 43 'a vault without rights' at_closed status
chmod 700 "$work/closed/vault"
expect 0 'the same with rights' at_closed status

# --- the disk ---

limited() { (blocks=$1; shift; ulimit -f "$blocks"; exec "$@"); } # blocks of 512 bytes
harmless_but_uses() { # sealing reserves uses of a key, which is a change that is not undone
    before=$(bytes_of "$provider/vault/keys" "$provider/content" "$provider/outbox")
    expect "$@"
    [ "$(bytes_of "$provider/vault/keys" "$provider/content" "$provider/outbox")" = "$before" ] || broken "$2: changed what is stored"
}
harmless_but_uses 50 'a full disk while sealing' limited 1024 tenant_admin put -e prod "$work/data"
harmless 50 'a full disk while committing' limited 8 tenant_admin create-environment -e other
expect 0 'the files after that' tenant_admin verify-files -e prod "$work/data"

# --- two at once ---

mkfifo "$work/to-holder" "$work/from-holder"
sqlite3 "$KEYWRIGHT_STATE" <"$work/to-holder" >"$work/from-holder" &
exec 3>"$work/to-holder" 4<"$work/from-holder"
echo "BEGIN IMMEDIATE; SELECT 'held';" >&3
read -r answer <&4 || answer=nothing
[ "$answer" = held ] || broken "sqlite3 does not hold the state: $answer"
expect 8 'a state that another one holds' tenant_admin --deadline 1 create-environment -e other
exec 3>&- 4<&- # what it holds ends with it
wait
running=
for n in 1 2 3 4 5 6; do
    (code=0; tenant_admin -q create-environment -e "parallel-$n" >"$work/parallel-$n" 2>&1 || code=$?; echo "$code" >"$work/code-$n") &
    running="$running $!"
done
wait $running
for n in 1 2 3 4 5 6; do
    code=$(cat "$work/code-$n")
    case $code in 0 | 8) ;; *) cat "$work/parallel-$n" >&2; broken "of six at once one ended with $code" ;; esac
    found=0
    tenant_admin --json status | grep -q "\"parallel-$n\"" || found=1
    [ "$code" -ne 0 ] || [ "$found" -eq 0 ] || broken "an environment that was made is not there"
    [ "$code" -eq 0 ] || [ "$found" -eq 1 ] || broken "an environment is there although its command failed"
done
expect 0 'the log after all that' tenant_admin audit verify
expect 0 'a good key after all that' tenant_admin upload-key -k key -f "$work/keys/good.pfx" --password-file "$work/keys/pass" --acknowledge-risk

printf 'bad_input: %s cases, each with its code, and nothing lost\n' "$cases"
