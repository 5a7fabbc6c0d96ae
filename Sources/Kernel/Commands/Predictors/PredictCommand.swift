import Engine

extension CommandDeclaration {
  static let predict = CommandDeclaration(
    "predict", group: .predictors, summary: "predicts each student of a pool, before and after adaptation",
    discussion:
      "The rows are in the order of the pool. A guided predictor is asked twice: as it was meta-learned, and after it "
      + "adapted itself by the teacher's accuracy. `save` writes all digits.",
    parameters: [.required("pool", .object([.pool, .student]), "the students")],
    clauses: [
      .required("for", .object(.teacher), "the teacher to distill from"),
      .required("with", .object(.predictor), "what predicts"),
    ],
    result: .table,
    examples: [CommandExample("predictions = predict p for t with dass")]
  ) { arguments, context in
    let (students, space) = try arguments.students("pool")
    let teacher: TeacherObject = try arguments.object("for")
    let predictor: PredictorObject = try arguments.object("with")
    try arguments.check(space, fits: teacher)
    var task = RankingTask(teacher)
    task.embedded = EmbeddedStudents()
    let isAccuracy = predictor.predictsAccuracy
    let before = try predictor.method.unadapted?.scores(
      of: students, for: task, supervision: context.supervision, stage: "predicting before adaptation")
    let after = try predictor.scores(
      of: students, for: task, supervision: context.supervision, stage: "predicting")
    func cell(_ value: Double) -> Table.Cell {
      value.isNaN ? .missing : isAccuracy ? .percent(value, digits: 2) : .number(value, digits: 4)
    }
    let columns =
      ["student"] + (before == nil ? [isAccuracy ? "predicted accuracy" : "score"] : ["before", "after"])
    var table = Table(
      title: "Predicted for \(teacher.teacher.datasetName)", columns: columns.map { Table.Column($0) })
    table.rows = students.indices.map { place in
      [.text(students[place].text)] + (before.map { [cell($0[place])] } ?? []) + [cell(after[place])]
    }
    table.notes = [
      "teacher: accuracy \(NumberText.percent(teacher.teacher.accuracy, digits: 1))",
      "predictor: \(predictor.oneLineSummary)",
    ]
    return .table(table)
  }

  static let view = CommandDeclaration(
    "view", group: .predictors, summary: "makes a predictor that looks at students in another way",
    discussion:
      "The weights stay as they were learned. So a predictor can be asked what it makes of students with other remapped "
      + "weights, of other noise, or of batch normalization by the noise itself.",
    parameters: [.required("predictor", .object(.predictor), "a learned one")],
    clauses: Parameter.embedding,
    result: .object(.predictor),
    examples: [CommandExample("predictor last = view dass from last", "with the last blocks and channels")]
  ) { arguments, _ in
    let object: PredictorObject = try arguments.object("predictor")
    let changed: [any RankingMethod] = try object.method.runs.compactMap { run in
      if var predictor = (run as? LearnedMethod)?.predictor {
        predictor.embedding = try arguments.embeddingSettings(changing: predictor.embedding)
        return LearnedMethod(predictor: predictor)
      }
      guard var predictor = (run as? DatasetLearnedMethod)?.predictor else { return nil }
      predictor.embedding = try arguments.embeddingSettings(changing: predictor.embedding)
      return DatasetLearnedMethod(predictor: predictor)
    }
    guard changed.count == object.method.runs.count else {
      throw arguments.error(
        for: "predictor", "only learned predictors look at noise",
        advice: "for a proxy say so when it is set up: proxy snip from first")
    }
    return .object(PredictorObject(method: SeveralRuns.of(changed), making: object.making))
  }
}

extension Arguments {
  /// The students of a pool, or one alone, with their space.
  func students(_ name: String) throws -> (students: [Architecture], space: ResNetSpace) {
    if case .object(let object) = try value(name), let student = object as? StudentObject {
      return ([student.architecture], student.space)
    }
    let pool: PoolObject = try object(name)
    return (pool.students, pool.space)
  }

  /// - Throws: a diagnostic if the students' space is not the teacher's.
  func check(_ space: ResNetSpace, fits teacher: TeacherObject) throws {
    guard space.sharesNetworks(with: teacher.teacher.space) else {
      throw error(
        for: "for",
        "the students belong to \(space.name), and the teacher belongs to \(teacher.teacher.space.name)",
        advice: "take students of the teacher's space")
    }
  }
}
