/// The Python program that runs `%%python` cells, as pieces of text that follow each other: this entry, what is
/// shown, the session's values, widgets, and the tools of an editor. It is loaded once, as the module `dass_cells`.
///
/// `run` takes `{"source", "count", "faults", "header"}` and returns `{"bundle"}` or `{"error": {"name", "message",
/// "traceback"}}`; `receive` takes a message of a comm. While they run they ask the program for things through `dass_host`; `PythonCellHost` answers.
enum PythonCellProgram {
  static let program = PythonProgram(name: "dass_cells", source: entry + shown + session + widgets + tools)

  private static let entry = #"""
    import ast, base64, builtins, codeop, faulthandler, functools, getpass, importlib.abc, importlib.util, inspect, io, json
    import keyword, linecache, numbers, os, pkgutil, pprint, re, rlcompleter, site, struct, sys, threading, time, tokenize, traceback, types
    from math import isfinite
    import dass_host

    STDOUT, STDERR, REQUEST, ARRAYS, COMM, TEXT = 0, 1, 2, 3, 4, 5
    # From how many letters on texts are not put into JSON, where each letter is looked at.
    LONG = 1 << 16
    # Cells are the main module, so that what they define can be pickled and found by multiprocessing.
    NAMESPACE = sys.modules["__main__"].__dict__
    MISSING = object()
    # The header of the request that something runs for.
    PARENT = {}
    # The number of the call that runs, or ran last.
    CALL = 0

    # Packages of the place that the kernel is installed in; the system's own come first, so that they fit each other.
    for folder in filter(None, os.environ.get("DASS_PYTHON_PACKAGES", "").split(":")):
        site.addsitedir(folder)


    def start_thread(thread, start=threading.Thread.start):
        """A thread belongs to the call that started it, and shows what it has to show with that."""
        thread.dass_call = call_of_thread()
        start(thread)


    threading.Thread.start = start_thread


    def call_of_thread():
        return getattr(threading.current_thread(), "dass_call", CALL)


    def ask(op, **fields):
        # Half characters, which Python's texts may hold, become question marks.
        request = json.dumps({"op": op, **fields}, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        answer = dass_host.call(REQUEST, request)
        return json.loads(answer) if answer else {}


    class Stream(io.TextIOBase):
        """Standard output or error; what is written belongs to the cell that runs, or ran last."""
        encoding, errors = "utf-8", "replace"

        def __init__(self, kind):
            self.kind = kind
            self.buffer = open(self.fileno(), "wb", buffering=0, closefd=False)

        def fileno(self):
            return self.kind + 1

        def writable(self):
            return True

        def write(self, text):
            if not isinstance(text, str):
                raise TypeError(f"write() argument must be str, not {type(text).__name__}")
            if text and call_of_thread() != CALL:
                ask("write", call=call_of_thread(), stream=self.kind, text=text)
            elif text:
                dass_host.call(self.kind, text.encode("utf-8", "replace"))
            return len(text)


    def read_line(prompt="", hidden=False):
        answer = ask("input", prompt=str(prompt), hidden=hidden)
        if "text" in answer:
            return answer["text"]
        if answer.get("error") == "end":
            raise EOFError(answer["message"])
        if answer.get("error") == "interrupted":
            time.sleep(1)  # The interrupt itself is on its way.
            raise KeyboardInterrupt
        raise RuntimeError(answer.get("message", "there is no input"))


    def run(request):
        return answered(execute, json.loads(request))


    def answered(work, request):
        """What `work` makes of a request, or the error that it raised, in JSON."""
        global CALL
        try:
            CALL = request["call"]
            PARENT.clear()
            PARENT.update(request["header"] or {})
            if request["faults"] and not faulthandler.is_enabled():
                faulthandler.enable(open(request["faults"], "w"), all_threads=False)
            reply = work(request)
        except BaseException as error:
            try:
                reply = failure(error)
            except KeyboardInterrupt as interrupt:
                reply = failure(interrupt)
            close_figures()
        return json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")


    def execute(cell):
        source, file = cell["source"], f"<cell {cell['count']}>"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        tree = ast.parse(source, file)
        place({node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)})
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, file, "exec", dont_inherit=True), NAMESPACE)
        result = None if last is None else eval(compile(last, file, "eval", dont_inherit=True), NAMESPACE)
        bundle = None
        if result is not None:
            NAMESPACE["_"] = result
            if not ends_with_semicolon(source):
                bundle = handed_over(form(result))
        show_figures(but=result if bundle else None)
        return {"bundle": bundle}


    def ends_with_semicolon(source):
        tokens = [t for t in tokenize.generate_tokens(io.StringIO(source).readline)
                  if t.type not in (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.ENDMARKER)]
        return bool(tokens) and tokens[-1].string == ";"


    def failure(error):
        told = traceback.TracebackException.from_exception(error)
        lines = "".join(trimmed(told).format()).rstrip("\n").split("\n")
        try:
            message = str(error)
        except Exception:
            message = ""
        return {"error": {"name": type(error).__name__, "message": message, "traceback": [colored(l) for l in lines]}}


    def trimmed(told):
        """Without the frames of this program, which are nobody's concern."""
        parts, seen = [told], set()
        while parts:
            part = parts.pop()
            if part is None or id(part) in seen:
                continue
            seen.add(id(part))
            part.stack = traceback.StackSummary.from_list([f for f in part.stack if f.filename != "<dass_cells>"])
            parts += [part.__cause__, part.__context__, *(part.exceptions or ())]
        return told


    def colored(line):
        text = line.strip()
        if text.startswith('File "'):
            return f"\x1b[34m{line}\x1b[0m"
        if text and not text.strip("^~"):
            return f"\x1b[31m{line}\x1b[0m"
        name, sign, rest = line.partition(":")
        if re.fullmatch(r"[\w.]+", name) and (sign or not rest):
            return f"\x1b[1m{name}{sign}\x1b[0m{rest}"
        return line


    """#
}
