#ifndef DASS_CPYTHON_H
#define DASS_CPYTHON_H

// The few things that the kernel asks of an embedded Python. Python.h stays in the .c file: its feature macros
// clash with those of other C modules when both are imported into Swift.
//
// One Python per process. `dass_python_start` and numbered calls belong to one thread, always the same; calls with
// the number 0 may come from others.

#include <stddef.h>
#include <stdint.h>

/// The version whose library is loaded, and for which packages must be made.
#define DASS_PYTHON_VERSION "3.11"

/// What a call came to: bytes, or the parts of a Python exception. All strings are UTF-8.
struct dass_python_reply {
  /// The bytes returned; NULL if an exception was raised.
  uint8_t *bytes;
  size_t count;
  /// For instance `ValueError`; NULL on success.
  char *error_type;
  char *error_message;
  /// The last line of the traceback that names a place, for instance `line 3, in draw`; or NULL.
  char *error_place;
  /// The module that a ModuleNotFoundError names, or NULL.
  char *missing_module;
};

/// Loads Python's library and starts Python on the calling thread, untouched by the environment, by a virtual environment on PATH and by the
/// user's site-packages. `program` is the interpreter whose libraries are used. The process's SIGINT disposition
/// is as before afterwards.
/// Returns NULL, or the reason why Python did not start (to be freed with `free`).
char *dass_python_start(const char *program);

/// Runs `source` as a new module called `name`. `bytes` is empty on success.
struct dass_python_reply dass_python_load(const char *name, const char *source);

/// Calls `module.function(request)`, which must return bytes. `call` is a positive number, new for each call, or 0 for
/// a call on another thread, which cannot be interrupted.
struct dass_python_reply dass_python_call(
    const char *module, const char *function, const uint8_t *request, size_t count, long call);

/// Raises KeyboardInterrupt in the call with this number, if it still runs. Python raises it between two of its
/// instructions, and in system calls that wait. May be used from any thread; does not wait.
void dass_python_interrupt(long call);

/// Ends a system call that was entered just after the interrupt; to be repeated until the call returns.
void dass_python_nudge(void);

/// Answers `dass_host.call(kind, bytes)`, or one with a text, which comes as UTF-8; runs on the asking thread, without Python's lock. `*answer` is allocated
/// with `malloc`, or left NULL for an empty answer.
typedef void (*dass_python_host)(
    int kind, const uint8_t *request, size_t count, uint8_t **answer, size_t *answer_count);

void dass_python_set_host(dass_python_host host);

void dass_python_reply_free(struct dass_python_reply *reply);

#endif
