import Dispatch

/// The outer gradients of an episode for the paper's predictor: the same numbers as `GuidedAdaptation` gives, up to
/// rounding, by passes that touch as little memory as they can.
///
/// Nearly all parameters are the weights of the map encoders. What a single map says about them is a product of a few
/// vectors, so the inner gradient and the products with its Hessian are never written down, but made again for some rows of a
/// weight at a time, where they are needed. The many maps of students go through `HalvingConvolution`. All else is small, and is
/// differentiated by the graph.
struct EpisodePass: Sendable {
  private let predictor: AccuracyPredictor
  private let convolutions: ManyMapsEncoding.Convolutions
  private let mapSize: Int
  private let isFirstOrder: Bool

  /// Maps whose gradient is worth being kept as a product.
  private static let mostSupportMaps = 4

  /// - Returns: nil for other predictors, settings and sizes.
  init?(_ function: any PredictorFunction, settings: MetaTrainingSettings, tasks: [TaskInputs<Float>]) {
    guard let predictor = function as? AccuracyPredictor, predictor.shape.maps == .both,
      !predictor.scalesMaps, settings.innerSteps == 1, let mapSize = tasks.first?.teacherMap.shape[1],
      let convolutions = ManyMapsEncoding.Convolutions(mapSize: mapSize, channels: predictor.mapChannels),
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
  }

  /// The weights of the encoders, both of the students' and then both of the teacher's.
  private var encoderNames: [String] {
    ["func_encoder", "teacher_encoder"].flatMap { ["\($0).conv1.weight", "\($0).conv2.weight"] }
  }

  /// The means over the tasks; nil where the computation was stopped.
  ///
  /// Tasks run at the same time, and add what they found in their order.
  func outerGradients(
    of tasks: [TaskInputs<Float>], parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>
  ) -> OuterGradients<Float>? {
    let (parameters, rates) = (parameters.mapped { $0.contiguous() }, rates.mapped { $0.contiguous() })
    func zeros() -> TensorDictionary<Float> {
      parameters.mapped { Tensor<Float>(repeating: 0, shape: $0.shape) }
    }
    let sums = (parameters: zeros(), rates: zeros())
    let turns = Turns(tasks.count, cancellation: Workers.cancellation)
    let losses = Workers.shareMap(tasks.count) { index in
      let found = pass(tasks[index], parameters: parameters, rates: rates, share: 1 / Float(tasks.count))
      turns.take(index) { add(found, to: sums) }
      return found.loss
    }
    guard losses.count == tasks.count else { return nil }
    return OuterGradients(
      loss: losses.reduce(0, +) / Double(tasks.count), parameters: sums.parameters.ordered,
      rates: sums.rates.ordered)
  }

  // MARK: A task

  /// What a task says, all but the gradients of its encoders written down.
  private struct Found {
    var loss: Double
    /// With respect to the adapted parameters.
    var outer: TensorDictionary<Float>
    var inner = TensorDictionary<Float>()
    /// The product of the inner loss's Hessian with rates times `outer`.
    var bent = TensorDictionary<Float>()
    var innerOfEncoders: [FactoredGradient]
    var bentOfEncoders: [FactoredGradient] = []
  }

  /// - Parameter share: of the task in the mean.
  private func pass(
    _ task: TaskInputs<Float>, parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>,
    share: Float
  ) -> Found {
    let support = task.support ?? task.teacherPair
    let teacherMap = Patches(of: task.teacherMap.contiguous())
    let supportMaps = task.support == nil ? teacherMap : Patches(of: support.students.maps.contiguous())
    let encodings = [
      few(supportMaps, support.students.count, Array(encoderNames[..<2]), parameters),
      few(teacherMap, 1, Array(encoderNames[2...]), parameters),
    ]
    let inner = Head(
      predictor, encodings.map(\.features), support.students.codes, support.accuracies, parameters,
      except: encoderNames)
    let innerGradients = gradients(of: inner.loss, withRespectTo: inner.variables, keepGraph: !isFirstOrder)
    let upstreams = zip(encodings, innerGradients).map { $0.upstream(of: $1.detached()) }
    let innerOfEncoders = zip(encodings, upstreams).flatMap { $0.gradients($1) }

    var adapted = parameters
    for (name, gradient) in zip(encoderNames, innerOfEncoders) {
      adapted[name] = moved(parameters[name], rates[name], by: gradient)
    }
    for (name, gradient) in zip(inner.names, innerGradients.dropFirst(2)) {
      adapted[name] = rates[name].scaledProduct(-1, with: gradient, addedTo: parameters[name])
    }
    let students = ManyMapsEncoding(
      convolutions, maps: convolutions.first.tiles(of: task.students.maps.contiguous()),
      weights: encoderNames[..<2].map { adapted[$0] })
    let teacher = few(teacherMap, 1, Array(encoderNames[2...]), adapted)
    let outer = Head(
      predictor, [students.features, teacher.features], task.students.codes, task.accuracies, adapted,
      except: encoderNames)
    let outerGradients = gradients(
      of: [outer.loss], upstream: [Tensor(repeating: share, shape: outer.loss.shape)],
      withRespectTo: outer.variables)

    var found = Found(
      loss: Double(outer.loss.scalar), outer: TensorDictionary(), innerOfEncoders: innerOfEncoders)
    let ofStudents = students.gradients(upstream: outerGradients[0])
    let ofTeacher = teacher.gradients(teacher.upstream(of: outerGradients[1]))
    for (name, gradient) in zip(
      encoderNames, ofStudents + zip(encoderNames[2...], ofTeacher).map { dense($1, like: parameters[$0]) })
    {
      found.outer[name] = gradient
    }
    for (place, name) in inner.names.enumerated() {
      found.outer[name] = outerGradients[2 + place].contiguous()
      found.inner[name] = innerGradients[2 + place].detached().contiguous()
    }
    guard !isFirstOrder else { return found }

    let motions = zip(encodings, upstreams).map { FewMapsEncoding.Motion($0, upstream: $1) }
    for (place, name) in encoderNames.enumerated() {
      let (rate, gradient) = (rates[name], found.outer[name])
      forEachBlock(of: gradient) { rows, places, room in
        let start = places.lowerBound
        Kernels.scaledProduct(
          1, rate.base + start, gradient.base + start, base: nil, into: room, count: places.count)
        motions[place / 2].move(place % 2, rows: rows, by: room)
      }
    }
    let directions =
      motions.map { $0.features() }
      + inner.names.map { rates[$0].scaledProduct(1, with: found.outer[$0]) }
    let bent = gradients(of: innerGradients, upstream: directions, withRespectTo: inner.variables)
    found.bentOfEncoders = zip(motions, bent).flatMap { $0.gradients(upstream: $1) }
    for (name, gradient) in zip(inner.names, bent.dropFirst(2)) { found.bent[name] = gradient.contiguous() }
    return found
  }

  private func few(
    _ maps: Patches, _ images: Int, _ names: [String], _ parameters: TensorDictionary<Float>
  ) -> FewMapsEncoding {
    FewMapsEncoding(maps, images: images, mapSize: mapSize, weights: names.map { parameters[$0] })
  }

  /// The predictor after its encoders, as a function of their features and of all its other parameters.
  private struct Head {
    let loss: Tensor<Float>
    /// Features of students and teacher, then the parameters of `names`.
    let variables: [Tensor<Float>]
    let names: [String]

    init(
      _ predictor: AccuracyPredictor, _ features: [Tensor<Float>], _ codes: Tensor<Float>,
      _ accuracies: [Double], _ parameters: TensorDictionary<Float>, except encoderNames: [String]
    ) {
      names = parameters.names.filter { !encoderNames.contains($0) }
      let own = TensorDictionary(names.map { ($0, parameters[$0].asVariable()) })
      let features = features.map { $0.asVariable() }
      let predicted = predictor.predictions(
        from: codes, studentFeatures: features[0], teacherFeatures: features[1], parameters: own)
      loss = GuidedAdaptation.meanSquaredError(predicted, accuracies)
      variables = features + own.ordered
    }
  }

  // MARK: Passes over the weights of encoders

  /// Rows of a weight whose gradient is made at a time, so that it stays in the second cache.
  private static let blockRows = 16

  /// Calls `body` with some rows at a time, the places of their numbers, and room for as many.
  private func forEachBlock(
    of weight: Tensor<Float>,
    _ body: (_ rows: Range<Int>, _ places: Range<Int>, _ room: UnsafeMutablePointer<Float>) -> Void
  ) {
    let (count, length) = (weight.shape[0], weight.shape.dropFirst().reduce(1, *))
    let room = TensorStorage<Float>(count: Self.blockRows * length)
    withExtendedLifetime(room) {
      for first in stride(from: 0, to: count, by: Self.blockRows) {
        let rows = first..<min(first + Self.blockRows, count)
        body(rows, rows.lowerBound * length..<rows.upperBound * length, room.pointer)
      }
    }
  }

  /// parameter - rate * gradient
  private func moved(
    _ parameter: Tensor<Float>, _ rate: Tensor<Float>, by gradient: FactoredGradient
  ) -> Tensor<Float> {
    let result = Tensor<Float>(uninitialized: parameter.shape)
    forEachBlock(of: parameter) { rows, places, room in
      let start = places.lowerBound
      gradient.write(rows: rows, into: room)
      Kernels.scaledProduct(
        -1, rate.base + start, room, base: parameter.base + start, into: result.mutableBase + start,
        count: places.count)
    }
    return result
  }

  private func dense(_ gradient: FactoredGradient, like weight: Tensor<Float>) -> Tensor<Float> {
    Tensor(shape: weight.shape) { gradient.write(rows: 0..<weight.shape[0], into: $0) }
  }

  /// Adds the gradients with respect to the parameters before the step, and to the rates: v - H (rate * v) and -v * g, where
  /// v is the gradient after the step, g the step's, and H the Hessian of its loss.
  private func add(
    _ found: Found, to sums: (parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>)
  ) {
    for (name, outer) in found.outer.entries {
      let targets = (sums.parameters[name].mutableBase, sums.rates[name].mutableBase)
      func add(
        _ places: Range<Int>, inner: UnsafePointer<Float>, bent: UnsafePointer<Float>?
      ) {
        let (start, count) = (places.lowerBound, places.count)
        Kernels.subtractProduct(outer.base + start, inner, from: targets.1 + start, count: count)
        guard let bent else { return Kernels.add(outer.base + start, to: targets.0 + start, count: count) }
        Kernels.addDifference(outer.base + start, bent, to: targets.0 + start, count: count)
      }
      guard let place = encoderNames.firstIndex(of: name) else {
        let bent = isFirstOrder ? nil : found.bent[name]
        withExtendedLifetime((found.inner, bent)) {
          add(0..<outer.count, inner: found.inner[name].base, bent: bent?.base)
        }
        continue
      }
      forEachBlock(of: outer) { rows, places, room in
        found.innerOfEncoders[place].write(rows: rows, into: room)
        guard !isFirstOrder else { return add(places, inner: room, bent: nil) }
        let bentRoom = TensorStorage<Float>(count: places.count)
        found.bentOfEncoders[place].write(rows: rows, into: bentRoom.pointer)
        withExtendedLifetime(bentRoom) { add(places, inner: room, bent: bentRoom.pointer) }
      }
    }
  }
}

/// Lets pieces of work that run at the same time do one thing in their order.
private final class Turns: Sendable {
  private let ended: [DispatchSemaphore]
  private let cancellation: CancellationToken?

  init(_ count: Int, cancellation: CancellationToken?) {
    ended = (0..<count).map { _ in DispatchSemaphore(value: 0) }
    self.cancellation = cancellation
  }

  /// Runs `body` after those of all numbers before; not at all where the computation is stopped, for then a piece before may
  /// never begin.
  func take(_ number: Int, _ body: () -> Void) {
    if number > 0 {
      while ended[number - 1].wait(timeout: .now() + .milliseconds(20)) == .timedOut {
        if cancellation?.isCancelled == true { return }
      }
    }
    body()
    ended[number].signal()
  }
}
