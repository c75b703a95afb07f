#include "cli/interrupt.hpp"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "cli/exit_codes.hpp"
#include "io/temporary_file.hpp"

namespace coterie::cli {

namespace {

/// How long a run may take to stop by itself. Two seconds are promised; the rest is for a busy machine.
constexpr suseconds_t grace_microseconds = 600'000;
constexpr time_t grace_seconds = 1;

std::atomic<bool> asked_to_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not wait for a lock");

// Called by signal handlers: only what is async-signal-safe.
[[noreturn]] void end_now() {
    remove_temporary_files();
    _exit(exit_cancelled);
}

void on_interrupt(int) {
    if (asked_to_stop.exchange(true)) end_now();
    const itimerval grace{.it_interval = {}, .it_value = {.tv_sec = grace_seconds, .tv_usec = grace_microseconds}};
    setitimer(ITIMER_REAL, &grace, nullptr);
}

void on_grace_over(int) {
    end_now();
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;  // reads and writes go on: stopping is the computation's own decision
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

}  // namespace

void install_interrupt_handlers() {
    // A file that may not grow is an error of the write that met it, not the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
    handle(SIGALRM, on_grace_over);
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
}

bool interrupted() noexcept {
    return asked_to_stop.load(std::memory_order_relaxed);
}

}  // namespace coterie::cli
