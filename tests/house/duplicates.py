# SPDX-License-Identifier: Apache-2.0
"""No text stands twice: fails where two places share a longer run of tokens than is allowed where they are.

    python3 tests/house/duplicates.py [--root FOLDER]

A token is a word, a number, a text or one sign; comments, spaces and lines of `#include` are none. What is shared is
found by windows of tokens: each is remembered where it was last seen, and what follows it is compared from there.
The rules that are written a second time on purpose, tests/second_model, are compared with nothing.
"""
import argparse
import pathlib
import re
import sys

# How many tokens two places may share, of two folders the larger: a header is read often, an example alone, and tests
# begin alike. What is longer is written once; who mends the longest lowers the number.
LIMITS = {"include": 110, "examples": 140, "tests": 220}
SECOND = "tests/second_model/"
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|^[ \t]*#[ \t]*include[^\n]*|(?P<token>"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|\w+|[^\s\w])', re.M | re.S)


def tokens_of(text):
    """(token, its line) of a source file."""
    found, line, at = [], 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match["token"]:
            found.append((match["token"], line))
    return found


def sources(root):
    for folder in LIMITS:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in (".hpp", ".cpp", ".c") and not name.startswith(SECOND):
                yield name, tokens_of(path.read_text())


def shared_size(words, at, theirs, begin, same_file):
    """How many tokens are the same from two places on. In one file not past the second place: of rows that are alike each
    is compared with the one before, and that is all that they share."""
    size, most = 0, min(len(words) - at, len(theirs) - begin)
    if same_file:
        most = min(most, at - begin)
    while size < most and words[at + size] == theirs[begin + size]:
        size += 1
    return size


def shared(files, least):
    """(size, (file, line), (file, line)) of each run of at least `least` tokens that stands in two places."""
    words = {name: [word for word, _ in tokens] for name, tokens in files.items()}
    seen, found = {}, []
    for name, tokens in files.items():
        at = 0
        while at + least <= len(tokens):
            window = tuple(words[name][at:at + least])
            other, begin = seen.get(window, (name, at))
            seen[window] = name, at
            size = shared_size(words[name], at, words[other], begin, other == name)
            if size >= least:
                found.append((size, (other, files[other][begin][1]), (name, tokens[at][1])))
            at += max(size, 1)
    return sorted(found, reverse=True)


def breaches(root):
    files = dict(sources(root))
    for size, one, other in shared(files, min(LIMITS.values())):
        limit = max(LIMITS[name.split("/")[0]] for name, _ in (one, other))
        if size > limit:
            yield f"{other[0]}:{other[1]}: {size} tokens stand in {one[0]}:{one[1]} too, expected at most {limit}: write them once"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    found = list(breaches(parser.parse_args().root))
    for breach in found:
        print(breach)
    print(f"duplicates: {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
