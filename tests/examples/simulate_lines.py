# SPDX-License-Identifier: Apache-2.0
"""The simulator as a program: lines that are not understood, limits, options, exit codes, the page."""
import html.parser
import json
import pathlib
import re
import subprocess
import tempfile

import simulate_cases
from simulate_cases import at, fail, line, run
from simulate_power_platform import KEYED, LOCKABLE, NEW, WORLD

FORMAT = pathlib.Path(__file__).parents[2] / "examples/simulate/FORMAT.md"

# What is handed in after a small story, and what the complaint must say.
NOT_UNDERSTOOD = [
    ("{", "expected one JSON object"),
    ("[]", "expected one JSON object"),
    ("17", "expected one JSON object"),
    ('{"do":"tick"} x', "expected one JSON object"),
    ('{"do":"tick","do":"tick"}', "found `do` twice"),
    ('{"do":{"a":1}}', "expected a flat object"),
    ('{"do":"plan","command":{"do":"plan","command":{}}}', "expected a flat object"),
    ('{"do":"plan","command":{"do":"tick"},"by":"alice","command":{}}', "found `command` twice"),
    ('{"do":["x",["y"]]}', "expected one JSON object"),
    ('{"do":[1]}', "expected a list of texts"),
    ('{"do":"tenant","tenant":"x","seats":1.5}', "whole numbers"),
    ('{"do":"tenant","tenant":"x","seats":-1}', "`seats`: expected a number from 0 to 4294967295, found -1"),
    ('{"do":"tenant","tenant":"x","seats":4294967296}', "`seats`: expected a number from 0"),
    ('{"do":"tenant","tenant":"x","seats":99999999999999999999}', "expected"),
    ('{"do":"tenant","tenant":"x","seats":"many"}', "`seats`: expected a whole number, found a text"),
    ('{"do":"tenant","tenant":"x","opted_in":1}', "`opted_in`: expected true or false, found a whole number"),
    ('{"do":"tenant","tenant":"x","regions":"eu"}', "`regions`: expected a list of texts"),
    ('{"do":"tenant","tenant":"x","regions":["eu","eu"]}', "each name once"),
    ('{"do":"tenant"}', "expected `tenant`"),
    ('{"do":"tenant","tenant":"-x"}', "`tenant`: expected 1 to 63 characters"),
    (json.dumps({"do": "tenant", "tenant": "x" * 64}), "`tenant`: expected 1 to 63 characters"),
    ('{"do":"lok","by":"alice"}', "found `lok`"),
    ('{"by":"alice"}', "`do`: expected an operation that power_platform has"),
    ('{"do":"tick","speed":3}', "unknown field `speed`"),
    ('{"do":"open","environment":"prod"}', "expected `by`"),
    ('{"do":"open","by":"alice"}', "expected `environment`"),
    ('{"do":"open","by":"alice","environment":"prod","region":"mars"}', "`region`: expected one of the tenant's, found `mars`"),
    ('{"do":"open","by":"alice","environment":"prod","tenant":"nobody"}', "`tenant`: expected one that was created"),
    ('{"do":"open","by":"alice","environment":"prod","at":"yesterday"}', "`at`: expected a moment"),
    ('{"do":"open","by":"alice","environment":"prod","at":"2026-02-30T00:00:00Z"}', "`at`: expected a moment"),
    ('{"do":"open","by":"alice","environment":"prod","at":"2026-01-01T00:00:00.5Z"}', "`at`: expected a moment"),
    ('{"do":"open","by":"alice","environment":"prod","at":"2026-01-01T00:00:00+24:00"}', "`at`: expected a moment"),
    ('{"do":"open","by":"alice","environment":"prod","at":"2026-01-01T00:00:00+1:00"}', "`at`: expected a moment"),
    ('{"do":"admin","who":"x","role":"king"}', "`role`: expected one of"),
    ('{"do":"admin","who":"x","role":"environment_admin"}', "expected `environment`"),
    ('{"do":"admin","who":"x","environment":"prod"}', "only where `role` is environment_admin"),
    ('{"do":"admin","by":"alice","who":"x","role":"provider"}', "expected `by` the provider"),
    ('{"do":"upload_key","by":"alice","key":"k","acknowledged":true}', "expected `material`"),
    (json.dumps({"do": "lock", "by": "alice", "material": "m" * 33}), "expected `material`, 1 to 32 characters"),
    (json.dumps({"do": "lock", "by": "alice", "material": "m", "confirmation": "x" * 128}), "at most 127 bytes, found 128"),
    (json.dumps({"do": "import_key", "by": "alice", "kid": "x" * 192}), "at most 191 bytes, found 192"),
    ('{"do":"restore","by":"alice","environment":"prod","backup":"b"}', "`backup`: expected one that was taken"),
    ('{"do":"completed"}', "expected `of`"),
    ('{"do":"completed","of":"everything"}', "`of`: expected one of"),
    ('{"do":"completed","of":"apply"}', "expected `environment`"),
    ('{"do":"plan","by":"alice"}', "expected `command`"),
    ('{"do":"plan","by":"alice","command":"lock"}', "`command`: expected an object"),
    ('{"do":"plan","by":"alice","command":{"do":"plan"}}', "`command`: `do`: expected a command"),
    ('{"do":"plan","by":"alice","command":{"do":"open"}}', "`command`: expected `environment`"),
    ('{"do":"plan","command":{"do":"lock"}}', "`command`: expected `by`"),
    (json.dumps({"do": "tenant", "tenant": "x", "regions": [f"r{i}" for i in range(257)]}), "at most 256 values"),
    (json.dumps({"do": "tenant", "tenant": "x", "regions": [f"r{i}" for i in range(256)]}), "at most 255 names"),
    (json.dumps({f"f{i}": 1 for i in range(49)}), "at most 48 fields"),
    (json.dumps({"do": "tick", "note": "x" * 65536}), "lines of at most 65536 bytes"),
    ('{"do":"tick","note":"' + "[" * 60000, "expected one JSON object"),
    ("[" * 60000, "expected one JSON object"),
    ('{"do":"a\\u0000b"}', "found `a?b`"),
]


def every_complaint():
    """Each bad line gets an error that says what was expected, changes nothing, and hinders no other line."""
    story = NEW + [line(by="alice", do="open", environment="prod")]
    good = json.dumps({"by": "alice", "do": "open", "environment": "prod"})
    mixed = [part for text, _ in NOT_UNDERSTOOD for part in (text, good)]
    answers = run(story + mixed, "--state", code=1)[len(story):]
    if len(answers) != len(mixed):
        return fail("bad lines", f"expected {len(mixed)} answers, found {len(answers)}")
    before = None
    for (text, expected), bad, after in zip(NOT_UNDERSTOOD, answers[::2], answers[1::2]):
        if expected not in bad.get("error", "") or "state" in bad:
            fail(text[:100], f"expected an error with `{expected}`, found {json.dumps(bad)[:300]}")
        if not after.get("allowed") or (before and after["state"] != before):
            fail(text[:100], f"changed what the next line came to: {after}")
        before = after["state"]


def raw(data, *flags):
    return subprocess.run([simulate_cases.PROGRAM, *flags], input=data, capture_output=True, timeout=600)


def lines_and_limits():
    def expect(what, found, wanted):
        if found != wanted:
            fail(what, f"expected {wanted}, found {found}")

    expect("empty input", (raw(b"").returncode, raw(b"").stdout), (0, b""))
    first = b'{"profile":"power_platform"}'
    expect("no line feed at the end", raw(first).stdout, b'{"line":1,"profile":"power_platform"}\n')
    expect("blank lines, CR LF", raw(b"\n  \r\n" + first + b"\r\n").stdout, b'{"line":3,"profile":"power_platform"}\n')
    for start in (b'{"profile":"nothing"}', b'{"do":"tick"}', b'{"profile":"power_platform","do":"tick"}', b"\xef\xbb\xbf\xff"):
        done = raw(start + b'\n{"at":"2026-01-01T00:00:00Z","do":"tick"}\n')
        expect(start, (done.returncode, done.stdout.count(b'"error"')), (1, 2))
    expect("a line of 65536 bytes", raw(first[:-1] + b',"note":"' + b"x" * (65536 - len(first) - 10) + b'"}').returncode, 0)
    expect("a line of 65537 bytes", raw(first[:-1] + b',"note":"' + b"x" * (65537 - len(first) - 10) + b'"}').returncode, 1)
    expect("a line of 3 MB, then a good one", raw(b"x" * 3_000_000 + b"\n" + first).stdout.splitlines()[1], b'{"line":2,"profile":"power_platform"}')
    expect("no moment yet", run([{"profile": "power_platform"}, {"do": "tick"}], code=1)[1]["error"], "expected `at`, the moment of the first command")
    expect("not UTF-8", raw(first + b'\n{"do":"\xff"}\n').returncode, 1)
    expect("unknown option", raw(b"", "--colour").returncode, 2)
    expect("unknown profile", raw(b"", "--list", "nothing").returncode, 2)
    expect("help", (raw(b"", "--help").returncode, b"Exit codes" in raw(b"", "--help").stdout), (0, True))
    expect("no such file", raw(b"", "/nowhere/scenario.jsonl").returncode, 3)
    expect("no such folder", raw(first, "--timeline", "/nowhere/page.html").returncode, 3)
    with open("/dev/full", "wb") as full:
        expect("a full disk", subprocess.run([simulate_cases.PROGRAM], input=first, stdout=full, stderr=subprocess.PIPE).returncode, 3)


def moments():
    """An offset is taken off; a clock that steps back makes nothing earlier."""
    answer = run(KEYED + [at("2026-01-02T02:00:00+02:00", by="alice", do="backup", environment="prod", backup="b")])[-1]
    if answer["events"][0]["at"] != "2026-01-02T00:00:00Z":
        fail("offset", answer)
    back = run(KEYED + [at("2025-01-01T00:00:00Z", by="alice", do="backup", environment="prod", backup="b")])[-1]
    if back["events"][0]["at"] != "2026-01-01T01:00:00Z":
        fail("a clock that steps back", back)


def instantly():
    """With `instant` nothing stays under way, and a lock undoes what is: the apply has failed, the reset is done."""
    world = [{"profile": "power_platform", "instant": True}, *WORLD[1:]]
    world = [l for l in world if l.get("do") != "completed"]
    asked = [at(LOCKABLE, by="alice", do="lock", material="m1", confirmation="lock contoso")]
    answer = run(world + asked, "--state", "--effects")[-1]
    events = [e["event"] for e in answer["events"]]
    if events != ["lock_requested", "lock_started", "lock_completed"] or answer["effects"][0] != {"effect": "carry_out_lock", "epoch": 1}:
        fail("instant", answer)
    if {e["state"] for e in answer["state"][0]["environments"]} != {"locked", "provider_managed"}:
        fail("instant", answer)


class Page(html.parser.HTMLParser):
    EMPTY = {"meta", "br"}
    SHAPES = {"rect", "line", "circle", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)) or any(name.startswith("on") or name in ("src", "href") for name in names):
            self.wrong.append(f"<{tag} {names}>")
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        if tag not in self.SHAPES:
            self.wrong.append(f"<{tag}/>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        self.text.append(data)


def drawn(lines):
    with tempfile.TemporaryDirectory() as folder:
        run(lines, "--timeline", folder + "/page.html")
        return pathlib.Path(folder, "page.html").read_text()


def pages():
    """Well formed, whole in itself, and it says what came of the lines."""
    for lines in (
        NEW[:1],
        WORLD + [line(by="mallory", do="lock", material="m1", confirmation="lock contoso", note='<script>&"\u2028 läßt sich lesen')],
        WORLD + [line(by="alice", do="open", environment="prod")] * 3000,
        *[[json.loads(l) for l in f.read_text().splitlines()] for f in sorted(FORMAT.parent.glob("scenarios/*.jsonl"))],
    ):
        text = drawn(lines)
        page = Page()
        page.feed(text)
        page.close()
        if page.wrong or page.open:
            fail("page", f"not well formed: {page.wrong[:3]} {page.open[:3]}")
        for foreign in ("http:", "https:", "<script", "javascript:", "url(", "@import", "<link", "<img", "<iframe"):
            if foreign in text:
                fail("page", f"holds `{foreign}`")
        refused = sum(a.get("allowed") is False for a in run(lines))
        if len(lines) < 2000 and len(re.findall('class="cross"[^>]*><title>', text)) != refused:
            fail("page", f"expected {refused} marks of refusals")
    text = drawn(WORLD + [line(by="mallory", do="lock", material="m1", confirmation="lock contoso", note="<b> & more")])
    for wanted in ("T05 not_authorized +1", "&lt;b&gt; &amp; more", "no lock for 72 h", "no activation for 24 h", "contoso/default"):
        if wanted not in text:
            fail("page", f"lacks `{wanted}`")
    for name, words in {
        "lock_and_unlock": ("no unlock for 1 h", "deleted if not back within 28 d", "key k1 (m1)", "contoso/us"),
        "rogue_administrator_recommended": ("no lock until somebody is told", "no lock for 72 h", "R02 notice_undelivered", "R03 self_approval"),
        "enterprise_policy_revocation": ("policy p1", "deleted if not back within 7 d", "deleted if not back within 30 d", "P08 wrong_key"),
    }.items():
        text = drawn([json.loads(l) for l in (FORMAT.parent / f"scenarios/{name}.jsonl").read_text().splitlines()])
        for wanted in words:
            if wanted not in text:
                fail(f"page of {name}", f"lacks `{wanted}`")
    if "2000 commands" not in drawn(WORLD + [line(by="alice", do="open", environment="prod")] * 3000):
        fail("page", "expected 2000 commands to be drawn of more")


def sentences():
    """--explain: for people, without colours and control characters where no terminal listens."""
    lines = WORLD + [line(by="alice", do="lock", material="m1", confirmation="lock contoso", note="a\u001b[31m\u009bb")]
    text = raw("\n".join(map(json.dumps, lines)).encode(), "--explain").stdout.decode()
    if "\x1b" in text or "\x9b" in text:
        fail("--explain", "lets a terminal's control characters through")
    for wanted in ("T18: no lock for 72 h after a key change", "allowed from 2026-01-04T02:00:00Z", "key activated: k1", "1 refused"):
        if wanted not in text:
            fail("--explain", f"lacks `{wanted}`: {text[-300:]}")


def the_table(profiles):
    """FORMAT.md names every operation with exactly the fields that the program knows."""
    rows = {}
    file_rows = re.findall(r"^\| (\w+) \|", FORMAT.read_text().split("## Key files")[1].split("## Operations")[0], re.M)
    for cells in re.findall(r"^\| (\w+) \| (\w*) ?\| (.*?) ?\|", FORMAT.read_text().split("## Operations")[1].split("## Answers")[0], re.M):
        outside = re.sub(r"`[^`]*`|\([^)]*\)", "", cells[2])
        rows[cells[0]] = (cells[1], set(re.findall(r"(?<!\*)\b[a-z_]+\b(?!\*)", outside)) | (set(file_rows) - {"field"} if "*file*" in outside else set()))
    rows.pop("do")
    known = {}
    for profile in profiles:
        for text in raw(b"", "--list", profile).stdout.decode().splitlines():
            known[json.loads(text)["do"]] = (json.loads(text)["asked_by"], set(json.loads(text)["fields"]))
    for word in sorted(rows.keys() | known.keys()):
        if rows.get(word) != known.get(word):
            fail(f"FORMAT.md: {word}", f"says {rows.get(word)}, the program knows {known.get(word)}")


ALL = [every_complaint, lines_and_limits, moments, instantly, pages, sentences]
