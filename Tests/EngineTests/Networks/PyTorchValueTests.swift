import TestSupport
import Testing

@testable import Engine

/// Whole results against PyTorch's (Tests/Reference).
@Suite("PyTorch values") struct PyTorchValueTests {
  private let tolerance = NetworkGolden.tolerance

  private func teacher() throws -> NetworkGolden {
    let (network, weights) = try goldenTeacher()
    return NetworkGolden(golden: try Golden("network"), network: network, weights: weights)
  }

  @Test func networkInEvaluation() throws { try teacher().expectEvaluationAgrees() }

  @Test func networkInTraining() throws { try teacher().expectTrainingAgrees() }

  @Test(arguments: Remapping.named) func remappedStudents(_ remapping: Remapping, _ rule: String) throws {
    let golden = try Golden("remapping")
    let students = (golden.settings["students"]?.arrayValue ?? []).map { description in
      let depths = integers(description["depths"])
      var widths = (description["widths"]?.arrayValue ?? []).map { integers($0) }
      if widths.allSatisfy(\.isEmpty) {
        var flat = integers(description["widths"])[...]
        widths = depths.map { depth in
          defer { flat = flat.dropFirst(depth) }
          return Array(flat.prefix(depth))
        }
      }
      #expect(widths.map(\.count) == depths)
      return Architecture(stages: widths)
    }
    #expect(students.count == 4)
    try teacher().expectStudentsAgree(
      students, on: image(try golden("noise")), by: remapping, rule, in: golden)
  }

  @Test func guidedAdaptationAndItsSecondOrderGradients() throws {
    let golden = try Golden("predictor")
    let shape = PredictorShape(mapChannels: 16, codeLength: 41, architectureFeatures: 6, hidden: 5)
    let parameters = dictionary(golden.group("parameters"))
    let rates = dictionary(golden.group("rates"))
    #expect(Set(parameters.names) == Set(shape.tensorShapes.map(\.name)))
    let task = TaskInputs(
      name: "task", teacherMap: image(try golden("task.teacher_map")),
      teacherCode: tensor(try golden("task.teacher_code")),
      teacherAccuracy: Double(try golden("task.teacher_accuracy").values[0]),
      students: StudentInputs(
        maps: image(try golden("task.student_maps")), codes: tensor(try golden("task.student_codes"))),
      accuracies: try golden("task.student_accuracies").values.map(Double.init))
    let function = AccuracyPredictor(shape: shape)
    for steps in 0...2 {
      let predictor = MetaPredictor(
        space: .paper, function: function, parameters: parameters, rates: rates,
        adaptation: Adaptation(steps: steps))
      let expected = try golden("predictions.after\(steps)").values
      #expect(deviation(of: predictor.predictions(for: task).map(Float.init), from: expected) < tolerance)
    }
    let adaptation = GuidedAdaptation(predictor: function)
    for (order, isFirstOrder) in [("second_order", false), ("first_order", true)] {
      let found = adaptation.outerGradients(
        of: task, parameters: parameters, rates: rates, isFirstOrder: isFirstOrder)
      #expect(abs(Float(found.loss) / (try golden("outer_loss").values[0]) - 1) < tolerance)
      for (name, gradient) in zip(parameters.names, found.parameters) {
        let expected = try golden("\(order).gradient.\(name)").values
        #expect(deviation(of: gradient.scalars, from: expected) < 2 * tolerance, "\(order) \(name)")
      }
      for (name, gradient) in zip(rates.names, found.rates) {
        let expected = try golden("\(order).rate_gradient.\(name)").values
        #expect(deviation(of: gradient.scalars, from: expected) < 2 * tolerance, "\(order) rate of \(name)")
      }
    }
  }

  /// Through two inner steps on measured students, for predictors that read all maps and fewer.
  @Test(arguments: MapReading.allCases) func adaptationToMeasuredStudents(_ maps: MapReading) throws {
    let golden = try Golden("adaptation")
    let shape = golden.settings["shape"]
    let function = AccuracyPredictor(
      shape: PredictorShape(
        mapChannels: try #require(shape?["channels"]?.intValue),
        codeLength: try #require(shape?["code"]?.intValue),
        architectureFeatures: try #require(shape?["embedding"]?.intValue),
        hidden: try #require(shape?["hidden"]?.intValue), maps: maps))
    // The projection keeps the columns of what is read.
    let channels = function.mapChannels
    func read(_ group: String) throws -> TensorDictionary<Float> {
      let whole = dictionary(golden.group(group))
      return TensorDictionary(
        function.tensorShapes.map { name, shape in
          let start = maps == .none ? channels : 0
          guard name == "proj_layers.0.weight" else { return (name, whole[name]) }
          return (name, whole[name].sliced(axis: 1, start..<start + shape[1]).contiguous())
        })
    }
    let (parameters, rates) = (try read("parameters"), try read("rates"))
    func students(_ part: String) throws -> SupportPairs<Float> {
      SupportPairs(
        students: StudentInputs(
          maps: image(try golden("task.\(part)_maps")), codes: tensor(try golden("task.\(part)_codes"))),
        accuracies: try golden("task.\(part)_accuracies").values.map(Double.init))
    }
    let query = try students("query")
    var task = TaskInputs(
      name: "task", teacherMap: image(try golden("task.teacher_map")),
      teacherCode: Tensor(repeating: 0, shape: [1, function.codeLength]), teacherAccuracy: 0,
      students: query.students, accuracies: query.accuracies)
    task.support = try students("support")
    let found = GuidedAdaptation(
      predictor: function, steps: try #require(golden.settings["inner_steps"]?.intValue)
    ).outerGradients(of: task, parameters: parameters, rates: rates)
    #expect(abs(Float(found.loss) / (try golden("\(maps.rawValue).outer_loss").values[0]) - 1) < tolerance)
    for (kind, gradients) in [("gradient", found.parameters), ("rate_gradient", found.rates)] {
      for (name, gradient) in zip(parameters.names, gradients) {
        let expected = try golden("\(maps.rawValue).\(kind).\(name)").values
        #expect(deviation(of: gradient.scalars, from: expected) < 2 * tolerance, "\(kind) \(name)")
      }
    }
  }

  /// The baselines MAML and Meta-SGD, through two inner steps.
  @Test func architecturePredictorAndItsSecondOrderGradients() throws {
    let golden = try Golden("architecture")
    let function = ArchitecturePredictor(
      codeLength: try #require(golden.settings["code"]?.intValue), hidden: integers(golden.settings["hidden"])
    )
    let parameters = dictionary(golden.group("parameters"))
    let rates = dictionary(golden.group("rates"))
    #expect(Set(parameters.names) == Set(function.tensorShapes.map(\.name)))
    let noMap = Tensor<Float>([], shape: [1, 0, 0, 0])
    let task = TaskInputs(
      name: "task", teacherMap: noMap, teacherCode: tensor(try golden("task.teacher_code")),
      teacherAccuracy: Double(try golden("task.teacher_accuracy").values[0]),
      students: StudentInputs(codes: tensor(try golden("task.student_codes"))),
      accuracies: try golden("task.student_accuracies").values.map(Double.init))
    let plain = function.predict(task.students, teacherMap: noMap, parameters: parameters)
    #expect(deviation(of: plain.scalars, from: try golden("predictions").values) < tolerance)
    let adaptation = GuidedAdaptation(
      predictor: function, steps: try #require(golden.settings["inner_steps"]?.intValue))
    for (order, isFirstOrder) in [("second_order", false), ("first_order", true)] {
      let found = adaptation.outerGradients(
        of: task, parameters: parameters, rates: rates, isFirstOrder: isFirstOrder)
      #expect(abs(Float(found.loss) / (try golden("outer_loss").values[0]) - 1) < tolerance)
      for (name, gradients) in [("gradient", found.parameters), ("rate_gradient", found.rates)] {
        for (parameter, gradient) in zip(parameters.names, gradients) {
          let expected = try golden("\(order).\(name).\(parameter)").values
          #expect(
            deviation(of: gradient.scalars, from: expected) < 2 * tolerance, "\(order) \(name) \(parameter)")
        }
      }
    }
  }

  @Test(arguments: [
    ("paper_literal", DistillationForm.paperLiteral), ("paper", .paper), ("code", .code),
  ])
  func distillationLoss(_ name: String, _ form: DistillationForm) throws {
    let golden = try Golden("losses")
    let teacher = tensor(try golden("teacher_logits"))
    for (setting, temperature, alpha) in [("t6a50", 6.0, 0.5), ("t4a30", 4.0, 0.3)] {
      let student = tensor(try golden("student_logits")).asVariable()
      let loss = student.distillationLoss(
        labels: integers(golden.settings["labels"]), teacher: teacher, temperature: temperature, alpha: alpha,
        form: form)
      let expected = try golden("distillation.\(setting).\(name).value").values[0]
      #expect(abs(loss.scalar / expected - 1) < tolerance)
      let gradient = gradients(of: loss, withRespectTo: [student])[0]
      let expectedGradient = try golden("distillation.\(setting).\(name).gradient").values
      #expect(deviation(of: gradient.scalars, from: expectedGradient) < tolerance)
    }
  }
}
