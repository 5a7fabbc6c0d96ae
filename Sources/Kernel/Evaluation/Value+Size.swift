extension Value {
  /// Whether it has more parts, or is nested deeper, than anything that is written on purpose.
  var isTooLarge: Bool {
    var remaining = 100_000
    return !fits(&remaining, depth: 0)
  }

  private func fits(_ remaining: inout Int, depth: Int) -> Bool {
    remaining -= 1
    if remaining < 0 || depth > 100 { return false }
    switch self {
    case .list(let elements):
      for element in elements where !element.fits(&remaining, depth: depth + 1) { return false }
      return true
    case .condition(let condition): return condition.fits(&remaining, depth: depth)
    default: return true
    }
  }
}

extension Condition {
  fileprivate func fits(_ remaining: inout Int, depth: Int) -> Bool {
    remaining -= 1
    if remaining < 0 || depth > 100 { return false }
    switch self {
    case .comparison: return true
    case .not(let part): return part.fits(&remaining, depth: depth + 1)
    case .all(let parts), .any(let parts):
      for part in parts where !part.fits(&remaining, depth: depth + 1) { return false }
      return true
    }
  }
}
