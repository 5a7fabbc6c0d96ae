extension PythonCellProgram {
  /// What a cell shows: results in the forms that IPython's display protocol knows, and figures of matplotlib.
  static let shown = #"""
    FORMS = {
        "_repr_html_": "text/html", "_repr_markdown_": "text/markdown", "_repr_svg_": "image/svg+xml",
        "_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg", "_repr_latex_": "text/latex",
        "_repr_json_": "application/json", "_repr_javascript_": "application/javascript",
        "_repr_pdf_": "application/pdf",
    }
    # A notebook with a longer text is slow to open.
    LONGEST_TEXT = 1_000_000


    def form(value):
        data, metadata = {}, {}

        def add(kind, content):
            if isinstance(content, tuple):
                content, metadata[kind] = content
            if content is not None:
                data[kind] = base64.b64encode(content).decode() if isinstance(content, (bytes, bytearray)) else content

        # A class has the methods of its instances, but nothing to call them on.
        if is_figure(value):
            add("image/png", picture(value))
        elif not isinstance(value, type):
            if shows_itself(value):
                return None
            bundle = called(value, "_repr_mimebundle_", include=None, exclude=None)
            extra = {}
            if isinstance(bundle, tuple):
                bundle, extra = bundle
            for kind, content in (bundle or {}).items():
                add(kind, content)
            metadata.update(extra or {})
            for method, kind in FORMS.items():
                if kind not in data:
                    add(kind, called(value, method))
        data.setdefault("text/plain", plain(value))
        return {"data": data, "metadata": {k: v for k, v in metadata.items() if k in data}}


    def handed_over(bundle):
        """The bundle without its long texts, which the program has now, and with their numbers there."""
        if bundle is None:
            return None
        data = bundle["data"]
        long = {kind: numbered(text) for kind, text in data.items() if isinstance(text, str) and len(text) >= LONG}
        return {**bundle, "data": {kind: text for kind, text in data.items() if kind not in long}, "long": long}


    def numbered(text):
        try:
            return int(dass_host.call(TEXT, text))
        except UnicodeEncodeError:
            return int(dass_host.call(TEXT, text.encode("utf-8", "replace")))


    def shows_itself(value):
        if getattr(type(value), "_ipython_display_", None) is None:
            return False
        try:
            value._ipython_display_()
        except NotImplementedError:
            return False
        return True


    def called(value, method, **arguments):
        """The result of a method of the display protocol; one that fails is told about and counts as missing."""
        function = getattr(type(value), method, None)
        # An object that has nothing to show any more sets its own to None.
        if function is None or getattr(value, method, function) is None:
            return None
        try:
            return function(value, **arguments)
        except Exception as error:
            print("\n".join(failure(error)["error"]["traceback"]), file=sys.stderr)


    def plain(value):
        text = repr(value)
        if type(value) in (dict, list, tuple, set, frozenset) and len(text) > 80 and len(value) <= 1000:
            text = pprint.pformat(value, compact=True, sort_dicts=False)
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."


    class Display:
        """What `display` returns when it is given a display_id: a place that can be shown anew."""
        def __init__(self, display_id=None):
            self.display_id = display_id or new_display_id()

        def display(self, value, **options):
            display(value, display_id=self.display_id, **options)

        def update(self, value, **options):
            display(value, display_id=self.display_id, update=True, **options)


    def new_display_id():
        return base64.b16encode(os.urandom(8)).decode()


    def display(*values, display_id=None, raw=False, update=False, clear=False, include=None, exclude=None, metadata=None,
                transient=None):
        """Shows values like the result of a cell. With display_id=True or a text, returns a handle to update it."""
        if display_id is True:
            display_id = new_display_id()
        if clear:
            clear_output(wait=True)
        for value in values:
            bundle = {"data": value, "metadata": {}} if raw else form(value)
            if bundle:
                data = {kind: content for kind, content in bundle["data"].items()
                        if (include is None or kind in include) and kind not in (exclude or ())}
                shown = handed_over({"data": data, "metadata": {**bundle["metadata"], **(metadata or {})}})
                ask("display", call=call_of_thread(), id=display_id, update=update, **shown)
        return None if display_id is None else Display(display_id)


    def clear_output(wait=False):
        """Clears what the cell has shown so far."""
        ask("clear", call=call_of_thread(), wait=bool(wait))


    def show_like_ipython(module):
        """IPython's functions of the same names print where IPython does not run."""
        module.display, module.clear_output, module.DisplayHandle = display, clear_output, Display
        module.update_display = lambda value, *, display_id, **options: display(
            value, display_id=display_id, update=True, **options)
        module.publish_display_data = lambda data, metadata=None, *, transient=None, update=False, **options: display(
            data, raw=True, metadata=metadata, display_id=(transient or {}).get("display_id"), update=update)


    # Figures: pyplot gets a backend of ours, which draws into pictures and shows them in the notebook.

    def is_figure(value):
        figures = sys.modules.get("matplotlib.figure")
        return figures is not None and isinstance(value, figures.Figure)


    def picture(figure):
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=2 * figure.dpi, bbox_inches="tight")
        content = buffer.getvalue()
        # Shown at half its size, for screens of high density.
        width, height = struct.unpack(">II", content[16:24])
        return content, {"width": width // 2, "height": height // 2}


    def show_figures(*arguments, but=None, **options):
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in pyplot.get_fignums() if pyplot else []:
            figure = pyplot.figure(number)
            if figure is not but:
                display(figure)
        close_figures()


    def close_figures():
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot:
            pyplot.close("all")


    class Backend(importlib.abc.MetaPathFinder):
        """Chooses the backend just before pyplot is imported, which is when pyplot looks for one."""
        def find_spec(self, name, path, target=None):
            if name == "matplotlib.pyplot":
                sys.meta_path.remove(self)
                import matplotlib
                from matplotlib.backends.backend_agg import FigureCanvasAgg
                backend = types.ModuleType("dass_backend")
                backend.FigureCanvas, backend.show = FigureCanvasAgg, show_figures
                sys.modules["dass_backend"] = backend
                matplotlib.use("module://dass_backend")
            return None


    # The front end's own backend is no use here, and matplotlib fails on a name that it does not know.
    os.environ.pop("MPLBACKEND", None)
    sys.meta_path.insert(0, Backend())
    sys.stdout, sys.stderr, sys.stdin = Stream(STDOUT), Stream(STDERR), open(os.devnull)
    builtins.input = read_line
    getpass.getpass = lambda prompt="Password: ", stream=None: read_line(prompt, hidden=True)


    """#
}
