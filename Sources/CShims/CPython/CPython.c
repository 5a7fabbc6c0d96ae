#include <python3.11/Python.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "CPython.h"

// Everything of libpython that is used here, by name. The library is loaded when Python is first needed and not
// with the program, which would be 2 MB larger all the time. Names are used through `python` and nowhere else: an
// inline function of Python.h that calls one would need the library when the program is linked.
#define PYTHON_NAMES(NAME)                                                                                     \
  NAME(PyBytes_AsString) NAME(PyBytes_AsStringAndSize) NAME(PyBytes_FromStringAndSize) NAME(PyArg_ParseTuple)  \
  NAME(PyBuffer_Release) NAME(PyConfig_Clear) NAME(PyConfig_InitIsolatedConfig) NAME(PyConfig_SetBytesString)  \
  NAME(PyErr_Clear) NAME(PyErr_Fetch) NAME(PyErr_GivenExceptionMatches) NAME(PyErr_NormalizeException)         \
  NAME(PyErr_SetInterruptEx) NAME(PyErr_SetNone) NAME(PyEval_RestoreThread) NAME(PyEval_SaveThread)            \
  NAME(PyExc_KeyboardInterrupt) NAME(PyExc_ModuleNotFoundError) NAME(PyFrame_GetCode) NAME(PyGILState_Ensure)  \
  NAME(PyGILState_Release) NAME(PyImport_AppendInittab) NAME(PyImport_ExecCodeModule)                          \
  NAME(PyImport_ImportModule) NAME(PyModule_Create2) NAME(PyObject_CallMethod) NAME(PyObject_CallOneArg)       \
  NAME(PyObject_GetAttrString) NAME(PyObject_Str) NAME(PyPreConfig_InitIsolatedConfig)                         \
  NAME(PyStatus_Exception) NAME(PyTraceBack_Type) NAME(PyUnicode_AsEncodedString) NAME(PyUnicode_FromFormat)   \
  NAME(Py_CompileStringExFlags) NAME(Py_DecRef) NAME(Py_IncRef) NAME(Py_InitializeFromConfig)                  \
  NAME(Py_PreInitialize) NAME(_Py_NoneStruct)

#define POINTER(name) __typeof__(&name) name;
static struct { PYTHON_NAMES(POINTER) } python;

// The number of the numbered call that runs now, 0 between calls.
static atomic_long running_call = 0;
// The number of the call that is to be interrupted, 0 once it was.
static atomic_long interrupted_call = 0;
// The thread that Python was started on, where it looks at signals.
static pthread_t main_thread;
static _Atomic(dass_python_host) host_function = NULL;

static char *copy_string(const char *text) { return strdup(text != NULL ? text : ""); }

// A copy of str(object), or NULL; leaves no exception behind.
static char *copy_text(PyObject *object) {
  if (object == NULL) return NULL;
  char *copy = NULL;
  PyObject *text = python.PyObject_Str(object);
  if (text != NULL) {
    PyObject *bytes = python.PyUnicode_AsEncodedString(text, "utf-8", "replace");
    if (bytes != NULL) copy = copy_string(python.PyBytes_AsString(bytes));
    python.Py_DecRef(bytes);
    python.Py_DecRef(text);
  }
  python.PyErr_Clear();
  return copy;
}

// "line N, in function" for the innermost frame of `traceback`.
static char *copy_place(PyObject *traceback) {
  if (traceback == NULL || !Py_IS_TYPE(traceback, python.PyTraceBack_Type)) return NULL;
  PyTracebackObject *innermost = (PyTracebackObject *)traceback;
  while (innermost->tb_next != NULL) innermost = innermost->tb_next;
  PyCodeObject *code = python.PyFrame_GetCode(innermost->tb_frame);
  PyObject *line = python.PyObject_GetAttrString((PyObject *)innermost, "tb_lineno");
  PyObject *text = NULL;
  if (line != NULL) text = python.PyUnicode_FromFormat("%U, line %S, in %U", code->co_filename, line, code->co_name);
  char *place = copy_text(text);
  python.Py_DecRef(text);
  python.Py_DecRef(line);
  python.Py_DecRef((PyObject *)code);
  python.PyErr_Clear();
  return place;
}

// Moves the current exception into a reply.
static struct dass_python_reply raised(void) {
  struct dass_python_reply reply = {0};
  PyObject *type = NULL, *value = NULL, *traceback = NULL;
  python.PyErr_Fetch(&type, &value, &traceback);
  python.PyErr_NormalizeException(&type, &value, &traceback);
  reply.error_type = copy_string(type != NULL ? ((PyTypeObject *)type)->tp_name : "Exception");
  reply.error_message = copy_text(value);
  if (reply.error_message == NULL) reply.error_message = copy_string("");
  reply.error_place = copy_place(traceback);
  if (type != NULL && value != NULL &&
      python.PyErr_GivenExceptionMatches(type, *python.PyExc_ModuleNotFoundError)) {
    PyObject *name = python.PyObject_GetAttrString(value, "name");
    reply.missing_module = copy_text(name);
    python.Py_DecRef(name);
    python.PyErr_Clear();
  }
  python.Py_DecRef(type);
  python.Py_DecRef(value);
  python.Py_DecRef(traceback);
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

// dass_host.call(kind, bytes or text): what running code asks of the program.
static PyObject *host_call(PyObject *self, PyObject *arguments) {
  (void)self;
  int kind = 0;
  Py_buffer request;
  if (!python.PyArg_ParseTuple(arguments, "is*", &kind, &request)) return NULL;
  dass_python_host host = atomic_load(&host_function);
  uint8_t *answer = NULL;
  size_t count = 0;
  if (host != NULL) {
    // Without the lock: the answer may take as long as a person takes.
    PyThreadState *thread = python.PyEval_SaveThread();
    host(kind, request.buf, (size_t)request.len, &answer, &count);
    python.PyEval_RestoreThread(thread);
  }
  python.PyBuffer_Release(&request);
  PyObject *result = python.PyBytes_FromStringAndSize((const char *)answer, (Py_ssize_t)count);
  free(answer);
  return result;
}

static PyObject *none(void) {
  python.Py_IncRef(python._Py_NoneStruct);
  return python._Py_NoneStruct;
}

// Python's handler of SIGINT. The signal may be tripped late, so it must still be meant for the call that runs.
static PyObject *host_interrupt(PyObject *self, PyObject *arguments) {
  (void)self;
  (void)arguments;
  long call = atomic_exchange(&interrupted_call, 0);
  if (call == 0 || call != atomic_load(&running_call)) return none();
  python.PyErr_SetNone(*python.PyExc_KeyboardInterrupt);
  return NULL;
}

static PyMethodDef host_methods[] = {
    {"call", host_call, METH_VARARGS, "Asks the program for something."},
    {"interrupt", host_interrupt, METH_VARARGS, "Handles SIGINT."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef host_module = {PyModuleDef_HEAD_INIT, "dass_host", NULL, -1, host_methods};

static PyObject *create_host_module(void) { return python.PyModule_Create2(&host_module, PYTHON_API_VERSION); }

// Makes host_interrupt the handler that Python calls for SIGINT; the process's own disposition is not Python's.
static void handle_interrupts(void) {
  PyObject *host = python.PyImport_ImportModule("dass_host");
  PyObject *signals = python.PyImport_ImportModule("signal");
  PyObject *handler = host != NULL ? python.PyObject_GetAttrString(host, "interrupt") : NULL;
  if (signals != NULL && handler != NULL) {
    python.Py_DecRef(python.PyObject_CallMethod(signals, "signal", "iO", SIGINT, handler));
  }
  python.Py_DecRef(handler);
  python.Py_DecRef(signals);
  python.Py_DecRef(host);
  python.PyErr_Clear();
}

// Runs on Python's thread: told on another one, Python 3.11 notices an interrupt only when it changes threads. A
// system call that waits returns early because of the signal, and Python then looks at interrupts as well.
static void on_nudge(int number) {
  (void)number;
  if (atomic_load(&interrupted_call) != 0) python.PyErr_SetInterruptEx(SIGINT);
}

// Returns NULL, or why the library cannot be used.
static char *load_library(void) {
  // Modules in C find Python's functions among those of the process.
  void *library = dlopen("libpython" DASS_PYTHON_VERSION ".so.1.0", RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) return copy_string(dlerror());
#define LOAD(name) \
  if ((python.name = (__typeof__(python.name))dlsym(library, #name)) == NULL) return copy_string(dlerror());
  PYTHON_NAMES(LOAD)
  return NULL;
}

static char *initialize(const char *program) {
  PyPreConfig before;
  python.PyPreConfig_InitIsolatedConfig(&before);
  // File names and messages are UTF-8 whatever the locale of the front end.
  before.utf8_mode = 1;
  PyStatus status = python.Py_PreInitialize(&before);
  if (python.PyStatus_Exception(status)) return copy_string(status.err_msg);

  python.PyImport_AppendInittab("dass_host", create_host_module);
  PyConfig config;
  python.PyConfig_InitIsolatedConfig(&config);
  config.use_environment = 0;
  config.user_site_directory = 0;
  config.install_signal_handlers = 0;
  // Python finds its libraries from the program's name; left alone it would look for `python3` on PATH, which
  // is a virtual environment's whenever Jupyter runs in one.
  status = python.PyConfig_SetBytesString(&config, &config.program_name, program);
  if (!python.PyStatus_Exception(status)) status = python.Py_InitializeFromConfig(&config);
  python.PyConfig_Clear(&config);
  return python.PyStatus_Exception(status) ? copy_string(status.err_msg) : NULL;
}

char *dass_python_start(const char *program) {
  main_thread = pthread_self();
  struct sigaction nudged;
  memset(&nudged, 0, sizeof nudged);
  nudged.sa_handler = on_nudge;
  sigaction(SIGURG, &nudged, NULL);
  // A thread inherits what its maker blocks, and the threads of libdispatch block nearly everything.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGURG);
  pthread_sigmask(SIG_UNBLOCK, &signals, NULL);

  struct sigaction original;
  sigaction(SIGINT, NULL, &original);
  char *reason = load_library();
  if (reason == NULL) reason = initialize(program);
  if (reason == NULL) {
    handle_interrupts();
    python.PyEval_SaveThread();
  }
  sigaction(SIGINT, &original, NULL);
  return reason;
}

void dass_python_set_host(dass_python_host host) { atomic_store(&host_function, host); }

static struct dass_python_reply load(const char *name, const char *source) {
  char file[256];
  snprintf(file, sizeof file, "<%s>", name);
  PyObject *code = python.Py_CompileStringExFlags(source, file, Py_file_input, NULL, -1);
  if (code == NULL) return raised();
  PyObject *module = python.PyImport_ExecCodeModule(name, code);
  python.Py_DecRef(code);
  if (module == NULL) return raised();
  python.Py_DecRef(module);
  return returned("", 0);
}

struct dass_python_reply dass_python_load(const char *name, const char *source) {
  PyGILState_STATE lock = python.PyGILState_Ensure();
  struct dass_python_reply reply = load(name, source);
  python.PyGILState_Release(lock);
  return reply;
}

static struct dass_python_reply call_function(
    const char *module_name, const char *function_name, const uint8_t *request, size_t count) {
  PyObject *module = python.PyImport_ImportModule(module_name);
  if (module == NULL) return raised();
  PyObject *function = python.PyObject_GetAttrString(module, function_name);
  python.Py_DecRef(module);
  if (function == NULL) return raised();
  PyObject *argument = python.PyBytes_FromStringAndSize((const char *)request, (Py_ssize_t)count);
  PyObject *result = argument != NULL ? python.PyObject_CallOneArg(function, argument) : NULL;
  python.Py_DecRef(argument);
  python.Py_DecRef(function);
  if (result == NULL) return raised();
  char *bytes = NULL;
  Py_ssize_t length = 0;
  struct dass_python_reply reply;
  if (python.PyBytes_AsStringAndSize(result, &bytes, &length) < 0) {
    reply = raised();
  } else {
    reply = returned(bytes, (size_t)length);
  }
  python.Py_DecRef(result);
  return reply;
}

struct dass_python_reply dass_python_call(
    const char *module, const char *function, const uint8_t *request, size_t count, long call) {
  PyGILState_STATE lock = python.PyGILState_Ensure();
  struct sigaction interrupt;
  if (call != 0) {
    sigaction(SIGINT, NULL, &interrupt);
    atomic_store(&running_call, call);
  }
  struct dass_python_reply reply = call_function(module, function, request, count);
  if (call != 0) {
    atomic_store(&running_call, 0);
    // Code may have changed what SIGINT does; the process and Python get their handlers back.
    handle_interrupts();
    sigaction(SIGINT, &interrupt, NULL);
  }
  python.PyGILState_Release(lock);
  return reply;
}

void dass_python_interrupt(long call) {
  if (call == 0 || atomic_load(&running_call) != call) return;
  atomic_store(&interrupted_call, call);
  dass_python_nudge();
}

void dass_python_nudge(void) {
  if (atomic_load(&interrupted_call) != 0) pthread_kill(main_thread, SIGURG);
}

void dass_python_reply_free(struct dass_python_reply *reply) {
  free(reply->bytes);
  free(reply->error_type);
  free(reply->error_message);
  free(reply->error_place);
  free(reply->missing_module);
  memset(reply, 0, sizeof *reply);
}
