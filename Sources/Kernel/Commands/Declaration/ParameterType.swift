/// A named number that a condition may test, for instance `macs`.
struct ConditionField: Sendable, Hashable {
  var name: String
  /// The unit of its limits; nil where any number goes.
  var family: UnitFamily?
  var meaning: String

  init(_ name: String, _ family: UnitFamily? = nil, _ meaning: String) {
    self.name = name
    self.family = family
    self.meaning = meaning
  }
}

/// What a command accepts in one place. Checking, completion, help and messages follow from it.
enum ParameterType: Sendable {
  /// A whole number in a range, units of counting allowed: `3000`, `3k`.
  case integer(ClosedRange<Int>)
  /// A number in a range; with a family, in that family's units: `0.5`, `400M`, `5%`, `30s`.
  case number(UnitFamily?, ClosedRange<Double>)
  case text
  /// A file or folder, completed from disk. The extensions are without the dot; empty for any.
  case path(extensions: [String])
  /// `on` or `off`.
  case boolean
  /// One of some words, written without quotes (a text with quotes is taken too).
  case choice([String])
  /// An object of one of the kinds: its name, or a part such as `p[1]`.
  case object([ObjectKind])
  /// Objects with commas between them.
  case objects([ObjectKind])
  /// `macs < 400M and depth >= 8`, on these fields.
  case condition([ConditionField])
  /// `1..4`, both ends within a range; one number means itself alone.
  case range(ClosedRange<Int>)
  /// Whole numbers with commas, or a range.
  case integers(ClosedRange<Int>)
  /// Numbers with commas.
  case numbers(UnitFamily?, ClosedRange<Double>)
  /// The name of anything in the session, not its value.
  case name
  /// Names of the session with commas.
  case names
  /// Any value.
  case value
  /// All values up to the first clause, one after another or with commas.
  case values
  /// All words up to the end, such as the name of a command.
  case words
  /// A clause that is a word alone.
  case flag

  static func object(_ kind: ObjectKind) -> ParameterType { .object([kind]) }
  static func objects(_ kind: ObjectKind) -> ParameterType { .objects([kind]) }
  /// A number of at least `low`, without upper limit.
  static func integer(from low: Int) -> ParameterType { .integer(low...Int.max) }
  /// A non-negative whole number that starts a random sequence. Larger ones have no exact spelling.
  static let seed = ParameterType.integer(0...(1 << 53))
  /// A span of time.
  static let duration = ParameterType.number(.duration, 0...Double.greatestFiniteMagnitude)
  static let path = ParameterType.path(extensions: [])
  /// A file of weights.
  static let weights = ParameterType.path(extensions: ["safetensors", "tar", "pth", "pt"])

  /// Whether it takes several items that stand side by side.
  var takesRest: Bool {
    switch self {
    case .values, .words: true
    default: false
    }
  }

  /// What goes there, with its article, for messages: "`top` takes ...".
  var withArticle: String {
    switch self {
    case .integer(let range): "a whole number" + Self.limits(range)
    case .number(let family, let range):
      switch family {
      case nil: "a number" + Self.limits(range)
      case .count: "a count such as \(UnitFamily.count.spelling)"
      case .fraction: "a fraction such as \(UnitFamily.fraction.spelling)"
      case .duration: "a duration such as \(UnitFamily.duration.spelling)"
      }
    case .text: "a text in quotes"
    case .path: "a path in quotes"
    case .boolean: "`on` or `off`"
    case .choice(let choices): Self.alternatives(choices.map { "`\($0)`" })
    case .object(let kinds): Self.article(kinds)
    case .objects(let kinds): Self.article(kinds) + ", or several with commas"
    case .condition(let fields): "a condition on " + Self.alternatives(fields.map { "`\($0.name)`" })
    case .range(let limits): "a range such as `1..4`" + Self.limits(limits)
    case .integers(let range): "whole numbers with commas" + Self.limits(range)
    case .numbers: "numbers with commas"
    case .name: "a name of the session"
    case .names: "names of the session with commas"
    case .value: "a value"
    case .values: "values"
    case .words: "words"
    case .flag: "no value"
    }
  }

  /// What goes there as a placeholder of a signature, for instance `INTEGER`.
  var placeholder: String {
    switch self {
    case .integer: "INTEGER"
    case .number(let family, _):
      switch family {
      case nil: "NUMBER"
      case .count: "COUNT"
      case .fraction: "FRACTION"
      case .duration: "DURATION"
      }
    case .text: "\"TEXT\""
    case .path: "\"PATH\""
    case .boolean: "on|off"
    case .choice(let choices): choices.count <= 6 ? choices.joined(separator: "|") : "CHOICE"
    case .object(let kinds):
      kinds.count <= 3 ? kinds.map { $0.rawValue.uppercased() }.joined(separator: "|") : "OBJECT"
    case .objects(let kinds):
      (kinds.count <= 3 ? kinds.map { $0.rawValue.uppercased() }.joined(separator: "|") : "OBJECT") + ", ..."
    case .condition: "CONDITION"
    case .range: "LOW..HIGH"
    case .integers: "INTEGER, ..."
    case .numbers: "NUMBER, ..."
    case .name: "NAME"
    case .names: "NAME, ..."
    case .value: "VALUE"
    case .values: "VALUE ..."
    case .words: "WORD ..."
    case .flag: ""
    }
  }

  /// "a, b or c".
  static func alternatives(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  private static func article(_ kinds: [ObjectKind]) -> String {
    kinds.count == ObjectKind.allCases.count
      ? "an object of the session"
      : alternatives([kinds[0].withArticle] + kinds.dropFirst().map(\.rawValue))
  }

  static func limits(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (Int.min, Int.max): ""
    case (let low, Int.max): low == 0 ? " that is not negative" : " from \(low)"
    case (Int.min, let high): " up to \(high)"
    case (0, 1 << 53): " that is not negative"
    case (let low, let high): " from \(low) to \(high)"
    }
  }

  static func limits(_ range: ClosedRange<Double>) -> String {
    let low = range.lowerBound > -Double.greatestFiniteMagnitude ? Quantity.shortest(range.lowerBound) : nil
    let high = range.upperBound < Double.greatestFiniteMagnitude ? Quantity.shortest(range.upperBound) : nil
    return switch (low, high) {
    case (nil, nil): ""
    case ("0", nil): " that is not negative"
    case (let low?, nil): " from \(low)"
    case (nil, let high?): " up to \(high)"
    case (let low?, let high?): " from \(low) to \(high)"
    }
  }
}
