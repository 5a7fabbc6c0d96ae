/// What a unit measures.
enum UnitFamily: String, Sendable, CaseIterable {
  /// How many: parameters, multiply-adds, students.
  case count
  /// A part of a whole.
  case fraction
  /// A span of time, in seconds.
  case duration

  var units: [Unit] { Unit.allCases.filter { $0.family == self } }

  /// Examples of how quantities of this family are written.
  var spelling: String {
    switch self {
    case .count: "`400M`, `4k` or `12`"
    case .fraction: "`5%` or `0.05`"
    case .duration: "`30s`, `2min` or `100ms`"
    }
  }
}

/// A suffix of a number; the raw value is its spelling.
enum Unit: String, Sendable, CaseIterable {
  case thousand = "k"
  case million = "M"
  case billion = "G"
  case percent = "%"
  case millisecond = "ms"
  case second = "s"
  case minute = "min"
  case hour = "h"

  var family: UnitFamily {
    switch self {
    case .thousand, .million, .billion: .count
    case .percent: .fraction
    case .millisecond, .second, .minute, .hour: .duration
    }
  }

  var meaning: String {
    switch self {
    case .thousand: "thousand"
    case .million: "million"
    case .billion: "thousand million"
    case .percent: "hundredths"
    case .millisecond: "milliseconds"
    case .second: "seconds"
    case .minute: "minutes"
    case .hour: "hours"
    }
  }
}

/// A number with its unit, as it was written.
struct Quantity: Sendable, Hashable {
  /// What was written before the unit; always finite.
  var magnitude: Double
  var unit: Unit?

  init(_ magnitude: Double, _ unit: Unit? = nil) {
    self.magnitude = magnitude
    self.unit = unit
  }

  /// The number in the base unit of its family: one, a fraction of one, or seconds.
  var value: Double {
    // Division keeps `5%` at exactly 0.05 and `100ms` at 0.1, which multiplying by 0.01 would not.
    switch unit {
    case nil, .second: magnitude
    case .thousand: magnitude * 1e3
    case .million: magnitude * 1e6
    case .billion: magnitude * 1e9
    case .percent: magnitude / 100
    case .millisecond: magnitude / 1000
    case .minute: magnitude * 60
    case .hour: magnitude * 3600
    }
  }

  /// The spelling that the language reads back as the same quantity.
  var description: String { Self.shortest(magnitude) + (unit?.rawValue ?? "") }

  /// The shortest decimal spelling that reads back as the same number, without a needless `.0`.
  static func shortest(_ number: Double) -> String {
    let text = "\(number)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
