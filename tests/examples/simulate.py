# SPDX-License-Identifier: Apache-2.0
"""The simulator against expectations by hand.    python3 tests/examples/simulate.py PROGRAM"""
import sys

import simulate_cases
import simulate_dynamics_365
import simulate_enterprise_policy
import simulate_lines
import simulate_power_platform
import simulate_recommended
import simulate_scenarios
from simulate_cases import fail, run, seen

PROFILES = {
    "power_platform": simulate_power_platform,
    "recommended": simulate_recommended,
    "dynamics_365": simulate_dynamics_365,
    "enterprise_policy": simulate_enterprise_policy,
}


def every_operation(profile, module):
    """Each word that the program knows has been allowed once and refused once."""
    for word in (row["do"] for row in run([], "--list", profile)):
        missing = {"allowed", "refused"} - seen.get((profile, word), set())
        if word in getattr(module, "NEVER_REFUSED", ()):
            missing -= {"refused"}
        if word not in getattr(module, "ONLY", [word]):
            continue
        if missing:
            fail(f"{profile}: {word}", f"no case in which it is {' or '.join(sorted(missing))}")


def main():
    simulate_cases.PROGRAM = sys.argv[1]
    for profile, module in PROFILES.items():
        for cases in module.ALL:
            cases()
        every_operation(profile, module)
    for cases in simulate_lines.ALL + simulate_scenarios.ALL:
        cases()
    simulate_lines.the_table(PROFILES)
    if simulate_cases.failures:
        sys.exit(f"simulate: {len(simulate_cases.failures)} failures")
    print("simulate: all as the rules say")


if __name__ == "__main__":
    main()
