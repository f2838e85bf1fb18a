# SPDX-License-Identifier: Apache-2.0
"""Conan 2 recipe. Header-only: nothing is built, and the package fits every setting."""
import pathlib
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy


class Keywright(ConanFile):
    name = "keywright"
    description = "Customer keys, envelope encryption and locks for multi-tenant products"
    license = "Apache-2.0"
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"sqlite": [True, False], "openssl": [True, False]}
    default_options = {"sqlite": True, "openssl": False}
    exports = "CMakeLists.txt"
    exports_sources = "include/*", "LICENSE"
    no_copy_source = True

    def set_version(self):
        text = (pathlib.Path(self.recipe_folder) / "CMakeLists.txt").read_text()
        self.version = re.search(r"project\(keywright VERSION ([0-9.]+)", text).group(1)

    def requirements(self):
        self.requires("botan/[>=3.13 <4]")
        self.requires("fmt/[>=9]")
        self.requires("tl-expected/[>=1.0]")
        self.requires("nlohmann_json/[>=3.11]")
        if self.options.sqlite:
            self.requires("sqlite3/[>=3.40]")
        if self.options.openssl:
            self.requires("openssl/[>=3 <4]")

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder) / "licenses")
        copy(self, "*.hpp", pathlib.Path(self.source_folder) / "include", pathlib.Path(self.package_folder) / "include")

    def package_id(self):
        self.info.clear()

    def package_info(self):
        def component(name, requires):
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", f"keywright::{name}")
            part.bindirs, part.libdirs, part.requires = [], [], requires

        component("policy", ["tl-expected::tl-expected"])
        component("keywright", ["policy", "botan::botan", "fmt::fmt", "nlohmann_json::nlohmann_json"])
        if self.options.sqlite:
            component("sqlite", ["keywright", "sqlite3::sqlite3"])
        if self.options.openssl:
            component("openssl", ["keywright", "openssl::crypto"])
