#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stops a program at every operation on its disk, in every way, and asks a check what it thinks of the result.

    crash_matrix.py --shim libkeywright_crash_shim.so --prepare 'tool init {dir}' --run 'tool change {dir}' \
                    --check 'tool verify {dir}'

`prepare` fills a folder once. Each case gets a copy of it, runs `run` on the copy with something going wrong at one
operation, and then `check`, whose exit code judges: 0 is right. The check learns by its environment:

    KEYWRIGHT_DONE   1 when `run` had ended with 0 before the crash: then its promise must hold; else before or after will do
    KEYWRIGHT_EXIT   the exit code of `run` where it was not killed (errno modes), else empty
    KEYWRIGHT_SAID   what `run` had written to its standard output (with write(2)) before the crash
    KEYWRIGHT_CASE   the case's name
    KEYWRIGHT_RESIDUE  power: a folder with the bytes of removed files that the medium still holds; else empty

Modes:
    kill             SIGKILL before, in the middle of (writes) and after each operation
    enospc, eio      the operation fails once; `run` must end by itself, in any way but a signal
    enospc-on,
    eio-on           that operation and all that follow fail; check runs without faults
    short            a write takes half of its bytes and says so, as it may; nothing fails
    power            a power cut after each operation, see power_loss.py for what a disk may then hold

Exits with 0 only when there was at least one case and none failed.
"""
import argparse
import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import power_loss

MODES = ("kill", "enospc", "enospc-on", "eio", "eio-on", "short", "power")


def words(template, folder):
    return ["/bin/sh", "-c", template.replace("{dir}", folder)]


class Matrix:
    def __init__(self, options, base):
        self.options = options
        self.base = base
        self.state = os.path.join(base, "prepared")
        self.failures = []
        self.cases = {mode: 0 for mode in options.modes}
        self.operations = 0

    # --- running things ---

    def environment(self, folder, **shim):
        made = dict(os.environ)
        for name, value in shim.items():
            made["KEYWRIGHT_SHIM_" + name.upper()] = str(value)
        made["KEYWRIGHT_SHIM_ROOT"] = folder
        made["LD_PRELOAD"] = " ".join(filter(None, [os.environ.get("LD_PRELOAD"), os.path.abspath(self.options.shim)]))
        return made

    def run(self, folder, **shim):
        # `exec` so that the shim sees the program and not a shell around it
        command = words("exec " + self.options.run, folder)
        return subprocess.run(command, env=self.environment(folder, **shim), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=self.options.timeout, check=False)

    def check(self, mode, name, folder, said=b"", done=False, code="", residue=""):
        made = dict(os.environ, KEYWRIGHT_DONE="1" if done else "0", KEYWRIGHT_EXIT=str(code), KEYWRIGHT_CASE=name,
                    KEYWRIGHT_SAID=said.decode("utf-8", "replace"), KEYWRIGHT_RESIDUE=residue)
        outcome = subprocess.run(words(self.options.check, folder), env=made, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 timeout=self.options.timeout, check=False)
        self.cases[mode] += 1
        if outcome.returncode != 0:
            self.fail(name, f"check exited with {outcome.returncode}: {outcome.stdout.decode('utf-8', 'replace').strip()}", folder)
        else:
            shutil.rmtree(os.path.dirname(folder))

    def fail(self, name, why, folder):
        self.failures.append((name, why))
        if self.options.keep:
            kept = os.path.join(self.base, "kept-" + name.replace(" ", "-"))
            os.rename(os.path.dirname(folder), kept)
            print(f"crash_matrix: {name}: kept in {kept}", flush=True)
        else:
            shutil.rmtree(os.path.dirname(folder), ignore_errors=True)

    def folder(self, name):
        """A fresh copy of the prepared state; `dir` so that its path has the same length in all cases."""
        made = os.path.join(self.base, name.replace(" ", "-"), "dir")
        os.makedirs(os.path.dirname(made))
        shutil.copytree(self.state, made)
        return made

    # --- the modes ---

    def faulty(self, mode, number, when, shim):
        name = f"{mode} {when} {number}"
        folder = self.folder(name)
        outcome = self.run(folder, at=number, when=when, **shim)
        if mode == "kill":
            killed = outcome.returncode == -9
            if not killed and outcome.returncode != 0:
                return self.fail(name, f"run exited with {outcome.returncode} without having been killed: {outcome.stderr.decode()}", folder)
            return self.check(mode, name, folder, outcome.stdout, done=not killed)
        if outcome.returncode < 0:
            return self.fail(name, f"run died of signal {-outcome.returncode}: {outcome.stderr.decode()}", folder)
        return self.check(mode, name, folder, outcome.stdout, done=outcome.returncode == 0, code=outcome.returncode)

    def jobs(self):
        numbers = range(1, self.operations + 1, self.options.step)
        for mode in self.options.modes:
            if mode == "kill":
                yield from ((mode, n, when, {"mode": "kill"}) for n in numbers for when in ("before", "half", "after"))
            elif mode == "short":
                yield from ((mode, n, "half", {"mode": "errno", "errno": "NONE"}) for n in numbers)
            elif mode != "power":
                shim = {"mode": "errno", "errno": "ENOSPC" if mode.startswith("enospc") else "EIO", "repeat": "on" if mode.endswith("-on") else "once"}
                yield from ((mode, n, when, shim) for n in numbers for when in ("before", "half"))

    def power_images(self, journal, prepared_at):
        """Every different disk that a cut may leave, with what had been said by then."""
        disk = power_loss.Disk(prepared_at)
        with open(journal, encoding="utf-8") as file:
            lines = file.readlines()
        seen = set()
        # after the journal's last record, and once more after the program has ended: then its promise holds
        for position in range(len(lines) + 1):
            number = disk.apply(lines[position - 1]) if position else 0
            finished = position == len(lines)
            if number % self.options.step and not finished:
                continue
            for variant in (*power_loss.VARIANTS, *(f"any-{n}" for n in range(self.options.dice))):
                image, residue = disk.image_and_residue(variant, self.options.volatile)
                digest = hashlib.sha256(repr((sorted(image.items()), sorted(residue), disk.said, finished)).encode()).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield f"power {variant} after {number}" + (" and the end" if finished else f" line {position}"), image, residue, disk.said, finished

    def power(self, pool):
        folder = self.folder("power journal")
        journal = os.path.join(self.base, "journal")
        pristine = os.path.join(self.base, "pristine")
        os.rename(folder, pristine)
        shutil.copytree(pristine, folder)
        outcome = self.run(folder, mode="journal", journal=journal)
        if outcome.returncode != 0:
            raise SystemExit(f"crash_matrix: run failed without faults: {outcome.stderr.decode()}")
        os.rename(folder, folder + "-done")
        os.rename(pristine, folder)  # the journal names its files by this path
        alone = threading.Lock() if self.options.in_place else contextlib.nullcontext()
        few = threading.BoundedSemaphore(4 * self.options.jobs)  # disks in memory at once

        def one(case):
            name, image, residue, said, finished = case
            target = folder if self.options.in_place else os.path.join(self.base, name.replace(" ", "-"), "dir")
            try:
                with alone:
                    power_loss.write_image(image, target)
                    power_loss.write_image({str(i): data for i, data in enumerate(residue)}, target + "-residue")
                    self.check("power", name, target, said, done=finished, residue=target + "-residue")
            finally:
                few.release()

        images = self.power_images(journal, folder)
        waiting = []
        for case in images:
            if not waiting:
                shutil.rmtree(os.path.dirname(folder))  # has been read
            few.acquire()
            waiting.append(pool.submit(one, case))
        return waiting

    def count(self):
        folder = self.folder("count")
        report = os.path.join(self.base, "report")
        outcome = self.run(folder, mode="count", report=report)
        if outcome.returncode != 0:
            raise SystemExit(f"crash_matrix: run failed without faults ({outcome.returncode}): {outcome.stderr.decode()}")
        with open(report, encoding="ascii") as file:
            self.operations = int(file.read())
        first = next(iter(self.options.modes))
        self.check(first, "no fault", folder, outcome.stdout, done=True, code=0)

    def go(self):
        os.makedirs(self.state)
        if self.options.prepare:
            subprocess.run(words(self.options.prepare, self.state), check=True, stdout=subprocess.DEVNULL)
        self.count()
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            waiting = [pool.submit(self.faulty, *job) for job in self.jobs()]
            if "power" in self.options.modes:
                waiting += self.power(pool)
            for job in waiting:
                job.result()
        return self.report()

    def report(self):
        for name, why in self.failures[:20]:
            print(f"crash_matrix: FAILED {name}: {why}")
        total = sum(self.cases.values())
        counts = ", ".join(f"{mode} {count}" for mode, count in self.cases.items())
        print(f"crash_matrix: {self.operations} operations, {total} cases ({counts}), {len(self.failures)} failed")
        return 0 if total > 1 and self.operations > 0 and not self.failures else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shim", required=True, help="path of libkeywright_crash_shim.so")
    parser.add_argument("--prepare", help="command that fills {dir}")
    parser.add_argument("--run", required=True, help="command that changes {dir}")
    parser.add_argument("--check", required=True, help="command that judges {dir}")
    parser.add_argument("--root", help="where to work (default: /dev/shm, else the temporary folder)")
    parser.add_argument("--modes", default=",".join(MODES), help="any of " + ",".join(MODES))
    parser.add_argument("--step", type=int, default=1, help="only every n-th operation; all where KEYWRIGHT_CRASH_FULL is set")
    parser.add_argument("--dice", type=int, default=0, help="power: so many disks more at each point, of which chance decides")
    parser.add_argument("--in-place", action="store_true", help="power: checks happen in the folder of the run, for files that hold their names")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=600, help="seconds for one run or check")
    parser.add_argument("--volatile", action="append", default=["*-shm"], help="names of files that no power cut survives")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failed cases")
    options = parser.parse_args()
    options.modes = options.modes.split(",")
    if os.environ.get("KEYWRIGHT_CRASH_FULL"):
        options.step = 1
    if unknown := set(options.modes) - set(MODES):
        parser.error("unknown modes: " + ", ".join(sorted(unknown)))
    root = options.root or ("/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    base = os.path.realpath(tempfile.mkdtemp(prefix="keywright-crash-", dir=root))
    try:
        return Matrix(options, base).go()
    finally:
        if not options.keep:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
