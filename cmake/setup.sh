#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Provides everything a build of keywright needs on Debian 12, and nothing twice:
#   packages   compilers, libraries and the tools that tests talk to, by apt (root or sudo)
#   Botan      3.13 or later; where no package has it, built once from Debian's own source archive
#
#   sh cmake/setup.sh            packages and Botan
#   sh cmake/setup.sh packages   packages only
#   sh cmake/setup.sh botan      Botan only; prints nothing but progress, ends with its prefix
#   sh cmake/setup.sh prefix     prints where Botan is (or will be) and does nothing
#
# Variables: KEYWRIGHT_CACHE         folder for what is built (default ~/.cache/keywright)
#            KEYWRIGHT_BOTAN_TARBALL a local botan3 .orig.tar.xz, where no mirror is reached
#            KEYWRIGHT_BOTAN_SHA256  its checksum, if it is another release than 3.13.0
set -eu

cache=${KEYWRIGHT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/keywright}
botan_version=3.13.0
botan_sha256=a9252842d2cf38a3392ec540e134730051b544452c6922da20803ae3fd507992

# What keywright uses of Botan, and what makes that fast on x86-64. A change here changes the stamp,
# and so rebuilds.
botan_modules="aead gcm gcm_siv siv cbc ctr xts xts_avx512_clmul cmac ghash ghash_cpu ghash_avx512_clmul ghash_vperm polyval \
aes aes_ni aes_vaes aes_vperm des camellia camellia_avx2_gfni aria sm4 \
md4 md5 rmd160 sha1 sha1_x86 sha1_simd sha2_32 sha2_32_x86 sha2_32_simd sha2_32_avx2 sha2_64 sha2_64_x86 sha2_64_avx2 sha2_64_avx512 \
sha3 sm3 hmac hkdf pbkdf2 pbes2 scrypt argon2 argon2_simd64 argon2_avx2 argon2_avx512 \
rsa eme_oaep eme_pkcs1 eme_raw emsa_raw emsa_pkcs1 emsa_pssr raw_hash \
ecdsa ec_group pcurves_secp256r1 pcurves_secp384r1 pcurves_secp521r1 pcurves_secp256k1 ed25519 \
x509 pem pkcs12 pkcs12_kdf pkcs12_pbe nist_keywrap rfc3394 base64 hex \
system_rng locking_allocator"

apt_packages="ca-certificates curl xz-utils python3 make cmake ninja-build ccache g++ clang-19 clang-tidy-19 clang-format-19 \
libclang-rt-19-dev pkg-config libfmt-dev libexpected-dev doctest-dev nlohmann-json3-dev libsqlite3-dev libcli11-dev libssl-dev \
wbritish openssl gnutls-bin libnss3-tools openjdk-17-jre-headless softhsm2 libp11-kit-dev sqlite3 tcl libsqlite3-tcl git doxygen graphviz"
# Node.js of its own makers brings npm along, and Debian's npm does not go with it.
command -v npm >/dev/null 2>&1 || apt_packages="$apt_packages nodejs npm"

stamp=$(printf '%s %s' "$botan_version" "$botan_modules" | sha256sum | cut -c1-12)
prefix=$cache/botan-$botan_version-$stamp

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo -n "$@"
    else return 126
    fi
}

# --- packages ---

install_packages() {
    missing=
    for package in $apt_packages; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 ||
        die "this machine has no apt-get; install by hand what these Debian packages hold:$missing"
    say "installing:$missing"
    log=$(mktemp)
    # One retry: an index that has aged, or a mirror that dropped a connection, is cured by asking again.
    for attempt in 1 2; do
        # shellcheck disable=SC2086
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1 &&
           as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing >>"$log" 2>&1
        then rm -f "$log"; return 0
        fi
        [ "$attempt" -eq 2 ] || say "apt-get failed, trying once more"
    done
    tail -n 15 "$log" >&2
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 || die "not root and no sudo: run 'apt-get install$missing' as root, then this again"
    die "apt-get could not install these packages; its last lines are above, all of them in $log"
}

# --- Botan ---

system_botan() {
    command -v pkg-config >/dev/null 2>&1 && pkg-config --atleast-version=3.13 botan-3 2>/dev/null
}

# Prints "URI SHA256" of the source archive from Debian's signed index of the next release. The system's own
# apt configuration is not touched: lists, cache and sources are folders of ours.
locate_tarball() {
    work=$1
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
             awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
    [ -n "$mirror" ] || return 1
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
    for release in forky sid; do
        printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$release" >"$work/sources.list"
        set -- -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- \
               -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache"
        apt-get -q "$@" update >"$work/apt.log" 2>&1 || continue
        apt-get -q "$@" source --print-uris botan3 2>>"$work/apt.log" |
            sed -n "s/^'\([^']*\.orig\.tar\.xz\)' .* SHA256:\([0-9a-f]*\)\$/\1 \2/p" >"$work/uri"
        [ -s "$work/uri" ] && return 0
    done
    return 1
}

build_botan() {
    [ ! -f "$prefix/complete" ] || return 0
    work=$cache/work-$$
    rm -rf "$work"; mkdir -p "$work" || die "cannot write to $cache; set KEYWRIGHT_CACHE to a folder that you may write to"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    tarball=${KEYWRIGHT_BOTAN_TARBALL:-}
    expected=${KEYWRIGHT_BOTAN_SHA256:-$botan_sha256}
    if [ -n "$tarball" ]; then
        [ -f "$tarball" ] || die "KEYWRIGHT_BOTAN_TARBALL names '$tarball', which is not a file"
    else
        say "looking for the source archive of Botan $botan_version"
        locate_tarball "$work" ||
            die "no Debian mirror gave the source archive of botan3: check the network, or set KEYWRIGHT_BOTAN_TARBALL to a local copy of botan3_$botan_version+dfsg.orig.tar.xz"
        read -r uri indexed <"$work/uri"
        tarball=$work/botan.tar.xz
        say "downloading $(basename "$uri")"
        curl -fsSL --retry 3 -o "$tarball" "$uri" || die "the download failed: check the network, or set KEYWRIGHT_BOTAN_TARBALL to a local copy"
        # A newer release than ours has another checksum; then the signed index vouches for it.
        case $uri in *"botan3_$botan_version"*) ;; *) expected=$indexed ;; esac
        [ "$indexed" = "$expected" ] || die "Debian's index names checksum $indexed for Botan $botan_version, ours is $expected: refusing"
    fi
    found=$(sha256sum "$tarball" | cut -d' ' -f1)
    [ "$found" = "$expected" ] || die "wrong checksum: expected $expected, found $found in $tarball"
    mkdir "$work/src" && tar -xJf "$tarball" -C "$work/src" --strip-components=1
    cd "$work/src"
    modules=$(printf '%s' "$botan_modules" | tr -s ' ' ',')
    say "building Botan (two minutes on two cores), log in $cache/botan-build.log"
    {
        python3 configure.py --minimized-build --enable-modules="$modules" --build-targets=static \
            --prefix="$prefix" --without-documentation --cc=gcc
        make -j"$(nproc)"
        make install
    } >"$cache/botan-build.log" 2>&1 || { tail -n 20 "$cache/botan-build.log" >&2; die "Botan did not build; its last lines are above"; }
    touch "$prefix/complete"
    cd / && rm -rf "$work"
    trap - EXIT INT TERM
    say "Botan is in $prefix"
}

case ${1:-all} in
    all)      install_packages; system_botan || build_botan ;;
    packages) install_packages ;;
    botan)    system_botan || build_botan ;;
    prefix)   system_botan || printf '%s\n' "$prefix" ;;
    *)        sed -n '4,16p' "$0"; exit 2 ;;
esac
