@testable import Engine

/// Tasks whose students' accuracies follow a rule that a predictor can learn in a second.
enum SyntheticTasks {
  static let space = SmallTask.tiny
  static let shape = PredictorShape(space: space)

  /// A student's accuracy is the teacher's, and more the brighter the student's map is in its first channel.
  static func make(_ count: Int, students: Int = 24, seed: UInt64) -> [TaskInputs<Float>] {
    var random = RandomSource(seed: seed, stream: "tasks")
    let channels = space.widths[3]
    func map(brightness: Double) -> [Float] {
      (0..<4 * channels).map { place in
        Float((place % channels == 0 ? brightness : 0) + 0.1 * abs(random.normal()))
      }
    }
    return (0..<count).map { index in
      let teacherAccuracy = random.uniform(in: 0.4...0.8)
      var (maps, accuracies): ([Float], [Double]) = ([], [])
      for _ in 0..<students {
        let brightness = random.uniform(in: 0...1)
        maps += map(brightness: brightness)
        accuracies.append(teacherAccuracy + 0.2 * (brightness - 0.5))
      }
      let code = (0..<space.codeLength).map { Float($0 % 2) }
      return TaskInputs(
        name: "\(index)",
        teacherMap: Tensor(map(brightness: 0.5), shape: [1, 2, 2, channels]),
        teacherCode: Tensor(code, shape: [1, code.count]), teacherAccuracy: teacherAccuracy,
        students: StudentInputs(
          maps: Tensor(maps, shape: [students, 2, 2, channels]),
          codes: Tensor((0..<students).flatMap { _ in code }, shape: [students, code.count])),
        accuracies: accuracies)
    }
  }
}
