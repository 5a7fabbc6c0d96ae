#include <python3.11/Python.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "CPython.h"

// The number of the call that runs now, 0 between calls.
static atomic_long running_call = 0;

static char *copy_string(const char *text) { return strdup(text != NULL ? text : ""); }

// A copy of str(object), or NULL; leaves no exception behind.
static char *copy_text(PyObject *object) {
  if (object == NULL) return NULL;
  char *copy = NULL;
  PyObject *text = PyObject_Str(object);
  if (text != NULL) {
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "replace");
    if (bytes != NULL) copy = copy_string(PyBytes_AS_STRING(bytes));
    Py_XDECREF(bytes);
    Py_DECREF(text);
  }
  PyErr_Clear();
  return copy;
}

// "line N, in function" for the innermost frame of `traceback`.
static char *copy_place(PyObject *traceback) {
  if (traceback == NULL || !PyTraceBack_Check(traceback)) return NULL;
  PyTracebackObject *innermost = (PyTracebackObject *)traceback;
  while (innermost->tb_next != NULL) innermost = innermost->tb_next;
  PyCodeObject *code = PyFrame_GetCode(innermost->tb_frame);
  PyObject *line = PyObject_GetAttrString((PyObject *)innermost, "tb_lineno");
  PyObject *text = NULL;
  if (line != NULL) text = PyUnicode_FromFormat("%U, line %S, in %U", code->co_filename, line, code->co_name);
  char *place = copy_text(text);
  Py_XDECREF(text);
  Py_XDECREF(line);
  Py_DECREF(code);
  PyErr_Clear();
  return place;
}

// Moves the current exception into a reply.
static struct dass_python_reply raised(void) {
  struct dass_python_reply reply = {0};
  PyObject *type = NULL, *value = NULL, *traceback = NULL;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  reply.error_type = copy_string(type != NULL ? ((PyTypeObject *)type)->tp_name : "Exception");
  reply.error_message = copy_text(value);
  if (reply.error_message == NULL) reply.error_message = copy_string("");
  reply.error_place = copy_place(traceback);
  if (type != NULL && value != NULL && PyErr_GivenExceptionMatches(type, PyExc_ModuleNotFoundError)) {
    PyObject *name = PyObject_GetAttrString(value, "name");
    reply.missing_module = copy_text(name);
    Py_XDECREF(name);
    PyErr_Clear();
  }
  Py_XDECREF(type);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  return reply;
}

static struct dass_python_reply returned(const char *bytes, size_t count) {
  struct dass_python_reply reply = {0};
  reply.bytes = malloc(count > 0 ? count : 1);
  if (reply.bytes == NULL) {
    reply.error_type = copy_string("MemoryError");
    reply.error_message = copy_string("");
    return reply;
  }
  memcpy(reply.bytes, bytes, count);
  reply.count = count;
  return reply;
}

static char *initialize(const char *program) {
  PyPreConfig before;
  PyPreConfig_InitIsolatedConfig(&before);
  // File names and messages are UTF-8 whatever the locale of the front end.
  before.utf8_mode = 1;
  PyStatus status = Py_PreInitialize(&before);
  if (PyStatus_Exception(status)) return copy_string(status.err_msg);

  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.use_environment = 0;
  config.user_site_directory = 0;
  config.install_signal_handlers = 0;
  // Python finds its libraries from the program's name; left alone it would look for `python3` on PATH, which
  // is a virtual environment's whenever Jupyter runs in one.
  status = PyConfig_SetBytesString(&config, &config.program_name, program);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  return PyStatus_Exception(status) ? copy_string(status.err_msg) : NULL;
}

char *dass_python_start(const char *program) {
  // Python's `signal` module takes SIGINT over when it is first imported and finds the default disposition. It
  // leaves an ignored signal alone, so it is imported here under SIG_IGN.
  struct sigaction ignoring, original;
  memset(&ignoring, 0, sizeof ignoring);
  ignoring.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignoring, &original);
  char *reason = initialize(program);
  if (reason == NULL) {
    PyObject *module = PyImport_ImportModule("signal");
    if (module == NULL) PyErr_Clear();
    Py_XDECREF(module);
    PyEval_SaveThread();
  }
  sigaction(SIGINT, &original, NULL);
  return reason;
}

static struct dass_python_reply load(const char *name, const char *source) {
  char file[256];
  snprintf(file, sizeof file, "<%s>", name);
  PyObject *code = Py_CompileString(source, file, Py_file_input);
  if (code == NULL) return raised();
  PyObject *module = PyImport_ExecCodeModule(name, code);
  Py_DECREF(code);
  if (module == NULL) return raised();
  Py_DECREF(module);
  return returned("", 0);
}

struct dass_python_reply dass_python_load(const char *name, const char *source) {
  PyGILState_STATE lock = PyGILState_Ensure();
  struct dass_python_reply reply = load(name, source);
  PyGILState_Release(lock);
  return reply;
}

static struct dass_python_reply call_function(
    const char *module_name, const char *function_name, const uint8_t *request, size_t count) {
  PyObject *module = PyImport_ImportModule(module_name);
  if (module == NULL) return raised();
  PyObject *function = PyObject_GetAttrString(module, function_name);
  Py_DECREF(module);
  if (function == NULL) return raised();
  PyObject *argument = PyBytes_FromStringAndSize((const char *)request, (Py_ssize_t)count);
  PyObject *result = argument != NULL ? PyObject_CallOneArg(function, argument) : NULL;
  Py_XDECREF(argument);
  Py_DECREF(function);
  if (result == NULL) return raised();
  char *bytes = NULL;
  Py_ssize_t length = 0;
  struct dass_python_reply reply;
  if (PyBytes_AsStringAndSize(result, &bytes, &length) < 0) {
    reply = raised();
  } else {
    reply = returned(bytes, (size_t)length);
  }
  Py_DECREF(result);
  return reply;
}

struct dass_python_reply dass_python_call(
    const char *module, const char *function, const uint8_t *request, size_t count, long call) {
  PyGILState_STATE lock = PyGILState_Ensure();
  atomic_store(&running_call, call);
  struct dass_python_reply reply = call_function(module, function, request, count);
  atomic_store(&running_call, 0);
  PyGILState_Release(lock);
  return reply;
}

// Runs on Python's thread, between two of its instructions.
static int interrupt_if_running(void *call) {
  if (atomic_load(&running_call) != (long)(intptr_t)call) return 0;
  PyErr_SetNone(PyExc_KeyboardInterrupt);
  return -1;
}

void dass_python_interrupt(long call) {
  // A pending call needs no lock, so the caller never waits. It is dropped if the queue is full, which only
  // means that the call runs to its end.
  Py_AddPendingCall(interrupt_if_running, (void *)(intptr_t)call);
}

void dass_python_reply_free(struct dass_python_reply *reply) {
  free(reply->bytes);
  free(reply->error_type);
  free(reply->error_message);
  free(reply->error_place);
  free(reply->missing_module);
  memset(reply, 0, sizeof *reply);
}
