# SPDX-License-Identifier: Apache-2.0
"""Makes the documentation: every page of ours, every public header, tables and drawings made from the code.

    python3 docs/make.py --facts build/dev/bin/docs_facts --simulate build/dev/bin/simulate --out build/docs

Needs doxygen and dot; exit code 77 where they are missing, 1 where something is wrong: a warning of doxygen, a state
that no drawing shows, a rule without a sentence or a source.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "house"))

import drawings  # noqa: E402
import house  # noqa: E402
import stage  # noqa: E402
import tables  # noqa: E402

LAYERS = ["core", "policy", "guards", "profiles", "formats", "keys", "envelope", "ports", "service", "adapters", "testing"]
KEY_STATES = ["docs/states/tenant_key.jsonl", "examples/simulate/scenarios/dynamics_365_life.jsonl"]
ENVIRONMENT_STATES = ["docs/states/tenant_key.jsonl", "examples/simulate/scenarios/enterprise_policy_revocation.jsonl"]


def pages():
    """Ours, in the order in which they are listed."""
    first = ["README.md", "docs/README.md"]
    rest = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs").rglob("*.md"))
    examples = [f"examples/{page}" for page in ("README.md", "encrypted_sqlite/README.md", "inspect_key/README.md", "simulate/FORMAT.md")]
    last = examples + ["tests/README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
    return first + [p for p in rest if p not in first] + last


class Maker:
    def __init__(self, arguments):
        self.out, self.simulate = arguments.out, str(arguments.simulate)
        self.tree = house.Tree(ROOT)
        run = subprocess.run([str(arguments.facts)], check=True, capture_output=True, text=True)
        self.facts = tables.facts_of(run.stdout.splitlines())

    def text(self, header):
        return self.tree.texts["include/keywright/" + header]

    # --- drawings: each writes NAME.svg and is shown by @image ---

    def draw(self, name, dot):
        (self.out / "drawings").mkdir(exist_ok=True)
        (self.out / "drawings" / f"{name}.dot").write_text(dot)
        (self.out / "drawings" / f"{name}.svg").write_text(drawings.svg("dot", dot))
        return f"@image html {name}.svg"

    def draw_states(self, kind, name, order, scenarios):
        dot, seen = drawings.states(self.simulate, [str(ROOT / s) for s in scenarios], kind, name, order)
        if set(order) != seen:
            raise tables.Missing(f"drawing of {kind}: expected exactly the states that the policy names, differing in {sorted(set(order) ^ seen)}")
        return self.draw("states_of_" + kind, dot)

    def fill(self, what):
        """What stands in a page's place for something generated."""
        what, _, of = what.partition(" ")
        makers = {
            "headers": lambda: tables.headers_of(self.tree, of),
            "arrows": lambda: tables.arrows_of(house, of),
            "errors": lambda: tables.errors(self.facts, self.text("core/error.hpp")),
            "rules": lambda: tables.rules(self.facts, self.tree),
            "sources": lambda: tables.sources(self.facts),
            "threads": lambda: tables.threads(self.tree),
            "layers": lambda: self.draw("layers", drawings.layers(house, self.tree, LAYERS)),
            "keys": lambda: self.draw("keys", (ROOT / "docs" / "keys.dot").read_text()),
            "key_states": lambda: self.draw_states("keys", "key", [w[0] for w in self.facts["key_state"]], KEY_STATES),
            "environment_states": lambda: self.draw_states(
                "environments", "environment", sorted(drawings.environment_states(self.text("policy/names.hpp"))), ENVIRONMENT_STATES),
        }
        if what not in makers:
            raise tables.Missing(f"a page asks for `{what}`, expected one of {', '.join(makers)}")
        return makers[what]()

    # --- everything ---

    def write(self, name, text):
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def make(self):
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        for header, text in self.tree.headers():
            if tables.is_interface(header):
                self.write("include/keywright/" + header, stage.header(text))
        names = pages()
        staged = stage.Pages(ROOT, names, self.fill)
        for name in names:
            self.write("pages/" + name, staged.render(name))
        shutil.copy(ROOT / "docs" / "Doxyfile", self.out)
        shutil.copy(ROOT / "docs" / "style.css", self.out)
        with open(self.out / "Doxyfile", "a", encoding="utf-8") as file:
            file.write("INPUT = " + " ".join(f"pages/{name}" for name in names) + " include\nIMAGE_PATH = drawings\n")
        run = subprocess.run(["doxygen"], cwd=self.out, capture_output=True, text=True)
        said = (run.stdout + run.stderr).replace(f"{self.out}/pages/", "").replace(f"{self.out}/", "")
        if run.returncode or "warning:" in said or "error:" in said:
            print(said, end="")
            return 1
        return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--facts", type=pathlib.Path, required=True, help="the program docs_facts")
    parser.add_argument("--simulate", type=pathlib.Path, required=True, help="the program simulate")
    parser.add_argument("--out", type=lambda p: pathlib.Path(p).resolve(), required=True, help="a folder, made anew")
    arguments = parser.parse_args()
    for tool in ("doxygen", "dot"):
        if not shutil.which(tool):
            print(f"SKIPPED: {tool} is not installed, so no page was made")
            return 77
    try:
        result = Maker(arguments).make()
    except tables.Missing as missing:
        print(f"docs: {missing}")
        return 1
    print(f"docs: made in {arguments.out}/html/index.html" if result == 0 else "docs: doxygen warned, see above")
    return result


if __name__ == "__main__":
    sys.exit(main())
