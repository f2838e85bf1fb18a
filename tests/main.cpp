// SPDX-License-Identifier: Apache-2.0
// The main program that all layers' tests share; compiled once.
#include "in_memory.hpp"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char** argv) {
    keywright::keep_folders_in_memory();
    return doctest::Context(argc, argv).run();
}
