extension MatplotlibProgram {
  /// The look of all figures: a calm frame, a white ground that reads in light and dark pages alike, and the
  /// colors of Okabe and Ito, which stay apart for all common kinds of color blindness. Groups differ in marker
  /// as well as in color.
  static let style = #"""
    INK, SOFT, FAINT = "#1f2933", "#5b6770", "#dfe3e8"
    COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5C00", "#444444"]
    CALM = "#9DB8CC"
    MARKERS = ["o", "s", "^", "D", "v", "P", "X", "<"]

    # DejaVu has Latin, Greek and Cyrillic; the others lend what it lacks, where they are installed.
    INSTALLED = {font.name for font in fontManager.ttflist}
    FAMILIES = ["DejaVu Sans"] + [name for name in (
        "Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "IPAGothic", "FreeSans", "Noto Sans Symbols2",
        "Symbola") if name in INSTALLED]

    STYLE = {
        "font.family": FAMILIES, "font.size": 10, "text.color": INK, "text.parse_math": False,
        "figure.facecolor": "white", "savefig.facecolor": "white", "axes.facecolor": "white",
        "axes.edgecolor": "#9aa5b1", "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
        "axes.labelcolor": INK, "axes.labelsize": 10, "axes.labelpad": 6, "axes.axisbelow": True,
        "axes.grid": True, "grid.color": FAINT, "grid.linewidth": 0.7,
        "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlecolor": INK,
        "axes.unicode_minus": True, "axes.xmargin": 0.05, "axes.ymargin": 0.06,
        "xtick.color": "#9aa5b1", "ytick.color": "#9aa5b1", "xtick.labelcolor": SOFT, "ytick.labelcolor": SOFT,
        "xtick.labelsize": 9, "ytick.labelsize": 9, "xtick.major.size": 3, "ytick.major.size": 3,
        "xtick.minor.size": 0, "ytick.minor.size": 0,
        "legend.frameon": False, "legend.fontsize": 9, "legend.labelcolor": INK, "legend.handlelength": 1.6,
        "legend.borderaxespad": 0, "legend.borderpad": 0.2, "legend.columnspacing": 1.4, "legend.handletextpad": 0.5,
        "lines.linewidth": 1.8, "lines.solid_capstyle": "round", "patch.linewidth": 0,
        "svg.hashsalt": "dass", "svg.fonttype": "path", "path.simplify": True,
    }


    def draw(figure):
        panels = figure["panels"]
        columns = min(figure["columns"] or len(panels), len(panels)) or 1
        rows = max(1, math.ceil(len(panels) / columns))
        width, height = figure["size"] or natural_size(panels, columns, rows)
        head = heading(figure, width)
        if not figure["size"]:
            height += head[-1][0]
        drawn = Figure(figsize=(width, height))
        for offset, text, size, weight, color in head[:-1]:
            drawn.text(0.12 / width, 1 - offset / height, text, size=size, weight=weight, color=color, va="top")
        axes = drawn.subplots(rows, columns, squeeze=False).ravel().tolist()
        dropped = sum(draw_panel(a, p, width / columns) for a, p in zip(axes, panels))
        for unused in axes[len(panels):]:
            unused.set_axis_off()
        foot = 0.0
        if dropped:
            foot = 0.2
            words = "1 value cannot be drawn and is" if dropped == 1 else f"{dropped:,} values cannot be drawn and are"
            drawn.text(0.12 / width, 0.08 / height, f"{words} left out.", size=8, color=SOFT)
        bottom = (0.06 + foot) / height
        top = max(bottom + 0.1, 1 - head[-1][0] / height)
        drawn.set_layout_engine(ConstrainedLayoutEngine(
            w_pad=0.1, h_pad=0.06, wspace=0.03, hspace=0.05, rect=(0, bottom, 1, top - bottom)))
        if any(panel.get("labels") for panel in panels):
            # Where points lie is known after the layout.
            FigureCanvasAgg(drawn).draw()
            drawn.set_layout_engine("none")
            for a, panel in zip(axes, panels):
                if panel.get("labels"):
                    place_labels(drawn, a, panel)
        return drawn


    def natural_size(panels, columns, rows):
        width = min(6.4 if columns == 1 else 4.0 * columns, 16)
        heights = [natural_height(panel, width / columns) for panel in panels]
        per_row = [max(heights[r * columns:(r + 1) * columns]) for r in range(rows)]
        return width, min(sum(per_row), 40)


    def natural_height(panel, width):
        content = panel["content"]
        if content["kind"] == "bars" and content["isHorizontal"]:
            return 0.75 + 0.3 * max(2, len(content["bars"]))
        if content["kind"] == "images" and content["images"]:
            columns, rows = grid_shape(content)
            cell = (width - 0.2) / columns
            ratio = max(image["height"] / image["width"] for image in content["images"])
            room = 0.2 if has_captions(content) else 0.06 * cell
            return rows * (cell * min(ratio, 3) + room) + (0.35 if panel["title"] else 0.1)
        return 3.8


    def heading(figure, width):
        # Lines of the heading as (offset from the top, text, size, weight, color), then the height of all.
        parts, offset = [], 0.12
        for text, size, weight, color, step in ((figure["title"], 12.5, "bold", INK, 0.23),
                                                (figure["subtitle"], 9.5, "normal", SOFT, 0.18)):
            # A character is about 0.6 of its size wide.
            for part in textwrap.wrap(line(text), max(20, int((width - 0.24) * 72 / (size * 0.61))))[:4]:
                parts.append((offset, part, size, weight, color))
                offset += step
        return parts + [(offset if parts else 0.0,)]


    def set_axes(axes, panel):
        for side, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
            wanted = panel[side]
            axis.set_label_text(line(wanted["label"]))
            if wanted["scale"] == "logarithmic":
                getattr(axes, f"set_{side}scale")("log")
                axis.set_minor_formatter(NullFormatter())
            if wanted["limits"]:
                low, high = numbers(wanted["limits"])
                if -1e200 < low < high < 1e200 and (low > 0 or wanted["scale"] == "linear"):
                    getattr(axes, f"set_{side}lim")(low, high)
            set_ticks(axes, side, axis, wanted)


    def set_ticks(axes, side, axis, wanted):
        if "names" in wanted:
            axis.set_major_locator(FixedLocator(range(len(wanted["names"]))))
            axis.set_major_formatter(FixedFormatter(wanted["names"]))
            return
        low, high = sorted(axis.get_view_interval())
        if wanted["scale"] == "logarithmic":
            # Within a decade or two the powers of ten alone would leave the axis bare.
            digits = (1, 2, 5) if 0 < low and high / low < 300 else (1,)
            if low > 0:
                powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                ticks = [d * 10.0 ** p for p in powers for d in digits if low <= d * 10.0 ** p <= high]
                if len(ticks) >= 2:
                    axis.set_major_locator(FixedLocator(ticks[::max(1, len(ticks) // 8)]))
        else:
            axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
        step = np.diff(axis.get_majorticklocs()[:2])
        step = abs(float(step[0])) if len(step) and wanted["scale"] == "linear" else 0.0
        writers = {"magnitude": magnitude, "percent": lambda v: percent(v, step), "plain": lambda v: plain(v, step)}
        write = writers[wanted["format"]]
        axis.set_major_formatter(FuncFormatter(lambda value, _: write(value).replace("-", "\u2212")))


    def magnitude(value):
        for factor, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
            if abs(value) >= 0.9995 * factor:
                return f"{value / factor:.4g}{letter}"
        return f"{value:.4g}"


    def percent(value, step):
        return f"{100 * value:.{places(100 * step)}f}%" if step else f"{100 * value:.4g}%"


    def plain(value, step):
        if not step or max(abs(value), step) >= 1e7 or step < 1e-5:
            return f"{value:,.6g}"
        return f"{value:,.{places(step)}f}"


    def places(step):
        # Decimals that tell two ticks apart.
        for count in range(8):
            if abs(step * 10 ** count - round(step * 10 ** count)) < 1e-6:
                return count
        return 8


    """#
}
