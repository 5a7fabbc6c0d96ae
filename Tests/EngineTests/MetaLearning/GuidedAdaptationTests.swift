import TestSupport
import Testing

@testable import Engine

@Suite("Guided adaptation") struct GuidedAdaptationTests {
  private let task = SyntheticTasks.make(1, students: 5, seed: 4)[0]
  private let function = AccuracyPredictor(shape: SyntheticTasks.shape)

  private func start<Scalar>(_ type: Scalar.Type) -> (TensorDictionary<Scalar>, TensorDictionary<Scalar>) {
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Scalar> = function.initialParameters(
      of: Scalar.self, random: &random)
    return (parameters, parameters.mapped { Tensor(repeating: 0.005, shape: $0.shape) })
  }

  private func teacherError(_ parameters: TensorDictionary<Float>) -> Float {
    let support = StudentInputs(maps: task.teacherMap, codes: task.teacherCode)
    let predicted = function.predict(support, teacherMap: task.teacherMap, parameters: parameters).scalars[0]
    return abs(predicted - Float(task.teacherAccuracy))
  }

  @Test func `each step brings the teacher's prediction nearer to its accuracy`() {
    let (parameters, rates) = start(Float.self)
    let errors = [0, 1, 2, 5].map { steps in
      teacherError(
        GuidedAdaptation(predictor: function, steps: steps).adapt(
          parameters, rates: rates, teacherMap: task.teacherMap, teacherCode: task.teacherCode,
          teacherAccuracy: task.teacherAccuracy))
    }
    #expect(errors[0] == teacherError(parameters))
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test(arguments: [1, 2, 3]) func `with and without a graph it comes to the same`(steps: Int) {
    let (parameters, rates) = start(Float.self)
    let adaptation = GuidedAdaptation(predictor: function, steps: steps)
    func adapted(_ keepGraph: Bool, _ isFirstOrder: Bool) -> [[Float]] {
      adaptation.adapt(
        keepGraph ? parameters.mapped { $0.asVariable() } : parameters, rates: rates,
        teacherMap: task.teacherMap,
        teacherCode: task.teacherCode, teacherAccuracy: task.teacherAccuracy, keepGraph: keepGraph,
        isFirstOrder: isFirstOrder
      ).ordered.map(\.scalars)
    }
    #expect(adapted(false, false) == adapted(true, false))
    #expect(adapted(false, false) == adapted(true, true))
  }

  /// Central differences through the adaptation, along one direction in all parameters and all rates.
  @Test(arguments: [1, 2]) func `the outer gradient sees through the steps`(steps: Int) {
    let adaptation = GuidedAdaptation(predictor: function, steps: steps)
    func inDouble(_ tensor: Tensor<Float>) -> Tensor<Double> { tensor.inDouble }
    let exact = TaskInputs<Double>(
      name: "", teacherMap: inDouble(task.teacherMap), teacherCode: inDouble(task.teacherCode),
      teacherAccuracy: task.teacherAccuracy,
      students: StudentInputs(maps: inDouble(task.students.maps), codes: inDouble(task.students.codes)),
      accuracies: task.accuracies)
    let (parameters, rates) = start(Double.self)
    var random = RandomSource(seed: 2)
    let direction = (parameters.ordered + rates.ordered).map {
      Tensor<Double>(normalWithShape: $0.shape, standardDeviation: 0.1, random: &random)
    }
    func loss(_ values: [Tensor<Double>]) -> Tensor<Double> {
      adaptation.outerLoss(
        of: exact, parameters: parameters.replacing(with: Array(values.prefix(parameters.names.count))),
        rates: rates.replacing(with: Array(values.suffix(rates.names.count))))
    }
    let variables = (parameters.ordered + rates.ordered).map { $0.asVariable() }
    let found = gradients(of: loss(variables), withRespectTo: variables)
    let slope = zip(found, direction).reduce(0) { $0 + ($1.0 * $1.1).sum().scalar }
    func moved(_ step: Double) -> Double {
      loss(zip(variables, direction).map { ($0.detached() + $1 * step).asVariable() }).scalar
    }
    let numeric = (moved(1e-5) - moved(-1e-5)) / 2e-5
    #expect(abs(slope - numeric) < 1e-6 * max(abs(numeric), 1e-2))
  }
}
