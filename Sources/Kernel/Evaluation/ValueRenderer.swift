import Engine

/// Turns results into what a front end shows.
struct ValueRenderer: Sendable {
  let environment: Environment
  var cancellation = CancellationToken()

  /// What a statement shows; nil for nothing.
  ///
  /// - Throws: what an object throws while it draws itself.
  func bundle(_ value: Value, name: String? = nil, form: TableForm? = nil) throws -> MIMEBundle? {
    switch value {
    case .none: nil
    case .table(let table): form?.bundle(table) ?? table.bundle()
    case .object(let object):
      try object.display(DisplayContext(name: name, environment: environment, cancellation: cancellation))
    default: MIMEBundle(plainText: value.description)
    }
  }

  /// What a statement shows that bound no name.
  func bundle(_ result: StatementResult) throws -> MIMEBundle? {
    if let bundle = result.bundle { return bundle }
    return result.name == nil ? try bundle(result.value, form: result.form) : nil
  }

  /// The line that confirms an assignment; nil for parameters, which are silent.
  func confirmation(_ result: StatementResult) -> String? {
    guard let name = result.name, let kind = result.value.objectKind else { return nil }
    return "\(kind.rawValue) \(name): \(result.value.description)"
  }

  /// What `print` writes: texts without quotes, everything else as it shows itself.
  func printed(_ value: Value) throws -> String {
    switch value {
    case .text(let text): text
    case .table, .object: try bundle(value)?.plainText ?? ""
    default: value.description
    }
  }
}
