# SPDX-License-Identifier: Apache-2.0
# What each component needs, said once: the build reads this file, and so does the installed package, which calls
# only the macros of the components that were asked for. `find_dependency` passes QUIET and REQUIRED on.
include(CMakeFindDependencyMacro)

macro(keywright_find_policy)
    find_dependency(tl-expected)
endmacro()

macro(keywright_find_keywright)
    find_dependency(Botan 3.13 CONFIG)
    find_dependency(fmt)
    find_dependency(nlohmann_json)
    find_dependency(Threads)
endmacro()

macro(keywright_find_sqlite)
    find_dependency(SQLite3)
endmacro()

macro(keywright_find_openssl)
    find_dependency(OpenSSL 3 COMPONENTS Crypto)
endmacro()

macro(keywright_find_testing)
    find_dependency(doctest)
endmacro()
