/// What a statement comes to.
enum Value: Sendable {
  case none
  case number(Quantity)
  case text(String)
  case boolean(Bool)
  case list([Value])
  /// Both ends included, `low <= high`.
  case range(Int, Int)
  case condition(Condition)
  case table(Table)
  case object(any SessionObject)

  /// The noun of an object or table.
  var objectKind: ObjectKind? {
    switch self {
    case .table: .table
    case .object(let object): object.kind
    default: nil
    }
  }

  /// What the value is, with its article, for messages.
  var kindWithArticle: String {
    switch self {
    case .none: "nothing"
    case .number(let quantity):
      switch quantity.unit?.family {
      case .duration: "a duration"
      case .fraction: "a percentage"
      case .count, nil: "a number"
      }
    case .text: "a text"
    case .boolean: "on or off"
    case .list: "a list"
    case .range: "a range"
    case .condition: "a condition"
    case .table: "a table"
    case .object(let object): object.kind.withArticle
    }
  }

  /// The value as the language writes it; for tables and objects, one line about them.
  var description: String {
    switch self {
    case .none: "none"
    case .number(let quantity): quantity.description
    case .text(let text): Self.quoted(text)
    case .boolean(let isOn): isOn ? "on" : "off"
    case .list(let elements): "[" + elements.map(\.description).joined(separator: ", ") + "]"
    case .range(let low, let high): "\(low)..\(high)"
    case .condition(let condition): condition.description
    case .table(let table): table.oneLineSummary
    case .object(let object): object.oneLineSummary
    }
  }

  /// `text` between quotes, with escapes, on one line.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
