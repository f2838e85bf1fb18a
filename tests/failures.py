# SPDX-License-Identifier: Apache-2.0
"""What failed, on one screen: each failed test with how to run it alone and the lines that say why.

    python3 tests/failures.py BUILD_FOLDER RESULTS.xml     after `ctest --output-junit RESULTS.xml`

The middle of a long output is left out here; CTest printed all of it above.
"""
import sys
import xml.etree.ElementTree

LINES = 50  # of which each failed test gets its share, but two at least
WIDTH = 240


def shortened(text, count):
    """Of the lines that say something: the first half, where a list of failures begins, and the end."""
    lines = [line.rstrip()[:WIDTH] for line in text.splitlines() if line.strip(" \t=")]
    if len(lines) <= count:
        return lines
    head = count // 2
    return lines[:head] + [f"[{len(lines) - count} lines more]"] + lines[len(lines) - count + head + 1:]


def reason_of(case):
    """CTest's words, often none, where a test failed or could not be run; None where it passed or skipped itself."""
    for kind in ("failure", "skipped"):
        if (found := case.find(kind)) is not None and not found.get("message").startswith("SKIP_"):
            return found.get("message")
    return None


def main(build, results):
    cases = list(xml.etree.ElementTree.parse(results).iter("testcase"))
    failed = [(case, reason) for case in cases if (reason := reason_of(case)) is not None]
    share = max(2, LINES // max(1, len(failed)) - 1)
    print(f"\n{len(failed)} of {len(cases)} tests failed")
    for case, reason in failed:
        said = f"{reason}\n{case.findtext('system-out') or ''}"
        name = case.get("name")
        print(f"-- {name}, {float(case.get('time', 0)):.0f} s: ctest --test-dir {build} --output-on-failure -R '^{name}$'")
        print("\n".join("   " + line for line in shortened(said, share)))


if __name__ == "__main__":
    main(*sys.argv[1:])
