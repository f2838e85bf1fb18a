# SPDX-License-Identifier: Apache-2.0
"""What makes and checks the pages, with a breach planted for each of its checks."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "docs"), str(ROOT / "tests" / "house")]

import check  # noqa: E402
import house  # noqa: E402
import stage  # noqa: E402
import tables  # noqa: E402


class Planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Links(Planted):
    def found(self):
        return list(check.broken_links(self.root)) + list(check.broken_names(self.root))

    def test_a_link_to_a_file_and_to_a_heading_holds(self):
        self.write("docs/a.md", "# A\n[there](b.md) [below](b.md#what-it-does) [web](https://example.org)\n")
        self.write("docs/b.md", "# B\n## What it `does`\n")
        self.assertEqual(self.found(), [])

    def test_a_link_to_no_file_is_found(self):
        self.write("docs/a.md", "# A\n\n[there](c.md)\n")
        self.assertIn("docs/a.md:3", self.found()[0])

    def test_a_link_to_no_heading_is_found(self):
        self.write("docs/a.md", "# A\n[there](a.md#elsewhere)\n")
        self.assertIn("no heading", self.found()[0])

    def test_a_heading_in_code_is_no_heading(self):
        self.write("a.md", "# A\n[there](#comment)\n```sh\n# comment\n```\n")
        self.assertIn("no heading", self.found()[0])

    def test_code_holds_no_link(self):
        self.write("a.md", "# A\n`[x](y.md)`\n\n    [x](y.md)\n```\n[x](y.md)\n```\n")
        self.assertEqual(self.found(), [])

    def test_a_header_that_names_no_header_is_found(self):
        self.write("include/keywright/keys/a.hpp", "// licence\n// Depends on: keys/a, keys/gone. See detail/b.hpp.\n")
        self.write("include/keywright/keys/detail/b.hpp", "// licence\n")
        self.assertEqual(len(self.found()), 1)
        self.assertIn("keys/gone", self.found()[0])

    def test_a_page_that_names_what_no_header_has_is_found(self):
        self.write("include/keywright/keys/a.hpp", "// of lost\nnamespace keywright::keys { struct ring { int open; }; }\n")
        self.write("docs/a.md", "`keys::ring::open`, `keywright::keys::ring`, `Botan::PKCS12`, `lost`\n\n`x = keys::lost(1)`\n")
        self.write("CHANGELOG.md", "`keys::lost` is gone\n")
        self.assertEqual(list(check.gone_names(self.root)), ["docs/a.md:3: `keys::lost` is in no header"])

    def test_a_broken_site_is_found(self):
        self.write("a.html", '<p id="x"><a href="b.html#y">b</a><a href="#x">a</a><img src="c.svg"></p>')
        self.write("b.html", "<p></p>")
        found = list(check.broken_in_site(self.root))
        self.assertEqual(len(found), 2, found)

    def test_an_empty_site_is_found(self):
        self.assertEqual(len(list(check.broken_in_site(self.root))), 1)


class Tables(Planted):
    FACTS = ["rule\tpower_platform\tT18\tlock_cooldown\tT18", "source\tT18\ta page\tLock", "error\tmalformed\tno\t"]

    def tree(self, comment="/// T18: no lock for `span`. More.\n"):
        self.write("include/keywright/policy/locking.hpp", f"// licence\n// Locking.\n\n{comment}struct lock_cooldown {{\n}};\n")
        return house.Tree(self.root)

    def test_a_rule_is_told_by_its_first_sentence(self):
        self.assertIn("No lock for <code>span</code>.", tables.rules(tables.facts_of(self.FACTS), self.tree()))

    def test_a_rule_of_a_family_is_told_by_its_own_sentence(self):
        self.write("include/keywright/policy/cooldown.hpp", "/// `Since`: the moment.\ntemplate <fixed_text Id>\nstruct cooldown {\n};\n")
        self.write("include/keywright/policy/locking.hpp",
                   '/// T18: no lock for three days.\nconstexpr int last(const facts& f) {\n    return f.at;\n}\nusing lock_cooldown = cooldown<"T18", last>;\n')
        cited = ["rule\tdynamics_365\tI08\tcooldown\tT18", "source\tI08\ta page\tLock"]
        table = tables.rules(tables.facts_of(cited), house.Tree(self.root))
        self.assertIn('"lock_cooldown" | No lock for three days.', table)
        self.assertNotIn("Since", table)

    def test_a_rule_without_a_comment_is_found(self):
        with self.assertRaisesRegex(tables.Missing, "without a `///` comment"):
            tables.rules(tables.facts_of(self.FACTS), self.tree(comment=""))

    def test_a_rule_without_a_source_is_found(self):
        with self.assertRaisesRegex(tables.Missing, "does not name"):
            tables.rules(tables.facts_of([self.FACTS[0], "source\tT19\ta page\tApply"]), self.tree())

    def test_a_source_without_a_rule_is_found(self):
        with self.assertRaisesRegex(tables.Missing, "T19"):
            tables.rules(tables.facts_of(self.FACTS + ["source\tT19\ta page\tApply"]), self.tree())

    def test_an_error_that_is_not_named_is_found(self):
        header = "enum class errc : unsigned char {\n    malformed, ///< bytes\n    corrupt,\n};\n"
        with self.assertRaisesRegex(tables.Missing, "corrupt"):
            tables.errors(tables.facts_of(self.FACTS), header)


class Staging(unittest.TestCase):
    def test_a_header_keeps_its_lines(self):
        for path in sorted((ROOT / "include").rglob("*.hpp")):
            text = path.read_text(encoding="utf-8")
            self.assertEqual(stage.header(text).count("\n"), text.count("\n"), path)

    def test_tags_and_commands_are_escaped(self):
        self.assertEqual(stage.prose("<hex> of `a@b`, 5 %"), "\\<hex\\> of <code>a\\@b</code>, 5 \\%")

    def test_an_option_keeps_both_of_its_hyphens(self):
        self.assertEqual(stage.code_span(stage.CODE.match("`cmake --preset dev`")), "<code>cmake \\--preset dev</code>")

    def test_code_right_below_a_heading_stays_code(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.md").write_text("# A\n    make --all\n    make\n")
            page = stage.Pages(pathlib.Path(folder), ["a.md"], None).render("a.md")
        self.assertEqual(page.split("\n")[1:], ["", "    make --all", "    make", ""])

    def test_a_full_stop_in_code_ends_no_sentence(self):
        self.assertEqual(stage.brief([" Of <code>a . b</code>, all. More."]), [" @brief Of <code>a . b</code>, all. @details More."])

    def test_slugs_are_those_of_hosting_sites(self):
        self.assertEqual(stage.slug("What it `does`, and why"), "what-it-does-and-why")


class Snippets(Planted):
    def compiled(self, block):
        self.write("docs/a.md", f"# A\n```cpp\n{block}\n```\n")
        command = [sys.executable, str(HERE / "snippets.py"), "--root", str(self.root), "--", "g++", "-std=c++20"]
        return subprocess.run(command, capture_output=True, text=True)

    def test_a_block_that_compiles_passes(self):
        self.assertEqual(self.compiled("#include <cstddef>\nstd::size_t f() { return 1; }").returncode, 0)

    def test_a_block_that_does_not_names_its_line(self):
        run = self.compiled('int g() { return 1; }\nint f() { return "1"; }')
        self.assertEqual(run.returncode, 1)
        self.assertIn("docs/a.md:4", run.stdout)

    def test_no_block_at_all_is_found(self):
        self.write("docs/a.md", "# A\n")
        command = [sys.executable, str(HERE / "snippets.py"), "--root", str(self.root), "--", "g++"]
        self.assertEqual(subprocess.run(command, capture_output=True).returncode, 1)


if __name__ == "__main__":
    unittest.main()
