import Engine

extension MeasuredTask {
  /// The task without the students that any of the predictors adapts to, so that none is judged by what it was told.
  ///
  /// - Returns: also a sentence that says so; nil where none was left out.
  /// - Throws: a diagnostic where no student is left.
  func withoutSupport(
    of predictors: [(name: String, predictor: PredictorObject)]
  ) throws(Diagnostic) -> (task: MeasuredTask, note: String?) {
    var known: Set<Architecture> = []
    var names: [String] = []
    for (name, predictor) in predictors {
      guard let support = predictor.method.support[teacher.digest] else { continue }
      let inTask = Set(support.students).intersection(students)
      guard !inTask.isEmpty else { continue }
      known.formUnion(inTask)
      names.append(name)
    }
    guard !known.isEmpty else { return (self, nil) }
    var task = self
    let kept = students.indices.filter { !known.contains(students[$0]) }
    guard !kept.isEmpty else {
      throw Diagnostic(
        .argument, "all measured students of \(teacher.datasetName) are those that the predictors adapt to",
        notes: ["give students that `adapt` did not get"])
    }
    task.students = kept.map { students[$0] }
    task.results = kept.map { results[$0] }
    let everywhere = predictors.count > 1 ? " for all methods" : ""
    return (
      task,
      "\(teacher.datasetName): \(known.count) student\(known.count == 1 ? "" : "s") that \(names.joined(separator: ", ")) "
        + "adapted to, left out\(everywhere)"
    )
  }
}
