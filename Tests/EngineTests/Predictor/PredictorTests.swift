import TestSupport
import Testing

@testable import Engine

@Suite("Accuracy predictor") struct PredictorTests {
  private let shape = PredictorShape(mapChannels: 6, codeLength: 9, architectureFeatures: 4, hidden: 5)

  private func inputs(_ count: Int) -> StudentInputs<Float> {
    var random = RandomSource(seed: 2)
    return StudentInputs(
      maps: Tensor(normalWithShape: [count, 4, 4, 6], random: &random),
      codes: Tensor(normalWithShape: [count, 9], random: &random))
  }

  private var parameters: TensorDictionary<Float> {
    var random = RandomSource(seed: 1)
    return AccuracyPredictor(shape: shape).initialParameters(random: &random)
  }

  @Test func `new parameters lie within the bounds of PyTorch's`() {
    #expect(parameters.names == shape.tensorShapes.map(\.name))
    #expect(parameters.elementCount == AccuracyPredictor(shape: shape).parameterCount)
    for (name, bound) in [
      ("func_encoder.conv1.weight", 54), ("arch_encoder.fc.weight", 9), ("arch_encoder.fc.bias", 9),
      ("proj_layers.2.bias", 5), ("proj_layers.0.bias", 16),
    ] {
      let limit = 1 / Float(bound).squareRoot()
      #expect(parameters[name].scalars.allSatisfy { abs($0) <= limit }, "\(name)")
    }
  }

  @Test func `students are predicted alike together and alone`() {
    let function = AccuracyPredictor(shape: shape)
    let students = inputs(7)
    let teacher = students.maps.sliced(axis: 0, 3..<4)
    let together = function.predict(students, teacherMap: teacher, parameters: parameters)
    #expect(together.shape == [7])
    let alone = Tensor.concatenated(
      (0..<7).map { function.predict(students.selecting([$0]), teacherMap: teacher, parameters: parameters) },
      axis: 0)
    expectClose(together, alone, tolerance: 1e-5)
  }

  @Test(arguments: MapReading.allCases) func `only the maps that it is to read change it`(_ maps: MapReading)
  {
    let function = AccuracyPredictor(
      shape: PredictorShape(mapChannels: 6, codeLength: 9, architectureFeatures: 4, hidden: 5, maps: maps))
    var random = RandomSource(seed: 1)
    let parameters: TensorDictionary<Float> = function.initialParameters(random: &random)
    #expect(function.readsMaps == (maps != .none))
    let (students, others) = (inputs(3), inputs(9).selecting([5, 6, 7]))
    func predicted(_ maps: Tensor<Float>, teacher: Tensor<Float>) -> [Float] {
      function.predict(
        StudentInputs(maps: maps, codes: students.codes), teacherMap: teacher, parameters: parameters
      ).scalars
    }
    let teacher = students.maps.sliced(axis: 0, 0..<1)
    let before = predicted(students.maps, teacher: teacher)
    #expect(
      (predicted(students.maps, teacher: others.maps.sliced(axis: 0, 0..<1)) == before) == (maps != .both))
    #expect((predicted(others.maps, teacher: teacher) == before) == (maps == .none))
  }

  @Test func `single precision is close to double precision`() {
    let function = AccuracyPredictor(shape: shape)
    let students = inputs(3)
    let exact = function.predict(
      StudentInputs(maps: students.maps.inDouble, codes: students.codes.inDouble),
      teacherMap: students.maps.sliced(axis: 0, 0..<1).inDouble, parameters: parameters.mapped(\.inDouble))
    let found = function.predict(
      students, teacherMap: students.maps.sliced(axis: 0, 0..<1), parameters: parameters)
    expectClose(found, exact, tolerance: 2e-6)
  }
}
