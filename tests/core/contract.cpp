// SPDX-License-Identifier: Apache-2.0
// core/contract: a broken precondition ends the process, in every kind of build, and says which one it was.
#include <keywright/core/contract.hpp>
#include <keywright/core/ids.hpp>
#include <keywright/core/inline_list.hpp>

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {

struct ending {
    int signal = 0;
    std::string said;
};

/// Runs `work` in a child and tells how it ended. The child's stderr comes back through a pipe.
template <class Work>
ending run_in_child(Work work) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // doctest would report the abort as its own failure.
        std::signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        work();
        _exit(0);
    }
    close(ends[1]);
    ending result;
    std::array<char, 256> part{};
    for (ssize_t n = 0; (n = read(ends[0], part.data(), part.size())) > 0;) result.said.append(part.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return result;
}

} // namespace

TEST_CASE("expects: a precondition that holds costs nothing and says nothing") {
    const auto end = run_in_child([] { keywright::expects(true, "one is one"); });
    CHECK(end.signal == 0);
    CHECK(end.said.empty());
}

TEST_CASE("expects: a broken precondition aborts and names itself") {
    const auto end = run_in_child([] { keywright::expects(false, "one is two"); });
    CHECK(end.signal == SIGABRT);
    CHECK(end.said == "keywright: precondition broken: one is two\n");
}

TEST_CASE("inline_list: index, room and erasure outside the list abort") {
    using list = keywright::inline_list<int, 2>;
    CHECK(run_in_child([] { list{}[0]; }).signal == SIGABRT);
    CHECK(run_in_child([] {
              list l;
              l.push_back(1);
              (void)l[1];
          }).signal == SIGABRT);
    CHECK(run_in_child([] {
              list l;
              l.push_back(1);
              l.push_back(2);
              l.push_back(3);
          }).signal == SIGABRT);
    CHECK(run_in_child([] {
              list l;
              l.push_back(1);
              l.erase_at(1);
          }).signal == SIGABRT);
    CHECK(run_in_child([] {
              list l;
              l.push_back(1);
              l.push_back(2);
              (void)l[1];
              l.erase_at(1);
          }).signal == 0);
}

TEST_CASE("id: a name that breaks the rules aborts when the program itself made it") {
    CHECK(run_in_child([] { (void)keywright::tenant_id(std::string(63, 'a')); }).signal == 0);
    CHECK(run_in_child([] { (void)keywright::tenant_id(std::string(64, 'a')); }).signal == SIGABRT);
    CHECK(run_in_child([] { (void)keywright::tenant_id("a b"); }).signal == SIGABRT);
}
