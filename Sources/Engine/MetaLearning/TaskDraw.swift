/// What an episode takes of a task.
package struct TaskDraw: Sendable, Hashable {
  /// The number of the task.
  package var task: Int
  /// The students to predict, by their numbers in the task.
  package var students: [Int]
  /// Those to adapt to; empty for what the task has to adapt to itself.
  package var support: [Int] = []

  /// All students of a task.
  package init<Scalar>(allOf task: TaskInputs<Scalar>, number: Int) {
    self.task = number
    students = Array(task.accuracies.indices)
  }

  /// Draws at random.
  ///
  /// - Parameters:
  ///   - support: students to adapt to; 0 for what the task has itself.
  ///   - most: students to predict, of which there may be fewer.
  /// - Throws: `TrainingError.tooFewStudents` if the support leaves none.
  package init<Scalar>(
    of task: TaskInputs<Scalar>, number: Int, support count: Int, most: Int = .max,
    random: inout RandomSource
  ) throws(TrainingError) {
    try task.checkSupport(of: count)
    self.init(allOf: task, number: number)
    if count > 0 {
      students.shuffle(using: &random)
      support = Array(students.prefix(count))
      students.removeFirst(count)
    }
    if most < students.count {
      students.shuffle(using: &random)
      students.removeLast(students.count - most)
    }
  }
}

extension TaskInputs {
  /// The task with `count` of its students, drawn at random, as what is adapted to, and the others to predict; as it is
  /// where the count is 0.
  ///
  /// - Throws: `TrainingError.tooFewStudents` if none would be left.
  func divided(support count: Int, random: inout RandomSource) throws(TrainingError) -> TaskInputs {
    let draw = try TaskDraw(of: self, number: 0, support: count, random: &random)
    return count == 0 ? self : selecting(draw)
  }

  func checkSupport(of count: Int) throws(TrainingError) {
    guard count == 0 || count < accuracies.count else {
      throw .tooFewStudents(task: name, found: accuracies.count, support: count)
    }
  }

  /// What a draw takes of the task.
  func selecting(_ draw: TaskDraw) -> TaskInputs {
    var task = self
    let query = pairs(draw.students)
    (task.students, task.accuracies) = (query.students, query.accuracies)
    if !draw.support.isEmpty { task.support = pairs(draw.support) }
    return task
  }

  /// Some of the students.
  func pairs(_ chosen: [Int]) -> SupportPairs<Scalar> {
    SupportPairs(students: students.selecting(chosen), accuracies: chosen.map { accuracies[$0] })
  }
}
