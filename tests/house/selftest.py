# SPDX-License-Identifier: Apache-2.0
"""Tests the checks of this folder: plants one breach for each, and sees that check, and no other text, name it.

A check that cannot fail would be worse than none.
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import budget  # noqa: E402
import duplicates  # noqa: E402
import header_list  # noqa: E402
import house  # noqa: E402
import layout  # noqa: E402
import spelling  # noqa: E402

CPP = "// SPDX-License-Identifier: Apache-2.0\n// A header.\n#pragma once\n"
ONCE = "namespace keywright {\ninline int twice(int a) { return 2 * a; }\n} // namespace keywright\n"
CLEAN = {
    "include/keywright/core/a.hpp": CPP + ONCE,
    "include/keywright/policy/a.hpp": CPP + "#include <keywright/core/a.hpp>\n\n#include <array>\n",
    "include/keywright/formats/a.hpp": CPP + "#include <keywright/core/a.hpp>\n\n#include <botan/hex.h>\n\n#include <array>\n",
    "include/keywright/adapters/file/a.hpp": CPP + "#include <keywright/formats/a.hpp>\n",
    "include/keywright/adapters/memory/a.hpp": CPP,
    "tests/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\nadd(core)\n",
    "tests/core/CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\nadd(a.cpp)\n",
    "tests/core/a.cpp": "// SPDX-License-Identifier: Apache-2.0\n",
    "CMakeLists.txt": "# SPDX-License-Identifier: Apache-2.0\nadd_subdirectory(tests)\n",
    "run.sh": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n",
}

# check, file, its text, a part of the expected sentence
PLANTED = [
    ("arrows", "include/keywright/core/b.hpp", CPP + "#include <keywright/policy/a.hpp>\n", "`core` may not include `policy/a.hpp`"),
    ("arrows", "include/keywright/envelope/b.hpp", CPP + "#include <keywright/policy/a.hpp>\n", "`envelope` may not include"),
    ("arrows", "include/keywright/policy/b.hpp", CPP + "#include <keywright/formats/a.hpp>\n", "`policy` may not include"),
    ("arrows", "include/keywright/formats/b.hpp", CPP + '#include "keywright/policy/a.hpp"\n', "`formats` may not include"),
    ("arrows", "include/keywright/adapters/file/b.hpp", CPP + "#  include <keywright/adapters/memory/a.hpp>\n", "another"),
    ("arrows", "include/keywright/adapters/file.hpp", CPP + "#include <keywright/adapters/memory/a.hpp>\n", "another"),
    ("arrows", "include/keywright/extra/b.hpp", CPP, "no layer of this name"),
    ("includes_exist", "include/keywright/core/b.hpp", CPP + "#include <keywright/core/gone.hpp>\n", "does not exist"),
    ("includes_exist", "include/keywright/core/b.hpp", CPP + '#include "../core/a.hpp"\n', "relative include"),
    ("purity", "include/keywright/core/a.hpp", CPP + "#include <botan/hex.h>\n", "policy/a.hpp: reaches <botan/hex.h> by policy/a.hpp -> core/a.hpp"),
    ("purity", "include/keywright/guards/b.hpp", CPP + "#include <chrono>\n", "reaches <chrono>"),
    ("purity", "include/keywright/profiles/b.hpp", CPP + "#include <fmt/format.h>\n", "reaches <fmt/format.h>"),
    ("purity", "include/keywright/policy.hpp", CPP + "#include <nlohmann/json.hpp>\n", "reaches <nlohmann/json.hpp>"),
    ("foreign", "include/keywright/formats/b.hpp", CPP + "#include <nlohmann/json.hpp>\n", "allowed only in formats/byok"),
    ("foreign", "include/keywright/adapters/file/b.hpp", CPP + "#include <sqlite3.h>\n", "allowed only in adapters/sqlite/"),
    ("foreign", "include/keywright/adapters/sqlite/b.hpp", CPP + "#include <openssl/evp.h>\n", "allowed only in adapters/openssl/"),
    ("foreign", "include/keywright/ports/b.hpp", CPP + "#include <doctest/doctest.h>\n", "allowed only in testing/"),
    ("size", "include/keywright/core/b.hpp", CPP + "// a line\n" * 398, "401 lines, expected at most 400"),
    ("size", "examples/b.cpp", CPP + "// a line\n" * 78, "81 lines, expected at most 80"),
    ("shape", "include/keywright/core/b.hpp", CPP.replace("#pragma once", "#ifndef A"), "one line `#pragma once`"),
    ("shape", "include/keywright/core/b.hpp", CPP.replace("// A header.\n", ""), "expected a preamble"),
    ("shape", "include/keywright/core/b.hpp", CPP + "#include <array>\n#include <keywright/core/a.hpp>\n", "three blocks"),
    ("parameters", "include/keywright/core/b.hpp", CPP + "inline int f(int a, int b, int c, int d, std::map<int, int> e) { return a; }\n",
     "core/b.hpp:4: `f` takes 5 parameters"),
    ("parameters", "include/keywright/core/b.hpp", CPP + "struct s {\n    s(int a, int b, int c, int d, int e) : a_(a) {}\n};\n", "`s` takes 5"),
    ("parameters", "include/keywright/core/b.hpp", CPP + "struct s {\n    void operator()(int a, int b, int c, int d, int e) const {}\n};\n",
     "`operator()` takes 5"),
    ("lengths", "include/keywright/core/b.hpp", CPP + "inline int f(int a) {\n" + "    ++a;\n" * 28 + "    return a;\n}\n", "`f` has 31 lines"),
    ("spdx", "include/keywright/core/b.hpp", "\n" + CPP, "expected first line `//"),
    ("spdx", "tests/core/a.cpp", "int main() {}\n", "expected first line `//"),
    ("spdx", "cmake/b.cmake", "set(a b)\n", "expected first line `#"),
    ("spdx", "run.sh", "#!/bin/sh\nset -eu\n", "expected first line `#"),
    ("secrets", "include/keywright/keys/b.hpp", CPP + "// detail::secret_door\n", "names `secret_door`"),
    ("secrets", "include/keywright/keys/b.hpp", CPP + "#include <keywright/insecure.hpp>\n", "includes insecure.hpp"),
    ("secrets", "examples/b.cpp", CPP + "detail::reveal(x);\n", "found `detail::`"),
    ("algorithms", "include/keywright/keys/b.hpp", CPP + 'create("AES-256/CBC");\n', "found it bare"),
    ("algorithms", "include/keywright/formats/b_writer.hpp", CPP + 'create("MD5");\n', "found it bare"),
    ("algorithms", "include/keywright/keys/b.hpp", CPP + 'create(approved<"SHA-256">);\n', "is in no list"),
    ("algorithms", "include/keywright/keys/b.hpp", CPP + 'using algorithms = algorithms<"SHA-256">;\n', "which nothing uses"),
    ("one_definition", "include/keywright/core/b.hpp", CPP + ONCE, "two things, two names"),
    ("wording", "README.md", "TO" "DO: write\n", "unfinished work"),
    ("wording", "README.md", "see /wo" "rk/plan\n", "a path of one machine"),
    ("registered", "tests/core/b.cpp", "// SPDX-License-Identifier: Apache-2.0\n", "names `b`"),
    ("registered", "tests/lost/CMakeLists.txt", "# SPDX-License-Identifier: Apache-2.0\n", "names `lost`"),
]


def plant(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return pathlib.Path(folder)


class House(unittest.TestCase):
    def test_a_clean_tree_has_no_breach(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(house.breaches(plant(folder, CLEAN)), [])

    def test_every_planted_breach_is_named(self):
        for check, name, text, sentence in PLANTED:
            with self.subTest(check=check, name=name, sentence=sentence), tempfile.TemporaryDirectory() as folder:
                found = house.breaches(plant(folder, {**CLEAN, name: text}), [check])
                self.assertTrue(any(sentence in breach for breach in found), found)

    def test_every_check_has_a_planted_breach(self):
        self.assertEqual({p[0] for p in PLANTED}, set(house.CHECKS))

    def test_at_the_limit_a_header_is_not_too_long(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = plant(folder, {**CLEAN, "include/keywright/core/b.hpp": CPP + "// a line\n" * 397, "examples/b.cpp": CPP + "// a line\n" * 77})
            self.assertEqual(house.breaches(tree, ["size"]), [])

    def test_at_the_limit_a_function_is_not_too_long(self):
        text = CPP + "inline int f(int a) {\n" + "    ++a;\n" * 27 + "    return a;\n}\n"
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(house.breaches(plant(folder, {**CLEAN, "include/keywright/core/b.hpp": text}), ["lengths"]), [])

    def test_what_looks_like_parameters_is_not_counted_as_such(self):
        many = ("inline int f(int a, std::map<int, int> b, int (*c)(int, int), int d, int e = g({1, 2}), int h = 0) {\n"
                "    return c(1, 2, 3, 4, 5) ? c(1, 2, 3, 4, 5) : e; // as f(1, 2, 3, 4, 5) {\n}\n")
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(house.breaches(plant(folder, {**CLEAN, "include/keywright/core/b.hpp": CPP + many}), ["parameters"]), [])

    def test_the_table_of_layers_has_no_circle(self):
        for layer in house.ARROWS:
            for lower in house.ARROWS[layer]:
                self.assertNotIn(layer, house.reach(lower), f"{layer} <-> {lower}")


class HeaderList(unittest.TestCase):
    def run_in(self, folder, *arguments):
        sys.argv = ["header_list.py", "--root", folder, *arguments]
        return header_list.main()

    def test_a_written_list_is_complete_and_a_new_header_is_missed(self):
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, {**CLEAN, "cmake/headers.cmake": ""})
            self.assertEqual(self.run_in(folder), 1)
            self.assertEqual(self.run_in(folder, "--write"), 0)
            self.assertEqual(self.run_in(folder), 0)
            plant(folder, {"include/keywright/core/new.hpp": CPP})
            self.assertEqual(self.run_in(folder), 1)
            self.run_in(folder, "--write")
            (pathlib.Path(folder) / "include/keywright/core/new.hpp").unlink()
            self.assertEqual(self.run_in(folder), 1)

    def test_an_adapter_without_a_rule_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, {**CLEAN, "cmake/headers.cmake": "", "include/keywright/adapters/unheard_of/a.hpp": CPP})
            self.assertEqual(self.run_in(folder, "--write"), 1)


class Duplicates(unittest.TestCase):
    LIMIT = duplicates.LIMITS["include"]

    def found(self, files):
        with tempfile.TemporaryDirectory() as folder:
            return list(duplicates.breaches(plant(folder, files)))

    @staticmethod
    def text(size, first):
        """So many tokens, all different, between two that stand nowhere else."""
        return f"begin_{first} " + " ".join(f"t{i}" for i in range(size)) + f" end_{first}\n"

    def test_as_many_tokens_as_the_limit_may_stand_twice_and_one_more_may_not(self):
        for size, expected in ((self.LIMIT, 0), (self.LIMIT + 1, 1)):
            with self.subTest(size=size):
                self.assertEqual(len(self.found({"include/a.hpp": self.text(size, "a"), "include/b.hpp": self.text(size, "b")})), expected)
                self.assertEqual(len(self.found({"include/a.hpp": self.text(size, "a") + self.text(size, "b")})), expected)

    def test_comments_spaces_and_includes_make_no_difference(self):
        size = self.LIMIT + 1
        other = "#include <array>\n" + self.text(size, "b").replace(" t5 ", " // so\n  /* and\n so */ t5\n")
        (breach,) = self.found({"include/a.hpp": self.text(size, "a"), "include/b.hpp": other})
        self.assertIn("include/b.hpp:2: ", breach)

    def test_tests_may_share_more_and_a_second_model_everything(self):
        size = self.LIMIT + 1
        for name in ("tests/b.cpp", "tests/second_model/b.cpp"):
            self.assertEqual(self.found({"include/a.hpp": self.text(size, "a"), name: self.text(size, "b")}), [])
        size = duplicates.LIMITS["tests"] + 1
        self.assertEqual(len(self.found({"include/a.hpp": self.text(size, "a"), "tests/b.cpp": self.text(size, "b")})), 1)
        self.assertEqual(self.found({"include/a.hpp": self.text(size, "a"), "tests/second_model/b.cpp": self.text(size, "b")}), [])

    def test_rows_of_a_table_that_are_alike_are_no_second_time(self):
        self.assertEqual(self.found({"include/a.hpp": "{1, 2}, " * 200}), [])


class Budget(unittest.TestCase):
    COMPILER = ["g++", "-std=c++20"]

    def test_a_header_dearer_than_its_measure_is_over_budget(self):
        with tempfile.TemporaryDirectory() as folder:
            root = plant(folder, {"dear.hpp": "#include <regex>\n#include <map>\n", "cheap.hpp": "#include <cstdint>\n"})
            compiler = [*self.COMPILER, f"-I{root}"]
            self.assertGreater(budget.lines(compiler, ["dear.hpp"]), budget.lines(compiler, ["cheap.hpp"]))
            self.assertFalse(budget.within(compiler, "dear.hpp", ["cheap.hpp"], 1.0))
            self.assertTrue(budget.within(compiler, "cheap.hpp", ["dear.hpp"], 1.0))

    def test_a_header_that_does_not_preprocess_is_an_error_and_not_cheap(self):
        with self.assertRaises(SystemExit):
            budget.lines(self.COMPILER, ["no/such/header.hpp"])


class Layout(unittest.TestCase):
    def test_a_file_with_other_spaces_is_named_and_mended(self):
        with tempfile.TemporaryDirectory() as folder:
            root = plant(folder, {".clang-format": "BasedOnStyle: LLVM\n", "a.cpp": "int  a;\n", "b.cpp": "int b;\n"})
            self.assertEqual(layout.breaches(root), ["a.cpp"])
            layout.breaches(root, "-i")
            self.assertEqual(layout.breaches(root), [])


class Spelling(unittest.TestCase):
    ENGLISH = set("a the keep keeps key keys secret secrets size of not found error Linux licence license is class enum return std template void".split())
    CLEAN = {
        "include/keywright/core/a.hpp": '/// Keeps a key\'s `byok`; the size of [a](b/ot.md).\nerror not_found(keys size, std::strng a, botan_ x) { return "a key is not found"; }\n',
        "README.md": "The keys of Linux.\n```cpp\nteh keyz\n```\n    teh keyz\n",
    }
    PLANTED = [
        ("include/keywright/core/b.hpp", "class sekret_key {};", "sekret_key: `sekret`"),
        ("include/keywright/core/b.hpp", "void keep(key the_sise);", "the_sise: `sise`"),
        ("include/keywright/core/b.hpp", "template <class KeySise> class key;", "KeySise: `sise`"),
        ("include/keywright/core/b.hpp", "enum class error { key, not_fond };", "not_fond: `fond`"),
        ("include/keywright/core/b.hpp", 'key a = "not_fond";', "not_fond: `fond`"),
        ("include/keywright/core/b.hpp", 'key a = "the key is not fond";', "b.hpp: `fond`"),
        ("include/keywright/core/b.hpp", "/// Keeps the keyz.", "b.hpp: `keyz`"),
        ("include/keywright/core/b.hpp", 'key a = "a \\" // " "keyz of";', "b.hpp: `keyz`"),
        ("include/keywright/core/b.hpp", "class license;", "the house spells `licence`"),
        ("examples/b.cpp", '"--keep-keyz,-k"', "keep-keyz: `keyz`"),
        ("README.md", "The secrest.\n", "README.md: `secrest`"),
        ("tests/house/terms.txt", "botan kek # not needed\n", "nothing is called `kek`"),
    ]

    def found(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = plant(folder, {**self.CLEAN, "tests/house/terms.txt": "botan\n", **files})
            return list(spelling.breaches(house.Tree(root), self.ENGLISH, spelling.read_terms(root / "tests/house/terms.txt")))

    def test_words_of_the_list_and_terms_are_right_and_code_is_not_read(self):
        self.assertEqual(self.found({}), [])

    def test_every_planted_misspelling_is_named(self):
        for name, text, sentence in self.PLANTED:
            with self.subTest(text=text):
                found = self.found({name: text})
                self.assertEqual(len(found), 1, found)
                self.assertIn(sentence, found[0])


if __name__ == "__main__":
    unittest.main()
