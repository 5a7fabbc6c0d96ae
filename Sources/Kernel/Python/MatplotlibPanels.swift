extension MatplotlibProgram {
  /// One function for each kind of panel. Each returns how many values could not be drawn.
  static let panels = #"""
    NOWHERE = np.empty((0, 2))
    # Up to how many points, with which area and opacity.
    SIZES = (80, 34, 0.85), (300, 24, 0.8), (1000, 16, 0.7), (None, 8, 0.45)


    def draw_panel(axes, panel, width):
        content = panel["content"]
        kinds = {"scatter": scatter, "lines": lines, "histogram": histogram, "bars": bars, "images": images}
        content["width"] = width
        dropped, is_empty = kinds[content["kind"]](axes, panel, content)
        rows = 0
        if content["kind"] != "images":
            set_axes(axes, panel)
            rows = legend(axes, width)
        if panel["title"]:
            axes.set_title(line(panel["title"]), pad=7 + 15 * rows)
        if is_empty:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "nothing to draw", transform=axes.transAxes, ha="center", va="center", color=SOFT)
        elif panel["note"]:
            note(axes, panel, line(panel["note"]))
        return dropped


    def legend(axes, width):
        # Above the axes, where it never covers data. Returns its rows.
        handles, names = axes.get_legend_handles_labels()
        if not names:
            return 0
        columns = len(names)
        while columns > 1 and sum(sorted((len(n) * 0.075 + 0.5 for n in names), reverse=True)[:columns]) > width - 0.9:
            columns -= 1
        axes.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1.02), ncol=columns)
        return math.ceil(len(names) / columns)


    def key(text):
        # Names that begin with an underscore are left out of legends by matplotlib.
        text = line(text)
        return " " + text if text.startswith("_") else text or None


    def note(axes, panel, text):
        # In the corner with the fewest points.
        points = panel.get("points", NOWHERE)
        places = axes.transLimits.transform(axes.transScale.transform(points)) if len(points) else NOWHERE
        near = lambda x, y: np.sum((np.abs(places[:, 0] - x) < 0.42) & (np.abs(places[:, 1] - y) < 0.14))
        x, y = min(((0.02, 0.98), (0.98, 0.02), (0.98, 0.98), (0.02, 0.02)), key=lambda corner: near(*corner))
        axes.text(x, y, text, transform=axes.transAxes, size=9, color=INK, zorder=9,
                  ha="left" if x < 0.5 else "right", va="bottom" if y < 0.5 else "top",
                  bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2})


    def drawable(panel, x, y):
        # The widths and margins of numbers near the end of the range would overflow.
        good = (np.abs(x) < 1e200) & (np.abs(y) < 1e200)
        if panel["x"]["scale"] == "logarithmic":
            good &= x > 0
        if panel["y"]["scale"] == "logarithmic":
            good &= y > 0
        return good


    def reach(ends, middle, good):
        # Distances from the values to the ends of their intervals; zero where there is no interval.
        if not ends:
            return np.zeros((2, len(middle)))
        low, high = numbers(ends[0])[good], numbers(ends[1])[good]
        return np.nan_to_num(np.clip([middle - low, high - middle], 0, 1e200))


    def scatter(axes, panel, content):
        x, y = numbers(content["x"]), numbers(content["y"])
        good = drawable(panel, x, y)
        if content["showsIdentity"] and good.any():
            ends = [min(x[good].min(), y[good].min()), max(x[good].max(), y[good].max())]
            axes.plot(ends, ends, color="#9aa5b1", linewidth=1, dashes=(4, 3), zorder=1, label="equal")
        groups, count = content["groups"], int(good.sum())
        member = np.array([-1 if g is None else g for g in content["group"]], int)
        for group in sorted(set(member.tolist())):
            chosen = good & (member == group)
            if not chosen.any():
                continue
            # A small group stands out before a large one.
            size, alpha = next(s for limit, *s in SIZES if limit is None or chosen.sum() < limit)
            color = COLORS[max(group, 0) % len(COLORS)] if group >= 0 or not groups else CALM
            name = {"label": key(groups[group])} if group >= 0 else {}
            for ends, axis in ((content["xInterval"], "x"), (content["yInterval"], "y")):
                if ends:
                    middle = (x if axis == "x" else y)[chosen]
                    axes.errorbar(x[chosen], y[chosen], fmt="none", ecolor=color, elinewidth=1, alpha=0.4, zorder=2,
                                  **{axis + "err": reach(ends, middle, chosen)})
            axes.scatter(x[chosen], y[chosen], s=size, color=color, alpha=alpha, linewidths=0.6, edgecolors="white",
                         marker=MARKERS[max(group, 0) % len(MARKERS)], zorder=3 if group < 0 else 4, rasterized=count > MANY, **name)
        dropped, _ = lines(axes, panel, content, groups or [None])
        panel["points"] = np.column_stack([x[good], y[good]])
        panel["labels"] = [(x[i], y[i], line(text)) for i, text in content["labels"] if good[i]]
        return dropped + int((~good).sum()), not good.any()


    def lines(axes, panel, content, groups=()):
        dropped, points = 0, []
        # A line has the color of the group of its name; other lines go on where the groups' colors ended.
        names = list(groups) + [s["name"] for s in content["lines"] if s["name"] not in groups]
        for index, series in enumerate(content["lines"]):
            x, y = numbers(series["x"]), numbers(series["y"])
            color = COLORS[names.index(series["name"]) % len(COLORS)]
            good = drawable(panel, x, y)
            dropped += int((~good).sum())
            if not good.any():
                continue
            if series["band"]:
                low, high = (numbers(edge) for edge in series["band"])
                axes.fill_between(x, low, high, where=good & (np.abs(low) < 1e200) & (np.abs(high) < 1e200), color=color,
                                  alpha=0.16, linewidth=0, zorder=1)
            style = {"solid": {}, "dashed": {"dashes": (4, 2)}, "steps": {"drawstyle": "steps-post"}}[series["style"]]
            # A gap where a value is missing.
            axes.plot(x, np.where(good, y, np.nan), color=color, zorder=2, label=None if series["name"] in groups else key(series["name"]),
                      marker=MARKERS[index % len(MARKERS)] if series["hasMarkers"] or good.sum() == 1 else None,
                      markersize=5, markeredgecolor="white", markeredgewidth=0.6, **style)
            points.append(np.column_stack([x[good], y[good]]))
        panel["points"] = np.concatenate(points or [NOWHERE])
        return dropped, not points


    def histogram(axes, panel, content):
        raw = [numbers(s["values"]) for s in content["series"]]
        values = [v[drawable(panel, v, np.ones_like(v))] for v in raw]
        every = np.concatenate(values) if values else np.empty(0)
        if not len(every):
            return sum(len(v) for v in raw), True
        if panel["x"]["scale"] == "logarithmic":
            low, high = every.min(), every.max()
            edges = np.geomspace(low, high if high > low else low * 1.1, content["bins"] + 1)
        else:
            edges = np.histogram_bin_edges(every, bins=content["bins"])
        points = []
        for index, (series, chosen) in enumerate(zip(content["series"], values)):
            color, name = COLORS[index % len(COLORS)], key(series["name"])
            counts, _ = np.histogram(chosen, edges)
            # With several series the outline keeps each readable where they overlap.
            axes.stairs(counts, edges, fill=True, color=color, alpha=0.8 if len(values) == 1 else 0.3, linewidth=0)
            axes.stairs(counts, edges, color=color, linewidth=1.4, label=name if name and len(values) > 1 else None)
            points.append(np.column_stack([(edges[:-1] + edges[1:]) / 2, counts]))
        panel["points"] = np.concatenate(points)
        axes.grid(False, axis="x")
        axes.set_ylim(bottom=0 if panel["y"]["scale"] == "linear" else 0.5)
        return sum(len(r) - len(v) for r, v in zip(raw, values)), False


    def bars(axes, panel, content):
        entries, across = content["bars"], content["isHorizontal"]
        value = numbers(content["values"])
        scale = panel["x" if across else "y"]["scale"]
        good = (np.abs(value) < 1e200) & ((value > 0) if scale == "logarithmic" else True)
        place = np.arange(len(value), dtype=float)
        strong = [e["isEmphasized"] for e in entries]
        colors = np.array([COLORS[0] if s or not any(strong) else CALM for s in strong], dtype=object)
        draw_bars, error = (axes.barh, "xerr") if across else (axes.bar, "yerr")
        if good.any():
            draw_bars(place[good], value[good], 0.66, color=list(colors[good]), zorder=2)
            spread = {error: reach(content["interval"], value[good], good)}
            has_interval = spread[error].sum(axis=0) > 0
            at = (value[good], place[good]) if across else (place[good], value[good])
            if has_interval.any():
                axes.errorbar(at[0][has_interval], at[1][has_interval], fmt="none", ecolor=INK, elinewidth=1.1,
                              capsize=2.5, capthick=1.1, zorder=3, **{error: spread[error][:, has_interval]})
        names = [line(e["name"]) for e in entries]
        side = "y" if across else "x"
        panel[side] = dict(panel[side], names=names)
        axes.grid(False, axis=side)
        axes.tick_params(axis=side, length=0, labelcolor=INK)
        # The first bar is the uppermost.
        axes.set_ylim(len(value) - 0.5, -0.5) if across else axes.set_xlim(-0.6, len(value) - 0.4)
        return int((~good).sum()), not good.any()


    def grid_shape(content):
        count = len(content["images"])
        # The fewest rows of up to eight, then as few holes in the last row as can be.
        fewest = math.ceil(count / 8) if count > 5 else 1
        columns = min(content["columns"] or max(math.ceil(count / fewest), 3), count)
        return columns, math.ceil(count / columns)


    def has_captions(content):
        return any(image["caption"] for image in content["images"])


    def shortened(text, limit):
        # The end often tells two captions apart, so the middle goes.
        head = (limit - 1) // 2
        return text if len(text) <= limit else text[:head] + "\u2026" + text[len(text) - (limit - 1 - head):]


    def images(axes, panel, content):
        axes.set_axis_off()
        if not content["images"]:
            return 0, True
        columns, rows = grid_shape(content)
        axes.set_aspect("equal")
        # The pictures of a grid share a cell, which is one unit wide; a caption takes a part of its height.
        ratio = max(i["height"] / max(1, i["width"]) for i in content["images"])
        cell = (content["width"] - 0.2) / columns
        room = 0.2 / cell if has_captions(content) else 0.06
        pitch = ratio + room
        for index, image in enumerate(content["images"]):
            left, top = index % columns, (index // columns) * pitch
            pixels = np.frombuffer(base64.b64decode(image["pixels"]), np.uint8)
            pixels = pixels.reshape(image["height"], image["width"], image["channels"])
            half, tall = 0.47, 0.94 * image["height"] / image["width"]
            middle = left + 0.5
            axes.imshow(pixels[:, :, 0] if image["channels"] == 1 else pixels, cmap="gray", vmin=0, vmax=255,
                        interpolation="nearest", extent=(middle - half, middle + half, top + tall, top))
            axes.text(middle, top + tall + 0.03 / cell, shortened(line(image["caption"]), max(4, int(cell * 15))),
                      size=8, color=SOFT, ha="center", va="top")
        axes.set_xlim(0, columns)
        axes.set_ylim(rows * pitch, 0)
        return 0, False


    def place_labels(drawn, axes, panel):
        # Each label goes to the first free place around its point; one without a free place is left to the table.
        renderer, taken = drawn.canvas.get_renderer(), []
        points = axes.transData.transform(panel["points"]) if len(panel["points"]) else NOWHERE
        frame = axes.get_window_extent(renderer)
        for x, y, text in panel["labels"]:
            label = axes.annotate(text, (x, y), xytext=(0, 0), textcoords="offset points", size=8, color=INK, zorder=8,
                                  path_effects=[withStroke(linewidth=2, foreground="white")])
            for dx, dy, ha, va in ((6, 0, "left", "center"), (0, 5, "center", "bottom"), (-6, 0, "right", "center"),
                                   (0, -5, "center", "top"), (5, 5, "left", "bottom"), (5, -5, "left", "top"),
                                   (-5, 5, "right", "bottom"), (-5, -5, "right", "top"), (14, 12, "left", "bottom")):
                label.set(position=(dx, dy), ha=ha, va=va)
                box = label.get_window_extent(renderer)
                covered = np.sum((points[:, 0] > box.x0) & (points[:, 0] < box.x1) &
                                 (points[:, 1] > box.y0) & (points[:, 1] < box.y1))
                inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 + 20 and frame.y0 <= box.y0 and box.y1 <= frame.y1
                if inside and covered == 0 and not any(box.overlaps(other) for other in taken):
                    taken.append(box)
                    break
            else:
                label.remove()
    """#
}
