# SPDX-License-Identifier: Apache-2.0
"""How the tests of the simulator speak: a story of lines, then cases that each add to it and say what must come of the last line.

    world = story("power_platform", at("2026-01-01T00:00:00Z", do="tenant", tenant="contoso", seats=1001, opted_in=True), ...)
    case(world, at("2026-01-04T00:00:00Z", by="alice", do="lock", ...)).refused("T18 lock_cooldown 2026-01-04T00:00:01Z")

Expected rule ids, codes and moments are written by hand from the rules, never taken from the program's output.
"""
import json
import subprocess
import sys

PROGRAM = "simulate"
failures = []
seen = {}  # (profile, operation) -> {"allowed", "refused"}


def run(lines, *flags, program=None, code=0):
    """Answers to lines (dicts or raw text), parsed; the exit code must be the given one."""
    text = "".join((l if isinstance(l, str) else json.dumps(l)) + "\n" for l in lines)
    done = subprocess.run([program or PROGRAM, *flags], input=text.encode(), capture_output=True, timeout=60)
    if done.returncode != code:
        fail("exit code", f"expected {code}, found {done.returncode}: {done.stderr.decode()[:300]}{done.stdout.decode()[-300:]}")
    return [json.loads(l) for l in done.stdout.decode().splitlines()]


def fail(what, why):
    failures.append(f"{what}: {why}")
    print(f"FAILED {what}: {why}", file=sys.stderr)


def at(moment, **fields):
    return {"at": moment, **fields}


def line(**fields):
    return fields


def story(profile, *lines):
    return [{"profile": profile}, *lines]


def reasons(answer):
    """The reasons of a refusal as `T18 lock_cooldown 2026-01-04T00:00:01Z`, in order of their names."""
    return sorted(" ".join(r[k] for k in ("rule", "code", "not_before") if k in r) for r in answer.get("reasons", []))


class case:
    """A story and what is added to it; every line but the last must be allowed."""

    def __init__(self, world, *more):
        self.lines = world + list(more)
        self.last = self.lines[-1]
        self.name = f"{self.lines[0]['profile']}: {json.dumps(self.last)}"
        self.answers = run(self.lines, "--state")
        for asked, a in zip(self.lines[1:-1], self.answers[1:-1]):
            if not a.get("allowed"):
                fail(self.name, f"the line before it {json.dumps(asked)} came to {json.dumps(a)[:400]}")
        self.answer = self.answers[-1]

    def note(self, outcome):
        what = self.last["do"] if "command" not in self.last else self.last["command"]["do"]
        for word in {what, self.last["do"]}:
            seen.setdefault((self.lines[0]["profile"], word), set()).add(outcome)

    def allowed(self, *events, to=None):
        """Allowed, with exactly these events; `to`: who is told, of the last event that tells anybody."""
        self.note("allowed")
        if not self.answer.get("allowed"):
            fail(self.name, f"expected to be allowed, found {reasons(self.answer)}")
        found = [e["event"] for e in self.answer.get("events", [])]
        if found != list(events):
            fail(self.name, f"expected events {list(events)}, found {found}")
        if to is not None:
            told = sorted({n["to"] for n in self.answer["notices"]})
            if told != sorted(to):
                fail(self.name, f"expected notices to {sorted(to)}, found {told}")
        return self

    def refused(self, *expected):
        """Refused, for exactly these reasons."""
        self.note("refused")
        if self.answer.get("allowed") is not False or reasons(self.answer) != sorted(expected):
            fail(self.name, f"expected {sorted(expected)}, found {reasons(self.answer) or self.answer}")
        return self

    def state(self, **expected):
        """Keys and environments by name; of several rings all together."""
        found = {}
        for ring in self.answer.get("state", []):
            found |= {k["key"]: k["state"] for k in ring["keys"]} | {e["environment"]: e["state"] for e in ring["environments"]}
        for name, state in expected.items():
            if found.get(name) != state:
                fail(self.name, f"expected `{name}` to be {state}, found {found.get(name)}")
        return self

    def mended_by(self, who):
        found = [r["who_can_mend"] for r in self.answer.get("reasons", [])]
        if who not in found:
            fail(self.name, f"expected `{who}` to be able to mend it, found {found}")
        return self
