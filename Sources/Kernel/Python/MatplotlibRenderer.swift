import Engine
import Foundation

/// A form in which a figure can be shown or saved.
enum FigureFormat: String, Sendable, CaseIterable {
  /// Drawn at twice the size it is shown at, for screens of high density.
  case png
  case svg

  var mimeType: String {
    switch self {
    case .png: "image/png"
    case .svg: "image/svg+xml"
    }
  }
}

/// Draws figures with Debian's matplotlib in the embedded Python.
struct MatplotlibRenderer: Sendable {
  init() {}

  /// Draws `figure`; the bundle holds each format and the alternative text as `text/plain`.
  ///
  /// The first call of a process starts Python, which takes about a second. The same figure gives the same bytes.
  /// - Throws: `FigureError`, `PythonError`, `Cancelled`.
  func render(
    _ figure: Figure, formats: [FigureFormat] = FigureFormat.allCases,
    cancellation: CancellationToken = CancellationToken()
  ) throws -> MIMEBundle {
    let request = try FigureEncoding.json(of: figure, formats: formats).encoded()
    let bytes = try PythonRuntime.shared.call(
      "render", of: MatplotlibProgram.program, with: request, cancellation: cancellation)
    let reply = try JSON(parsing: bytes)
    var bundle = MIMEBundle(plainText: figure.alternativeText)
    for format in formats {
      guard let content = reply[format.rawValue], let width = reply["width"], let height = reply["height"]
      else {
        throw PythonError.unexpectedReply
      }
      bundle.data[format.mimeType] = content
      // Sizes are CSS pixels. The background asks a dark page to leave the figure's white ground alone.
      bundle.metadata[format.mimeType] = [
        "width": width, "height": height, "alt": .string(figure.alternativeText), "needs_background": "light",
      ]
    }
    return bundle
  }

  /// The bytes of a file that holds `figure`.
  /// - Throws: `FigureError`, `PythonError`, `Cancelled`.
  func file(
    _ figure: Figure, format: FigureFormat, cancellation: CancellationToken = CancellationToken()
  ) throws -> [UInt8] {
    let bundle = try render(figure, formats: [format], cancellation: cancellation)
    guard let content = bundle.data[format.mimeType]?.stringValue else { throw PythonError.unexpectedReply }
    switch format {
    case .svg:
      return Array((#"<?xml version="1.0" encoding="utf-8"?>"# + "\n" + content).utf8)
    case .png:
      guard let data = Data(base64Encoded: content) else { throw PythonError.unexpectedReply }
      return Array(data)
    }
  }
}
