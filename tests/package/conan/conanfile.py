# SPDX-License-Identifier: Apache-2.0
"""test_package of the recipe: each component, found as Conan's generators offer it, in the programs of a consumer."""
import pathlib

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout


class Consumer(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeConfigDeps"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        # A profile's [platform_requires] are the machine's own packages: Conan knows no more of them than their names.
        packaged = {dependency.ref.name for dependency in self.dependencies.host.values()}
        toolchain.cache_variables["FROM_PLATFORM"] = "botan" not in packaged
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if can_run(self):
            for program in ("policy", "keywright", "sqlite"):
                self.run(str(pathlib.Path(self.build_folder) / program), env="conanrun")
