# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that a compiler does not know. Prints each breach; exit code 1 if there is one.

    python3 tests/house/house.py [--root FOLDER] [CHECK...]

Each check is a generator over a Tree; selftest.py plants a breach for every one of them.
"""
import argparse
import pathlib
import re
import sys

# --- the layers: an arrow reads "may include"; reach is transitive ---

ARROWS = {
    "core": [],
    "detail": ["core"],
    "policy": ["core"],
    "guards": ["policy"],
    "profiles": ["guards"],
    "formats": ["core", "detail"],
    "keys": ["formats"],
    "envelope": ["keys"],
    "ports": ["policy", "keys"],
    "service": ["ports", "profiles", "envelope"],
    "adapters": ["ports", "envelope"],  # envelope: an encrypted database is made of pages
    "testing": ["ports", "profiles", "envelope"],
    # headers at the root
    "version.hpp": [],
    "policy.hpp": ["version.hpp", "profiles"],
    "insecure.hpp": ["core"],
    "throwing.hpp": ["core"],
    "format.hpp": ["version.hpp", "policy.hpp", "service"],
    "keywright.hpp": ["version.hpp", "policy.hpp", "format.hpp", "service"],
}
# Writing a file so that a crash leaves it whole is one idea; it has no dependency.
SHARED_BY_ADAPTERS = ["adapters/file/durable.hpp"]
PURE = ["policy", "guards", "profiles", "policy.hpp"]
IMPURE = re.compile(r"^(botan/|fmt/|nlohmann/|chrono$|iostream$|thread$|mutex$)")

# Foreign headers that are not everybody's: where each may stand.
FOREIGN = [
    (re.compile(r"^nlohmann/"), ["formats/byok", "formats/jwk", "formats/tink_keyset_json", "service/"]),
    (re.compile(r"^sqlite3(ext)?\.h$"), ["adapters/sqlite/"]),
    (re.compile(r"^doctest/"), ["testing/"]),
    (re.compile(r"^openssl/"), ["adapters/openssl/"]),
    (re.compile(r"^(libpq-fe\.h|pkcs11|curl/)"), ["adapters/"]),
]
THIRD_PARTY = re.compile(r"^(botan/|fmt/|tl/|nlohmann/|doctest/|sqlite3|libpq-fe|curl/|pkcs11|openssl/)")

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
SOURCES = {".hpp", ".cpp", ".h", ".c", ".cc"}
SCRIPTS = {".cmake", ".py", ".sh"}
HEADER_LINES = 400
EXAMPLE_LINES = 80  # of those for one task


class Tree:
    """The files of one checkout, read once. Build folders and what git ignores by name are left out."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root)
            if name.parts[0] in (".git", "build", ".cache") or "__pycache__" in name.parts or not path.is_file():
                continue
            # Data and corpora are bytes that others define.
            if name.parts[0] == "tests" and {"data", "corpus", "vectors"} & set(name.parts):
                continue
            try:
                self.texts[name.as_posix()] = path.read_text()
            except UnicodeDecodeError:
                continue

    def headers(self):
        """(name below include/keywright, text)"""
        for name, text in self.texts.items():
            if name.startswith("include/keywright/"):
                yield name[len("include/keywright/"):], text

    def includes_of(self, header):
        text = self.texts.get("include/keywright/" + header, "")
        return [i for i in INCLUDE.findall(text)]


def layer_of(header):
    return header.split("/")[0]


def reach(layer):
    seen, todo = {layer}, [layer]
    while todo:
        for lower in ARROWS.get(todo.pop(), []):
            if lower not in seen:
                seen.add(lower)
                todo.append(lower)
    return seen


def own_includes(tree, header):
    return [i[len("keywright/"):] for i in tree.includes_of(header) if i.startswith("keywright/")]


# --- checks ---


def arrows(tree):
    for header, _ in tree.headers():
        layer = layer_of(header)
        if layer not in ARROWS:
            yield f"{header}: no layer of this name in the table of tests/house/house.py"
            continue
        for target in own_includes(tree, header):
            if layer_of(target) not in reach(layer):
                yield f"{header}: `{layer}` may not include `{target}`"
            # adapters/memory.hpp includes all of adapters/memory/.
            own = header.removesuffix(".hpp").split("/")[1:2]
            shared = target in SHARED_BY_ADAPTERS or target.split("/")[1:2] in (["detail"], own)
            if layer == layer_of(target) == "adapters" and not shared:
                yield f"{header}: one adapter may not include another: `{target}`"


def includes_exist(tree):
    for header, _ in tree.headers():
        for target in own_includes(tree, header):
            if "include/keywright/" + target not in tree.texts:
                yield f"{header}: includes `{target}`, which does not exist"
        for target in tree.includes_of(header):
            if target.startswith("."):
                yield f"{header}: relative include `{target}`; write <keywright/…>"


def purity(tree):
    for start, _ in tree.headers():
        if layer_of(start) not in PURE:
            continue
        seen, todo = {start}, [(start, [start])]
        while todo:
            header, way = todo.pop()
            for target in tree.includes_of(header):
                if IMPURE.match(target):
                    yield f"{start}: reaches <{target}> by " + " -> ".join(way)
            for target in own_includes(tree, header):
                if target not in seen:
                    seen.add(target)
                    todo.append((target, way + [target]))


def foreign(tree):
    for header, _ in tree.headers():
        for target in tree.includes_of(header):
            for pattern, places in FOREIGN:
                if pattern.match(target) and not any(header.startswith(p) for p in places):
                    yield f"{header}: <{target}> is allowed only in {', '.join(places)}"


def size(tree):
    for header, text in tree.headers():
        lines = text.count("\n")
        if lines > HEADER_LINES:
            yield f"{header}: {lines} lines, expected at most {HEADER_LINES}: split it by idea"
    for name, text in tree.texts.items():
        if re.fullmatch(r"examples/(policies/)?\w+\.cpp", name) and text.count("\n") > EXAMPLE_LINES:
            yield f"{name}: {text.count(chr(10))} lines, expected at most {EXAMPLE_LINES}: one example, one task"


def shape(tree):
    for header, text in tree.headers():
        lines = text.splitlines()
        if len(re.findall(r"^#pragma once$", text, re.M)) != 1:
            yield f"{header}: expected one line `#pragma once`"
        if len(lines) < 2 or not lines[1].startswith("// "):
            yield f"{header}: expected a preamble of `//` lines after the licence line: what, depends on, smallest use"
        ranks = [0 if i.startswith("keywright/") else 1 if THIRD_PARTY.match(i) else 2 for i in INCLUDE.findall(text)]
        if ranks != sorted(ranks):
            yield f"{header}: expected includes in three blocks: keywright, third-party, standard"


def spdx(tree):
    for name, text in tree.texts.items():
        path = pathlib.PurePosixPath(name)
        is_cmake = path.name == "CMakeLists.txt" or name.endswith(".cmake.in")
        if path.suffix in SOURCES:
            wanted = "// SPDX-License-Identifier: Apache-2.0"
        elif path.suffix in SCRIPTS or is_cmake or path.name in (".clang-format", ".clang-tidy"):
            wanted = "# SPDX-License-Identifier: Apache-2.0"
        else:
            continue
        first = text.splitlines()[:2] + ["", ""]
        leads = first[0].startswith("#!")
        if first[1 if leads else 0] != wanted:
            yield f"{name}: expected first line `{wanted}`"


def secrets(tree):
    for name, text in tree.texts.items():
        if pathlib.PurePosixPath(name).suffix not in SOURCES:
            continue
        if "secret_door" in text and name != "include/keywright/core/secret_bytes.hpp":
            yield f"{name}: names `secret_door`, which is for core/secret_bytes.hpp alone"
        if name.startswith("include/") and "keywright/insecure.hpp" in INCLUDE.findall(text):
            yield f"{name}: includes insecure.hpp, which is for consumers, and in no header"
        if name.startswith("examples/") and "detail::" in text:
            yield f"{name}: an example uses only what is public, found `detail::`"


def wording(tree):
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    machine = re.compile(r"(?<![\w.])(/wo" r"rk/|/tmp/k" r"w\b|/ro" r"ot/)")
    for name, text in tree.texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if unfinished.search(line):
                yield f"{name}:{number}: unfinished work is done or deleted, not marked: {line.strip()[:80]}"
            if machine.search(line):
                yield f"{name}:{number}: a path of one machine: {line.strip()[:80]}"


def registered(tree):
    """A test that no CMakeLists.txt names is never run."""
    for name in tree.texts:
        path = pathlib.PurePosixPath(name)
        if path.parts[0] not in ("tests", "examples") or path.parts[1:2] == ("package",):
            continue
        if path.suffix not in (".cpp", ".c") and path.name != "CMakeLists.txt":
            continue
        needle = path.parent.name if path.name == "CMakeLists.txt" else path.stem
        folder = path.parent.parent if path.name == "CMakeLists.txt" else path.parent
        lists = []
        while folder.parts:
            lists.append((folder / "CMakeLists.txt").as_posix())
            folder = folder.parent
        lists += ["CMakeLists.txt", "cmake/keywright_dev.cmake"]
        if not any(re.search(rf"\b{re.escape(needle)}\b", tree.texts.get(entry, "")) for entry in lists):
            yield f"{name}: no CMakeLists.txt above names `{needle}`, so it is never built"


# What Botan calls algorithms. Reading the files of others is not bound by our list, and comparing a name is not using it.
ALGORITHM = re.compile(
    r'(?P<by>approved<|for_old_programs<)?(?<![=!]= )"(?P<name>(?:SHA-|MD5|SM3|RIPEMD|HMAC\(|HKDF\(|PBKDF2|OAEP\(|PKCS1v15|PSS|EMSA|AES-|Argon2|'
    r'Scrypt|TripleDES|Camellia|SM4|ChaCha|Pure|PBES2|PBMAC|secp)[\w/(),-]*)"')
READERS = re.compile(r"^(formats/(?!.*write)|envelope/uncommitted)")


def algorithms(tree):
    """Ours are named as `approved<"…">` (what only old programs need, `for_old_programs<"…">`), and each is in a list `algorithms<"…">` that a profile can be checked against."""
    used, listed = {}, set()
    for header, text in tree.headers():
        text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
        for names in re.findall(r"= (?:keywright::)?algorithms<([^>]*)>;", text):
            listed |= set(re.findall(r'"([^"]*)"', names))
        text = re.sub(r"algorithms<[^>]*>;", "", text)
        if READERS.match(header) or header.startswith("testing/") or header == "core/algorithms.hpp":
            continue
        for match in ALGORITHM.finditer(text):
            if not match["by"]:
                yield f"{header}: an algorithm is named as `approved<\"{match['name']}\">`, found it bare"
            if match["by"] != "for_old_programs<":
                used.setdefault(match["name"], header)
    for name in sorted(set(used) - listed):
        yield f"{used[name]}: `{name}` is in no list `algorithms<…>`, so no profile is checked for it"
    for name in sorted(listed - set(used)):
        yield f"core/algorithms.hpp: a list names `{name}`, which nothing uses"


OPENED = re.compile(r"^namespace ([\w:]+) \{$|^(\} // namespace )")
# A function at the start of a line with its parameters, or a class with a body. Templates may be specialised and are left to the linker.
DEFINED = re.compile(r"^(?:\[\[nodiscard\]\] )?(?:inline|constexpr) [^(=;]*?\b(\w+\([^)]*\))|^(?:class|struct)(?: \[\[nodiscard\]\])? (\w+)(?: final)?(?: : .*)? \{")


def one_definition(tree):
    """Two headers that define one name are no error where nobody includes both, and a crash where two units include one each."""
    found = {}
    for header, text in tree.headers():
        spaces, before = [], ""
        for line in text.splitlines():
            if opened := OPENED.match(line):
                spaces = spaces[:-1] if opened[2] else spaces + [opened[1]]
            elif (defined := DEFINED.match(line)) and not before.startswith("template"):
                found.setdefault("::".join(spaces + [defined[1] or defined[2]]), set()).add(header)
            before = line
    for name, headers in sorted(found.items()):
        if len(headers) > 1:
            yield f"{sorted(headers)[1]}: `{name}` is defined in {sorted(headers)[0]}, too: two things, two names"


MOST_PARAMETERS = 4  # that a caller must give: one with a default is left out where it does not matter
# Those whose parameters others have chosen, and constructors that are handed their members one by one.
MORE_PARAMETERS = {
    ("adapters/sqlite/encrypted/encrypted_vfs.hpp", "open"): "SQLite's xOpen",
    ("adapters/sqlite/encrypted_database.hpp", "authorise"): "SQLite's callback",
    ("envelope/page_backup.hpp", "backup_reader"): "a private constructor",
    ("profiles/next_allowed.hpp", "survey"): "a constructor of a detail",
    ("service/tenant_service.hpp", "tenant_service"): "the five ports",
}
MOST_LINES = 30
# Longer ones, in which each line or two is about one alternative, and a reader looks for one. Suites of testing/ are lists of cases.
MORE_LINES = {
    ("format.hpp", "sentence"), ("service/notices.hpp", "describe"), ("policy/evolve.hpp", "evolve"), ("policy/vault_evolve.hpp", "evolve"),
    ("policy/effects.hpp", "effects_of"), ("policy/state.hpp", "visit"), ("profiles/plan.hpp", "outline"),
    ("profiles/consistency.hpp", "check_profile"), ("formats/key_file.hpp", "explain"), ("adapters/sqlite/page_cache.hpp", "page_cache_methods"),
}
NO_CODE = re.compile(r'//[^\n]*|"(?:\\.|[^"\\\n])*"')
NO_NAME = {"if", "for", "while", "switch", "catch", "requires", "noexcept", "decltype", "sizeof", "return"}
CALLABLE = re.compile(r"\b(operator\(\)|\w+)\(")
BODY_FOLLOWS = re.compile(r"\s*(?:(?:const|noexcept|override|final)\b\s*|&&?\s*|->[^;{]*|requires\b[^;{]*)*\{")
MEMBERS_FOLLOW = re.compile(r"\s*(?:noexcept\s*)?:\s*\w+[({]")


def closing(code, at):
    """Where the bracket closes whose inside begins at `at`."""
    depth = 1
    while depth and at < len(code):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        at += 1
    return at - 1


def parameters_of(text):
    """The parameters of a list, each as it is written."""
    found, depth, last = [], 0, ""
    for sign in text:
        depth += (sign in "([{<") - (sign in ")]}" or (sign == ">" and last != "-"))
        last = sign
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1:] = [(found or [""])[-1] + sign]
    return [p for p in found if p.strip()]


def functions_of(text):
    """(name, its parameters, where it begins and its body ends) of every function with a body and a name."""
    code = NO_CODE.sub(lambda match: " " * len(match[0]), text)
    for match in CALLABLE.finditer(code):
        if match[1] in NO_NAME:
            continue
        end = closing(code, match.end())
        begins_line = re.fullmatch(r"\s*(?:(?:explicit|constexpr|inline)\s+)*", code[code.rfind("\n", 0, match.start()) + 1:match.start()])
        body = BODY_FOLLOWS.match(code, end + 1)
        if body or (begins_line and MEMBERS_FOLLOW.match(code, end + 1)):
            yield match[1], parameters_of(code[match.end():end]), match.start(), closing(code, body.end()) if body else end


def parameters(tree):
    for header, text in tree.headers():
        for name, given, at, _ in functions_of(text):
            count = sum(1 for p in given if not re.search(r"(?<![=!<>])=(?!=)", p))
            if count > MOST_PARAMETERS and (header, name) not in MORE_PARAMETERS:
                yield (f"{header}:{text.count(chr(10), 0, at) + 1}: `{name}` takes {count} parameters, expected at most {MOST_PARAMETERS}: "
                       "put what belongs together into one value")


def lengths(tree):
    for header, text in tree.headers():
        for name, _, begin, end in functions_of(text):
            lines = text.count("\n", begin, end) + 1
            if lines > MOST_LINES and (header, name) not in MORE_LINES and layer_of(header) != "testing":
                yield f"{header}:{text.count(chr(10), 0, begin) + 1}: `{name}` has {lines} lines, expected at most {MOST_LINES}: split it by idea"


CHECKS = {f.__name__: f for f in (arrows, includes_exist, purity, foreign, size, shape, parameters, lengths, spdx, secrets, algorithms, wording, registered, one_definition)}


def breaches(root, names=()):
    tree = Tree(root)
    return [f"{name}: {breach}" for name in (names or CHECKS) for breach in CHECKS[name](tree)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=", ".join(CHECKS))
    arguments = parser.parse_args()
    found = breaches(arguments.root, arguments.checks)
    for breach in found:
        print(breach)
    print(f"house: {len(arguments.checks or CHECKS)} checks, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
