extension PythonCellProgram {
  /// The session as Python sees it: names that a cell mentions become variables, and the module `dass` gives and
  /// takes values by name.
  static let session = #"""
    # What was made a variable: name to version and value. A variable that Python has bound itself is left alone.
    PLACED = {}


    def place(names):
        for name in sorted(names):
            here = NAMESPACE.get(name, MISSING)
            version, placed = PLACED.get(name, (None, MISSING))
            if here is not MISSING and here is not placed:
                continue
            answer = ask("get", name=name, known=None if here is MISSING else version, variable=True)
            if "value" in answer:
                NAMESPACE[name] = value_of(answer["value"])
                PLACED[name] = answer["version"], NAMESPACE[name]
            elif "version" not in answer and here is not MISSING:
                del NAMESPACE[name], PLACED[name]


    class Thing:
        """Something of the session that has no rows: a dataset, a teacher, a figure. What it has in numbers is in
        `arrays`, by name: images and labels, or weights."""
        def __init__(self, content):
            self.kind, self.name, self.summary = content["kind"], content["name"], content["summary"]
            self.details = dict(content["details"])
            self._shown = content.get("shown")

        def _repr_mimebundle_(self, include=None, exclude=None):
            shown = self._shown or ask("show", name=self.name)
            return (shown["data"], shown["metadata"]) if "data" in shown else None

        @functools.cached_property
        def arrays(self):
            return arrays_of(self.name)

        def __repr__(self):
            return f"<{self.kind} {self.name}: {self.summary}>"


    def value_of(content):
        if isinstance(content, list):
            return [value_of(element) for element in content]
        if not isinstance(content, dict):
            return content
        if content["type"] == "range":
            return range(content["low"], content["high"] + 1)
        if content["type"] == "table":
            return frame(content)
        return frame(content["rows"]) if content["rows"] else Thing(content)


    def frame(table):
        columns = {column["name"]: column["values"] for column in table["columns"]}
        try:
            import pandas
        except ImportError:
            return {name: array(values) for name, values in columns.items()}
        result = pandas.DataFrame(columns)
        result.attrs.update(title=table["title"], notes=table["notes"])
        return result


    def array(values):
        try:
            import numpy
        except ImportError:
            return values
        if any(value is None for value in values) and not any(isinstance(value, str) for value in values):
            values = [numpy.nan if value is None else value for value in values]
        return numpy.array(values)


    def arrays_of(name):
        import numpy
        content = memoryview(dass_host.call(ARRAYS, name.encode()))
        if not content:
            raise KeyError(name)
        start = 8 + int.from_bytes(content[:8], "little")
        found = {}
        for entry in json.loads(bytes(content[8:start])):
            if "texts" in entry:
                found[entry["name"]] = numpy.array(entry["texts"])
                continue
            numbers = content[start + entry["start"]:][:entry["size"]]
            # A copy of its own, so that it can be written to and does not keep the others.
            found[entry["name"]] = numpy.frombuffer(numbers, entry["type"]).reshape(entry["shape"]).copy()
        return found


    def content_of(value):
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if type(value).__module__.startswith("numpy") and getattr(value, "ndim", None) == 0:
            return content_of(value.item())
        if isinstance(value, range) and value.step == 1 and len(value) > 0:
            return {"type": "range", "low": value[0], "high": value[-1]}
        if type(value).__module__.startswith("pandas") and hasattr(value, "to_frame"):
            value = value.to_frame()
        if hasattr(value, "columns") and hasattr(value, "reset_index"):
            if type(value.index).__name__ != "RangeIndex":
                value = value.reset_index()
            return rows([str(name) for name in value.columns],
                        [value.iloc[:, place].tolist() for place in range(len(value.columns))],
                        value.attrs.get("title"), value.attrs.get("notes"))
        if isinstance(value, dict) and value:
            columns = [column.tolist() if hasattr(column, "tolist") else column for column in value.values()]
            if not all(isinstance(column, (list, tuple)) for column in columns):
                raise TypeError("a table is a dict of columns, each a list or an array")
            if len({len(column) for column in columns}) > 1:
                raise ValueError("the columns of a table have the same length")
            return rows([str(name) for name in value], columns)
        if isinstance(value, (list, tuple)) and value and all(isinstance(row, dict) for row in value):
            names = list(dict.fromkeys(name for row in value for name in row))
            return rows([str(name) for name in names], [[row.get(name) for row in value] for name in names])
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, (list, tuple)):
            return [content_of(element) for element in value]
        raise TypeError(f"the session takes numbers, texts, lists and tables, not {type(value).__name__}")


    def rows(names, columns, title=None, notes=None):
        return {"type": "table", "title": title if isinstance(title, str) else None,
                "notes": [note for note in notes or [] if isinstance(note, str)],
                "columns": [{"name": name, "values": [cell(value) for value in column]}
                            for name, column in zip(names, columns)]}


    def cell(value):
        if type(value).__name__ in ("NaTType", "NAType") or isinstance(value, float) and not isfinite(value):
            return None
        return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


    class DassError(Exception):
        """A statement of DaSS has failed; the text tells where, and what to do about it."""
        __module__ = "dass"


    class Session(types.ModuleType):
        """The DaSS session: dass["name"] reads, dass["name"] = value or dass.set(name, value) binds a name, and
        dass.run(statements) runs statements of DaSS.

        Tables, pools and metabases are data frames; numbers, texts, lists are themselves. What a cell binds is part
        of the session once the cell has ended without an error."""

        def __getitem__(self, name):
            answer = ask("get", name=name, known=None, variable=False)
            if "value" not in answer:
                raise KeyError(name)
            return value_of(answer["value"])

        def __setitem__(self, name, value):
            answer = ask("set", name=name, value=content_of(value))
            if "message" in answer:
                raise ValueError(answer["message"])

        def __contains__(self, name):
            return name in self.names

        def __iter__(self):
            return iter(self.names)

        def __repr__(self):
            return "<the DaSS session: " + (", ".join(self.names) or "no names") + ">"

        def set(self, name, value):
            """Binds a name of the session to a number, text, list, table or data frame."""
            self[name] = value

        def run(self, statements):
            """Runs statements of DaSS and returns the value of the last one: a data frame, number, text or list, or a
            thing that shows itself; None for one that binds a name. A failing one raises dass.DassError. Names are part
            of the session once the cell, or the callback of a widget, has ended without an error."""
            answer = ask("run", statements=str(statements))
            if "interrupted" in answer:
                time.sleep(1)  # The interrupt itself is on its way.
                raise KeyboardInterrupt
            if "error" in answer:
                raise DassError(answer["error"])
            return value_of(answer.get("value"))

        def arrays(self, name):
            """The numbers of a thing as NumPy arrays by name: a dataset's images (N, H, W, C) and labels, the weights
            of a teacher or a predictor, the architecture codes of a pool or a student."""
            return arrays_of(name)

        @property
        def names(self):
            """The names that were made in this session."""
            return [entry["name"] for entry in ask("names")["names"]]

        @property
        def tables(self):
            """All that has rows, as a dict of data frames."""
            return {entry["name"]: self[entry["name"]] for entry in ask("names")["names"] if entry["hasRows"]}


    dass = Session("dass", Session.__doc__)
    dass.display, dass.clear_output, dass.DassError = display, clear_output, DassError
    sys.modules["dass"] = dass
    NAMESPACE.update(dass=dass, display=display, clear_output=clear_output)


    """#
}
