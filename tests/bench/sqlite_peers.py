# SPDX-License-Identifier: Apache-2.0
"""Encrypted databases of keywright, of SQLite3MultipleCiphers and of SQLCipher, and plain ones, in the same rounds: SQLite's
own speedtest1, bulk steps in a rollback journal and in a write-ahead log, opening. Printed are least processor times of
plain SQLite and ratios to them.

    python3 tests/bench/sqlite_peers.py [--rounds N] [--size N] [--rows N] [--build FOLDER] [--only NAME,NAME] [--speedtest1 FILE]
                                        [--openssl PREFIX]...

Libraries are built from source, with the same flags, in the build folder: from npm's packages, and speedtest1 from Debian's
source package. What could not be had is said: SKIPPED. Needs g++, Botan as cmake/setup.sh leaves it, fmt, OpenSSL, npm, apt.
keywright's GCM is measured with Botan and with each OpenSSL, the system's or those installed in the given places.
Databases are in TMPDIR: in memory, such as TMPDIR=/dev/shm, the disk is left out.
"""
import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLAGS = ["-O2", "-w", "-DSQLITE_THREADSAFE=1", "-DSQLITE_TEMP_STORE=2"]
SQLCIPHER = ["-DSQLITE_HAS_CODEC", "-DSQLITE_EXTRA_INIT=sqlcipher_extra_init", "-DSQLITE_EXTRA_SHUTDOWN=sqlcipher_extra_shutdown",
             "-DSQLCIPHER_CRYPTO_OPENSSL", "-DHAVE_STDINT_H"]
# library: package of npm, folder of its amalgamation, flags, what to link, how a database is opened
LIBRARIES = {
    "plain": ("better-sqlite3", "deps/sqlite3", [], [], "sql"),
    "keywright": ("better-sqlite3", "deps/sqlite3", [], [], "keywright"),
    "multiple-ciphers": ("better-sqlite3-multiple-ciphers", "deps/sqlite3", [], [], "sql"),
    "sqlcipher": ("@journeyapps/sqlcipher", "deps/sqlcipher-amalgamation", SQLCIPHER, ["-lcrypto"], "sql"),
}
KEY = "x'" + "07" * 32 + "'"
# what is measured: library, how
KINDS = {
    "plain": ("plain", ""),
    "GCM-SIV": ("keywright", "GCM-SIV"),
    "GCM": ("keywright", "GCM"),
    "AEGIS": ("multiple-ciphers", f"PRAGMA cipher='aegis'; PRAGMA hexkey='{'07' * 32}'"),
    "ChaCha20": ("multiple-ciphers", f"PRAGMA cipher='chacha20'; PRAGMA hexkey='{'07' * 32}'"),
    "SQLCipher": ("sqlcipher", f'PRAGMA key="{KEY}"'),
}
# what is linked: library, prefix
OPENSSL = {}
STEPS = ["insert", "scan", "reads", "updates", "commits"]


def run(*command, cwd=None, env=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(str(c) for c in command[:4])} …: {(done.stderr or done.stdout).strip()[-400:]}")
    return done.stdout


def package(name, build):
    """The unpacked package of npm."""
    folder = build / name.replace("/", "+")
    if not folder.is_dir():
        if shutil.which("npm") is None:
            raise RuntimeError("npm is not there")
        packed = run("npm", "pack", "--silent", name, cwd=build).split()[-1]
        unpack(build / packed, folder, lambda member: "/deps/" in member.name)
    return folder / "package"


def unpack(archive, folder, wanted):
    half = folder.with_name(folder.name + ".half")
    shutil.rmtree(half, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(half, [m for m in tar.getmembers() if m.isfile() and ".." not in m.name and not m.name.startswith("/") and wanted(m)])
    half.rename(folder)


def sqlite_source(build):
    """The source package of the distribution, unpacked; through lists of packages of our own."""
    folder = build / "sqlite-source-all"
    if not folder.is_dir():
        apt = build / "apt"
        for part in ("etc", "lists/partial", "cache/archives/partial", "got"):
            (apt / part).mkdir(parents=True, exist_ok=True)
        for file in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"):
            (apt / "etc" / file.name).write_text(file.read_text().replace("Types: deb\n", "Types: deb-src\n"))
        options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={apt}/etc", "-o", f"Dir::State::lists={apt}/lists",
                   "-o", f"Dir::Cache={apt}/cache"]
        run("apt-get", *options, "update")
        run("apt-get", *options, "source", "--download-only", "sqlite3", cwd=apt / "got")
        archive = next((apt / "got").glob("*.orig.tar.*"))
        unpack(archive, folder, lambda member: re.search("/(src|test|mptest)/", member.name))
    return next(folder.glob("*/test")).parent


def speedtest1_source(build):
    return sqlite_source(build) / "test/speedtest1.c"


def newer(target, *sources):
    return target.exists() and all(target.stat().st_mtime >= pathlib.Path(s).stat().st_mtime for s in sources)


def botan_flags():
    prefix = run("sh", ROOT / "cmake/setup.sh", "prefix").strip()
    env = dict(os.environ, PKG_CONFIG_PATH=f"{prefix}/lib/pkgconfig")
    return run("pkg-config", "--cflags", "botan-3", env=env).split(), run("pkg-config", "--static", "--libs", "botan-3", env=env).split()


def openssl_flags(prefix):
    if prefix == pathlib.Path("/usr"):
        return [], ["-lcrypto"]
    static = next(iter(sorted(prefix.glob("lib*/libcrypto.a"))), None)
    if static is None:
        raise RuntimeError(f"{prefix} holds no libcrypto.a")
    return [f"-I{prefix}/include"], [static]


def add_openssl(prefixes):
    """A kind for each. Botan's kinds are in the first one's program."""
    for number, prefix in enumerate(prefixes):
        text = (prefix / "include/openssl/opensslv.h").read_text()
        version = re.search(r'define OPENSSL_VERSION_STR "(\d+\.\d+)', text)[1]
        library = f"keywright-{version}" if number else "keywright"
        LIBRARIES[library] = LIBRARIES["keywright"]
        OPENSSL[library] = prefix
        KINDS[f"OpenSSL {version}"] = (library, "OpenSSL")


def build_program(library, speedtest1, build):
    """The program of one library; RuntimeError says why there is none."""
    npm, folder, flags, links, opened_by = LIBRARIES[library]
    source = package(npm, build) / folder
    key = npm.replace("/", "+")
    amalgamation, program = build / f"{key}.o", build / f"peer-{library}"
    if not newer(amalgamation, source / "sqlite3.c"):
        run("gcc", *FLAGS, *flags, "-c", source / "sqlite3.c", "-o", amalgamation)
    objects = [amalgamation]
    if speedtest1:
        objects.append(build / f"speedtest1-{key}.o")
        run("gcc", *FLAGS, f"-I{source}", "-Dmain=speedtest1_main", "-Dsqlite3_open_v2=bench_open", "-Dsqlite3_close=bench_close", "-c",
            speedtest1, "-o", objects[-1])
    needed = [botan_flags(), openssl_flags(OPENSSL[library])] if opened_by == "keywright" else []
    compiled, linked = ([flag for each in needed for flag in each[half]] for half in (0, 1))
    include = [f"-I{source}", f"-I{ROOT}/include", *(f.replace("-I", "-isystem", 1) for f in compiled)]
    run("g++", "-std=c++20", "-O3", *include, HERE / "sqlite_peer.cpp", HERE / f"sqlite_peer_{opened_by}.cpp", *objects, "-o", program,
        *linked, *links, *(["-lfmt"] if linked else []), "-lpthread", "-ldl", "-lm")
    version = next(line.split('"')[1] for line in open(source / "sqlite3.h") if line.startswith("#define SQLITE_VERSION "))
    print(f"{library}: SQLite {version} ({npm})")
    return program


def measure(program, how, arguments, folder):
    """Seconds of processor time, and what it printed."""
    for file in pathlib.Path(folder).iterdir():
        file.unlink()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = run(program, arguments[0], how, *arguments[1:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, out


def one_round(programs, kinds, options, has_speedtest1):
    """(kind, what) -> seconds"""
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.db"
        for kind in kinds:
            library, how = KINDS[kind]
            measured = lambda *arguments: measure(programs[library], how, arguments, folder)
            for mode in ("delete", "wal"):
                if has_speedtest1:
                    times[kind, f"speedtest1 {mode}"] = measured("speedtest1", "--size", options.size, "--journal", mode, path)[0]
                for step, seconds in zip(STEPS, measured("bulk", path, mode, options.rows)[1].split()):
                    times[kind, f"{step} {mode}"] = float(seconds)
            times[kind, "open"] = float(measured("open", path)[1])
    return times


def table(best, kinds):
    print(f"{'least processor time':<22}" + "".join(f"{kind:>12}" for kind in kinds))
    for what in dict.fromkeys(what for _, what in best):
        plain = best["plain", what]
        cells = [f"{1e3 * plain:9.2f} ms" if kind == "plain" else
                 f"{1e3 * best[kind, what]:9.2f} ms" if what == "open" else f"{best[kind, what] / plain:12.2f}" for kind in kinds]
        print(f"  {what:<20}" + "".join(cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="100", help="of speedtest1; 0: not at all")
    parser.add_argument("--rows", default="200000", help="of the bulk steps")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--only", help="of " + ", ".join(KINDS) + ", OpenSSL 3.0 and so on; all")
    parser.add_argument("--openssl", type=pathlib.Path, action="append", metavar="PREFIX", help="where it is installed; /usr")
    parser.add_argument("--speedtest1", type=pathlib.Path, help="its source, where apt has none")
    options = parser.parse_args()
    options.build.mkdir(parents=True, exist_ok=True)
    add_openssl(options.openssl or [pathlib.Path("/usr")])
    wanted = ["plain", *(options.only.split(",") if options.only else KINDS)]
    speedtest1 = options.speedtest1
    try:
        speedtest1 = speedtest1 or speedtest1_source(options.build)
    except (RuntimeError, StopIteration) as why:
        print(f"SKIPPED speedtest1: {why}")
    programs = {}
    for library in LIBRARIES:
        if any(KINDS[kind][0] == library for kind in wanted):
            try:
                programs[library] = build_program(library, speedtest1, options.build)
            except RuntimeError as why:
                print(f"SKIPPED {library}: {why}")
    if "plain" not in programs:
        return 77
    kinds = [kind for kind in KINDS if KINDS[kind][0] in programs and kind in wanted]
    best = {}
    for _ in range(options.rounds):
        for what, seconds in one_round(programs, kinds, options, speedtest1 is not None and options.size != "0").items():
            best[what] = min(best.get(what, seconds), seconds)
    print(f"speedtest1 --size {options.size}; {options.rows} rows of 300 bytes; {options.rounds} rounds; "
          "pages of 4096 bytes, SQLite's own cache of 2 MB each")
    table(best, kinds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
