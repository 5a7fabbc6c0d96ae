import Engine

/// What every comparison must beat.
enum ControlMethod: RankingMethod, Hashable {
  case macs, params, depth
  case random(seed: UInt64)

  static let all = [macs, params, depth, random(seed: 0)]

  var name: String {
    switch self {
    case .macs: "macs"
    case .params: "params"
    case .depth: "depth"
    case .random: "random"
    }
  }

  var summary: String {
    switch self {
    case .macs: "control: more multiply-adds are better"
    case .params: "control: more parameters are better"
    case .depth: "control: more blocks are better"
    case .random(let seed): "control: any order, with the fixed seed \(seed)"
    }
  }

  func repeated(_ count: Int) -> [any RankingMethod] {
    if case .random(let seed) = self { return (0..<count).map { Self.random(seed: seed + UInt64($0)) } }
    return Array(repeating: self, count: count)
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    let space = task.teacher.space
    switch self {
    case .macs: return students.map { Double(space.cost(of: $0).multiplyAdds) }
    case .params: return students.map { Double(space.cost(of: $0).parameters) }
    case .depth: return students.map { Double($0.depth) }
    case .random(let seed):
      var random = RandomSource(seed: seed, stream: "control")
      return students.map { _ in random.uniform() }
    }
  }
}
