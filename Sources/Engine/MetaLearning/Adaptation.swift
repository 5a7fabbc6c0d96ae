/// How a predictor is fitted to a task before it predicts: which accuracies it looks at, and what they move.
package struct Adaptation: Sendable, Hashable {
  /// What the steps may change.
  package enum Movement: String, Sendable, CaseIterable {
    case allParameters = "all"
    /// Only the constant that is added to every prediction: it moves by as much as all parameters together would have
    /// moved the predictions of the support. So the order stays that of the unadapted predictor, which makes it the
    /// control for what guidance does beyond a shift.
    case offset
  }

  package enum Rates: String, Sendable, CaseIterable {
    case learned
    /// Those that learning starts with: the authors' program does not keep the learned ones.
    case reset
  }

  /// Gradient steps; 0 leaves the predictor as it was learned.
  package var steps: Int
  /// Whether the teacher, as a student of itself, belongs to the support.
  package var usesTeacher = true
  /// How many measured students of the task belong to the support.
  package var students = 0
  package var movement = Movement.allParameters
  package var rates = Rates.learned

  package init(
    steps: Int, usesTeacher: Bool = true, students: Int = 0, movement: Movement = .allParameters,
    rates: Rates = .learned
  ) {
    self.steps = steps
    self.usesTeacher = usesTeacher
    self.students = students
    self.movement = movement
    self.rates = rates
  }

  package var json: JSON {
    [
      "steps": .integer(steps), "usesTeacher": .bool(usesTeacher), "students": .integer(students),
      "movement": .string(movement.rawValue), "rates": .string(rates.rawValue),
    ]
  }

  package init?(_ json: JSON) {
    guard let steps = json["steps"]?.intValue, (0...100).contains(steps),
      let usesTeacher = json["usesTeacher"]?.boolValue,
      let students = json["students"]?.intValue, students >= 0,
      let movement = json["movement"]?.stringValue.flatMap(Movement.init),
      let rates = json["rates"]?.stringValue.flatMap(Rates.init)
    else { return nil }
    self.init(
      steps: steps, usesTeacher: usesTeacher, students: students, movement: movement, rates: rates)
  }
}

/// Measured students that a predictor adapts to, of one teacher.
package struct SupportStudents: Sendable, Hashable {
  package var students: [Architecture]
  /// What they reached after distillation, in 0...1.
  package var accuracies: [Double]

  package init(students: [Architecture], accuracies: [Double]) {
    self.students = students
    self.accuracies = accuracies
  }

  /// Draws `count` of a task's students. A smaller number draws some of those that a larger one draws.
  ///
  /// - Returns: nil where no other student would be left to predict.
  package init?(drawing count: Int, of task: MeasuredTask, target: AccuracyTarget, seed: UInt64) {
    var accuracies: [Architecture: Double] = [:]
    var different: [Architecture] = []
    for (student, accuracy) in zip(task.students, task.accuracies(target))
    where accuracies.updateValue(accuracy, forKey: student) == nil {
      different.append(student)
    }
    guard count < different.count else { return nil }
    var random = RandomSource(seed: seed, stream: "support of \(task.teacher.digest)")
    students = Array(different.shuffled(using: &random).prefix(count))
    self.accuracies = students.compactMap { accuracies[$0] }
  }

  package var json: JSON {
    .array(zip(students, accuracies).map { [.string($0.text), .number($1)] })
  }

  package init?(_ json: JSON) {
    var (students, accuracies): ([Architecture], [Double]) = ([], [])
    for pair in json.arrayValue ?? [] {
      guard let parts = pair.arrayValue, parts.count == 2,
        let student = parts[0].stringValue.flatMap({ Architecture(text: $0) }),
        let accuracy = parts[1].doubleValue
      else { return nil }
      students.append(student)
      accuracies.append(accuracy)
    }
    self.init(students: students, accuracies: accuracies)
  }
}

/// Students as a predictor sees them, with the accuracies it adapts to.
package struct SupportPairs<Scalar: TensorScalar>: Sendable {
  package var students: StudentInputs<Scalar>
  package var accuracies: [Double]

  package init(students: StudentInputs<Scalar>, accuracies: [Double]) {
    self.students = students
    self.accuracies = accuracies
  }

  /// The teacher as a student of itself.
  package init(teacherMap: Tensor<Scalar>, teacherCode: Tensor<Scalar>, teacherAccuracy: Double) {
    self.init(
      students: StudentInputs(maps: teacherMap, codes: teacherCode), accuracies: [teacherAccuracy])
  }

  package func joined(with other: SupportPairs) -> SupportPairs {
    SupportPairs(
      students: StudentInputs(
        maps: .concatenated([students.maps, other.students.maps], axis: 0),
        codes: .concatenated([students.codes, other.students.codes], axis: 0)),
      accuracies: accuracies + other.accuracies)
  }
}
