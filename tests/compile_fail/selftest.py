# SPDX-License-Identifier: Apache-2.0
"""Tests the harness: a case that compiles, fails for another reason, stays broken or expects nothing is refused."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import expect  # noqa: E402

CASES = {
    "// EXPECT: nonsense\nint main() {}\n": "the misuse compiles",
    "// EXPECT: nonsense\n#ifndef FIXED\nint a = b;\n#endif\n": "fails for another reason",
    "// EXPECT: b\nint a = b;\n": "with -DFIXED it must compile",
    "int a = b;\n": "expected a first line",
}
SOUND = "// EXPECT: nonsense || b\n#ifndef FIXED\nint a = b;\n#endif\n"


class Harness(unittest.TestCase):
    def judge(self, text):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder) / "case.cpp"
            case.write_text(text)
            return expect.judge("g++", [], case)

    def test_a_case_that_proves_nothing_is_refused(self):
        for text, reason in CASES.items():
            with self.subTest(reason):
                self.assertIn(reason, self.judge(text))

    def test_a_sound_case_is_accepted(self):
        self.assertIsNone(self.judge(SOUND))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
