# SPDX-License-Identifier: Apache-2.0
"""Keeps cmake/headers.cmake: which header belongs to which component.

    python3 tests/house/header_list.py --write    after adding, moving or removing a header
    python3 tests/house/header_list.py            says what is missing or stale; exit code 1 if anything is

The list is explicit, so that a build never depends on what happens to lie in a folder; this check makes sure
that nothing is forgotten.
"""
import argparse
import pathlib
import sys

# The first rule that matches decides. A folder of adapters without a rule is a mistake, not a default.
RULES = [
    ("adapters/sqlite/", "SQLITE"),
    ("adapters/openssl/", "OPENSSL"),
    ("adapters/memory", "KEYWRIGHT"),
    ("adapters/system/", "KEYWRIGHT"),
    ("adapters/file/", "KEYWRIGHT"),
    ("adapters/detail/", "KEYWRIGHT"),
    ("adapters/", None),
    ("testing/", "TESTING"),
    ("core/secret_bytes.hpp", "KEYWRIGHT"),
    ("core/hex.hpp", "KEYWRIGHT"),
    ("core/", "POLICY"),
    ("policy/", "POLICY"),
    ("guards/", "POLICY"),
    ("profiles/", "POLICY"),
    ("policy.hpp", "POLICY"),
    ("version.hpp", "POLICY"),
    ("", "KEYWRIGHT"),
]
COMPONENTS = ["POLICY", "KEYWRIGHT", "SQLITE", "OPENSSL", "TESTING"]


def component_of(header):
    return next(component for prefix, component in RULES if header.startswith(prefix))


def listing(root):
    """The text that cmake/headers.cmake must have, and the headers that no rule covers."""
    base = root / "include" / "keywright"
    headers = sorted(p.relative_to(base).as_posix() for p in base.rglob("*.hpp"))
    lost = [h for h in headers if component_of(h) is None]
    lines = [
        "# SPDX-License-Identifier: Apache-2.0",
        "# Every header, by component. Written by `python3 tests/house/header_list.py --write`; a test compares.",
    ]
    for component in COMPONENTS:
        lines += ["", f"set(KEYWRIGHT_{component}_HEADERS"]
        lines += [f"    include/keywright/{h}" for h in headers if component_of(h) == component]
        lines += [")"]
    return "\n".join(lines) + "\n", lost


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    wanted, lost = listing(arguments.root)
    for header in lost:
        print(f"header_list: {header}: no component for this adapter; add a rule to tests/house/header_list.py")
    target = arguments.root / "cmake" / "headers.cmake"
    if arguments.write:
        target.write_text(wanted)
        return 1 if lost else 0
    found = target.read_text() if target.exists() else ""
    missing = sorted(set(wanted.splitlines()) - set(found.splitlines()))
    stale = sorted(set(found.splitlines()) - set(wanted.splitlines()))
    for line in missing:
        print(f"header_list: not in cmake/headers.cmake: {line.strip()}")
    for line in stale:
        print(f"header_list: in cmake/headers.cmake, but not in the tree: {line.strip()}")
    if found != wanted and not missing and not stale:
        print("header_list: cmake/headers.cmake has an entry in the wrong component or order")
    if found != wanted:
        print("header_list: run `python3 tests/house/header_list.py --write`")
    return 1 if lost or found != wanted else 0


if __name__ == "__main__":
    sys.exit(main())
