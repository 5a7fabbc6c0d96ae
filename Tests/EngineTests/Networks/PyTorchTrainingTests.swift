import TestSupport
import Testing

@testable import Engine

/// Steps of training against PyTorch's (Tests/Reference).
@Suite("PyTorch training") struct PyTorchTrainingTests {
  private let tolerance: Float = 5e-5

  @Test(arguments: [
    "k3s1_3to5", "k3s2_3to5", "k3s2_5to3_odd", "k3s1_8to8", "k3s2_8to8", "k1s1_7to4", "k1s2_4to6",
  ])
  func convolution(_ name: String) throws {
    let golden = try Golden("convolution")
    let settings = try #require(golden.settings["cases"]?[name])
    let stride = try #require(settings["stride"]?.intValue)
    let padding = try #require(settings["padding"]?.intValue)
    let input = image(try golden("\(name).input")).asVariable()
    let weight = tensor(try golden("\(name).weight")).asVariable()
    let output = input.convolved(with: weight, stride: stride, padding: padding)
    let expected = image(try golden("\(name).output"))
    #expect(output.shape == expected.shape)
    #expect(deviation(of: output.scalars, from: expected.scalars) < tolerance)
    let upstream = image(try golden("\(name).output_gradient"))
    let found = gradients(of: (output * upstream).sum(), withRespectTo: [input, weight])
    let inputGradient = image(try golden("\(name).input_gradient")).scalars
    #expect(deviation(of: found[0].scalars, from: inputGradient) < tolerance)
    #expect(deviation(of: found[1].scalars, from: try golden("\(name).weight_gradient").values) < tolerance)
  }

  @Test(arguments: [("sgd", 3e-5), ("sgd_decay", 0.1)])
  func stochasticGradientDescent(_ run: String, _ decay: Double) throws {
    let golden = try Golden("optimizers")
    var parameters = TensorDictionary([("w", tensor(try golden("start")))])
    var optimizer = SGD<Float>(weightDecay: decay)
    let gradients = tensor(try golden("\(run).gradients"))
    let rates = try golden("\(run).learning_rates").values
    let expected = tensor(try golden("\(run).parameters"))
    for step in 0..<rates.count {
      let gradient = gradients.sliced(axis: 0, step..<step + 1).reshaped(to: parameters["w"].shape)
      optimizer.step(&parameters, gradients: [gradient], rate: Double(rates[step]))
      let wanted = expected.sliced(axis: 0, step..<step + 1).scalars
      #expect(deviation(of: parameters["w"].scalars, from: wanted) < tolerance)
    }
    let schedule = CosineSchedule(rate: Double(rates[0]), totalSteps: rates.count)
    for step in 0..<rates.count { #expect(abs(Float(schedule.rate(at: step)) - rates[step]) < 1e-6) }
  }

  @Test func adam() throws {
    let golden = try Golden("optimizers")
    var parameters = TensorDictionary([("w", tensor(try golden("start")))])
    var optimizer = Adam(rate: 5e-4)
    let gradients = tensor(try golden("adam.gradients"))
    let expected = tensor(try golden("adam.parameters"))
    for step in 0..<gradients.shape[0] {
      let gradient = gradients.sliced(axis: 0, step..<step + 1).reshaped(to: parameters["w"].shape)
      optimizer.step(&parameters, gradients: [gradient])
      let wanted = expected.sliced(axis: 0, step..<step + 1).scalars
      #expect(deviation(of: parameters["w"].scalars, from: wanted) < tolerance)
    }
  }

  @Test func threeMetaTrainingSteps() throws {
    let golden = try Golden("meta")
    let shape = golden.settings["shape"]
    let predictor = AccuracyPredictor(
      shape: PredictorShape(
        mapChannels: try #require(shape?["channels"]?.intValue),
        codeLength: try #require(shape?["code"]?.intValue),
        architectureFeatures: try #require(shape?["embedding"]?.intValue),
        hidden: try #require(shape?["hidden"]?.intValue)))
    var parameters = TensorDictionary(
      golden.group("start").sorted { $0.key < $1.key }.map { ($0.key, tensor($0.value)) })
    var rates = parameters.mapped { Tensor<Float>(repeating: 0.005, shape: $0.shape) }
    let tasks = try (0..<2).map { index in
      TaskInputs(
        name: "\(index)", teacherMap: image(try golden("task\(index).teacher_map")),
        teacherCode: tensor(try golden("task\(index).teacher_code")),
        teacherAccuracy: Double(try golden("task\(index).teacher_accuracy").values[0]),
        students: StudentInputs(
          maps: image(try golden("task\(index).student_maps")),
          codes: tensor(try golden("task\(index).student_codes"))),
        accuracies: try golden("task\(index).student_accuracies").values.map(Double.init))
    }
    var step = MetaStep(settings: MetaTrainingSettings(), predictor: predictor, tasks: tasks)
    let draws = tasks.enumerated().map { TaskDraw(allOf: $1, number: $0) }
    for expected in try golden("losses").values {
      let loss = step.update(&parameters, &rates, on: draws)
      #expect(abs(Float(loss) / expected - 1) < 1e-4)
    }
    for name in parameters.names {
      let wanted = try golden("after.\(name)").values
      #expect(deviation(of: parameters[name].scalars, from: wanted) < 1e-4, "\(name)")
      let wantedRates = try golden("rates_after.\(name)").values
      #expect(deviation(of: rates[name].scalars, from: wantedRates) < 1e-3, "rate of \(name)")
    }
  }
}
