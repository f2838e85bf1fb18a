# SPDX-License-Identifier: Apache-2.0
"""The tables of the pages, made from the headers and from what docs_facts prints, so that no page goes stale. What cannot
be said, because a rule has no comment, a profile no source or an error no place, stops the making."""
import re

import stage

PROFILES = ["power_platform", "recommended", "dynamics_365", "enterprise_policy"]  # as docs_facts names them


class Missing(Exception):
    """A sentence that says what a table lacks."""


def facts_of(lines):
    """docs_facts' lines as {kind: [[word, ...], ...]}."""
    facts = {}
    for line in lines:
        kind, *words = line.rstrip("\n").split("\t")
        facts.setdefault(kind, []).append(words)
    return facts


def table(heads, rows):
    cells = [" | ".join(row) for row in [heads, ["---"] * len(heads)] + rows]
    return "\n".join(f"| {row} |" for row in cells)


def cell(text):
    return stage.prose(" ".join(text.split())).replace("|", "\\|")


def comment_sentence(block):
    return stage.first_sentence(line.strip() for line in block)


# --- layers ---


def is_interface(header):
    return "detail" not in header.split("/")


def headers_of(tree, layer):
    rows, hidden = [], 0
    for header, text in tree.headers():
        if not header.startswith(layer + "/"):
            continue
        if not is_interface(header):
            hidden += 1
            continue
        rows.append([f'@ref keywright/{header} "{header.removeprefix(layer + "/")}"', cell(stage.first_sentence(stage.preamble_of(text)))])
    out = table(["header", "what it is"], rows)
    return out + (f"\n\nFolders `detail` hold {hidden} more, which are no interface." if hidden else "")


def arrows_of(house, layer):
    names = sorted(house.reach(layer) - {layer, "detail"})
    users = sorted(one for one in house.ARROWS if "." not in one and one not in (layer, "detail") and layer in house.reach(one))
    pure = "; no Botan, fmt, `<chrono>` or `<iostream>`, even through others" if layer in house.PURE else ""
    return f"May include: {', '.join(names) or 'nothing of ours'}{stage.prose(pure)}.\n\nMay be included by: {', '.join(users) or 'programs only'}."


# --- errors ---


def errors(facts, error_header):
    body = error_header[error_header.index("enum class errc"):]
    said = dict(re.findall(r"^    (\w+),(?: *///< (.*))?$", body[:body.index("};")], re.M))
    named = [words[0] for words in facts["error"]]
    if list(said) != named:
        raise Missing(f"core/error.hpp: name() knows {sorted(set(named) ^ set(said))} otherwise than the enumeration")
    rows = [[f"`{code}`", cell(said[code]), "yes" if retry == "yes" else ""] for code, retry, _ in facts["error"]]
    return table(["code", "what it means", "may be retried"], rows)


# --- rules ---


FAMILIES = ("cooldown", "minimum_hold", "quota", "quorum")
RULE = re.compile(r"((?:^/// .*\n)+)(?:template.*\n)?struct (\w+)\b[^{;]*\{", re.M)

# A rule of a family is a name for one of its types: `using lock_cooldown = cooldown<"T18", …`, after the function that it is
# made of, which has the comment.
FAMILY = re.compile(r'((?:^/// .*\n)+)(?:(?!///|struct|using).*\n)*?using (\w+) = \w+<"([A-Z]\d\d)"', re.M)


def sentences(tree):
    """What each rule's comment says of it, without the ids that it begins with: {class: (header, name, sentence)}, of a
    family's {id: …}."""
    found = {}
    for header, text in tree.headers():
        if header.split("/")[0] not in ("policy", "guards", "profiles"):
            continue
        named = [(name, name, block) for block, name in RULE.findall(text)]
        named += [(rule, name, block) for block, name, rule in FAMILY.findall(text)]
        for key, name, block in named:
            whole = comment_sentence(line.removeprefix("///") for line in block.strip().split("\n"))
            plain = re.sub(r"^(?:[A-Z]\d\d(?:, | and |$)?)+(?:, \w+ half)?[:,]? *", "", whole)
            found[key] = (header, name, plain)
    return found


def rule_rows(facts, tree):
    """{id: {class: set of profiles}}; custody_fits and protection_fits are shipped, in no profile."""
    said, rows = sentences(tree), {}
    sources = {words[0] for words in facts["source"]}
    for profile, rule, name, own in facts["rule"]:
        if not profile and name.endswith("_grants"):
            continue
        name = own if name in FAMILIES and own in said else name
        if name not in said:
            raise Missing(f"{name}: a rule of {profile} without a `///` comment above it")
        if rule not in sources:
            raise Missing(f"{rule}: a rule of {profile} that profiles/sources.hpp does not name")
        rows.setdefault(rule, {}).setdefault(name, set()).add(profile)
    if unused := sources - set(rows):
        raise Missing(f"profiles/sources.hpp: no shipped rule has the ids {sorted(unused)}")
    return said, rows


def rules(facts, tree):
    said, rows = rule_rows(facts, tree)
    out = []
    for rule in (words[0] for words in facts["source"]):
        for at, (name, profiles) in enumerate(rows[rule].items()):
            header, name, sentence = said[name]
            marks = ["✓" if profile in profiles else "" for profile in PROFILES]
            out.append(["" if at else f"`{rule}`", f'@ref keywright::{header.split("/")[0]}::{name} "{name}"', cell(sentence[:1].upper() + sentence[1:]), *marks])
    return table(["rule", "class", "what it demands", *(profile.replace("_", " ") for profile in PROFILES)], out)


def sources(facts):
    places = {}
    for rule, document, section in facts["source"]:
        places.setdefault((document, section), []).append(f"`{rule}`")
    rows = [[cell(document), cell(section), " ".join(rules)] for (document, section), rules in sorted(places.items())]
    return table(["document", "section", "rules"], rows)


# --- threads ---

SAFETY = re.compile(r"Thread safety: ([^.]*(?:\.(?! |$)[^.]*)*)\.|(Thread safe|Not thread safe|not thread safe)\b[^.]*\.?", re.S)
DECLARED = re.compile(
    r"^\s*(?:template\b.*\n\s*)?(?:\[\[nodiscard\]\] )?(?:(?:inline|constexpr|static) )*(?:(class|struct) (?:\[\[nodiscard\]\] )?(\w+)|[\w:<>&*, ]+?[ &*](\w+)\()", re.M)


def threads(tree):
    """What each comment says under *Thread safety*, by what stands below it."""
    rows = []
    for header, text in tree.headers():
        if not is_interface(header):
            continue
        for block in re.finditer(r"((?:^ *///(?!<).*\n)+)(?=((?:.*\n){1,4}))", text, re.M):
            plain = " ".join(line.strip().removeprefix("///").strip() for line in block[1].strip().split("\n"))
            said = SAFETY.search(plain)
            declared = DECLARED.match(block[2])
            if said and declared:
                how = said[1] or {"Thread safe": "concurrent"}.get(said[2], "a plain value")
                rows.append([f"`{declared[2] or declared[3]}`", f'@ref keywright/{header} "{header}"', cell(how)])
            elif said:
                raise Missing(f"{header}: a sentence on thread safety above something that is no type or function: {block[2][:60]!r}")
    return table(["what", "header", "by several threads"], sorted(rows, key=lambda row: row[1]))
