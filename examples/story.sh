#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The story of one customer's key, told by tenant_admin, which must be in PATH: encrypted from the first byte, a key
# of the customer's own, rotation, a lock that is proven, the way back, and a log that everybody can check.
# The time is made up (--now); the bytes are real. Stops at the first thing that is not as it should be.
#   sh examples/story.sh
# Variables: KEYWRIGHT_STORY_MIB     size of the largest file in MiB (default 256)
#            KEYWRIGHT_STORY_FOLDER  where to work; a new one, kept afterwards (default: a temporary one, removed)
set -eu

mib=${KEYWRIGHT_STORY_MIB:-256}
if [ -n "${KEYWRIGHT_STORY_FOLDER:-}" ]; then
    work=$KEYWRIGHT_STORY_FOLDER
    mkdir "$work"
else
    work=$(mktemp -d "${TMPDIR:-/tmp}/keywright-story.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
fi
work=$(cd "$work" && pwd)
provider=$work/provider   # all that the provider stores
customer=$work/customer   # what only the customer has
mkdir "$provider" "$customer" "$work/data" "$work/out"

KEYWRIGHT_STATE=$provider/state.db
KEYWRIGHT_VAULT=$provider/vault
KEYWRIGHT_CONTENT=$provider/content
KEYWRIGHT_OUTBOX=$provider/outbox
KEYWRIGHT_VAULT_PASSPHRASE='a passphrase of the provider'
KEYWRIGHT_TENANT=contoso
KEYWRIGHT_REGION=eu
export KEYWRIGHT_STATE KEYWRIGHT_VAULT KEYWRIGHT_CONTENT KEYWRIGHT_OUTBOX KEYWRIGHT_VAULT_PASSPHRASE KEYWRIGHT_TENANT KEYWRIGHT_REGION

# --- how it is told and checked ---

alice=alice@contoso.example
bob=bob@contoso.example
now=2026-11-02T08:00:00Z
output=$work/output

chapter() { printf '\n== %s\n' "$*"; }
say() { printf -- '-- %s\n' "$*"; }
broken() { printf 'story: BROKEN: %s\n' "$*" >&2; exit 1; }
it_is() { now=$1; printf -- '-- it is %s\n' "$now"; }

# expect_exit <code> <who> <tenant_admin arguments...>: runs a command, shows what it says, checks how it ends
expect_exit() {
    wanted=$1 who=$2
    shift 2
    code=0
    case $who in
        provider) tenant_admin --now "$now" --by provider --as provider --progress "$@" >"$output" 2>&1 || code=$? ;;
        *)        tenant_admin --now "$now" --by "$who" --progress "$@" >"$output" 2>&1 || code=$? ;;
    esac
    cat "$output"
    [ "$code" -eq "$wanted" ] || broken "expected exit code $wanted, found $code, of: tenant_admin $*"
}
done_by() { expect_exit 0 "$@"; }
# refused_to <rule> <who> <arguments...>: refused, and that rule is named
refused_to() {
    rule=$1
    shift
    expect_exit 3 "$@"
    says "$rule"
}
says() { grep -q -- "$1" "$output" || broken "expected the answer to name: $1"; }
mails() { find "$provider/outbox" -name '*.eml' | wc -l; }

# --- the story ---

chapter '1. A tenant, two administrators, three environments with real files'
printf 'first password\n' >"$customer/first.pass"
printf 'second password\n' >"$customer/second.pass"
printf 'another password\n' >"$customer/other.pass"
for environment in prod-1 prod-2 sandbox; do
    mkdir -p "$work/data/$environment/tables"
    seq 1 20000 | sed "s/.*/row & of $environment, which nobody else should read/" >"$work/data/$environment/tables/rows.csv"
    head -c 300000 /dev/urandom >"$work/data/$environment/tables/index.bin"
    : >"$work/data/$environment/empty"
done
head -c "$((mib * 1048576))" /dev/urandom >"$work/data/prod-1/large.bin"
it_is 2026-11-02T08:00:00Z
done_by provider init --vault-argon-memory 19456
done_by provider create-tenant --seats 2000 --opted-in
done_by provider enable-feature
done_by provider add-admin $alice
done_by provider add-admin $bob
it_is 2026-11-02T09:00:00Z
done_by $alice create-environment -e prod-1
done_by $alice create-environment -e prod-2
done_by $bob create-environment -e sandbox --kind sandbox
done_by $bob create-environment -e archive --file-data

chapter '2. Encrypted under the provider'"'"'s key from the first byte (G02)'
for environment in prod-1 prod-2 sandbox; do
    done_by $alice put -e $environment "$work/data/$environment"
    done_by $alice verify-files -e $environment "$work/data/$environment"
done
printf 'the password of the mail server' >"$work/smtp"
done_by $alice secret put -e prod-1 smtp -f "$work/smtp"
done_by $alice secret use -e prod-1 smtp --run "cmp - '$work/smtp'"
! grep -rqs 'which nobody else should read\|the password of the mail server' "$provider" || broken 'plaintext is stored'
say 'no plaintext in what the provider stores'
done_by $bob backup -e prod-2 -b before-apply

chapter '3. The customer brings a key: RSA-2048 in a PFX, made by openssl'
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=contoso first key' \
    -keyout "$customer/first.pem" -out "$customer/first.crt" 2>/dev/null
openssl pkcs12 -export -inkey "$customer/first.pem" -in "$customer/first.crt" -out "$customer/first.pfx" \
    -passout "file:$customer/first.pass"
it_is 2026-11-02T10:00:00Z
expect_exit 23 $alice upload-key -k first -f "$customer/first.pfx" --password-file "$customer/other.pass" --acknowledge-risk
done_by $alice upload-key -k first -f "$customer/first.pfx" --password-file "$customer/first.pass" --acknowledge-risk
says T14
done_by $alice outbox list
[ "$(mails)" -ge 4 ] || broken 'expected mails to both administrators'
for who in $alice $bob; do grep -lqr "^To:.*$who" "$provider/outbox" || broken "expected a mail to $who"; done

chapter '4. Environments move onto the customer'"'"'s key; files are encrypted anew'
for environment in prod-1 prod-2; do
    done_by $alice apply-key -e $environment --acknowledge-risk --yes
    done_by $alice verify-files -e $environment "$work/data/$environment"
done
refused_to T03 $alice apply-key -e archive --acknowledge-risk --yes
done_by $bob get -e prod-1 tables/rows.csv -o "$work/out/rows.csv"
cmp "$work/out/rows.csv" "$work/data/prod-1/tables/rows.csv"

chapter '5. A lock right away is refused: the others have 72 hours to notice'
it_is 2026-11-02T11:00:00Z
done_by $alice plan lock
says 'not covered'
says 'backups that become unreadable'
refused_to T18 $alice lock -f "$customer/first.pfx" --password-file "$customer/first.pass" --confirm 'lock contoso'
says 'allowed from 2026-11-05T10:00:00Z'
says 'meanwhile'

chapter '6. A second key is made, handed out once, and activated: rotation without downtime'
done_by $alice generate-key -k second -o "$customer/second.pfx" --password-file "$customer/second.pass" --acknowledge-risk
openssl pkcs12 -in "$customer/second.pfx" -passin "file:$customer/second.pass" -nodes -nocerts -out /dev/null 2>/dev/null ||
    broken 'openssl does not open the PFX that was handed out'
refused_to T17 $alice activate-key -k second --acknowledge-risk --yes
it_is 2026-11-03T10:00:00Z
done_by $alice activate-key -k second --acknowledge-risk --yes
for environment in prod-1 prod-2 sandbox; do done_by $alice verify-files -e $environment "$work/data/$environment"; done
done_by $bob backup -e prod-2 -b monday
done_by $bob backup -e sandbox -b sand

chapter '7. Time passes, and the tenant locks'
code=0
KEYWRIGHT_NOW='' tenant_admin --by $alice status >"$output" 2>&1 || code=$?
cat "$output"
[ "$code" -eq 12 ] || broken 'a state with a made-up time must refuse the real clock'
cp -r "$provider/vault" "$work/vault-before-the-lock"
it_is 2026-11-06T10:00:00Z
done_by $alice status
expect_exit 3 $alice lock -f "$customer/second.pfx" --password-file "$customer/second.pass" --confirm 'lock fabrikam'
says "what was typed is not"
done_by $alice lock -f "$customer/second.pfx" --password-file "$customer/second.pass" --confirm 'lock contoso'
for environment in prod-1 prod-2; do
    expect_exit 9 $alice get -e $environment tables/rows.csv -o "$work/out/never"
    says environment_locked
    [ ! -e "$work/out/never" ] || broken 'a locked environment gave out a file'
done
expect_exit 9 $alice secret use -e prod-1 smtp --run cat
done_by $alice verify-files -e sandbox "$work/data/sandbox"
done_by provider prove-lock
says 'none of the bytes read'

say 'the proof has teeth: what was copied before the lock is put back, and a private key is left lying about'
for old in "$work"/vault-before-the-lock/keys/customer*; do cp "$old" "$provider/vault/keys/"; done
expect_exit 10 provider prove-lock
says vault_key
for old in "$work"/vault-before-the-lock/keys/customer*; do rm "$provider/vault/keys/$(basename "$old")"; done
openssl rsa -in "$customer/first.pem" -out "$provider/forgotten.pem" 2>/dev/null
expect_exit 10 provider prove-lock
says private_key
rm "$provider/forgotten.pem"
done_by provider prove-lock

chapter '8. The way back: the same key, whatever the file and its password'
it_is 2026-11-06T10:30:00Z
refused_to T24 $alice unlock-key -f "$customer/second.pfx" --password-file "$customer/second.pass"
refused_to T25 $bob restore -e prod-2 -b monday --confirm prod-2
it_is 2026-11-06T11:00:00Z
refused_to T27 $alice unlock-key -f "$customer/first.pfx" --password-file "$customer/first.pass"
openssl pkcs12 -in "$customer/second.pfx" -passin "file:$customer/second.pass" -nodes -out "$customer/second.pem" 2>/dev/null
openssl pkcs12 -export -in "$customer/second.pem" -out "$customer/exported-again.pfx" -passout "file:$customer/other.pass"
done_by $alice unlock-key -f "$customer/exported-again.pfx" --password-file "$customer/other.pass"
expect_exit 9 $alice verify-files -e prod-1 "$work/data/prod-1"
for environment in prod-1 prod-2; do
    done_by $alice unlock-environment -e $environment --yes
    done_by $alice verify-files -e $environment "$work/data/$environment"
done

chapter '9. Restore, copy, reset'
it_is 2026-11-07T09:00:00Z
done_by $alice restore -e prod-2 -b monday --confirm prod-2
done_by $alice verify-files -e prod-2 "$work/data/prod-2"
refused_to T30 $alice restore -e prod-2 --from sandbox -b sand --confirm prod-2
refused_to T31 $alice copy -e sandbox --from prod-2
done_by $alice create-environment -e help --kind support
refused_to T32 $alice copy -e help --from prod-2
done_by $alice apply-key -e help --acknowledge-risk --yes
done_by $alice copy -e help --from prod-2
done_by $alice verify-files -e help "$work/data/prod-2"
cp -r "$provider/content/contoso/eu/prod-2/backups/monday" "$work/stray-backup"
refused_to T33 $alice reset -e prod-2
done_by $alice reset -e prod-2 --confirm prod-2
refused_to T30 $alice restore -e prod-2 -b monday --confirm prod-2
say 'a stray copy of the backup, put in place of the environment'"'"'s files by somebody with the run of the disk'
current=$(find "$provider/content/contoso/eu/prod-2" -maxdepth 1 -name '[0-9]*' | sort -V | tail -n 1)
cp -r "$work/stray-backup/." "$current/"
expect_exit 52 $alice verify-files -e prod-2 "$work/data/prod-2"
rm -rf "${current:?}"/*
done_by $alice verify-files -e help "$work/data/prod-2"

chapter '10. The log: signed, chained, checked offline'
done_by provider audit export-key -o "$customer/audit.pem"
expect_exit 0 '' audit verify --key "$customer/audit.pem"
done_by provider audit show
done_by $alice status

printf '\nstory: told to its end: every refusal named its rule, every file came back, the lock was proven, the log is whole\n'
