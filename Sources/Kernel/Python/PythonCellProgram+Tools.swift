extension PythonCellProgram {
  /// Completion, inspection and completeness of cells. They run beside a cell, and change nothing.
  static let tools = #"""
    class Completer(rlcompleter.Completer):
        def _callable_postfix(self, value, word):
            return word


    def complete(request):
        request = json.loads(request)
        before = request["source"][:request["cursor"]]
        line = before[before.rfind("\n") + 1:]
        if match := re.search(r"([\w.]+)\[(['\"])([^'\"]*)$", line):
            keys = getattr(resolve(match[1]), "keys", None)
            found = [(key, "property") for key in keys() if isinstance(key, str)] if callable(keys) else []
            word = match[3]
        elif match := re.match(r"\s*(?:from|import)\s+(?:[\w.]+\s*,\s*)*(\w*)$", line):
            found = [(module.name, "module") for module in pkgutil.iter_modules()]
            found += [(name, "module") for name in sys.builtin_module_names]
            word = match[1]
        else:
            word = re.search(r"[^\W\d][\w.]*$|$", line)[0]
            head, dot, last = word.rpartition(".")
            if not dot and not word:
                return json.dumps({"matches": [], "cursor": len(before)}).encode()
            names = Completer(NAMESPACE).attr_matches(word) if dot else Completer(NAMESPACE).global_matches(word)
            names = names if dot else names + request["names"]
            found = [(name.strip()[len(head + dot):], sort_of(name.strip(), head)) for name in names]
            word = last
        unique = dict(pair for pair in found if pair[0].startswith(word))
        ordered = sorted(unique, key=lambda name: (name.startswith("_"), name.lower(), name))
        matches = [{"text": name, "kind": unique[name]} for name in ordered[:500]]
        return json.dumps({"matches": matches, "cursor": len(before) - len(word)}).encode()


    def resolve(path):
        """The value of a dotted name, or MISSING; nothing is called."""
        first, *rest = path.split(".")
        value = NAMESPACE.get(first, getattr(builtins, first, MISSING))
        for name in rest:
            value = getattr(value, name, MISSING)
        return value


    def sort_of(path, head):
        if keyword.iskeyword(path):
            return "keyword"
        # Attributes may be computed: only what the class says of them is looked at.
        value = getattr(type(resolve(head)), path.rpartition(".")[2], MISSING) if head else resolve(path)
        if isinstance(value, type):
            return "class"
        if isinstance(value, types.ModuleType):
            return "module"
        return "property" if isinstance(value, property) else "function" if callable(value) else "instance"


    def explain(request):
        request = json.loads(request)
        source, cursor = request["source"], request["cursor"]
        start = re.search(r"[\w.]*$", source[:cursor]).start()
        path = source[start:cursor] + re.match(r"\w*", source[cursor:])[0]
        # After an opening bracket, the function before it is meant.
        path = path or (re.search(r"([\w.]+)\($", source[:cursor]) or ["", ""])[1]
        value = resolve(path.strip(".")) if path.strip(".") else MISSING
        if value is MISSING:
            return b"{}"
        lines = [f"{path}: {type(value).__name__}"]
        try:
            lines[0] = path + str(inspect.signature(value))
        except (TypeError, ValueError):
            if not callable(value):
                lines.append(plain(value)[:2000])
        lines.append(inspect.getdoc(value) or "")
        return json.dumps({"text": "\n\n".join(line for line in lines if line)}).encode()


    def completeness(request):
        lines = json.loads(request)["source"].split("\n")
        last = lines[-1] if lines else ""
        indent = re.match(r"\s*", last)[0]
        try:
            code = codeop.compile_command("\n".join(lines), "<cell>", "exec")
        except (SyntaxError, OverflowError, ValueError):
            return json.dumps({"status": "invalid", "indent": ""}).encode()
        # A block ends with an empty line, as in Python's own terminal.
        if code is not None and (not indent or not last.strip()):
            return json.dumps({"status": "complete", "indent": ""}).encode()
        opens = last.split("#")[0].rstrip().endswith(":")
        return json.dumps({"status": "incomplete", "indent": indent + ("    " if opens else "")}).encode()
    """#
}
