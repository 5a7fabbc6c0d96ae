import Engine

/// What every comparison must beat.
enum ControlMethod: String, RankingMethod, CaseIterable {
  case macs, params, depth, random

  var summary: String {
    switch self {
    case .macs: "control: more multiply-adds are better"
    case .params: "control: more parameters are better"
    case .depth: "control: more blocks are better"
    case .random: "control: any order, with a fixed seed"
    }
  }

  func scores(
    of students: [Architecture], for task: RankingTask, supervision: Supervision, stage: String
  ) throws -> [Double] {
    let space = task.teacher.space
    switch self {
    case .macs: return students.map { Double(space.cost(of: $0).multiplyAdds) }
    case .params: return students.map { Double(space.cost(of: $0).parameters) }
    case .depth: return students.map { Double($0.depth) }
    case .random:
      var random = RandomSource(seed: 0, stream: "control")
      return students.map { _ in random.uniform() }
    }
  }
}
