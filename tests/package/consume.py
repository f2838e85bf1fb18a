# SPDX-License-Identifier: Apache-2.0
"""Consumes keywright as a stranger would, in a temporary folder, and runs what came out.

    consume.py WAY --cmake CMAKE --build FOLDER --source FOLDER --botan FOLDER

WAY is a component's name, or
    service      a small product of its own in a folder of its own, tests/package/service, which says what it does
    refusals     packages that must not be found: an unknown component, versions before and after this one
    subfolder    add_subdirectory, without the targets of our tests, with Make
    fetch        FetchContent from a folder, as a folder of one's own: our headers must pass the consumer's warnings
    pkg_config   a compiler call with pkg-config's flags
    vcpkg        the overlay port of cmake/vcpkg, run without vcpkg, with and without its features
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COMPONENTS = ["policy", "keywright", "sqlite", "openssl", "testing"]
# What a component must be usable without.
FOREIGN = {
    "policy": ["Botan", "fmt", "nlohmann_json", "SQLite3", "OpenSSL", "doctest"],
    "keywright": ["SQLite3", "OpenSSL", "doctest"],
    "sqlite": ["OpenSSL", "doctest"],
    "openssl": ["SQLite3", "doctest"],
    "testing": ["SQLite3", "OpenSSL"],
}


def run(command, expect_failure=None, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    said = done.stdout + done.stderr
    if expect_failure is None and done.returncode != 0:
        sys.exit(f"package: failed: {shlex.join(map(str, command))}\n{said}")
    if expect_failure is not None and (done.returncode == 0 or expect_failure not in " ".join(said.split())):
        sys.exit(f"package: expected a failure that says `{expect_failure}`: {shlex.join(map(str, command))}\n{said}")
    return done.stdout


def version_of(source):
    return [int(number) for number in re.search(r"project\(keywright VERSION (\d+)\.(\d+)", (source / "CMakeLists.txt").read_text()).groups()]


class Consumer:
    def __init__(self, arguments, folder):
        self.cmake, self.source, self.build = arguments.cmake, arguments.source, arguments.build
        self.botan = arguments.botan.parents[2] if arguments.botan.parts[-3:-1] == ("lib", "cmake") else arguments.botan
        self.folder = pathlib.Path(folder)
        self.prefix = self.folder / "prefix"
        self.generator = "Ninja"

    def install(self):
        run([self.cmake, "--install", self.build, "--prefix", self.folder / "installed"])
        (self.folder / "installed").rename(self.prefix)  # a package knows no place of its own

    def configure(self, *options, project="consumer", **more):
        # The prefix alone must do: neither the source tree nor its cache may be found.
        return run(
            [self.cmake, "--fresh", "-S", HERE / project, "-B", self.folder / "out", "-G", self.generator, "-DCMAKE_BUILD_TYPE=Debug",
             "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", *options], **more)

    def prefix_path(self):
        return f"-DCMAKE_PREFIX_PATH={self.prefix};{self.botan}"

    def finish(self, program):
        run([self.cmake, "--build", self.folder / "out"])
        said = run([self.folder / "out" / program])
        if said != f"{program}: works\n":
            sys.exit(f"package: {program} said {said!r}")


def component(consumer, name):
    consumer.install()
    hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON" for package in FOREIGN[name]]
    consumer.configure(consumer.prefix_path(), f"-DCOMPONENT={name}", "-DVERSION={}.{}".format(*version_of(consumer.source)), *hidden)
    consumer.finish(name)


def service(consumer):
    consumer.install()
    consumer.configure(consumer.prefix_path(), "-DCMAKE_CXX_FLAGS_DEBUG=-O0", project="service")
    run([consumer.cmake, "--build", consumer.folder / "out"])
    home = consumer.folder / "home"
    home.mkdir()
    said = run([consumer.folder / "out/ledger", home])
    if said != (HERE / "service/expected.txt").read_text(encoding="utf-8"):
        sys.exit(f"package: the service says something else than service/expected.txt:\n{said}")
    left_in_clear = [path for path in home.rglob("*") if path.is_file() and b"CREATE TABLE" in path.read_bytes()]
    if left_in_clear:
        sys.exit(f"package: the service's database stands in the clear: {left_in_clear}")


def refusals(consumer):
    consumer.install()
    path = consumer.prefix_path()
    consumer.configure(path, "-DCOMPONENT=quantum", expect_failure="quantum")
    major, minor = version_of(consumer.source)
    for version in (f"{major}.{minor + 1}", f"{major + 1}.0", f"{major}.{minor - 1}" if minor > 0 else f"{major - 1}.0"):
        consumer.configure(path, "-DCOMPONENT=policy", f"-DVERSION={version}", expect_failure=f"compatible with requested version \"{version}\"")
    # The component needs what it needs: hidden, it must be missed, and not be half found.
    consumer.configure(path, "-DCOMPONENT=keywright", "-DCMAKE_DISABLE_FIND_PACKAGE_Botan=ON", expect_failure="Botan")
    consumer.configure(path, "-DCOMPONENT=sqlite", "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON", expect_failure="SQLite3")


def fetch(consumer):
    warnings = "-Werror -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wuseless-cast -Wduplicated-cond"
    consumer.configure(f"-DKEYWRIGHT_SOURCE={consumer.source}", "-DFETCH=ON", "-DCOMPONENT=policy", f"-DCMAKE_CXX_FLAGS={warnings}")
    consumer.finish("policy")


def subfolder(consumer):
    consumer.generator = "Unix Makefiles"
    consumer.configure(f"-DKEYWRIGHT_SOURCE={consumer.source}", "-DCOMPONENT=keywright", f"-DCMAKE_PREFIX_PATH={consumer.botan}")
    consumer.finish("keywright")
    targets = run([consumer.cmake, "--build", consumer.folder / "out", "--target", "help"])
    if "_tests" in targets or "compile_fail" in targets:
        sys.exit(f"package: our own tests leak into a consumer's build:\n{targets}")


def pkg_config(consumer):
    consumer.install()
    folders = [consumer.prefix / "share/pkgconfig", consumer.botan / "lib/pkgconfig"]
    environment = {**os.environ, "PKG_CONFIG_PATH": ":".join(map(str, folders))}
    flags = run(["pkg-config", "--cflags", "--libs", "keywright"], env=environment).split()
    program = consumer.folder / "keywright"
    run(["g++", "-std=c++20", HERE / "consumer/keywright.cpp", "-o", program, *flags])
    if run([program]) != "keywright: works\n":
        sys.exit("package: the program does not work")
    for component, needs in ("sqlite", "-lsqlite3"), ("openssl", "-lcrypto"):
        if needs not in run(["pkg-config", "--libs", f"keywright-{component}"], env=environment):
            sys.exit(f"package: keywright-{component}.pc does not bring {needs}")
    # The policy needs nothing of it: where Botan is not known it is found all the same.
    run(["pkg-config", "--cflags", "keywright-policy"], env={**os.environ, "PKG_CONFIG_PATH": str(folders[0])})


def vcpkg(consumer):
    port = consumer.source / "cmake/vcpkg/keywright"
    manifests = [json.loads((folder / "vcpkg.json").read_text()) for folder in (consumer.source, port)]
    # A manifest with a least version is refused where it names no commit of vcpkg's own registry; a port may have one.
    manifests[0]["dependencies"][0] = {"name": "botan", "version>=": "3.13.0"}
    manifests[0]["dependencies"] += [{"name": "vcpkg-cmake", "host": True}, {"name": "vcpkg-cmake-config", "host": True}]
    if manifests[0] != manifests[1]:
        sys.exit("package: the port's vcpkg.json is not the tree's with Botan's version and the two tools that a portfile calls")
    project = (consumer.source / "CMakeLists.txt").read_text()
    if f"project(keywright VERSION {manifests[1]['version']} " not in project:
        sys.exit("package: vcpkg.json names another version than CMakeLists.txt")
    # The features are a port's components: each is installed when it is asked for, and not otherwise.
    for features, program, missing in (["core"], "keywright", "sqlite"), (["core", *manifests[1]["default-features"]], "sqlite", "testing"):
        consumer.prefix = consumer.folder / f"vcpkg-{program}"
        run([consumer.cmake, f"-DFEATURES={';'.join(features)}", f"-DPACKAGES={consumer.prefix}", f"-DPREFIX_PATH={consumer.botan}",
             f"-DPORT_FOLDER={port}", "-P", HERE / "vcpkg_port.cmake"])
        consumer.configure(consumer.prefix_path(), f"-DCOMPONENT={program}")
        consumer.finish(program)
        consumer.configure(consumer.prefix_path(), f"-DCOMPONENT={missing}", expect_failure=f"without a component '{missing}'")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("way", choices=[*COMPONENTS, "service", "refusals", "subfolder", "pkg_config", "fetch", "vcpkg"])
    parser.add_argument("--cmake", required=True)
    for folder in ("--build", "--source", "--botan"):
        parser.add_argument(folder, type=lambda text: pathlib.Path(text).resolve(), required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        consumer = Consumer(arguments, folder)
        if arguments.way in COMPONENTS:
            component(consumer, arguments.way)
        else:
            {"service": service, "refusals": refusals, "subfolder": subfolder, "pkg_config": pkg_config, "fetch": fetch, "vcpkg": vcpkg}[arguments.way](consumer)
    print(f"package: {arguments.way} works")


if __name__ == "__main__":
    main()
