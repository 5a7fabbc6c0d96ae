import Engine

/// The students that any of some methods adapts to: none is judged by what it was told.
struct SupportOfAny {
  let students: Set<Architecture>
  /// A sentence that says who was left out; nil where nobody was.
  let note: String?

  /// - Parameter candidates: only these are looked for.
  init(
    of methods: [(name: String, method: any RankingMethod)], teacher: Teacher,
    among candidates: [Architecture]
  ) {
    let candidates = Set(candidates)
    var students: Set<Architecture> = []
    var names: [String] = []
    for (name, method) in methods {
      let own = Set(method.support[teacher.digest]?.students ?? []).intersection(candidates)
      guard !own.isEmpty else { continue }
      students.formUnion(own)
      names.append(name)
    }
    self.students = students
    note =
      students.isEmpty
      ? nil
      : "\(teacher.datasetName): \(students.count) student\(students.count == 1 ? "" : "s") that "
        + "\(names.joined(separator: ", ")) adapted to, left out\(methods.count > 1 ? " for all methods" : "")"
  }
}

extension MeasuredTask {
  /// The task without the students that any of the predictors adapts to.
  ///
  /// - Returns: also a sentence that says so; nil where none was left out.
  /// - Throws: a diagnostic where no student is left.
  func withoutSupport(
    of predictors: [(name: String, predictor: PredictorObject)]
  ) throws(Diagnostic) -> (task: MeasuredTask, note: String?) {
    let support = SupportOfAny(
      of: predictors.map { ($0.name, $0.predictor.method) }, teacher: teacher, among: students)
    guard !support.students.isEmpty else { return (self, nil) }
    var task = self
    let kept = students.indices.filter { !support.students.contains(students[$0]) }
    guard !kept.isEmpty else {
      throw Diagnostic(
        .argument, "all measured students of \(teacher.datasetName) are those that the predictors adapt to",
        notes: ["give students that `adapt` did not get"])
    }
    task.students = kept.map { students[$0] }
    task.results = kept.map { results[$0] }
    return (task, support.note)
  }
}
