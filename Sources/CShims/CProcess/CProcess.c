#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
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

void dass_trim_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
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
static char crash_file[4096];

// The life of the process that writes the report of its parent to the log and to a file, until the parent has ended.
static void copy_report(int reports) {
  setpgid(0, 0);
  int file = open(crash_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  char buffer[4096];
  ssize_t count;
  while ((count = read(reports, buffer, sizeof buffer)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    ssize_t logged = write(crash_descriptor, buffer, (size_t)count);
    ssize_t filed = file < 0 ? 0 : write(file, buffer, (size_t)count);
    (void)logged;
    (void)filed;
  }
  _exit(0);
}

// Reports are written by handlers that know one descriptor only, and the process ends in the last of them. So it is
// another process that makes two of one. Where there can be none, the log alone gets the report.
static void open_report(void) {
  int ends[2];
  if (crash_file[0] != 0 && pipe2(ends, O_CLOEXEC) == 0) {
    // Not fork, which takes the locks of malloc, where the crash may have been.
    pid_t copier = _Fork();
    if (copier == 0) {
      close(ends[1]);
      copy_report(ends[0]);
    }
    close(ends[0]);
    if (copier > 0) dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    if (copier > 0) return;
  }
  dup2(crash_descriptor, STDERR_FILENO);
}

// Everything called here is async-signal-safe.
static void on_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  open_report();
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

int dass_report_crashes_to(int descriptor, const char *file) {
  crash_descriptor = descriptor;
  if (strlen(file) < sizeof crash_file) strcpy(crash_file, file);
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
