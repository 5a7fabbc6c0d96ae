import TestSupport
import Testing

@testable import Engine

@Suite("Evolution") struct EvolutionTests {
  /// A landscape whose best students are known: as cheap as can be.
  private func cheapness(_ students: [Architecture]) -> [Double] {
    students.map { -Double(SmallTask.space.cost(of: $0).multiplyAdds) }
  }

  private func run(
    budget: Int, seed: UInt64 = 1, population: Int = 20, allows: (Architecture) -> Bool = { _ in true }
  ) throws -> [Evolution.Scored] {
    var evolution = Evolution(space: SmallTask.space, seed: seed)
    evolution.population = population
    return try evolution.run(
      budget: budget, cancellation: CancellationToken(), allows: allows, scores: cheapness)
  }

  @Test func `finds better students than drawing as many`() throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let evolved = try run(budget: 300, seed: seed)
      let drawn = cheapness(SmallTask.students(300, seed: seed))
      #expect(evolved[0].score > drawn.max() ?? 0)
    }
  }

  @Test func `scores no student twice, stays in the space, and ranks them`() throws {
    var asked: [Architecture] = []
    var evolution = Evolution(space: SmallTask.space, seed: 3)
    evolution.population = 30
    let found = try evolution.run(budget: 200, cancellation: CancellationToken(), allows: { $0.depth > 5 }) {
      asked += $0
      return cheapness($0)
    }
    #expect(asked.count == 200)
    #expect(Set(asked).count == 200)
    #expect(Set(found.map(\.student)) == Set(asked))
    #expect(found.map(\.score) == found.map(\.score).sorted(by: >))
    for student in asked {
      try SmallTask.space.validate(student)
      #expect(student.depth > 5)
    }
  }

  @Test func `the seed decides`() throws {
    #expect(try run(budget: 120) == run(budget: 120))
    #expect(try run(budget: 120) != run(budget: 120, seed: 2))
  }

  @Test func `ends where the space has no more`() throws {
    var evolution = Evolution(space: SmallTask.tiny, seed: 1)
    evolution.population = 10
    let found = try evolution.run(budget: 500, cancellation: CancellationToken(), allows: { _ in true }) {
      $0.map { Double($0.depth) }
    }
    #expect(found.count == Int(SmallTask.tiny.studentCount))
  }

  @Test func `children begin like a parent, so that little is computed anew`() throws {
    var generations: [[Architecture]] = []
    var evolution = Evolution(space: SmallTask.space, seed: 4)
    evolution.population = 50
    _ = try evolution.run(budget: 250, cancellation: CancellationToken(), allows: { _ in true }) {
      generations.append($0)
      return cheapness($0)
    }
    func shared(_ students: [Architecture]) -> Double {
      let plan = EmbeddingPlan(students.sorted(), imageSize: 16)
      return Double(plan.multiplyAdds) / Double(plan.multiplyAddsUnshared)
    }
    #expect(shared(generations[4]) < shared(generations[0]))
  }

  @Test func `students without a score come last`() throws {
    let evolution = Evolution(space: SmallTask.space, seed: 1)
    let found = try evolution.run(budget: 50, cancellation: CancellationToken(), allows: { _ in true }) {
      $0.enumerated().map { $0.offset % 2 == 0 ? .nan : 1 }
    }
    #expect(found.map(\.score) == Array(repeating: 1, count: 25) + Array(repeating: -.infinity, count: 25))
  }

  @Test func `what nothing meets is told, and a request to stop is heard`() throws {
    #expect(throws: SpaceError.noMatch(drawn: 100_000, wanted: 20, found: 0)) {
      try run(budget: 100) { _ in false }
    }
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) {
      try Evolution(space: SmallTask.space, seed: 1).run(
        budget: 10, cancellation: token, allows: { _ in true }, scores: cheapness)
    }
  }
}

@Suite("Pareto fronts") struct ParetoFrontTests {
  @Test func `only what nothing cheaper beats`() {
    #expect(ParetoFront.positions(costs: [3, 1, 2, 2, 4], scores: [0.5, 0.2, 0.4, 0.6, 0.7]) == [1, 3, 4])
    #expect(ParetoFront.positions(costs: [1, 1, 1], scores: [0.2, 0.3, 0.3]) == [1])
    #expect(ParetoFront.positions(costs: [1, 2], scores: [.nan, 0]) == [1])
    #expect(ParetoFront.positions(costs: [], scores: []) == [])
  }
}

@Suite("Latency") struct LatencyMeterTests {
  @Test func `a student's time and the sum of its blocks'`() throws {
    let meter = try LatencyMeter(NoiseEmbedding(teacher: SmallTask.teacher()))
    for student in SmallTask.students(4) {
      let measured = try meter.measure(student, cancellation: CancellationToken())
      #expect(0 < measured.least && measured.least <= measured.median && measured.median <= measured.most)
      let estimate = try meter.estimate(student, cancellation: CancellationToken())
      #expect(estimate > 0)
      // What was measured once is not measured again.
      #expect(try meter.estimate(student, cancellation: CancellationToken()) == estimate)
    }
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) { try meter.measure(SmallTask.space.teacher, cancellation: token) }
  }
}
