/// Search by evolution: students predicted best have children, which differ in some blocks or join the stages of two.
///
/// The population and its rates are those of once-for-all's search (Cai et al., ICLR 2020). Here two parents are crossed
/// between two stages, so that a child begins like its first parent and shares its feature maps.
package struct Evolution: Sendable {
  package var space: ResNetSpace
  package var seed: UInt64
  /// Students of a generation.
  package var population = 100
  /// The part of the best so far that has children.
  package var parentFraction = 0.25
  /// The part of the children that have one parent.
  package var mutantFraction = 0.5
  /// How likely each width and each depth of a mutant changes.
  package var mutationRate = 0.1

  package struct Scored: Sendable, Hashable {
    package var student: Architecture
    package var score: Double
  }

  package init(space: ResNetSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
  }

  /// Tries for each child, before it counts as one that cannot be found.
  private static let tries = 100

  /// Scores `budget` different students, none twice, and gives them best first; fewer where the space has no more.
  ///
  /// - Parameters:
  ///   - allows: whether a student may be chosen; others are not scored.
  ///   - scores: a score for each of some students, larger for better ones; NaN counts as the worst.
  /// - Throws: `SpaceError.noMatch` where nothing is allowed, `Cancelled`, and what `scores` throws.
  package func run(
    budget: Int, cancellation: CancellationToken, allows: (Architecture) -> Bool,
    scores: ([Architecture]) throws -> [Double]
  ) throws -> [Scored] {
    var random = RandomSource(seed: seed, stream: "evolution")
    var known = Set<Architecture>()
    var ranked: [Scored] = []
    while ranked.count < budget {
      try cancellation.check()
      let wanted = min(population, budget - ranked.count)
      var generation: [Architecture] = []
      func add(_ student: Architecture) {
        if allows(student), known.insert(student).inserted { generation.append(student) }
      }
      if ranked.isEmpty {
        let first = try space.draw(
          wanted, random: &random, supervision: Supervision(cancellation: cancellation), allows: allows)
        first.forEach(add)
      } else {
        let parents = Array(
          ranked.prefix(max(1, Int(parentFraction * Double(min(population, ranked.count))))))
        for _ in 0..<wanted * Self.tries where generation.count < wanted {
          add(child(of: parents, &random))
        }
      }
      // Where children are exhausted, fresh students go on.
      for _ in 0..<wanted * Self.tries where generation.count < wanted { add(space.sample(random: &random)) }
      if generation.isEmpty { break }
      ranked += zip(generation, try scores(generation)).map {
        Scored(student: $0, score: $1.isNaN ? -.infinity : $1)
      }
      ranked.sort { $0.score != $1.score ? $0.score > $1.score : $0.student < $1.student }
    }
    return ranked
  }

  private func child(of parents: [Scored], _ random: inout RandomSource) -> Architecture {
    let first = parents[random.integer(below: parents.count)].student
    if random.uniform() < mutantFraction { return mutant(of: first, &random) }
    let second = parents[random.integer(below: parents.count)].student
    let cut = 1 + random.integer(below: first.stages.count - 1)
    return Architecture(stages: Array(first.stages[..<cut] + second.stages[cut...]), kind: space.kind)
  }

  private func mutant(of parent: Architecture, _ random: inout RandomSource) -> Architecture {
    // Whatever a mutation asks for comes from a student drawn by the space's own rules.
    let fresh = space.sample(random: &random)
    return Architecture(
      stages: parent.stages.enumerated().map { stage, blocks in
        let allowed = space.allowedWidths(stage: stage)
        let depth = random.uniform() < mutationRate ? fresh.stages[stage].count : blocks.count
        let end = space.hasFullEnd(stage: stage) ? 1 : 0
        var inner = Array(blocks.dropLast(end).prefix(depth - end))
        while inner.count < depth - end { inner.append(allowed[random.integer(below: allowed.count)]) }
        for index in inner.indices where random.uniform() < mutationRate {
          inner[index] = allowed[random.integer(below: allowed.count)]
        }
        return inner + blocks.suffix(end)
      }, kind: space.kind)
  }
}

extension ResNetSpace {
  /// Draws for each student wanted, before a condition counts as too hard to meet.
  private static let drawsPerStudent = 1000

  /// Students drawn at random, again where one is not allowed.
  ///
  /// - Throws: `SpaceError.noMatch`, `Cancelled`.
  package func draw(
    _ count: Int, random: inout RandomSource, supervision: Supervision, allows: (Architecture) -> Bool
  ) throws -> [Architecture] {
    var students: [Architecture] = []
    var draws = 0
    let limit = max(count, 100) * Self.drawsPerStudent
    while students.count < count {
      draws += 1
      if draws % 1024 == 0 {
        try supervision.cancellation.check()
        supervision.progress.report(
          ProgressEvent(stage: "drawing students", completed: students.count, total: count))
      }
      // A budget that nothing meets is told early, one that few meet is searched longer.
      if draws > limit || (students.isEmpty && draws > 100_000) {
        throw SpaceError.noMatch(drawn: draws - 1, wanted: count, found: students.count)
      }
      let student = sample(random: &random)
      if allows(student) { students.append(student) }
    }
    return students
  }
}
