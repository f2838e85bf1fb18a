# SPDX-License-Identifier: Apache-2.0
"""Runs the real Conan: `conan create` with the recipe and its test_package, in a cache of its own, asking no remote.

    conan_create.py --source FOLDER --botan FOLDER --work FOLDER

The dependencies are the machine's packages, as the profile's platform requirements. The package must not depend on
any setting, must hold every header, and no option value may change what it holds.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))
import peer_packages  # noqa: E402

PACKAGES = ["conan==2.34.0"]


def conan(arguments, *words):
    environment = {**os.environ, "CONAN_HOME": str(arguments.work / "home"), "CMAKE_PREFIX_PATH": str(arguments.botan),
                   "CMAKE_CXX_COMPILER_LAUNCHER": "ccache"}
    done = subprocess.run([sys.executable, "-m", "conans.conan", *words], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"conan: failed: {' '.join(words)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout, done.stderr


def created(arguments, *options):
    """The package's id and folder, made by `conan create`."""
    profile = ["-pr:a", str(HERE / "conan/profile"), "--no-remote",
               # Nothing is written into the source tree.
               "-c", f"tools.cmake.cmake_layout:test_folder={arguments.work / 'consumer'}",
               "-c", "tools.cmake.cmaketoolchain:user_presets=", "-c", "tools.cmake.cmaketoolchain:generator=Ninja"]
    _, told = conan(arguments, "create", str(arguments.source), *profile, *options)
    for program in ("policy", "keywright", "sqlite"):
        if not options and f"{program}: works" not in told:
            sys.exit(f"conan: the consumer's {program} did not run:\n{told[-3000:]}")
    listed = json.loads(conan(arguments, "list", "keywright/*:*", "--format=json")[0])["Local Cache"]
    (reference, found), = listed.items()
    (revision, inside), = found["revisions"].items()
    (package, _), = inside["packages"].items()
    folder = conan(arguments, "cache", "path", f"{reference}#{revision}:{package}")[0].strip()
    return package, pathlib.Path(folder)


def main():
    parser = argparse.ArgumentParser()
    for folder in ("--source", "--botan", "--work"):
        parser.add_argument(folder, type=lambda text: pathlib.Path(text).resolve(), required=True)
    parser.add_argument("--inside", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.botan.parts[-3:-1] == ("lib", "cmake"):
        arguments.botan = arguments.botan.parents[2]
    if not arguments.inside:
        peer_packages.enter(arguments.work, PACKAGES, "conan")

    package, folder = created(arguments, "--test-folder=" + str(HERE / "conan"))
    ours = {str(path.relative_to(arguments.source)) for path in (arguments.source / "include").rglob("*.hpp")}
    theirs = {str(path.relative_to(folder)) for path in folder.rglob("*.hpp")}
    if ours != theirs or not (folder / "licenses/LICENSE").exists():
        sys.exit(f"conan: the package does not hold the headers and the licence: {sorted(ours ^ theirs)}")
    other, _ = created(arguments, "--test-folder=", "-s", "build_type=Debug", "-o", "keywright/*:sqlite=False", "-o", "keywright/*:openssl=True")
    if other != package:
        sys.exit("conan: settings or options change the id of a header-only package")
    print("conan: created, and three programs of a consumer work")


if __name__ == "__main__":
    main()
