/// The choices that no other one beats in both respects.
package enum ParetoFront {
  /// Positions of the best score for each cost, by ascending cost; what has no score is left out.
  ///
  /// - Parameters:
  ///   - costs: smaller is better.
  ///   - scores: larger is better.
  package static func positions(costs: [Double], scores: [Double]) -> [Int] {
    let order = scores.indices.filter { scores[$0].isFinite && costs[$0].isFinite }.sorted {
      (costs[$0], scores[$1], $0) < (costs[$1], scores[$0], $1)
    }
    var front: [Int] = []
    for position in order where front.last.map({ scores[position] > scores[$0] }) ?? true {
      front.append(position)
    }
    return front
  }
}
