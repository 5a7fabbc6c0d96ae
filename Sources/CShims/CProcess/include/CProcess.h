// What a kernel process needs from POSIX and Swift cannot say: signal sets, pipes over standard descriptors,
// C's stdio buffers, an event descriptor, and a crash handler. Every function returns -1 on failure and leaves
// the reason in errno, unless it says otherwise.
#ifndef CPROCESS_H
#define CPROCESS_H

/// Catches SIGINT, SIGTERM and SIGHUP for dass_wait_for_signal, and ignores SIGPIPE. Undoes an inherited "ignore"
/// and an inherited block.
///
/// Handlers, not blocked signals: libraries start threads while they are loaded (OpenBLAS does), before any block
/// could be set, and a signal that reaches one of those would end the process. What is blocked would also be
/// inherited by every program that the kernel starts.
int dass_catch_signals(void);

/// Waits for the next caught signal. The answer is one of the two constants below.
int dass_wait_for_signal(void);

enum { DASS_SIGNAL_INTERRUPT = 1, DASS_SIGNAL_TERMINATE = 2 };

/// A close-on-exec copy of `descriptor`, numbered 3 or higher.
int dass_duplicate(int descriptor);

/// Puts a pipe in the place of `descriptor` and returns the pipe's non-blocking read end. The pipe is made as
/// large as the system allows up to 1 MiB, because C code blocks when it is full.
int dass_capture(int descriptor);

/// Puts `saved` back in the place of `descriptor` and closes `saved`.
int dass_restore(int saved, int descriptor);

/// Makes C's stdout line buffered: over a pipe it would otherwise keep back up to 4 KiB.
void dass_line_buffer_stdout(void);

/// Flushes C's stdout and stderr.
void dass_flush_stdio(void);

/// Gives memory that was freed back to the system, where the C library can.
void dass_trim_memory(void);

/// An event descriptor: readable after dass_event_signal until dass_event_clear. Close it with close.
int dass_event_create(void);
void dass_event_signal(int event);
void dass_event_clear(int event);

/// Makes a crash (SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE) lead stderr to `descriptor` and into `file`
/// before the handlers that are installed now (Swift's backtrace) run: they would otherwise write into the captured
/// pipe, which nobody reads any more. The file is made when there is something to report; an empty path is none.
int dass_report_crashes_to(int descriptor, const char *file);

#endif
