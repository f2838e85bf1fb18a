# SPDX-License-Identifier: Apache-2.0
"""Commands a second of the simulator on one core, end to end, beside the same lines through Python's json (read, and written again).

    cmake --preset release && cmake --build build/release --target simulate
    python3 tests/bench/simulate.py build/release/bin/simulate [LINES]
"""
import datetime
import json
import os
import resource
import subprocess
import sys
import tempfile

PEER = "import json, sys\nfor line in sys.stdin: sys.stdout.write(json.dumps(json.loads(line)) + '\\n')"
ROUNDS = 5


def scenario(lines):
    """100 environments that are applied, opened, backed up, restored and returned, one after the other; one line in nine is refused."""
    now = datetime.datetime(2026, 1, 1)
    made = [{"profile": "power_platform"}]

    def add(do, **fields):
        made.append({"at": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "do": do, **fields})

    add("tenant", tenant="contoso", seats=5000, opted_in=True)
    add("feature_on")
    for who in ("alice", "bob", "carol"):
        add("admin", who=who)
    now += datetime.timedelta(seconds=1)
    for i in range(100):
        add("environment", by="alice", environment=f"env{i}", kind="sandbox")
    add("upload_key", by="alice", key="k1", material="m1", acknowledged=True)
    add("completed", of="activation")
    for i in range(lines // 9):
        now += datetime.timedelta(minutes=1)
        environment, backup = f"env{i % 100}", f"b{i // 100}"
        add("apply_key", by="alice", environment=environment, acknowledged=True, confirmed=True)
        add("completed", of="apply", environment=environment)
        add("open", by="bob", environment=environment)
        add("lock", by="mallory", material="m2", confirmation="lock contoso")
        add("backup", by="bob", environment=environment, backup=backup)
        add("restore", by="carol", environment=environment, backup=backup)
        add("completed", of="restore", environment=environment)
        add("return_to_provider", by="alice", environment=environment, acknowledged=True, confirmed=True)
        add("completed", of="return", environment=environment)
    return made


def seconds(command, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(path, "rb") as given, open(os.devnull, "wb") as nowhere:
        subprocess.run(command, stdin=given, stdout=nowhere, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    program, lines = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300_000
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        made = scenario(lines)
        file.write("".join(json.dumps(each, separators=(",", ":")) + "\n" for each in made))
        file.flush()
        rounds = [(seconds([program], file.name), seconds([sys.executable, "-c", PEER], file.name)) for _ in range(ROUNDS)]
    ours, peer = min(r[0] for r in rounds), min(r[1] for r in rounds)
    print(f"{len(made)} lines: simulate {len(made) / ours:,.0f} a second, Python's json {len(made) / peer:,.0f}; ratio {ours / peer:.2f} of its time")


if __name__ == "__main__":
    main()
