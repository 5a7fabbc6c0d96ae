import Foundation

/// Numbers as people read them; the same on every machine, whatever its language.
enum NumberText {
  /// `12,345`.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude).utf8)
    var result: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { result.append(UInt8(ascii: ",")) }
      result.append(digit)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// With a fixed number of digits after the point; very large and very small numbers with an exponent.
  static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "n/a" : value > 0 ? "\u{221E}" : "-\u{221E}" }
    let digits = min(max(digits, 0), 17)
    if value.magnitude >= 1e9 || (value != 0 && value.magnitude < 0.5 * pow(10, -Double(digits))) {
      return String(format: "%.\(max(digits, 2))g", value)
    }
    let text = String(format: "%.\(digits)f", value)
    // Rounding may leave a zero with a sign.
    return text.hasPrefix("-") && !text.contains(where: { ("1"..."9").contains($0) })
      ? String(text.dropFirst()) : text
  }

  /// `81.2 %` for 0.812.
  static func percent(_ fraction: Double, digits: Int = 1) -> String {
    fraction.isFinite ? fixed(fraction * 100, digits: digits) + " %" : fixed(fraction, digits: digits)
  }

  /// With three digits and a letter for thousands, millions and so on: `402 M`, `1.23 G`, `12`.
  static func count(_ value: Double) -> String {
    guard value.isFinite else { return fixed(value, digits: 0) }
    if value.magnitude < 1000 {
      return Int(exactly: value).map(String.init) ?? fixed(value, digits: value.magnitude < 10 ? 2 : 1)
    }
    var scaled = value
    for letter in ["", "k", "M", "G", "T", "P"] {
      // What would be rounded to 1000 belongs to the next letter.
      if scaled.magnitude < 999.5 {
        let digits = scaled.magnitude < 9.995 ? 2 : scaled.magnitude < 99.95 ? 1 : 0
        return fixed(scaled, digits: digits) + " " + letter
      }
      scaled /= 1000
    }
    return String(format: "%.2e", value)
  }

  /// With the two largest units that matter: `12 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return fixed(seconds, digits: 0) }
    if seconds < 0 { return "-" + duration(-seconds) }
    if seconds == 0 { return "0 s" }
    if seconds < 0.9995e-3 { return fixed(seconds * 1e6, digits: 0) + " \u{B5}s" }
    if seconds < 0.9995 { return fixed(seconds * 1e3, digits: seconds < 0.00995 ? 1 : 0) + " ms" }
    if seconds < 9.95 { return fixed(seconds, digits: 1) + " s" }
    if seconds < 59.5 { return fixed(seconds, digits: 0) + " s" }
    // Longer than the age of the universe; also keeps the conversion to Int safe.
    if seconds > 1e15 { return String(format: "%.2e s", seconds) }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return pair(whole / 60, "min", whole % 60, "s") }
    let minutes = (whole + 30) / 60
    if minutes < 48 * 60 { return pair(minutes / 60, "h", minutes % 60, "min") }
    let hours = (minutes + 30) / 60
    return pair(hours / 24, "d", hours % 24, "h")
  }

  private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(grouped(large)) \(largeUnit)" : "\(grouped(large)) \(largeUnit) \(small) \(smallUnit)"
  }
}
