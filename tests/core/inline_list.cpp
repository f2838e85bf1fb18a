// SPDX-License-Identifier: Apache-2.0
// core/inline_list: compared, step by step, with std::vector, which is known to be right.
#include <keywright/core/inline_list.hpp>

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

using keywright::inline_list;

namespace {

constexpr int sum_at_compile_time() {
    inline_list<int, 3> list;
    list.push_back(1);
    list.push_back(2);
    list.push_back(4);
    list.erase_at(1);
    int sum = 0;
    for (const int value : list) sum += value;
    return sum;
}
static_assert(sum_at_compile_time() == 5);

} // namespace

TEST_CASE("inline_list: behaves as a vector through 20000 random steps") {
    std::mt19937 random(1);
    inline_list<std::string, 5> list;
    std::vector<std::string> model;
    for (int step = 0; step < 20000; ++step) {
        const auto dice = random() % 16;
        if (dice == 0) {
            list.clear();
            model.clear();
        } else if (dice < 10 && model.size() < 5) {
            const auto value = std::to_string(random() % 100);
            list.push_back(value);
            model.push_back(value);
        } else if (!model.empty()) {
            const auto at = random() % model.size();
            list.erase_at(at);
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
        }
        REQUIRE(std::vector<std::string>(list.begin(), list.end()) == model);
        REQUIRE(list.size() == model.size());
        REQUIRE(list.empty() == model.empty());
        REQUIRE(list.full() == (model.size() == 5));
    }
}

TEST_CASE("inline_list: what was removed is not kept in the free places") {
    inline_list<std::string, 2> list;
    list.push_back("one");
    list.push_back("two");
    list.erase_at(0);
    // The place behind the end still exists as an object; it must be empty.
    CHECK(list.begin()[1].empty());
    list.clear();
    CHECK(list.begin()[0].empty());
}

TEST_CASE("inline_list: equality looks at the values held, and at how many") {
    inline_list<int, 3> a;
    inline_list<int, 3> b;
    CHECK(a == b);
    a.push_back(0);
    CHECK_FALSE(a == b);
    b.push_back(1);
    CHECK_FALSE(a == b);
    b.erase_at(0);
    b.push_back(0);
    CHECK(a == b);
    a.push_back(7);
    a.erase_at(1);
    CHECK(a == b);
}

TEST_CASE("inline_list: a copy is its own") {
    inline_list<int, 2> a;
    a.push_back(1);
    auto b = a;
    b[0] = 2;
    CHECK(a[0] == 1);
    CHECK(inline_list<int, 2>::capacity() == 2);
}
