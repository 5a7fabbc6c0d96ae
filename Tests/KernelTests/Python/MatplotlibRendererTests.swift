import Engine
import Foundation
import FoundationXML
import Testing

@testable import Kernel

@Suite struct MatplotlibRendererTests {
  private let renderer = MatplotlibRenderer()

  private func figure(_ content: Panel.Content, title: String = "Accuracy") -> Figure {
    Figure(title: title, alternativeText: "three points", panels: [Panel(content: content)])
  }

  private var points: Panel.Content {
    .scatter(Scatter(points: [.init(x: 1, y: 2), .init(x: 2, y: 3, label: "p[1]"), .init(x: 3, y: 5)]))
  }

  /// Width and height in the header of a PNG file.
  private func dimensions(_ png: [UInt8]) throws -> [Int] {
    try #require(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.count > 24)
    return [16, 20].map { start in png[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
  }

  @Test func pngIsDrawnAtTwiceTheSizeItIsShownAt() throws {
    var figure = figure(points)
    figure.size = Figure.Size(width: 5, height: 3.5)
    let bundle = try renderer.render(figure, formats: [.png])
    let metadata = try #require(bundle.metadata["image/png"])
    #expect(metadata["width"] == 500)
    #expect(metadata["height"] == 350)
    let encoded = try #require(bundle.data["image/png"]?.stringValue)
    #expect(try dimensions(Array(try #require(Data(base64Encoded: encoded)))) == [1000, 700])
    #expect(bundle.data["image/svg+xml"] == nil)
  }

  @Test func bundleCarriesTheAlternativeText() throws {
    let bundle = try renderer.render(figure(points))
    #expect(bundle.plainText == "three points")
    #expect(bundle.metadata["image/png"]?["alt"] == "three points")
    #expect(bundle.metadata["image/svg+xml"]?["alt"] == "three points")
    let svg = try #require(bundle.data["image/svg+xml"]?.stringValue)
    #expect(svg.hasPrefix("<svg "))
    #expect(svg.contains(#"role="img" aria-label="three points""#))
  }

  @Test func sameFigureGivesTheSameBytes() throws {
    let first = try renderer.render(figure(points))
    let second = try renderer.render(figure(points))
    #expect(first == second)
    #expect(first.data["image/svg+xml"]?.stringValue?.contains("<dc:date>") == false)
  }

  @Test(arguments: [
    Panel.Content.lines([
      Line(name: "a", x: [1, 2, 3], y: [1, .nan, 3], band: .init(lower: [0, 1, 2], upper: [2, 3, 4]))
    ]),
    .histogram(
      Histogram(series: [.init(name: "a", values: [1, 2, 2, 3]), .init(name: "b", values: [2])], bins: 4)),
    .bars(
      Bars(bars: [.init(name: "dass", value: 0.9, interval: Interval(0.8, 0.95)), .init(name: "b", value: 0)])
    ),
    .bars(Bars(bars: [.init(name: "dass", value: 2)], isHorizontal: false)),
    .images(
      ImageGrid(images: [
        .init(width: 2, height: 1, channels: 3, pixels: [0, 1, 2, 3, 4, 5], caption: "one"),
        .init(width: 1, height: 2, channels: 1, pixels: [0, 255], caption: "two"),
      ])),
  ])
  func everyKindIsDrawn(_ content: Panel.Content) throws {
    let png = try renderer.file(figure(content), format: .png)
    #expect(try dimensions(png)[0] == 1280)
  }

  @Test(arguments: [
    Panel.Content.scatter(Scatter(points: [])),
    .scatter(Scatter(points: [.init(x: .nan, y: 1)], showsIdentity: true)),
    .lines([]),
    .lines([Line(name: "", x: [.infinity], y: [0])]),
    .histogram(Histogram(series: [.init(name: "a", values: [.nan])])),
    .histogram(Histogram(series: [])),
    .bars(Bars(bars: [])),
    .bars(Bars(bars: [.init(name: "a", value: .nan, interval: Interval(.nan, .nan))])),
    .images(ImageGrid(images: [])),
  ])
  func nothingToDrawIsAnEmptyFigure(_ content: Panel.Content) throws {
    let svg = try #require(
      try renderer.render(figure(content), formats: [.svg]).data["image/svg+xml"]?.stringValue)
    #expect(svg.contains("<!-- nothing to draw -->"))
  }

  @Test func valuesThatCannotBeDrawnAreCounted() throws {
    let panel = Panel(
      x: Axis("multiply-adds", scale: .logarithmic, format: .magnitude),
      content: .scatter(Scatter(points: [.init(x: 1e8, y: 1), .init(x: 0, y: 1), .init(x: 1e9, y: .nan)])))
    let figure = Figure(title: "Pool", alternativeText: "pool", panels: [panel])
    let svg = try #require(try renderer.render(figure, formats: [.svg]).data["image/svg+xml"]?.stringValue)
    #expect(svg.contains("<!-- 2 values cannot be drawn and are left out. -->"))
    #expect(svg.contains("<!-- 100M -->"))
  }

  @Test func textIsNotMarkup() throws {
    var figure = figure(points, title: "cost $5 and $\\frac{ <b> \u{1} -->")
    figure.alternativeText = "a \"b\" <c>\n& d"
    let document = try XMLDocument(data: Data(try renderer.file(figure, format: .svg)))
    let label = document.rootElement()?.attributes?.first { $0.name == "aria-label" }?.stringValue
    #expect(label == "a \"b\" <c> & d")
  }

  @Test func extremeNumbersAreDrawn() throws {
    let huge = figure(.lines([Line(name: "a", x: [-1e308, 1e308], y: [0, .leastNonzeroMagnitude])]))
    let flat = figure(.histogram(Histogram(series: [.init(name: "a", values: [1e17, 1e17])], bins: -5)))
    let intervals = figure(
      .scatter(Scatter(points: [.init(x: 1, y: 1, yInterval: Interval(3, -.infinity)), .init(x: 2, y: 2)])))
    for figure in [huge, flat, intervals] {
      do {
        #expect(try dimensions(renderer.file(figure, format: .png))[0] == 1280)
      } catch let error as PythonError {
        Issue.record("\(error.problem)")
      }
    }
  }

  @Test func wrongShapesAreExplained() {
    func problem(_ content: Panel.Content) -> String? {
      do {
        _ = try renderer.render(figure(content))
        return nil
      } catch { return (error as? any ExplainedError)?.problem }
    }
    #expect(
      problem(.lines([Line(name: "loss", x: [1, 2], y: [1])]))
        == "the line \"loss\" has 2 x values but 1 y values")
    #expect(
      problem(
        .images(ImageGrid(images: [.init(width: 2, height: 2, channels: 3, pixels: [1], caption: "a")])))
        == "the picture \"a\" has 1 bytes where its size needs 12")
    #expect(
      problem(.images(ImageGrid(images: [.init(width: 0, height: 2, channels: 1, pixels: [])])))
        == "the picture \"\" needs a positive width and height and 1 or 3 channels")
    #expect(throws: FigureError.noPanels) {
      try renderer.render(Figure(title: "", alternativeText: "", panels: []))
    }
    #expect(throws: FigureError.size(width: 1000, height: 2)) {
      var figure = figure(points)
      figure.size = Figure.Size(width: 1000, height: 2)
      _ = try renderer.render(figure)
    }
  }
}
