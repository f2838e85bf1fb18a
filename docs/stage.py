# SPDX-License-Identifier: Apache-2.0
"""Our comments and pages, written as doxygen reads them. Nothing is added: what stands in a header or a page is what is shown.

Headers keep their line numbers, so that a warning names the line of the source: the preamble becomes the file's
description, the `///` comments stay, and whatever doxygen would take for a command or a tag is escaped.
"""
import html
import pathlib
import posixpath
import re

CODE = re.compile(r"`([^`]+)`")
NAMESPACES = ["policy", "guards", "profiles", "formats", "keys", "envelope", "ports", "service", "memory", "file", "sqlite", "openssl", "testing"]
ESCAPED = str.maketrans({c: "\\" + c for c in "\\@#%&<>$"})


def escaped(text):
    return text.translate(ESCAPED).replace("--", "\\--")  # two hyphens would be one dash, also in an option that is to be copied


def code_span(match):
    return "<code>" + escaped(match[1]) + "</code>"


def prose(text):
    """One piece of text, code spans and all. A word behind `#`, `@`, `%` or `<` would be a command, a link or a tag."""
    out, at = [], 0
    for span in CODE.finditer(text):
        out += [escaped(text[at:span.start()]), code_span(span)]
        at = span.end()
    return "".join(out) + escaped(text[at:])


# --- headers ---


def comment(lines):
    """The lines of one comment, without `///`: text, and what is indented by two and more as code."""
    out, run, text = [], [], []

    def end_text():
        out.extend(prose("\n".join(text)).split("\n") if text else [])
        text.clear()

    def end_code():
        if run:
            command = "code{.cpp}" if any(c in " ".join(run) for c in ";{") else "verbatim"
            run[0] = f" @{command} {run[0]}"
            run[-1] += f" @end{command.split('{')[0]}"
            out.extend(run)
            run.clear()

    for line in lines:
        if line.startswith("   "):
            end_text()
            run.append(line)
        else:
            end_code()
            text.append(line)
    end_code()
    end_text()
    return out


def brief(lines):
    """The first sentence marked as the brief description; a full stop in code does not end it."""
    text = "\n".join(lines)
    end = re.match(r"(?:<code>.*?</code>|[^.<]|<(?!code>)|\.(?!\s))*\.(?=\s)", text, re.S)
    text = f"{end[0]} @details{text[end.end():]}" if end else f"{text} @details"
    return (" @brief" + text).split("\n")


def preamble_of(text):
    """The lines between the licence and the code, without `//`."""
    lines = text.split("\n")[1:]
    count = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    return [line[2:] for line in lines[:count]]


def first_sentence(text):
    """Up to the first full stop that ends one; examples and layouts are no sentence."""
    lines = []
    for line in text:
        if line.startswith("   ") or line.startswith(" Depends on:"):
            break
        lines.append(line.strip())
    joined = " ".join(lines)
    found = re.match(r"(.*?\.)(?= |$)", joined)
    return found[1] if found else joined.rstrip(":")


def header(text):
    # What stands outside our namespaces specialises templates of others; it has no page. Line numbers stay.
    text = re.sub(r"(?:^///[^\n]*\n)*^template <>\n(?:class|struct) (?!keywright)\w+::.*?^};\n", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)
    text = text.split("\n} // namespace keywright\n")
    body = text[0] + ("\n} // namespace keywright\n" + "\n" * text[1].count("\n") if len(text) > 1 else "")
    lines = body.split("\n")
    intro = preamble_of(body)
    described = comment(intro)
    described = [re.sub(r"^ (Depends on:|Use(?:,[^:]*)?:|Nearest )", r" <p>\1", line) for line in described]
    out = ["/// @file"] + ["///" + line for line in brief(described)]
    rest, block, indent = lines[1 + len(intro):], [], ""
    for line in rest + [None]:
        found = re.match(r"^(\s*)///(?!<)(.*)$", line) if line is not None else None
        if found:
            indent = found[1]
            block.append(found[2])
            continue
        if block:
            out += [f"{indent}///{piece}" for piece in brief(comment(block))]
            block = []
        if line is not None:
            # A base that is a pack is none that doxygen could link.
            line = re.sub(r" : \w+\.\.\. \{", " {", line)
            # A comment behind a declaration, with those that go on in the lines below.
            out.append(re.sub(r"(///<)(.*)$", lambda m: m[1] + prose(m[2]), line))
    return "\n".join(out)


# --- pages ---


def label(page):
    """The name by which doxygen links a page; `page` is its path below the root."""
    return "index" if page == "README.md" else "page_" + re.sub(r"\W", "_", page.removesuffix(".md"))


def slug(title):
    """The anchor that a hosting site gives to a heading."""
    plain = re.sub(r"[`*]|\[|\]\([^)]*\)", "", title).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchor(page, name):
    return f"{label(page)}__{re.sub(r'[^0-9a-z]', '_', name)}"


class Pages:
    """All pages of one tree by path, and how they refer to each other and to headers."""

    def __init__(self, root, names, fill):
        self.root, self.names, self.fill = root, names, fill

    def link(self, page, text, target):
        if re.match(r"[a-z]+:", target):
            return f"[{prose(text)}]({target})"
        path, _, name = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        plain = text.replace("`", "").replace('"', "'")
        if path in self.names:
            kind = "subpage" if page == "docs/README.md" and path.startswith("docs/") or path.startswith("docs/layers/") else "ref"
            return f'@{kind} {anchor(path, name) if name else label(path)} "{plain}"'
        if path.startswith("include/keywright/") and "/detail/" not in path and path.endswith(".hpp"):
            return f'@ref {path.removeprefix("include/")} "{plain}"'
        # What has no page stands there by its name; tests/docs/check.py has seen that it exists.
        return prose(text)

    def code(self, page, span):
        """A name with its namespace leads to its page, so that one that is gone is a warning. Of what was, a changelog speaks."""
        if page != "CHANGELOG.md" and re.fullmatch(r"`(?:%s)::[a-z]\w*`" % "|".join(NAMESPACES), span):
            return f'@ref keywright::{span[1:-1]} "{span[1:-1]}"'
        return code_span(CODE.match(span))

    def line(self, page, text):
        out, at = [], 0
        # A link may hold code, and code may look like a link; whichever begins first is what it is.
        for found in re.finditer(r"`[^`]+`|\[((?:`[^`]*`|[^\]`])+)\]\(([^)\s]+)\)", text):
            out.append(text[at:found.start()].translate(str.maketrans({"@": "\\@", "<": "\\<", "%": "\\%", "#": "\\#"})))
            out.append(self.code(page, found[0]) if found[0][0] == "`" else self.link(page, found[1], found[2]))
            at = found.end()
        return "".join(out) + text[at:].translate(str.maketrans({"@": "\\@", "<": "\\<", "%": "\\%", "#": "\\#"}))

    def render(self, page):
        """The page as doxygen's Markdown. Of two headings alike the second gets a number, as on hosting sites."""
        out, fence, before, names = [], False, "", []
        for line in (self.root / page).read_text(encoding="utf-8").split("\n"):
            if line.startswith("```"):
                fence = not fence
                out.append(line.replace("```text", "```{.unparsed}").replace("```sh", "```{.unparsed}"))
            elif fence or (line.startswith("    ") and re.match(r"\s*$|    |#+ ", before)):
                out += ["", line] if before.startswith("#") and not fence else [line]  # doxygen wants an empty line before code
            elif found := re.match(r"<!-- generated: (.+) -->$", line):
                out += self.fill(found[1]).split("\n")
            elif found := re.match(r"(#+) (.+)$", line):
                name = slug(found[2])
                names.append(name)
                name = anchor(page, f"{name}-{names.count(name) - 1}" if names.count(name) > 1 else name)
                if found[1] == "#":
                    name = label(page)
                title = self.line(page, html.unescape(found[2]))
                out.append(f"{found[1]} {title}" + ("" if name == "index" else f" {{#{name}}}"))
            else:
                out.append(self.line(page, line))
            before = line
        return "\n".join(out)
