# SPDX-License-Identifier: Apache-2.0
"""Public names and what is written about them are English, spelt one way: each word is in Debian's British word list or in terms.txt.

    python3 tests/house/spelling.py [--root FOLDER] [--dictionary FILE]

Names are what the headers declare (also template parameters, and names that are spelt in strings), and the options of
the examples' programs; they are split at `_`, at `-` and where capitals begin. Texts are comments, messages and pages.
"""
import argparse
import pathlib
import re
import sys

import house

DICTIONARY = pathlib.Path("/usr/share/dict/british-english")
SKIP = 77
# Where the language has two words, the house has one.
ONE_OF_TWO = {
    "license": "licence", "acknowledgment": "acknowledgement", "judgement": "judgment", "programme": "program", "gray": "grey", "disc": "disk",
    "focussed": "focused", "spelled": "spelt", "toward": "towards", "whilst": "while", "amongst": "among", "inquiry": "enquiry"}

# What is not code, whichever begins first. What a raw string holds is another language.
NOT_CODE = re.compile(
    r'//+[!<]* ?(?P<comment>.*)|R"(?P<end>\w*)\((?s:.*?)\)(?P=end)"|"(?P<string>(?:\\.|[^"\\\n])*)"'  # a comment, a raw string, a string
    r"|(?<!\d)'(?:\\.|[^'\\\n])+'")  # a character, and not the sign between digits
# After `::`, `.` or `->` stands what is declared elsewhere: here, if it is ours.
NAME = re.compile(r"(?<![\w.])(?<!::)(?<!->)[A-Za-z_]\w*")
OF_OTHERS = re.compile(r"(?!KEYWRIGHT)[A-Z][A-Z0-9]*(?:_\w+)?|(?:sqlite3|pthread)_\w+|x[A-Z]\w*")
SPELT_NAME = re.compile(r"[a-z]+(?:_[a-z0-9]+)+")
OPTION = re.compile(r"(?<![\w-])--([a-z]+(?:-[a-z]+)*)")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Not a word: code in backticks or a block, an address, a path, an operator's expression.
CODE = re.compile(r"```.*?```|^    .*?$|`[^`\n]*`|\S*[_/<>=:@\\(){}\[\]]\S*[\w/]|\S*\w\(\)", re.S | re.M)
WORD = re.compile(r"(?<![\w.%&-])[A-Za-z][a-z]+(?:'[a-z]+)?(?!\w)")


def code_and_texts(source):
    """A source file's code without strings and comments, its strings, its comments."""
    strings, comments = [], []

    def sort(match):
        (comments if match["comment"] else strings).append(match["comment"] or match["string"] or "")
        return '""'

    code = NOT_CODE.sub(sort, source)
    return re.sub(r"^\s*#.*$", "", code, flags=re.M), strings, "\n".join(comments)


def names_in(tree):
    """(file, name): what a consumer may have to write."""
    for header, text in tree.headers():
        code, strings, _ = code_and_texts(text)
        for name in sorted(set(NAME.findall(code)) | {string for string in strings if SPELT_NAME.fullmatch(string)}):
            if not OF_OTHERS.fullmatch(name):
                yield header, name
    for file, text in tree.texts.items():
        if file.startswith("examples/") and file.endswith(".cpp"):
            for option in sorted(set(OPTION.findall(text))):
                yield file, option


def texts_in(tree):
    """(file, text): what a reader of headers, examples and pages reads."""
    for file, text in tree.texts.items():
        if file.endswith(".md"):
            yield file, text
        elif file.startswith(("include/", "examples/")) and pathlib.PurePosixPath(file).suffix in house.SOURCES:
            _, strings, comments = code_and_texts(text)
            yield file, "\n".join([comments, *(string for string in strings if " " in string)])


def read_terms(path):
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {term for line in lines for term in line.split("#")[0].split()}


def breaches(tree, english, terms):
    met = set()

    def complaint(word):
        lower = word.lower()
        if lower in terms:
            return met.add(lower)
        if lower in ONE_OF_TWO:
            return f"`{word}`: the house spells `{ONE_OF_TWO[lower]}`"
        if word in english or lower in english or word[:1].upper() + word[1:] in english:
            return None
        return f"`{word}` is neither in the word list nor in tests/house/terms.txt"

    for file, name in names_in(tree):
        if name in terms:
            met.add(name)
            continue
        for part in PART.findall(name):
            if len(part) > 1 and (said := complaint(part.lower())):
                yield f"{file}: {name}: {said}"
    for file, text in texts_in(tree):
        words = {word.removesuffix("'s") for word in WORD.findall(CODE.sub(" ", text))}
        for word in sorted(words):
            if said := complaint(word):
                yield f"{file}: {said}"
    for term in sorted(terms - met):
        yield f"tests/house/terms.txt: nothing is called `{term}`"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--dictionary", type=pathlib.Path, default=DICTIONARY)
    arguments = parser.parse_args()
    if not arguments.dictionary.exists():
        print(f"SKIPPED: spelling: no {arguments.dictionary}; Debian's package `wbritish` has it")
        return SKIP
    english = set(arguments.dictionary.read_text(encoding="utf-8").split())
    found = list(breaches(house.Tree(arguments.root), english, read_terms(arguments.root / "tests/house/terms.txt")))
    for breach in found:
        print(f"spelling: {breach}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
