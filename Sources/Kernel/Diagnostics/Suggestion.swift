/// Finds the known name that was probably meant.
enum Suggestion {
  /// The candidate closest to `name`, or nil when none is close enough to be offered.
  ///
  /// About a third of the letters may differ, so that short names get no silly proposals. Capital letters do
  /// not count, and a name that begins with what was typed counts as close.
  static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased().unicodeScalars)
    // Longer words are not typing errors, and the distance takes time proportional to both lengths.
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    let allowed = max(1, (typed.count + 1) / 3)
    var best: (distance: Int, name: String)?
    for candidate in candidates where candidate != name {
      let known = Array(candidate.lowercased().unicodeScalars)
      guard known.count <= 64 else { continue }
      var distance = editDistance(typed, known)
      if distance > allowed, typed.count >= 3, known.starts(with: typed) { distance = allowed }
      // One letter for another in a name of one letter is not a likeness.
      if distance > allowed || distance >= max(typed.count, known.count) { continue }
      if let current = best, (current.distance, current.name) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.name
  }

  /// The number of insertions, deletions, replacements and swaps of neighbors between two words.
  static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
    var beforePrevious = [Int](repeating: 0, count: right.count + 1)
    var previous = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      current.reserveCapacity(right.count + 1)
      for (column, other) in right.enumerated() {
        var cost = min(
          previous[column + 1] + 1, current[column] + 1, previous[column] + (scalar == other ? 0 : 1))
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforePrevious[column - 1] + 1)
        }
        current.append(cost)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[right.count]
  }
}
