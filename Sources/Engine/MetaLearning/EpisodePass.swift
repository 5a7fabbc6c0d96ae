import CWinograd

/// The outer gradients of an episode for the paper's predictor: the same numbers as `GuidedAdaptation` gives, up to
/// rounding, by passes that touch as little memory as they can.
///
/// Nearly all parameters are the weights of the map encoders. What a single map says about them is a product of a few
/// vectors, so the inner gradient, the products with its Hessian and the teacher's part of the outer gradient are never written
/// down, but made again for some rows of a weight at a time, where they are needed. The many maps of students go through
/// `HalvingConvolution`. All else is small.
struct EpisodePass: Sendable {
  private let predictor: AccuracyPredictor
  private let convolutions: ManyMapsEncoding.Convolutions
  private let mapSize: Int
  private let isFirstOrder: Bool
  private let tasks: [LaidOutTask]

  /// A task with what is the same in all episodes.
  private struct LaidOutTask: Sendable {
    let inputs: TaskInputs<Float>
    /// Of all students, as the first convolution reads them.
    let maps: SquareImages
    let teacher: Patches
    /// What the task itself has to adapt to, in the paper the teacher.
    let support: Patches
  }

  /// What an episode takes of it.
  private struct DrawnTask: Sendable {
    let task: LaidOutTask
    let students: [Int]
    let support: SupportPairs<Float>
    let supportPatches: Patches

    init(_ task: LaidOutTask, _ draw: TaskDraw) {
      self.task = task
      students = draw.students
      if draw.support.isEmpty {
        (support, supportPatches) = (task.inputs.support ?? task.inputs.teacherPair, task.support)
      } else {
        support = task.inputs.pairs(draw.support)
        supportPatches = Patches(of: support.students.maps.contiguous())
      }
    }
  }

  /// Maps whose gradient is worth being kept as a product.
  private static let mostSupportMaps = 4

  /// - Parameter tasks: what episodes draw from, whose maps are laid out here.
  /// - Returns: nil for other predictors, settings and sizes.
  init?(_ function: any PredictorFunction, settings: MetaTrainingSettings, tasks: [TaskInputs<Float>]) {
    guard let predictor = function as? AccuracyPredictor, predictor.shape.maps == .both,
      !predictor.scalesMaps, settings.innerSteps == 1, let mapSize = tasks.first?.teacherMap.shape[1],
      let convolutions = ManyMapsEncoding.Convolutions(mapSize: mapSize, channels: predictor.mapChannels),
      settings.supportStudents <= Self.mostSupportMaps,
      tasks.allSatisfy({ task in
        task.support.map { $0.students.count <= Self.mostSupportMaps } ?? true
          && [task.teacherMap, task.students.maps].allSatisfy {
            $0.shape.dropFirst() == [mapSize, mapSize, predictor.mapChannels]
          }
      })
    else { return nil }
    self.predictor = predictor
    self.convolutions = convolutions
    self.mapSize = mapSize
    isFirstOrder = settings.isFirstOrder
    // Too short to be stopped in between.
    self.tasks = Workers.$cancellation.withValue(nil) {
      Workers.shareMap(tasks.count) { number in
        let task = tasks[number]
        let teacher = Patches(of: task.teacherMap.contiguous())
        return LaidOutTask(
          inputs: task, maps: convolutions.first.layout(of: SquareImages(task.students.maps)),
          teacher: teacher,
          support: task.support.map { Patches(of: $0.students.maps.contiguous()) } ?? teacher)
      }
    }
  }

  /// The weights of the encoders, both of the students' and then both of the teacher's.
  private static let encoderNames = ["func_encoder", "teacher_encoder"].flatMap {
    ["\($0).conv1.weight", "\($0).conv2.weight"]
  }

  private static func placeOfTeachers(_ layer: Int) -> Int { encoderNames.count / 2 + layer }

  /// Tasks whose gradients are kept before they are added.
  private static let groupSize = 8

  /// The means over the tasks; nil where the computation was stopped.
  ///
  /// Tasks run at the same time; what they found is added in their order.
  func outerGradients(
    of draws: [TaskDraw], parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>
  ) -> OuterGradients<Float>? {
    let drawn = draws.map { DrawnTask(tasks[$0.task], $0) }
    let (parameters, rates) = (parameters.mapped { $0.contiguous() }, rates.mapped { $0.contiguous() })
    let sums = EpisodeSums(like: parameters)
    var loss = 0.0
    for first in stride(from: 0, to: drawn.count, by: Self.groupSize) {
      let group = Array(drawn[first..<min(first + Self.groupSize, drawn.count)])
      guard let found = pass(group, parameters, rates, share: 1 / Float(drawn.count)) else { return nil }
      sums.add(found, accumulates: first > 0)
      loss = found.reduce(loss) { $0 + $1.loss }
    }
    return OuterGradients(
      loss: loss / Double(drawn.count), parameters: sums.parameters.ordered, rates: sums.rates.ordered)
  }

  // MARK: A group of tasks

  /// What the tasks say; nil where the computation was stopped.
  ///
  /// What is done for the teachers' single maps is done for all tasks at once, so that parameters and rates pass by once.
  ///
  /// - Parameter share: of a task in the mean.
  private func pass(
    _ tasks: [DrawnTask], _ parameters: TensorDictionary<Float>, _ rates: TensorDictionary<Float>,
    share: Float
  ) -> [EpisodeTerms]? {
    guard let step = innerStep(on: tasks, from: parameters) else { return nil }
    let motions = zip(step.encodings, step.upstreams).map { FewMapsEncoding.Motion($0, upstreams: $1) }
    let teachers = adaptedTeachers(of: tasks, after: step, parameters, rates)
    let teacherFeatures = teachers.features
    let students = Workers.shareMap(tasks.count) { number in
      outerTerms(
        of: tasks[number], after: step.tasks[number], parameters, rates,
        teacherFeatures: teacherFeatures[number], share: share
      ) { layer, rows, outer in
        guard !isFirstOrder else { return }
        move(motions[0], layer, in: number, rows, by: rates[Self.encoderNames[layer]], outer)
      }
    }
    guard students.count == tasks.count else { return nil }
    let ofTeachers = teachers.gradients(teachers.upstreams(of: students.map(\.ofTeacher)))
    var found = Workers.shareMap(tasks.count) { number in
      var terms = students[number].terms
      for (layer, gradient) in ofTeachers[number].enumerated() {
        let place = Self.placeOfTeachers(layer)
        let (name, outer) = (Self.encoderNames[place], EpisodeTerms.OfEncoder.factored(gradient))
        terms.encoders[name] = EpisodeTerms.Parts(outer: outer, inner: step.tasks[number].ofEncoders[place])
        guard !isFirstOrder else { continue }
        move(motions[1], layer, in: number, 0..<rates[name].shape[0], by: rates[name], outer)
      }
      return terms
    }
    guard found.count == tasks.count else { return nil }
    return isFirstOrder || bend(&found, by: motions, step, rates) ? found : nil
  }

  /// The step of all tasks on their supports.
  private struct InnerStep {
    /// The students' encoder and the teacher's.
    var encodings: [FewMapsEncoding]
    /// What has come back to them.
    var upstreams: [[FewMapsEncoding.Upstream]]
    var tasks: [Task]

    struct Task {
      var head: PredictorHead
      var gradients: PredictorHead.Variables
      /// With respect to the weights of the encoders.
      var ofEncoders: [FactoredGradient] = []
    }
  }

  private func innerStep(
    on tasks: [DrawnTask], from parameters: TensorDictionary<Float>
  ) -> InnerStep? {
    let maps = [tasks.map(\.supportPatches), tasks.map(\.task.teacher)]
    let encodings = maps.enumerated().map { encoder, maps in
      let weights = [0, 1].map { parameters[Self.encoderNames[2 * encoder + $0]] }
      return FewMapsEncoding(
        maps, mapSize: mapSize, firstWeight: { weights[0].sliced(axis: 0, $1) }, secondWeights: [weights[1]])
    }
    let features = encodings.map(\.features)
    var steps = Workers.shareMap(tasks.count) { number in
      let support = tasks[number].support
      let head = PredictorHead(
        PredictorHead.Variables(
          students: features[0][number], teacher: features[1][number],
          parameters: PredictorHead.parameterNames.map { parameters[$0] }),
        codes: support.students.codes, accuracies: support.accuracies)
      return InnerStep.Task(head: head, gradients: head.gradients())
    }
    guard steps.count == tasks.count else { return nil }
    let upstreams = [
      encodings[0].upstreams(of: steps.map(\.gradients.students)),
      encodings[1].upstreams(of: steps.map(\.gradients.teacher)),
    ]
    for (encoding, upstreams) in zip(encodings, upstreams) {
      for (number, gradients) in encoding.gradients(upstreams).enumerated() {
        steps[number].ofEncoders += gradients
      }
    }
    return InnerStep(encodings: encodings, upstreams: upstreams, tasks: steps)
  }

  /// The teachers' encoder after the step, on each task's teacher.
  private func adaptedTeachers(
    of tasks: [DrawnTask], after step: InnerStep, _ parameters: TensorDictionary<Float>,
    _ rates: TensorDictionary<Float>
  ) -> FewMapsEncoding {
    let places = [0, 1].map(Self.placeOfTeachers)
    let (weights, rates) = (
      places.map { parameters[Self.encoderNames[$0]] }, places.map { rates[Self.encoderNames[$0]] }
    )
    func moved(_ layer: Int, _ task: Int, _ rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
      self.moved(
        rows, of: weights[layer], rates[layer], by: step.tasks[task].ofEncoders[places[layer]], into: out)
    }
    let second = tasks.map { _ in Tensor<Float>(uninitialized: weights[1].shape) }
    let (count, length) = (weights[1].shape[0], weights[1].count / weights[1].shape[0])
    Workers.share((count + 31) / 32) { block in
      let rows = block * 32..<min(block * 32 + 32, count)
      for task in tasks.indices {
        moved(1, task, rows, into: second[task].mutableBase + rows.lowerBound * length)
      }
    }
    return FewMapsEncoding(
      tasks.map(\.task.teacher), mapSize: mapSize,
      firstWeight: { task, rows in
        Tensor(shape: [rows.count] + weights[0].shape.dropFirst()) { moved(0, task, rows, into: $0) }
      }, secondWeights: second)
  }

  /// What the students say about the parameters after the step, but not the teachers' encoder, and what they say about the
  /// teacher's features.
  ///
  /// - Parameter body: is called with the gradients of the encoder's weights when some more of their rows are there, in their
  ///   order.
  private func outerTerms(
    of drawn: DrawnTask, after step: InnerStep.Task, _ parameters: TensorDictionary<Float>,
    _ rates: TensorDictionary<Float>, teacherFeatures: Tensor<Float>, share: Float,
    _ body: (_ layer: Int, _ rows: Range<Int>, EpisodeTerms.OfEncoder) -> Void
  ) -> (terms: EpisodeTerms, ofTeacher: Tensor<Float>) {
    let (task, chosen) = (drawn.task, drawn.students)
    func adapted(_ layer: Int, rows: Range<Int>) -> Tensor<Float> {
      let name = Self.encoderNames[layer]
      let weight = parameters[name]
      return Tensor(shape: [rows.count] + weight.shape.dropFirst()) {
        moved(rows, of: weight, rates[name], by: step.ofEncoders[layer], into: $0)
      }
    }
    let students = ManyMapsEncoding(
      convolutions, maps: convolutions.first.rows(of: task.maps, images: chosen),
      firstWeight: { adapted(0, rows: $0) }, secondWeight: adapted(1, rows: 0..<predictor.mapChannels))
    let head = PredictorHead(
      PredictorHead.Variables(
        students: students.features, teacher: teacherFeatures,
        parameters: zip(PredictorHead.parameterNames, step.gradients.parameters).map { name, gradient in
          rates[name].scaledProduct(-1, with: gradient, addedTo: parameters[name])
        }),
      codes: task.inputs.students.codes.rows(chosen),
      accuracies: chosen.map { task.inputs.accuracies[$0] }, share: share)
    let found = head.gradients()

    var terms = EpisodeTerms(loss: Double(head.loss))
    let outer = students.gradients(upstream: found.students) { layer, rows, gradient in
      body(layer, rows, .dense(gradient))
    }
    for (layer, gradient) in outer.enumerated() {
      terms.encoders[Self.encoderNames[layer]] = EpisodeTerms.Parts(
        outer: .dense(gradient), inner: step.ofEncoders[layer])
    }
    for (place, name) in PredictorHead.parameterNames.enumerated() {
      terms.head[name] = EpisodeTerms.Parts(
        outer: found.parameters[place], inner: step.gradients.parameters[place])
    }
    return (terms, found.teacher)
  }

  /// Adds the products with the Hessians of the step's losses.
  ///
  /// - Returns: whether the computation was not stopped.
  private func bend(
    _ found: inout [EpisodeTerms], by motions: [FewMapsEncoding.Motion], _ step: InnerStep,
    _ rates: TensorDictionary<Float>
  ) -> Bool {
    let (features, terms) = (motions.map { $0.features() }, found)
    let bent = Workers.shareMap(found.count) { number in
      step.tasks[number].head.gradientsMoved(
        by: PredictorHead.Variables(
          students: features[0][number], teacher: features[1][number],
          parameters: PredictorHead.parameterNames.compactMap { name in
            terms[number].head[name].map { rates[name].scaledProduct(1, with: $0.outer) }
          }))
    }
    guard bent.count == found.count else { return false }
    let moved = [
      motions[0].gradients(upstreams: bent.map(\.students)),
      motions[1].gradients(upstreams: bent.map(\.teacher)),
    ]
    for number in found.indices {
      for (place, name) in Self.encoderNames.enumerated() {
        found[number].encoders[name]?.bent = moved[place / 2][number][place % 2].negated
      }
      for (name, gradient) in zip(PredictorHead.parameterNames, bent[number].parameters) {
        found[number].head[name]?.bent = -gradient
      }
    }
    return true
  }

  // MARK: Passes over the weights of encoders

  /// Rows of a weight whose gradient is made at a time, so that it stays in the second cache.
  private static let blockRows = 8

  /// Moves a task's encoding by some rows of rate * outer gradient.
  private func move(
    _ motion: FewMapsEncoding.Motion, _ layer: Int, in task: Int, _ rows: Range<Int>, by rate: Tensor<Float>,
    _ outer: EpisodeTerms.OfEncoder
  ) {
    let room = TensorStorage<Float>(count: Self.blockRows * (rate.count / rate.shape[0]))
    withExtendedLifetime(room) {
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockRows) {
        let rows = first..<min(first + Self.blockRows, rows.upperBound)
        outer.write(rows: rows, times: rate, into: room.pointer)
        motion.move(layer, in: task, rows: rows, by: room.pointer)
      }
    }
  }

  /// Some rows of parameter - rate * gradient.
  private func moved(
    _ rows: Range<Int>, of parameter: Tensor<Float>, _ rate: Tensor<Float>, by gradient: FactoredGradient,
    into out: UnsafeMutablePointer<Float>
  ) {
    let length = parameter.count / parameter.shape[0]
    let start = rows.lowerBound * length
    withExtendedLifetime((parameter, rate, gradient)) {
      withUnsafePointer(to: gradient.factors(from: rows.lowerBound)[0]) {
        dass_move(parameter.base + start, rate.base + start, $0, rows.count, length, out)
      }
    }
  }
}
