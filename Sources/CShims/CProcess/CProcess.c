#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int signal_pipe[2] = {-1, -1};

// Everything called here is async-signal-safe.
static void on_signal(int number) {
  int code = errno;
  char kind = number == SIGINT ? DASS_SIGNAL_INTERRUPT : DASS_SIGNAL_TERMINATE;
  // The pipe is full only when thousands of signals wait to be read, and then one more makes no difference.
  ssize_t written = write(signal_pipe[1], &kind, 1);
  (void)written;
  errno = code;
}

int dass_catch_signals(void) {
  signal(SIGPIPE, SIG_IGN);
  if (pipe2(signal_pipe, O_CLOEXEC) != 0) return -1;
  if (fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK) != 0) return -1;
  static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigset_t signals;
  sigemptyset(&signals);
  for (size_t index = 0; index < sizeof caught / sizeof caught[0]; index++) {
    if (sigaction(caught[index], &action, NULL) != 0) return -1;
    sigaddset(&signals, caught[index]);
  }
  int code = pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
  if (code == 0) return 0;
  errno = code;
  return -1;
}

int dass_wait_for_signal(void) {
  char kind = 0;
  while (read(signal_pipe[0], &kind, 1) != 1) {
  }
  return kind;
}

int dass_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

int dass_capture(int descriptor) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  int flags = fcntl(ends[0], F_GETFL);
  if (flags < 0 || fcntl(ends[0], F_SETFL, flags | O_NONBLOCK) != 0 || dup2(ends[1], descriptor) < 0) {
    int code = errno;
    close(ends[0]);
    close(ends[1]);
    errno = code;
    return -1;
  }
  close(ends[1]);
  return ends[0];
}

int dass_restore(int saved, int descriptor) {
  int result = dup2(saved, descriptor);
  close(saved);
  return result < 0 ? -1 : 0;
}

void dass_line_buffer_stdout(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }

void dass_flush_stdio(void) {
  fflush(stdout);
  fflush(stderr);
}

int dass_event_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void dass_event_signal(int event) {
  uint64_t one = 1;
  // The only failure is a full counter, and then the event is set already.
  ssize_t written = write(event, &one, sizeof one);
  (void)written;
}

void dass_event_clear(int event) {
  uint64_t count;
  ssize_t received = read(event, &count, sizeof count);
  (void)received;
}

static const int crash_signals[] = {SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE};
enum { CRASH_SIGNAL_COUNT = sizeof crash_signals / sizeof crash_signals[0] };
static struct sigaction earlier_actions[CRASH_SIGNAL_COUNT];
static int crash_descriptor = -1;

// Everything called here is async-signal-safe.
static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  dup2(crash_descriptor, STDERR_FILENO);
  static const char line[] = "dass: the kernel crashed; the report follows\n";
  ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
  (void)written;
  for (int index = 0; index < CRASH_SIGNAL_COUNT; index++) {
    sigaction(crash_signals[index], &earlier_actions[index], NULL);
    // Where Swift's runtime reports nothing, addresses that addr2line explains are better than nothing.
    if (crash_signals[index] == number && earlier_actions[index].sa_handler == SIG_DFL) {
      void *frames[64];
      backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    }
  }
  // A fault happens again on return, and the earlier handler sees the faulting instruction. A signal that was
  // sent does not: it is sent again, first to the earlier handler and then, as that may return, to end the process.
  if (info->si_code > 0) return;
  raise(number);
  signal(number, SIG_DFL);
  raise(number);
}

int dass_report_crashes_to(int descriptor) {
  crash_descriptor = descriptor;
  // The first call loads a library, which must not happen in a handler.
  void *frame;
  backtrace(&frame, 1);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_crash;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int index = 0; index < CRASH_SIGNAL_COUNT; index++) {
    if (sigaction(crash_signals[index], NULL, &earlier_actions[index]) != 0) return -1;
  }
  for (int index = 0; index < CRASH_SIGNAL_COUNT; index++) {
    if (sigaction(crash_signals[index], &action, NULL) != 0) return -1;
  }
  return 0;
}
