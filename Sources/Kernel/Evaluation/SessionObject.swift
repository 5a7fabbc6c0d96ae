import Engine

/// A thing of the session: a dataset, a teacher, a pool.
///
/// Objects are immutable and shared between threads. A new kind of thing conforms to this protocol; naming,
/// showing, describing, completing and saving then work for it.
protocol SessionObject: Sendable {
  var kind: ObjectKind { get }
  /// One line without the noun and the name, for instance `3,000 students of resnet, seed 7`.
  var oneLineSummary: String { get }
  /// The full form, shown for a bare name.
  func display(_ context: DisplayContext) throws -> MIMEBundle
  /// Everything worth knowing, as pairs in the order to show them.
  func details() -> [(label: String, value: String)]
  /// The part `[index]`, counted from 1.
  func element(at index: Int) throws -> Value
  /// The thing as numbers, for programs in other languages: images, weights, codes. Empty when it has none.
  func arrays() throws -> [NamedArray]
  /// The thing as rows and columns, for programs in other languages; nil when it has none.
  var dataTable: Table? { get }
  /// Writes the object to a file whose extension chooses the form; must not leave half a file behind.
  func save(to path: String) throws
  /// The same for things that take long to write: they follow the interrupt button.
  func save(to path: String, cancellation: CancellationToken) throws
  /// The extensions that `save` takes, for messages and completion; empty when it cannot be saved.
  var savedForms: [String] { get }
}

extension SessionObject {
  /// A table of the details under the summary.
  func display(_ context: DisplayContext) throws -> MIMEBundle {
    var table = Table(columns: [Table.Column(""), Table.Column("")])
    table.title = oneLineSummary
    table.hasHeader = false
    table.rows = details().map { [.text($0.label), .text($0.value)] }
    return table.bundle()
  }

  func details() -> [(label: String, value: String)] { [] }

  func element(at index: Int) throws -> Value {
    throw Diagnostic(.kind, "\(kind.withArticle) has no parts to choose with `[ ]`")
  }

  func arrays() throws -> [NamedArray] { [] }

  var dataTable: Table? { nil }

  var savedForms: [String] { [] }

  func save(to path: String, cancellation: CancellationToken) throws { try save(to: path) }

  func save(to path: String) throws {
    throw Diagnostic(.kind, "\(kind.withArticle) cannot be saved with `save`")
  }
}

/// What an object may need to show itself.
struct DisplayContext: Sendable {
  /// The name it was asked for by; nil for a value without a name.
  var name: String?
  var environment: Environment
  /// Follows the interrupt button: drawing may take long.
  var cancellation: CancellationToken
}
