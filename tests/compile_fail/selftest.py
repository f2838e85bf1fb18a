# SPDX-License-Identifier: Apache-2.0
"""Tests the harness: a case that compiles, fails for another reason, says it too late or in nobody's words, stays broken or
expects nothing is refused. And counts the misuses whose sentence is ours."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import expect  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"
OURS = "id: the text is a valid id"
BREAKS = "#ifndef FIXED\n%s\n#endif\n"
CASES = {
    "// EXPECT: nonsense\nint main() {}\n": "the misuse compiles",
    "// EXPECT: nonsense\n" + BREAKS % "int a = b;": "fails for another reason",
    "// EXPECT: b\nint a = b;\n": "with -DFIXED it must compile",
    "int a = b;\n": "expected a second line",
    "// SAYS: nobody says this\n" + BREAKS % "int a = b;": "no header of ours says",
    "// SAYS: " + OURS + "\n" + BREAKS % "int a = b;": "does not say within the first 10 lines",
    "// EXPECT: b\n// SAYS: " + OURS + "\n" + BREAKS % "int a = b;": "does not say within the first 10 lines",
    "// SAYS: " + OURS + "\n" + BREAKS % ("int a = b;\n#pragma message(\"\" " + '"\\n" ' * 12 + "\"" + OURS + "\")"): "does not say within the first 10 lines",
}
SOUND = [
    "// EXPECT: nonsense || b\n" + BREAKS % "int a = b;",
    "// SAYS: " + OURS + "\n" + BREAKS % ("static_assert(false, \"" + OURS + "\");"),
    "// EXPECT: b\n// SAYS: " + OURS + "\n" + BREAKS % ("int a = b;\nstatic_assert(false, \"" + OURS + "\");"),
]
LEAST_OF_OURS = 30


class Harness(unittest.TestCase):
    def judge(self, text):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder) / "case.cpp"
            case.write_text(LICENCE + text)
            return expect.judge("g++", [], case)

    def test_a_case_that_proves_nothing_is_refused(self):
        for text, reason in CASES.items():
            with self.subTest(reason):
                self.assertIn(reason, self.judge(text))

    def test_a_sound_case_is_accepted(self):
        for text in SOUND:
            with self.subTest(text):
                self.assertIsNone(self.judge(text))

    def test_most_misuses_are_told_in_our_words(self):
        cases = sorted(pathlib.Path(__file__).parent.glob("*.cpp"))
        ours = [texts[0] for case in cases for is_ours, texts in expect.expectations(case.read_text()) if is_ours]
        self.assertGreaterEqual(len(set(ours)), LEAST_OF_OURS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
