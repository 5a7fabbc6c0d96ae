/// A predictor with everything that using it needs.
package struct MetaPredictor: Sendable {
  /// The space whose students and teachers it reads.
  package var space: ResNetSpace
  package var method: LearningMethod
  package var function: any PredictorFunction
  package var parameters: TensorDictionary<Float>
  /// Inner rates, one tensor a parameter; learned ones unless the method has them fixed.
  package var rates: TensorDictionary<Float>
  package var adaptation: Adaptation
  /// The measured students it adapts to, by the digest of their teacher.
  package var support: [String: SupportStudents] = [:]
  /// How it looks at teachers and students.
  package var embedding = EmbeddingSettings.standard
  /// The unit of what `function` gives.
  package var unit: AccuracyUnit
  package var history: [MetaRecord]
  /// How far its predictions were off for each student of the validation tasks, as fractions without sign.
  package var validationErrors: [Double] = []

  package init(
    space: ResNetSpace, method: LearningMethod = .dass, function: any PredictorFunction,
    parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>, adaptation: Adaptation,
    unit: AccuracyUnit = .fraction, history: [MetaRecord] = []
  ) {
    self.space = space
    self.method = method
    self.function = function
    self.parameters = parameters
    self.rates = rates
    self.adaptation = adaptation
    self.unit = unit
    self.history = history
  }

  package var isGuided: Bool { adaptation.steps > 0 }

  /// The parameters after adaptation to a task.
  ///
  /// - Parameter support: with accuracies as fractions.
  package func adapted(
    to support: SupportPairs<Float>, teacherMap: Tensor<Float>
  ) -> TensorDictionary<Float> {
    let rates =
      switch adaptation.rates {
      case .learned: rates
      case .reset: rates.mapped { Tensor(repeating: Float(method.innerRate), shape: $0.shape) }
      }
    var support = support
    support.accuracies = support.accuracies.map { $0 * unit.scale }
    let adapted = GuidedAdaptation(predictor: function, steps: adaptation.steps)
      .adapt(parameters, rates: rates, to: support, teacherMap: teacherMap)
    guard adaptation.movement == .offset else { return adapted }
    func mean(_ parameters: TensorDictionary<Float>) -> Tensor<Float> {
      function.predict(support.students, teacherMap: teacherMap, parameters: parameters).mean()
    }
    var shifted = parameters
    shifted[function.outputBias] = parameters[function.outputBias] + (mean(adapted) - mean(parameters))
    return shifted
  }

  /// Predicted accuracies of a task's students as fractions, after adaptation to its support, or to the teacher's
  /// accuracy.
  package func predictions(for task: TaskInputs<Float>) -> [Double] {
    let adapted = adapted(to: task.support ?? task.teacherPair, teacherMap: task.teacherMap)
    return function.predict(task.students, teacherMap: task.teacherMap, parameters: adapted).scalars.map {
      Double($0) / unit.scale
    }
  }

  /// Mean Spearman correlation over tasks; nil without tasks, or where no task's correlation is defined.
  package func meanCorrelation(on tasks: [TaskInputs<Float>]) -> Double? {
    let correlations = tasks.compactMap { RankCorrelation.spearman(predictions(for: $0), $0.accuracies) }
    return correlations.mean
  }
}
