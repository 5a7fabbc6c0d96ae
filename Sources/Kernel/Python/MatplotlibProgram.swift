/// The Python program that draws figures, as three pieces of text that follow each other: this entry, the style,
/// and the kinds of panel. It is loaded once, into the embedded interpreter, as the module `dass_figures`.
///
/// `render` takes a figure as JSON (see `FigureEncoding`) and returns JSON:
/// `{"png": base64, "svg": text, "width": pixels, "height": pixels}` with the formats that were asked for.
enum MatplotlibProgram {
  static let program = PythonProgram(name: "dass_figures", source: entry + style + panels)

  private static let entry = #"""
    import base64, io, json, logging, math, os, textwrap, unicodedata, warnings


    # A front end may hand down MPLBACKEND naming a backend that this interpreter does not have, and importing
    # matplotlib would fail on it. The copy keeps the process's own environment as it is.
    environment = os.environ
    os.environ = {k: v for k, v in environment.items() if k not in ("MPLBACKEND", "MATPLOTLIBRC")}
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import numpy as np
        import matplotlib
        from matplotlib.figure import Figure
        from matplotlib.font_manager import fontManager
        from matplotlib.layout_engine import ConstrainedLayoutEngine
        from matplotlib.patheffects import withStroke
        from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullFormatter
        # Backends are found by name when a figure is saved; imported here, they cannot be cut off half loaded.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        import matplotlib.backends.backend_svg, matplotlib.style
        import PIL.PngImagePlugin
    finally:
        os.environ = environment

    # CSS pixels per inch: with text of 10 points this matches the size of a notebook's own text.
    PIXELS = 100
    # Collections above this size are pictures inside an SVG, which would otherwise grow to megabytes.
    MANY = 3000


    def render(request):
        figure = json.loads(request)
        with warnings.catch_warnings(), matplotlib.rc_context():
            # A glyph that no font has, or a layout that is too tight, is seen in the figure itself.
            warnings.simplefilter("ignore")
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(STYLE)
            drawn = draw(figure)
            reply = {"width": round(drawn.get_figwidth() * PIXELS), "height": round(drawn.get_figheight() * PIXELS)}
            if "png" in figure["formats"]:
                reply["png"] = base64.b64encode(png(drawn)).decode()
            if "svg" in figure["formats"]:
                reply["svg"] = svg(drawn, figure["alternativeText"], reply["width"], reply["height"])
            drawn.clear()
        return json.dumps(reply).encode()


    def png(drawn):
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="png", dpi=2 * PIXELS, metadata={"Software": None})
        return buffer.getvalue()


    def svg(drawn, words, width, height):
        buffer = io.StringIO()
        # Identifiers come from the salt and the content, and there is no date: equal figures are equal text.
        drawn.savefig(buffer, format="svg", dpi=2 * PIXELS, metadata={"Date": None, "Creator": None})
        text = buffer.getvalue()
        # From the root element on: a notebook page embeds it without the XML prologue.
        text = text[text.index("<svg"):]
        opening, rest = text.split(">", 1)
        box = opening[opening.index("viewBox"):].split('"')[1]
        for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
            words = words.replace(sign, name)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
                f'aria-label="{line(words)}" width="{width}" height="{height}" viewBox="{box}" version="1.1">{rest}')


    def numbers(text):
        # Doubles as base64: exact, NaN and infinities included.
        return np.frombuffer(base64.b64decode(text), "<f8")


    def line(text):
        # One line, without the control characters that XML does not allow.
        return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text or "").split())


    """#
}
