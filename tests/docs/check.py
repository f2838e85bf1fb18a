# SPDX-License-Identifier: Apache-2.0
"""Every link leads somewhere: in the pages of the tree, in what headers say of other headers, in the rendered site; and what pages name, headers have.

    python3 tests/docs/check.py [--root FOLDER] [--html build/docs/html]

Links to other hosts are not followed; a test asks nothing of the network.
"""
import argparse
import html.parser
import pathlib
import posixpath
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from stage import slug  # noqa: E402

LINK = re.compile(r"\[(?:`[^`]*`|[^\]`])+\]\(([^)\s]+)\)")
LAYERS = {"core", "policy", "guards", "profiles", "formats", "keys", "envelope", "ports", "service", "adapters", "testing", "detail"}
# `keys/wrap`, `keys/wrap.hpp`, `<keywright/keys/wrap.hpp>`, and what is named from within a folder: `detail/ber_walk`.
NAMED = re.compile(r"(?<![\w./*-])(?:keywright/)?((?:[a-z_0-9]+/)+[a-z_0-9]+)(\.hpp)?(?![\w/(*])")


# --- pages of the tree ---


def without_code(text):
    """A page without its blocks and spans of code, which hold no links. Lines stay."""
    text = re.sub(r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)
    text = re.sub(r"^    .*$", "", text, flags=re.M)
    return re.sub(r"`[^`\n]*`(?![^\[\n]*\]\()", "", text)


def anchors(text):
    names = []
    for title in re.findall(r"^#+ (.+)$", without_headings_in_code(text), re.M):
        name = slug(title)
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return set(names)


def without_headings_in_code(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def pages(root):
    for path in sorted(root.rglob("*.md")):
        name = path.relative_to(root)
        if name.parts[0] not in ("build", ".git", ".cache"):
            yield name.as_posix(), path.read_text(encoding="utf-8")


def broken_links(root):
    for page, text in pages(root):
        for number, line in enumerate(without_code(text).split("\n"), 1):
            for target in LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                to = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
                if not (root / to).exists():
                    yield f"{page}:{number}: `{target}` leads to no file"
                elif anchor and anchor not in anchors((root / to).read_text(encoding="utf-8")):
                    yield f"{page}:{number}: `{target}`: there is no heading of that name"


# --- what pages say of the code ---


def words_of_headers(root):
    texts = (path.read_text(encoding="utf-8") for path in (root / "include").rglob("*.hpp"))
    return {word for text in texts for word in re.findall(r"\w+", re.sub(r"//.*", "", text))}


def gone_names(root):
    """`envelope::seal`: each word of a qualified name is one that some header has. A changelog names what was, too."""
    words = words_of_headers(root)
    for page, text in pages(root):
        for number, line in enumerate(text.split("\n") if page != "CHANGELOG.md" else [], 1):
            for span in re.findall(r"`([^`]+)`", line):
                for name in re.findall(r"(?:\w+::)+\w+", span):
                    parts = name.removeprefix("keywright::").split("::")
                    if parts[0] not in ("Botan", "std", "tl") and not words.issuperset(parts):
                        yield f"{page}:{number}: `{name}` is in no header"


# --- what headers say of other headers ---


def broken_names(root):
    base = root / "include" / "keywright"
    for path in sorted(base.rglob("*.hpp")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            at = line.find("//")
            for name, suffix in NAMED.findall(line[at:]) if at >= 0 else []:
                if name.split("/")[0] not in LAYERS:
                    continue
                places = [base / name] + ([path.parent / name, path.parent.parent / name] if name.startswith("detail/") else [])
                if not any(p.with_suffix(".hpp").exists() or (not suffix and p.is_dir()) for p in places):
                    yield f"{path.relative_to(root)}:{number}: names `{name}{suffix}`, which is no header"


# --- the rendered site ---


class Site(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.targets, self.names = set(), set()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.names |= {given[key] for key in ("id", "name") if given.get(key)}
        if tag in ("a", "area", "link") and given.get("href"):
            self.targets.add(given["href"])
        for key in ("src", "data"):
            if tag in ("img", "script", "object", "iframe") and given.get(key):
                self.targets.add(given[key])

    handle_startendtag = handle_starttag


def read_site(folder):
    site = {}
    for path in sorted(folder.glob("**/*.html")):
        page = Site()
        page.feed(path.read_text(encoding="utf-8"))
        site[path.relative_to(folder).as_posix()] = page
    return site


# Doxygen's own lists name friend operators that it then shows nowhere, and its own summaries private classes. Files that they
# lead to are checked, anchors are not.
ITS_OWN = re.compile(r"-members\.html$|^functions(_\w+)?\.html$")


def broken_in_site(folder):
    site = read_site(folder)
    if not site:
        yield f"{folder}: holds no page"
    for name, page in site.items():
        for target in sorted(page.targets):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path, anchor = urllib.parse.unquote(path), urllib.parse.unquote(anchor)
            to = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            if not (folder / to).exists():
                yield f"{name}: `{target}` leads to no file of the site"
            elif anchor and to in site and anchor not in site[to].names and not ITS_OWN.search(name) and anchor != "nested-classes":
                yield f"{name}: `{target}`: the page has no such anchor"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("--html", type=pathlib.Path)
    arguments = parser.parse_args()
    found = list(broken_links(arguments.root)) + list(broken_names(arguments.root)) + list(gone_names(arguments.root))
    no_site = arguments.html and not arguments.html.exists()
    if arguments.html and not no_site:
        found += broken_in_site(arguments.html)
    for one in found:
        print(one)
    print(f"links: {len(found)} broken")
    if no_site:
        print(f"SKIPPED: the site, because there is none in {arguments.html}")
    return 1 if found else 77 if no_site else 0


if __name__ == "__main__":
    sys.exit(main())
