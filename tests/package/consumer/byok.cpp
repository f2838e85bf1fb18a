// SPDX-License-Identifier: Apache-2.0
// A consumer of BYOK files.
#include <keywright/formats/byok_reader.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>

int main() { std::puts(nlohmann::json::parse(R"({"a":1})").contains("a") ? "byok: works" : "byok: fails"); }
