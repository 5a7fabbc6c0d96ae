import Engine

/// A figure of the session.
struct FigureObject: SessionObject {
  let figure: Figure

  var kind: ObjectKind { .figure }
  var oneLineSummary: String { figure.title }
  func display(_ context: DisplayContext) throws -> MIMEBundle {
    try MatplotlibRenderer().render(figure, cancellation: context.cancellation)
  }
  var savedForms: [String] { FigureFormat.allCases.map(\.rawValue) }

  func save(to path: String, cancellation: CancellationToken) throws {
    let form = path.split(separator: ".").last.map { String($0).lowercased() } ?? ""
    guard let format = FigureFormat(rawValue: form) else {
      throw Diagnostic(.argument, "a figure is saved as `.png` or `.svg`")
    }
    try AtomicFile.write(
      try MatplotlibRenderer().file(figure, format: format, cancellation: cancellation), to: path)
  }
}
