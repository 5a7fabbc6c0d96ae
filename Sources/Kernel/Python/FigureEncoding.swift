import Engine
import Foundation

/// Writes figures for the Python program that draws them. Numbers travel as the base64 of their little-endian
/// doubles, so that nothing is lost in between.
enum FigureEncoding {
  private static let inches = 1.0...40.0
  private static let bins = 1...500

  /// - Throws: `FigureError`.
  static func json(of figure: Figure, formats: [FigureFormat]) throws(FigureError) -> JSON {
    guard !figure.panels.isEmpty else { throw .noPanels }
    if let size = figure.size, !inches.contains(size.width) || !inches.contains(size.height) {
      throw .size(width: size.width, height: size.height)
    }
    var panels: [JSON] = []
    for panel in figure.panels { panels.append(try json(of: panel)) }
    return [
      "title": .string(figure.title),
      "subtitle": optional(figure.subtitle),
      "alternativeText": .string(figure.alternativeText),
      "panels": .array(panels),
      "columns": figure.columns.map { .integer(max(1, $0)) } ?? .null,
      "size": figure.size.map { [.number($0.width), .number($0.height)] } ?? .null,
      "formats": .array(formats.map { .string($0.rawValue) }),
    ]
  }

  private static func json(of panel: Panel) throws(FigureError) -> JSON {
    let content: JSON =
      switch panel.content {
      case .scatter(let scatter): try json(of: scatter)
      case .lines(let lines): ["kind": "lines", "lines": try json(of: lines)]
      case .histogram(let histogram): json(of: histogram)
      case .bars(let bars): json(of: bars)
      case .images(let images): try json(of: images)
      }
    return [
      "title": optional(panel.title), "note": optional(panel.note), "content": content,
      "x": json(of: panel.x), "y": json(of: panel.y),
    ]
  }

  private static func json(of axis: Axis) -> JSON {
    [
      "label": .string(axis.label), "scale": .string(axis.scale.rawValue),
      "format": .string(axis.format.rawValue),
      "limits": axis.limits.map { numbers([$0.lower, $0.upper]) } ?? .null,
    ]
  }

  private static func json(of scatter: Scatter) throws(FigureError) -> JSON {
    var groups: [String] = []
    var indices: [String: Int] = [:]
    var members: [JSON] = []
    for point in scatter.points {
      guard let group = point.group else {
        members.append(.null)
        continue
      }
      if indices[group] == nil {
        indices[group] = groups.count
        groups.append(group)
      }
      members.append(indices[group].map { .integer($0) } ?? .null)
    }
    let labels = scatter.points.enumerated().compactMap { index, point -> JSON? in
      point.label.map { [.integer(index), .string($0)] }
    }
    return [
      "kind": "scatter",
      "x": numbers(scatter.points.map(\.x)), "y": numbers(scatter.points.map(\.y)),
      "groups": .array(groups.map { .string($0) }), "group": .array(members), "labels": .array(labels),
      "xInterval": intervals(scatter.points.map(\.xInterval)),
      "yInterval": intervals(scatter.points.map(\.yInterval)),
      "showsIdentity": .bool(scatter.showsIdentity), "lines": try json(of: scatter.lines),
    ]
  }

  private static func json(of lines: [Line]) throws(FigureError) -> JSON {
    var encoded: [JSON] = []
    for line in lines {
      for count in [line.y.count, line.band?.lower.count, line.band?.upper.count] {
        if let count, count != line.x.count {
          throw .unequalCounts(line: line.name, x: line.x.count, y: count)
        }
      }
      encoded.append([
        "name": .string(line.name), "x": numbers(line.x), "y": numbers(line.y),
        "band": line.band.map { [numbers($0.lower), numbers($0.upper)] } ?? .null,
        "style": .string(line.style.rawValue), "hasMarkers": .bool(line.hasMarkers),
      ])
    }
    return .array(encoded)
  }

  private static func json(of histogram: Histogram) -> JSON {
    [
      "kind": "histogram",
      "bins": .integer(min(max(histogram.bins, bins.lowerBound), bins.upperBound)),
      "series": .array(histogram.series.map { ["name": .string($0.name), "values": numbers($0.values)] }),
    ]
  }

  private static func json(of bars: Bars) -> JSON {
    [
      "kind": "bars", "isHorizontal": .bool(bars.isHorizontal),
      "values": numbers(bars.bars.map(\.value)), "interval": intervals(bars.bars.map(\.interval)),
      "bars": .array(bars.bars.map { ["name": .string($0.name), "isEmphasized": .bool($0.isEmphasized)] }),
    ]
  }

  private static func json(of grid: ImageGrid) throws(FigureError) -> JSON {
    var pictures: [JSON] = []
    for picture in grid.images {
      guard picture.width > 0, picture.height > 0, picture.channels == 1 || picture.channels == 3 else {
        throw .pixels(caption: picture.caption, expected: nil, found: picture.pixels.count)
      }
      let (area, overflow) = picture.width.multipliedReportingOverflow(by: picture.height)
      guard !overflow, picture.pixels.count.isMultiple(of: picture.channels),
        picture.pixels.count / picture.channels == area
      else {
        let expected = area.multipliedReportingOverflow(by: picture.channels)
        throw .pixels(
          caption: picture.caption, expected: overflow || expected.overflow ? Int.max : expected.partialValue,
          found: picture.pixels.count)
      }
      pictures.append([
        "width": .integer(picture.width), "height": .integer(picture.height),
        "channels": .integer(picture.channels), "caption": .string(picture.caption),
        "pixels": .string(Data(picture.pixels).base64EncodedString()),
      ])
    }
    return [
      "kind": "images", "images": .array(pictures),
      "columns": grid.columns.map { .integer(max(1, $0)) } ?? .null,
    ]
  }

  /// Lower and upper ends, NaN where there is no interval; null where no interval is given at all.
  private static func intervals(_ intervals: [Interval?]) -> JSON {
    guard intervals.contains(where: { $0 != nil }) else { return .null }
    return [numbers(intervals.map { $0?.lower ?? .nan }), numbers(intervals.map { $0?.upper ?? .nan })]
  }

  private static func numbers(_ values: [Double]) -> JSON {
    let bits = values.map(\.bitPattern.littleEndian)
    return .string(bits.withUnsafeBytes { Data($0) }.base64EncodedString())
  }

  private static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
