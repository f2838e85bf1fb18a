// SPDX-License-Identifier: Apache-2.0
#include "ask_password.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

namespace example {

using namespace keywright;

namespace {

volatile std::sig_atomic_t caught = 0;
void remember(int signal) { caught = signal; }

/// Echo is off while this lives. A signal that ends the process ends the reading first, and the process once echo is on
/// again.
class silent_terminal {
public:
    explicit silent_terminal(int terminal) : terminal_(terminal) {
        struct sigaction interrupting{}; // no SA_RESTART: read() returns
        interrupting.sa_handler = remember;
        for (std::size_t i = 0; i < ending.size(); ++i) ::sigaction(ending[i], &interrupting, &actions_[i]);
        ready_ = ::tcgetattr(terminal_, &before_) == 0;
        if (!ready_) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        silent.c_lflag |= ECHONL;
        ready_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
    }
    silent_terminal(const silent_terminal&) = delete;
    silent_terminal& operator=(const silent_terminal&) = delete;
    ~silent_terminal() {
        if (ready_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
        for (std::size_t i = 0; i < ending.size(); ++i) ::sigaction(ending[i], &actions_[i], nullptr);
        ::close(terminal_);
        if (caught != 0) std::raise(caught);
    }
    bool ready() const { return ready_; }

private:
    static constexpr std::array ending{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    int terminal_;
    bool ready_ = false;
    termios before_{};
    std::array<struct sigaction, ending.size()> actions_{};
};

} // namespace

result<std::optional<secret_bytes>> ask_password(const char* prompt) {
    const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) return fail(errc::misused, "usage: --ask needs a terminal; use --password-file or --password-env");
    const silent_terminal silent(terminal);
    if (!silent.ready()) return fail(errc::misused, "usage: the terminal does not hide what is typed; use --password-file");
    if (::write(terminal, prompt, std::strlen(prompt)) < 0) return fail(errc::io_failed, "file: expected to write to the terminal");
    Botan::secure_vector<std::uint8_t> typed;
    typed.reserve(1025); // so that no copy is left behind
    for (std::uint8_t one = 0; ::read(terminal, &one, 1) == 1 && one != '\n';) {
        if (typed.size() == 1024) return fail(errc::limit_exceeded, "usage: the password is longer than 1024 bytes");
        typed.push_back(one);
    }
    return std::optional<secret_bytes>(secret_bytes(std::move(typed)));
}

} // namespace example
