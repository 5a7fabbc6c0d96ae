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
          parameters, rates: rates, to: task.teacherPair, teacherMap: task.teacherMap))
    }
    #expect(errors[0] == teacherError(parameters))
    #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
  }

  private func exact(_ task: TaskInputs<Float>, support count: Int = 0) throws -> TaskInputs<Double> {
    var random = RandomSource(seed: 3)
    let task = try task.divided(support: count, random: &random)
    var exact = TaskInputs<Double>(
      name: "", teacherMap: task.teacherMap.inDouble, teacherCode: task.teacherCode.inDouble,
      teacherAccuracy: task.teacherAccuracy,
      students: StudentInputs(maps: task.students.maps.inDouble, codes: task.students.codes.inDouble),
      accuracies: task.accuracies)
    exact.support = task.support.map { support in
      SupportPairs(
        students: StudentInputs(maps: support.students.maps.inDouble, codes: support.students.codes.inDouble),
        accuracies: support.accuracies)
    }
    return exact
  }

  /// The outer loss by definition: every inner step is part of the graph.
  private func outerLoss(
    _ adaptation: GuidedAdaptation, _ task: TaskInputs<Double>, parameters: TensorDictionary<Double>,
    rates: TensorDictionary<Double>, isFirstOrder: Bool
  ) -> Tensor<Double> {
    func loss(
      _ students: StudentInputs<Double>, _ targets: [Double], _ parameters: TensorDictionary<Double>
    ) -> Tensor<Double> {
      let predicted = function.predict(students, teacherMap: task.teacherMap, parameters: parameters)
      let error = predicted - Tensor(targets, shape: [targets.count])
      return (error * error).mean()
    }
    var adapted = parameters
    for _ in 0..<adaptation.steps {
      let support = task.support ?? task.teacherPair
      let inner = gradients(
        of: loss(support.students, support.accuracies, adapted), withRespectTo: adapted.ordered,
        keepGraph: !isFirstOrder)
      adapted = adapted.replacing(
        with: zip(adapted.entries, inner).map { entry, gradient in
          entry.tensor - rates[entry.name] * gradient
        })
    }
    return loss(task.students, task.accuracies, adapted)
  }

  /// Support 0 is the teacher's pair.
  @Test(arguments: [(0, 0), (1, 0), (2, 0), (3, 0), (1, 2), (2, 3)], [false, true])
  func `outer gradients are those of the definition`(
    _ stepsAndSupport: (Int, Int), isFirstOrder: Bool
  ) throws {
    let adaptation = GuidedAdaptation(predictor: function, steps: stepsAndSupport.0)
    let task = try exact(task, support: stepsAndSupport.1)
    let (parameters, rates) = start(Double.self)
    let found = adaptation.outerGradients(
      of: task, parameters: parameters, rates: rates, isFirstOrder: isFirstOrder)
    let variables = parameters.mapped { $0.asVariable() }
    let rateVariables = rates.mapped { $0.asVariable() }
    let loss = outerLoss(
      adaptation, task, parameters: variables, rates: rateVariables, isFirstOrder: isFirstOrder)
    let expected = gradients(of: loss, withRespectTo: variables.ordered + rateVariables.ordered)
    #expect(abs(found.loss - loss.scalar) < 1e-14)
    for (index, pair) in zip(found.parameters + found.rates, expected).enumerated() {
      expectClose(pair.0, pair.1, tolerance: 1e-10, "\(index)")
    }
  }

  @Test func `adapted parameters are where the outer loss is taken`() throws {
    let (parameters, rates) = start(Double.self)
    let task = try exact(task)
    let adaptation = GuidedAdaptation(predictor: function, steps: 2)
    let adapted = adaptation.adapt(
      parameters, rates: rates, to: task.teacherPair, teacherMap: task.teacherMap)
    let here = GuidedAdaptation(predictor: function, steps: 0)
      .outerGradients(of: task, parameters: adapted, rates: rates)
    let there = adaptation.outerGradients(of: task, parameters: parameters, rates: rates)
    #expect(abs(here.loss - there.loss) < 1e-14)
  }

  /// Central differences through the adaptation, along one direction in all parameters and all rates.
  @Test(arguments: [1, 2]) func `the outer gradient sees through the steps`(steps: Int) throws {
    let adaptation = GuidedAdaptation(predictor: function, steps: steps)
    let task = try exact(task)
    let (parameters, rates) = start(Double.self)
    var random = RandomSource(seed: 2)
    let direction = (parameters.ordered + rates.ordered).map {
      Tensor<Double>(normalWithShape: $0.shape, standardDeviation: 0.1, random: &random)
    }
    func outer(_ step: Double) -> OuterGradients<Double> {
      let values = zip(parameters.ordered + rates.ordered, direction).map { $0 + $1 * step }
      return adaptation.outerGradients(
        of: task, parameters: parameters.replacing(with: Array(values.prefix(parameters.names.count))),
        rates: rates.replacing(with: Array(values.suffix(rates.names.count))))
    }
    let found = outer(0)
    let slope = zip(found.parameters + found.rates, direction)
      .reduce(0) { $0 + ($1.0 * $1.1).sum().scalar }
    let numeric = (outer(1e-5).loss - outer(-1e-5).loss) / 2e-5
    #expect(abs(slope - numeric) < 1e-6 * max(abs(numeric), 1e-2))
  }
}
