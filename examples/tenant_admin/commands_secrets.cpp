// SPDX-License-Identifier: Apache-2.0
// An environment's secrets: stored from a file, used by a program that reads them from its standard input, listed by
// name. No value is ever printed.
#include "console.hpp"

#include <csignal>
#include <cstdio>

#include <sys/wait.h>

namespace tenant_admin {

using namespace keywright;

namespace {

/// What the arguments name.
struct named_secret {
    service::subject s;
    policy::actor by;
    secret_id name;
};
result<named_secret> name_of(workspace& w, const arguments& given) {
    const auto s = subject_of(w, given);
    if (!s) return pass(s);
    const auto by = w.actor();
    if (!by) return pass(by);
    const auto name = parse_id<secret_id>(given.key, "usage: expected a secret's name");
    if (!name) return pass(name);
    return named_secret{*s, *by, *name};
}

result<answer> put_secret(workspace& w, const arguments& given) {
    const auto q = name_of(w, given);
    if (!q) return pass(q);
    auto content = file::read_file(given.file, service::largest_secret);
    if (!content) return pass(content);
    const secret_bytes value{byte_view(*content)};
    Botan::secure_scrub_memory(content->data(), content->size());
    const auto number = w.service.environment(q->s.ring, q->s.environment, q->by).secrets().put(q->name, value);
    if (!number) return pass(number);
    return answer{exit_code::done,
                  fmt::format("secret `{}` is stored, as number {}", q->name, *number),
                  {{"environment", q->s.environment.view()}, {"secret", q->name.view()}, {"number", *number}}};
}

/// The program gets the value on its standard input, so that it stands in no list of processes and no environment.
result<int> feed(const std::string& program, byte_view value) {
    std::FILE* in = ::popen(program.c_str(), "w");
    if (in == nullptr) return fail(errc::io_failed, "secret: expected to start the program");
    std::setvbuf(in, nullptr, _IONBF, 0); // no copy in a buffer
    (void)!std::fwrite(value.data(), 1, value.size(), in);
    const int status = ::pclose(in);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

result<answer> use(workspace& w, const arguments& given) {
    const auto q = name_of(w, given);
    if (!q) return pass(q);
    std::signal(SIGPIPE, SIG_IGN); // a program that does not read all of it says so by its exit code
    int status = 0;
    const auto used =
        w.service.environment(q->s.ring, q->s.environment, q->by).secrets().with(q->name, [&](byte_view value) -> result<void> {
            const auto ended = feed(given.program, value);
            if (!ended) return pass(ended);
            status = *ended;
            return {};
        });
    if (!used) return pass(used);
    const auto code = status == 0 ? exit_code::done : exit_code::failed;
    return answer{code,
                  fmt::format("secret `{}` was used; the program ended with {}", q->name, status),
                  {{"environment", q->s.environment.view()}, {"secret", q->name.view()}, {"program_exit", status}}};
}

result<answer> list(workspace& w, const arguments& given) {
    const auto s = subject_of(w, given);
    if (!s) return pass(s);
    const auto by = w.actor();
    if (!by) return pass(by);
    auto secrets = w.service.environment(s->ring, s->environment, *by).secrets();
    const auto names = secrets.names();
    if (!names) return pass(names);
    answer a{exit_code::done,
             fmt::format("environment `{}` has {} secret(s)", s->environment, names->size()),
             {{"environment", s->environment.view()}, {"secrets", json::array()}}};
    for (const auto& name : *names) {
        const auto versions = secrets.versions(name);
        if (!versions) return pass(versions);
        if (versions->empty()) continue; // removed since
        a.text += fmt::format("\n    {:<34} {} version(s), newest {}", name.view(), versions->size(), versions->back());
        a.data["secrets"].push_back({{"secret", name.view()}, {"versions", *versions}});
    }
    return a;
}

} // namespace

void add_secret_commands(console& c, CLI::App& app) {
    auto& given = c.given;
    auto* secret = app.add_subcommand("secret", "tokens, passwords and the like: sealed with the environment, used by reference");
    secret->require_subcommand(1);
    auto* putting = c.add(*secret, "put", "store a new version from a file", [&](workspace& w) { return put_secret(w, given); });
    auto* using_ = c.add(*secret, "use", "give it to a program, on its standard input", [&](workspace& w) { return use(w, given); });
    auto* listing = c.add(*secret, "list", "names and versions", [&](workspace& w) { return list(w, given); });
    for (auto* sub : {putting, using_, listing}) c.wants_environment(sub);
    for (auto* sub : {putting, using_}) sub->add_option("name", given.key, "the secret's name")->required();
    putting->add_option("--file,-f", given.file, "the file that holds the value")->required();
    using_->add_option("--run", given.program, "the program, as a shell takes it")->required();
}

} // namespace tenant_admin
