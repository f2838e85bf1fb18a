// SPDX-License-Identifier: Apache-2.0
#include "ask_password.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace inspect_key {

using namespace keywright;

namespace {

/// Echo is off while this lives. Signals that would end the process wait until it is on again.
class silent_terminal {
public:
    explicit silent_terminal(int terminal) : terminal_(terminal) {
        sigset_t ending;
        sigemptyset(&ending);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP}) sigaddset(&ending, signal);
        sigprocmask(SIG_BLOCK, &ending, &signals_);
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
        sigprocmask(SIG_SETMASK, &signals_, nullptr);
        ::close(terminal_);
    }
    bool ready() const { return ready_; }

private:
    int terminal_;
    bool ready_ = false;
    termios before_{};
    sigset_t signals_{};
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

} // namespace inspect_key
