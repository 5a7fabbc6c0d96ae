/// One distillation task as the predictor sees it: the teacher, its accuracy, and measured students.
package struct TaskInputs<Scalar: TensorScalar>: Sendable {
  package var name: String
  /// The teacher's own map, (1, h, w, channels).
  package var teacherMap: Tensor<Scalar>
  /// The teacher's architecture code, (1, length).
  package var teacherCode: Tensor<Scalar>
  /// In 0...1.
  package var teacherAccuracy: Double
  package var students: StudentInputs<Scalar>
  /// Measured accuracies of the students after distillation, in 0...1.
  package var accuracies: [Double]

  package init(
    name: String, teacherMap: Tensor<Scalar>, teacherCode: Tensor<Scalar>, teacherAccuracy: Double,
    students: StudentInputs<Scalar>, accuracies: [Double]
  ) {
    self.name = name
    self.teacherMap = teacherMap
    self.teacherCode = teacherCode
    self.teacherAccuracy = teacherAccuracy
    self.students = students
    self.accuracies = accuracies
  }
}

/// Adaptation of a predictor to a task by the teacher's own accuracy (paper, Eq. 6).
package struct GuidedAdaptation: Sendable {
  package var predictor: AccuracyPredictor
  /// Gradient steps; the paper takes one.
  package var steps: Int

  package init(predictor: AccuracyPredictor, steps: Int = 1) {
    self.predictor = predictor
    self.steps = steps
  }

  /// phi' = phi - alpha * gradient of (f(t, t; phi) - teacher's accuracy)^2, where the teacher is its own student.
  ///
  /// - Parameters:
  ///   - rates: alpha, a learned tensor of each parameter's shape.
  ///   - keepGraph: whether the result can be differentiated with respect to `parameters` and `rates`. With
  ///     `isFirstOrder`, the inner gradient then counts as a constant.
  package func adapt<Scalar>(
    _ parameters: TensorDictionary<Scalar>, rates: TensorDictionary<Scalar>, teacherMap: Tensor<Scalar>,
    teacherCode: Tensor<Scalar>, teacherAccuracy: Double, keepGraph: Bool = false, isFirstOrder: Bool = false
  ) -> TensorDictionary<Scalar> {
    let support = StudentInputs(maps: teacherMap, codes: teacherCode)
    let target = Tensor(repeating: Scalar(teacherAccuracy), shape: [1])
    var adapted = keepGraph ? parameters : parameters.mapped { $0.asVariable() }
    for _ in 0..<steps {
      let error = predictor.predict(support, teacherMap: teacherMap, parameters: adapted) - target
      let gradients = gradients(
        of: (error * error).mean(), withRespectTo: adapted.ordered, keepGraph: keepGraph && !isFirstOrder)
      adapted = adapted.replacing(
        with: zip(adapted.entries, gradients).map { entry, gradient in
          entry.tensor - rates[entry.name] * gradient
        })
      if !keepGraph { adapted = adapted.mapped { $0.asVariable() } }
    }
    return keepGraph ? adapted : adapted.mapped { $0.detached() }
  }

  /// The loss of a task after adaptation: mean squared error over its students (paper, Eq. 7).
  package func outerLoss<Scalar>(
    of task: TaskInputs<Scalar>, parameters: TensorDictionary<Scalar>, rates: TensorDictionary<Scalar>,
    isFirstOrder: Bool = false
  ) -> Tensor<Scalar> {
    let adapted = adapt(
      parameters, rates: rates, teacherMap: task.teacherMap, teacherCode: task.teacherCode,
      teacherAccuracy: task.teacherAccuracy, keepGraph: true, isFirstOrder: isFirstOrder)
    let predicted = predictor.predict(task.students, teacherMap: task.teacherMap, parameters: adapted)
    let error = predicted - Tensor(task.accuracies.map { Scalar($0) }, shape: [task.accuracies.count])
    return (error * error).mean()
  }
}
