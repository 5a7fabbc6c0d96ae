/// A figure as a value: exactly the data that is drawn and the words around it, with no rendering in it.
///
/// Most figures have one panel; several panels stand side by side, or in rows of `columns`.
struct Figure: Sendable, Equatable {
  var title: String
  /// One line under the title in a lighter tone: where the numbers come from (seed, teacher, count).
  var subtitle: String?
  /// What a reader who cannot see the figure is told; also the plain text form of the result.
  var alternativeText: String
  var panels: [Panel]
  /// Panels per row; nil puts all of them in one row.
  var columns: Int?
  /// Size in inches; nil lets the renderer choose one that fits the panels.
  var size: Size?

  struct Size: Sendable, Equatable {
    var width: Double
    var height: Double
  }

  init(
    title: String, subtitle: String? = nil, alternativeText: String, panels: [Panel], columns: Int? = nil,
    size: Size? = nil
  ) {
    self.title = title
    self.subtitle = subtitle
    self.alternativeText = alternativeText
    self.panels = panels
    self.columns = columns
    self.size = size
  }
}

/// One set of axes with what is drawn in it.
struct Panel: Sendable, Equatable {
  /// A heading over this panel alone; useful where there are several.
  var title: String?
  var x: Axis
  var y: Axis
  var content: Content
  /// A short fact set in a free corner, for instance `Spearman 0.91 [0.88, 0.93]`.
  var note: String?

  enum Content: Sendable, Equatable {
    case scatter(Scatter)
    case lines([Line])
    case histogram(Histogram)
    case bars(Bars)
    case images(ImageGrid)
  }

  init(title: String? = nil, x: Axis = Axis(), y: Axis = Axis(), content: Content, note: String? = nil) {
    self.title = title
    self.x = x
    self.y = y
    self.content = content
    self.note = note
  }
}

/// What an axis is called and how its numbers are written.
struct Axis: Sendable, Equatable {
  enum Scale: String, Sendable { case linear, logarithmic }

  /// How tick labels are written.
  enum Format: String, Sendable {
    case plain
    /// `1300000000` as `1.3G`.
    case magnitude
    /// `0.81` as `81%`.
    case percent
  }

  var label: String
  var scale: Scale
  var format: Format
  /// The part of the axis that is shown; nil fits the data.
  var limits: Interval?

  init(_ label: String = "", scale: Scale = .linear, format: Format = .plain, limits: Interval? = nil) {
    self.label = label
    self.scale = scale
    self.format = format
    self.limits = limits
  }
}

/// Two numbers with something between them, such as a confidence interval.
///
/// Not a `ClosedRange`, which traps on the NaN that a failed bootstrap can leave.
struct Interval: Sendable, Equatable {
  var lower: Double
  var upper: Double

  init(_ lower: Double, _ upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}

/// Points, each with an optional label, group and interval.
struct Scatter: Sendable, Equatable {
  var points: [Point]
  /// Draws the line y = x, for predicted against measured values.
  var showsIdentity: Bool
  /// Lines drawn over the points, for instance a Pareto front.
  var lines: [Line]

  struct Point: Sendable, Equatable {
    var x: Double
    var y: Double
    /// Written beside the point.
    var label: String?
    /// Points of a group share a colour and an entry in the legend, in the order of first appearance.
    var group: String?
    var xInterval: Interval?
    var yInterval: Interval?

    init(
      x: Double, y: Double, label: String? = nil, group: String? = nil, xInterval: Interval? = nil,
      yInterval: Interval? = nil
    ) {
      self.x = x
      self.y = y
      self.label = label
      self.group = group
      self.xInterval = xInterval
      self.yInterval = yInterval
    }
  }

  init(points: [Point], showsIdentity: Bool = false, lines: [Line] = []) {
    self.points = points
    self.showsIdentity = showsIdentity
    self.lines = lines
  }
}

/// A named series of numbers over x, optionally inside a band of uncertainty.
struct Line: Sendable, Equatable {
  enum Style: String, Sendable { case solid, dashed, steps }

  var name: String
  var x: [Double]
  /// As many as `x`; NaN leaves a gap.
  var y: [Double]
  /// Lower and upper edge at each x, or nil.
  var band: Band?
  var style: Style
  /// Marks every point, for short series.
  var hasMarkers: Bool

  struct Band: Sendable, Equatable {
    var lower: [Double]
    var upper: [Double]
  }

  init(
    name: String, x: [Double], y: [Double], band: Band? = nil, style: Style = .solid, hasMarkers: Bool = false
  ) {
    self.name = name
    self.x = x
    self.y = y
    self.band = band
    self.style = style
    self.hasMarkers = hasMarkers
  }
}

/// How often values occur; several series share the same bins.
struct Histogram: Sendable, Equatable {
  var series: [Series]
  /// Number of bins over the range of all series together.
  var bins: Int

  struct Series: Sendable, Equatable {
    var name: String
    var values: [Double]
  }

  init(series: [Series], bins: Int = 30) {
    self.series = series
    self.bins = bins
  }
}

/// Named values with optional intervals, in the order given.
struct Bars: Sendable, Equatable {
  var bars: [Bar]
  /// Horizontal bars leave room for long names; the value axis is then `x`.
  var isHorizontal: Bool

  struct Bar: Sendable, Equatable {
    var name: String
    var value: Double
    var interval: Interval?
    /// Drawn in the strong colour; the others stay in the calm one. Nothing emphasized makes all strong.
    var isEmphasized: Bool

    init(name: String, value: Double, interval: Interval? = nil, isEmphasized: Bool = false) {
      self.name = name
      self.value = value
      self.interval = interval
      self.isEmphasized = isEmphasized
    }
  }

  init(bars: [Bar], isHorizontal: Bool = true) {
    self.bars = bars
    self.isHorizontal = isHorizontal
  }
}

/// Small pictures with captions in rows: contact sheets and feature maps. Pixels are drawn as squares.
struct ImageGrid: Sendable, Equatable {
  var images: [Picture]
  /// Pictures per row; nil chooses.
  var columns: Int?

  /// An 8-bit picture.
  struct Picture: Sendable, Equatable {
    var width: Int
    var height: Int
    /// 1 for gray, 3 for red, green, blue.
    var channels: Int
    /// Row by row from the top, channels last; `width * height * channels` bytes.
    var pixels: [UInt8]
    var caption: String

    init(width: Int, height: Int, channels: Int, pixels: [UInt8], caption: String = "") {
      self.width = width
      self.height = height
      self.channels = channels
      self.pixels = pixels
      self.caption = caption
    }
  }

  init(images: [Picture], columns: Int? = nil) {
    self.images = images
    self.columns = columns
  }
}
