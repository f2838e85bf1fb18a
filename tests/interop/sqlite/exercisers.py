#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that others test SQLite with, on the installed library: with preload.cpp every database that they open is
encrypted, and they say what they say of databases in the clear.

    python3 exercisers.py --preload LIBRARY --build FOLDER [--only PATTERN] [--files PATTERN] [--seconds N]

Sources are those of the distribution's own SQLite: its programs of several processes, several threads and one, and files of
its test suite, which need Tcl and its binding. What could not be had is said: SKIPPED.
"""
import argparse
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))
import sqlite_peers  # noqa: E402

SKIP = 77
# program: its sources, flags
PROGRAMS = {
    "mptest": (["mptest/mptest.c"], []),
    "threadtest3": (["test/threadtest3.c", "src/test_multiplex.c"], ["-Isrc"]),
    "threadtest4": (["test/threadtest4.c"], []),
    "threadtest5": (["test/threadtest5.c"], []),
    "kvtest": (["test/kvtest.c"], []),
    "wordcount": (["test/wordcount.c"], []),
    "speedtest1": (["test/speedtest1.c"], []),
}


class Exercise:
    """A command; and what in that which it says must be the same with an encrypted database, as a pattern."""

    def __init__(self, command, same=r"(?m)^.*$", way="open"):
        self.command, self.same, self.way = command, same, way

    def compared(self, out):
        """In order, unless several processes say it."""
        found = re.findall(self.same, out)
        return sorted(found) if self.command.startswith("mptest") else found


THREADTEST3 = r"(?m)^(?:Running .*|.*errors out of.*|.*rror.*)$"
# Which of its processes began and ended which task, and each error. The totals at its end are without the last tests, and
# errors, of processes that have not told of them 110 ms after it asked them to end: sqlite3_exec, by which it would wait
# longer, never returns SQLITE_ROW.
MPTEST = r"(?m)client\d+: (?:begin|end) .*$|ERROR.*$|FATAL.*$|Summary: \d+ errors"
EXERCISES = [
    # several processes
    *(Exercise(f"mptest a.db {{source}}/mptest/{script}.test --journalmode {mode}", MPTEST)
      for script in ("multiwrite01", "crash01") for mode in ("delete", "wal", "truncate", "persist")),
    *(Exercise(f"mptest a.db {{source}}/mptest/{script}-of-one-size.test", MPTEST)
      for script in ("config01", "config02")),
    # several threads
    Exercise("threadtest3 'walthread*' cgt_pager_1 'checkpoint*'", THREADTEST3),
    # where threads share a cache, which sqlite::open does not
    Exercise("threadtest3 dynamic_triggers create_drop_index_1 lookaside1 vacuum1 'stress*' shared1", THREADTEST3, "vfs"),
    *(Exercise(f"threadtest4{options} 8", r"Total \d+ errors", "vfs") for options in ("", " --wal", " --multithread --wal")),
    Exercise("threadtest5 -num-workers 8 a.db", r"(?m)^OK$|incorrect"),
    # one
    *(Exercise(f"speedtest1 --verify --size 20 --journal {options} a.db", r"(?m)^(?:Verification Hash.*| [0-9]+ - .*?\.\.)")
      for options in ("delete", "wal --cachesize 20", "truncate --without-rowid --pagesize 1024", "persist --autovacuum")),
    *(Exercise(f"wordcount --all --nosync --summary {options} a.db {{source}}/test/speedtest1.c", r"(?m)^--.*$")
      for options in ("", "--journal wal --cachesize 10", "--without-rowid --pagesize 512")),
    Exercise("kvtest init a.db --count 300 --size 9000 --variance 5000 && {build}/kvtest run a.db --count 300 --desc --blob-api --integrity-check"
             " && {build}/kvtest run a.db --count 300 --random --update && {build}/kvtest stat a.db", r"(?m)^.*(?:entries|Page-size|nteg).*$"),
]
# Files of the suite about what reaches a disk: journals, logs, pages, locks, temporary files; and a few of everything else.
# Without commands of the suite's own program tkt2409 and triggerA have no end.
STORAGE = (r"attach\d?|auto\w*vacuum\d?|avtrans|backup\d?|bigrow|blob|busy\d?|cache\w*|close|conflict\d?|dataversion1|dbstatus2?|delete\d?|"
           r"descidx\d|e_(blob\w+|delete|fkey|insert|update|vacuum|wal\w*)|enc\d?|exclusive\d?|filectrl|fkey\d|fordelete|format4|"
           r"hook\d?|incrblob\d?|incrvacuum\d?|index\d?|insert\d?|io|journal\d|jrnlmode\d?|lock\d?|main|manydb|memdb\d?|memjournal\d?|"
           r"misc\d|mjournal|nockpt|openv2|ovfl|pager\d|pageropt|pagesize|pragma\d?|queryonly|rdonly|reindex|resetdb|rollback\d?|rowid|"
           r"savepoint\d?|schema\d?|securedel\d?|select\d|shared\w?|shrink|sidedelete|sort\d?|stat|subjournal|superlock|sync\d?|table|"
           r"tempdb\d?|temptable\d?|temptrigger|tkt(?!2409)[1-4]\w+|trans\d?|trigger(?!A)\w|types\d?|unique\d?|update\d?|upsert\d|uri\d?|vacuum[-\w]*|"
           r"wal(?!crash|fault|slow|thread)\w*|without_rowid\d|zeroblob|zerodamage")

# What is different, and meant to be: tests of a file, why.
NOT_OURS = "a file that is no encrypted database is refused when it is opened, not when it is first read"
RANDOM = "a number of pages that random keys make"
SIZE_STAYS = "the size of an encrypted database's pages stays as it is"
KNOWN = {
    "incrvacuum": (r"incrvacuum-1[4-7]\..*", NOT_OURS),
    "main": (r"main-2\.0", NOT_OURS),
    "misc5": (r"misc5-([4-9]|1\d)\..*", NOT_OURS),
    "pager4": (r"pager4-1\.[278]", "a database that was moved away is not read either"),
    "vacuum-into": (r"vacuum-into-630", SIZE_STAYS),
    "vacuum3": (r"vacuum3-[123]\..*", SIZE_STAYS),
    "walcksum": (r"walcksum-1\.(big|little)\..*", "writes into the log"),
    "waloverwrite": (r"waloverwrite-1\.[12]\.2", RANDOM),
    "walpersist": (r"walpersist-3\.3", RANDOM),
    "shared6": (r"shared6-(2|3\.10).*", "opens encrypted files with another VFS"),
}


def compiled(name, source, build):
    files, flags = PROGRAMS[name]
    program = build / name
    if not program.exists():
        sqlite_peers.run("gcc", "-O1", "-g1", "-w", "-DHAVE_USLEEP", *flags, "-Itest", *files, "-o", program, "-lsqlite3", "-lpthread", "-lm",
                         cwd=source)
    return program


def keep_page_sizes(scripts):
    """mptest's scripts that set the size of pages, with the default's throughout and for a VFS that has another's name in its
    own: the pages of an encrypted database stay as they are."""
    for name in ("config01", "config02"):
        text = (scripts / f"{name}.test").read_text().replace("GLOB 'unix'", "GLOB '*unix'")
        text = re.sub(r"--match (\d+)( \1){4}", "--match" + " 4096" * 5, re.sub(r"page_size=\d+", "page_size=4096", text))
        (scripts / f"{name}-of-one-size.test").write_text(text)


def said(command, way, options, seconds):
    """The exit code, and what was said, of a command in a folder of its own; names of folders and addresses left out."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, LD_PRELOAD=str(options.preload), KEYWRIGHT_EXERCISE=way)
        with subprocess.Popen(command, cwd=folder, env=environment, shell=True, start_new_session=True, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as running:
            try:
                out = running.communicate(timeout=seconds)[0]
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                return "takes too long", running.communicate()[0].replace(folder, "FOLDER")
            return running.returncode, re.sub(r"0x[0-9a-fA-F]{6,}", "ADDRESS", out.replace(folder, "FOLDER"))


def exercise(one, source, options):
    """Empty, or how the two went apart."""
    command = f"{options.build}/" + one.command.format(source=source, build=options.build)
    answers = [(code, one.compared(out), out) for code, out in (said(command, way, options, options.seconds) for way in ("plain", one.way))]
    (code, plain, all_of_it), (our_code, ours, _) = answers
    if (code, plain) == (our_code, ours) and code == 0 and plain:
        return ""
    return f"exit codes {code}, {our_code}\n" + ("".join(difflib.unified_diff(plain, ours, n=0)) or all_of_it)[:3000]


def library_options(source):
    """Lines of the suite's names for what a library can do, with their values in the installed one."""
    built = subprocess.run(["sqlite3", ":memory:", "PRAGMA compile_options"], capture_output=True, text=True, check=True).stdout.split()
    # Of a default without a value nothing is known but that it was set.
    defines = [f"-DSQLITE_{name}={value or 1}" for name, _, value in (option.partition("=") for option in built)
               if name != "COMPILER" and (value or not name.startswith("DEFAULT_"))]
    text = re.sub(r"(?m)^#\s*include.*$", "", (source / "src/test_config.c").read_text())
    shown = subprocess.run(["gcc", "-E", "-P", "-w", *defines, "-"], input=text, capture_output=True, text=True, check=True).stdout
    found = re.findall(r'Tcl_SetVar2\(interp,\s*"sqlite_options",\s*"(\w+)",\s*(?:\w+ \? )?"([^"]*)"', shown)
    return "".join(f"{name} {{{value}}}\n" for name, value in found)


def outcomes(text):
    """The suite's tests by name, with what each said; times of day and durations left out."""
    text = re.sub(r"\d+ microseconds|\d\d:\d\d:\d\d|\d{4}-\d\d-\d\d", "TIME", text)
    found = {}
    for name, answer in re.findall(r"(?ms)^(\S+)\.\.\.(.*?)(?=^\S+\.\.\.|\Z)", text):
        found.setdefault(name, []).append(answer)
    return found


def suite_file(file, options_file, options):
    """(tests that passed, how the two went apart)"""
    command = f"tclsh {HERE}/suite.tcl {file} {options_file}"
    plain, ours = (outcomes(said(command, way, options, options.seconds)[1]) for way in ("plain", "vfs"))
    passed = sum(answer.startswith(" Ok") for answers in ours.values() for answer in answers)
    known = KNOWN.get(file.stem, ("(?!)",))[0]
    apart = [name for name in {**plain, **ours} if plain.get(name) != ours.get(name) and not re.fullmatch(known, name)]
    return passed, "".join(f"\n  {name}: in the clear {plain.get(name)}, encrypted {ours.get(name)}"[:600] for name in apart[:10])


def suite(source, options):
    options_file = options.build / "options"
    options_file.write_text(library_options(source))
    files = [file for file in sorted((source / "test").glob("*.test")) if re.fullmatch(options.files, file.stem)]
    total, bad = 0, 0
    for file in files:
        passed, apart = suite_file(file, options_file, options)
        total += passed
        bad += bool(apart)
        if apart:
            print(f"APART: {file.name}{apart}", flush=True)
    print(f"exercisers: {len(files)} files of SQLite's suite, {total} of its tests passed, {bad} files with a difference")
    return bad


def programs(source, options):
    bad = 0
    for one in EXERCISES:
        if re.search(options.only, one.command):
            began = time.monotonic()
            apart = exercise(one, source, options)
            bad += bool(apart)
            print(f"{'APART' if apart else 'same'}: {one.command} ({time.monotonic() - began:.0f} s) {apart}", flush=True)
    return bad


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preload", required=True, type=lambda path: pathlib.Path(path).resolve(), help="what preload.cpp was built to")
    parser.add_argument("--build", required=True, type=lambda path: pathlib.Path(path).resolve(), help="a folder for sources and programs")
    parser.add_argument("--only", default="", help="a pattern of commands; (?!) is none")
    parser.add_argument("--files", default=STORAGE, help="a pattern of the suite's files")
    parser.add_argument("--seconds", type=int, default=900, help="for one command or file")
    options = parser.parse_args()
    options.build.mkdir(parents=True, exist_ok=True)
    if os.access("/dev/shm", os.W_OK):
        os.environ.setdefault("TMPDIR", "/dev/shm")
    try:
        source = sqlite_peers.sqlite_source(options.build)
        keep_page_sizes(source / "mptest")
        for name in PROGRAMS:
            compiled(name, source, options.build)
    except (RuntimeError, StopIteration) as why:
        print(f"SKIPPED: what others test SQLite with: {why}")
        return SKIP
    bad = programs(source, options)
    if subprocess.run("tclsh", input="exit [catch {package require sqlite3}]", shell=True, text=True, capture_output=True).returncode != 0:
        print("SKIPPED: SQLite's suite: Tcl with its package sqlite3 is not installed")
    else:
        bad += suite(source, options)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
