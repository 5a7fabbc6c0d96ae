extension MeasuredTask {
  /// Measurements with one teacher and the same settings together, in the order of their first.
  package static func byTeacher(_ tasks: [MeasuredTask]) -> [[MeasuredTask]] {
    var order: [String] = []
    var groups: [String: [MeasuredTask]] = [:]
    for task in tasks {
      let key = task.teacher.digest + task.settings.json.text
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(task)
    }
    return order.compactMap { groups[$0] }
  }

  /// One task of measurements with one teacher and several seeds: its students are those of all, each with the mean of
  /// what it reached.
  ///
  /// - Parameter runs: at least one; they share the settings of the first.
  package init(averaging runs: [MeasuredTask]) {
    var task = runs[0]
    var students: [Architecture] = []
    var results: [Architecture: [StudentResult]] = [:]
    for (student, result) in runs.flatMap({ zip($0.students, $0.results) }) {
      if results[student] == nil { students.append(student) }
      results[student, default: []].append(result)
    }
    task.students = students
    task.results = students.map { student in
      let all = results[student] ?? []
      func mean(_ field: KeyPath<StudentResult, Double>) -> Double {
        all.reduce(0) { $0 + $1[keyPath: field] } / Double(max(all.count, 1))
      }
      return StudentResult(
        bestAccuracy: mean(\.bestAccuracy), finalAccuracy: mean(\.finalAccuracy), seconds: mean(\.seconds))
    }
    self = task
  }
}
