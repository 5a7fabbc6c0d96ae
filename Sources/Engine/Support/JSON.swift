/// A JSON value (RFC 8259).
///
/// Keys and strings compare as Swift strings do, by canonical equivalence; `.integer(1)` and `.number(1)` are
/// different values, so that a document keeps its spelling of numbers when it is written again.
package enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  /// Written as `null` where it is not finite, because JSON has no other spelling.
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// The deepest nesting of arrays and objects that parsing accepts. The parser calls itself once a level, so
  /// this bounds the stack that a hostile document can take.
  package static let maximumDepth = 512

  /// The member `key` of an object; nil for another kind of value or a missing member.
  package subscript(key: String) -> JSON? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  /// The element at `index` of an array; nil for another kind of value or an index out of range.
  package subscript(index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
  }

  package var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  /// The integer, also where it was written as a fraction without a fractional part (`3.0`).
  package var intValue: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// The number, integers included.
  package var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  package var arrayValue: [JSON]? {
    if case .array(let value) = self { value } else { nil }
  }

  package var objectValue: [String: JSON]? {
    if case .object(let value) = self { value } else { nil }
  }
}

// There is no nil literal on purpose: `value == nil` must ask whether a member is missing, not whether it is
// `null`.
extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .integer(value) }
  package init(floatLiteral value: Double) { self = .number(value) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// A repeated key keeps its last value, as in a parsed document.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}
