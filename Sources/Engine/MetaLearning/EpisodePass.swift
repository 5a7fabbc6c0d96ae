/// The outer gradients of an episode for the paper's predictor: the same numbers as `GuidedAdaptation` gives, up to
/// rounding, by passes that touch as little memory as they can.
///
/// Nearly all parameters are the weights of the map encoders. What a single map says about them is a product of a few
/// vectors, so the inner gradient, the products with its Hessian and the teacher's part of the outer gradient are never written
/// down, but made again for some rows of a weight at a time, where they are needed. The many maps of students go through
/// `HalvingConvolution`. All else is small, and is differentiated by the graph.
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

  /// Tasks whose gradients are kept before they are added.
  private static let groupSize = 8

  /// The means over the tasks; nil where the computation was stopped.
  ///
  /// Tasks run at the same time; what they found is added in their order.
  func outerGradients(
    of tasks: [TaskInputs<Float>], parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>
  ) -> OuterGradients<Float>? {
    let (parameters, rates) = (parameters.mapped { $0.contiguous() }, rates.mapped { $0.contiguous() })
    func zeros() -> TensorDictionary<Float> {
      parameters.mapped { Tensor<Float>(repeating: 0, shape: $0.shape) }
    }
    let sums = (parameters: zeros(), rates: zeros())
    var loss = 0.0
    for first in stride(from: 0, to: tasks.count, by: Self.groupSize) {
      let group = tasks[first..<min(first + Self.groupSize, tasks.count)]
      let found = Workers.shareMap(group.count) { index in
        pass(group[first + index], parameters: parameters, rates: rates, share: 1 / Float(tasks.count))
      }
      guard found.count == group.count else { return nil }
      add(found, to: sums)
      loss = found.reduce(loss) { $0 + $1.loss }
    }
    return OuterGradients(
      loss: loss / Double(tasks.count), parameters: sums.parameters.ordered, rates: sums.rates.ordered)
  }

  // MARK: A task

  /// What a task says, all but the students' part of the outer gradient as products.
  private struct Found {
    var loss: Double
    var head: [String: Terms<Tensor<Float>, Tensor<Float>>] = [:]
    var encoders: [String: Terms<OfEncoder, FactoredGradient>] = [:]
  }

  /// The parts of the gradient with respect to a parameter before the step and to its rate: v - H (rate * v) and -v * g.
  private struct Terms<Outer: Sendable, Inner: Sendable>: Sendable {
    /// v, the gradient with respect to the adapted parameter.
    var outer: Outer
    /// g, the step's gradient.
    var inner: Inner
    /// -H (rate * v), where H is the Hessian of the step's loss; nil for zero.
    var bent: Inner?
  }

  private enum OfEncoder: Sendable {
    case dense(Tensor<Float>)
    case factored(FactoredGradient)

    /// Calls `body` with some rows, which may be made in `room`.
    func withRows(
      _ rows: Range<Int>, room: UnsafeMutablePointer<Float>, _ body: (UnsafePointer<Float>) -> Void
    ) {
      switch self {
      case .dense(let tensor):
        withExtendedLifetime(tensor) {
          body(tensor.base + rows.lowerBound * (tensor.count / tensor.shape[0]))
        }
      case .factored(let gradient):
        gradient.write(rows: rows, into: room)
        body(room)
      }
    }
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
    let innerOfHead = innerGradients.dropFirst(2).map { $0.detached().contiguous() }

    func adapted(_ place: Int, rows: Range<Int>) -> Tensor<Float> {
      let name = encoderNames[place]
      return moved(rows, of: parameters[name], rates[name], by: innerOfEncoders[place])
    }
    func adapted(_ place: Int) -> Tensor<Float> {
      adapted(place, rows: 0..<parameters[encoderNames[place]].shape[0])
    }
    let students = ManyMapsEncoding(
      convolutions, maps: convolutions.first.tiles(of: task.students.maps.contiguous()),
      firstWeight: { adapted(0, rows: $0) }, secondWeight: adapted(1))
    let teacher = FewMapsEncoding(
      teacherMap, images: 1, mapSize: mapSize, firstWeight: { adapted(2, rows: $0) },
      secondWeight: adapted(3))
    var adaptedHead = parameters
    for (name, gradient) in zip(inner.names, innerOfHead) {
      adaptedHead[name] = rates[name].scaledProduct(-1, with: gradient, addedTo: parameters[name])
    }
    let outer = Head(
      predictor, [students.features, teacher.features], task.students.codes, task.accuracies, adaptedHead,
      except: encoderNames)
    let outerGradients = gradients(
      of: [outer.loss], upstream: [Tensor(repeating: share, shape: outer.loss.shape)],
      withRespectTo: outer.variables)

    let outerOfHead = outerGradients.dropFirst(2).map { $0.contiguous() }
    var found = Found(loss: Double(outer.loss.scalar))
    let outerOfEncoders =
      students.gradients(upstream: outerGradients[0]).map(OfEncoder.dense)
      + teacher.gradients(teacher.upstream(of: outerGradients[1])).map(OfEncoder.factored)
    for (place, name) in encoderNames.enumerated() {
      found.encoders[name] = Terms(outer: outerOfEncoders[place], inner: innerOfEncoders[place])
    }
    for (place, name) in inner.names.enumerated() {
      found.head[name] = Terms(outer: outerOfHead[place], inner: innerOfHead[place])
    }
    guard !isFirstOrder else { return found }

    let motions = zip(encodings, upstreams).map { FewMapsEncoding.Motion($0, upstream: $1) }
    for (place, name) in encoderNames.enumerated() {
      forEachBlock(of: rates[name]) { rows, places, room in
        outerOfEncoders[place].withRows(rows, room: room) {
          Kernels.scaledProduct(
            1, rates[name].base + places.lowerBound, $0, base: nil, into: room, count: places.count)
        }
        motions[place / 2].move(place % 2, rows: rows, by: room)
      }
    }
    let directions =
      motions.map { $0.features() }
      + zip(inner.names, outerOfHead).map { rates[$0].scaledProduct(1, with: $1) }
    let bent = gradients(of: innerGradients, upstream: directions, withRespectTo: inner.variables)
    for (name, gradient) in zip(
      encoderNames, zip(motions, bent).flatMap { $0.gradients(upstream: $1) })
    {
      found.encoders[name]?.bent = gradient.negated
    }
    for (name, gradient) in zip(inner.names, bent.dropFirst(2)) {
      found.head[name]?.bent = (-gradient.detached()).contiguous()
    }
    return found
  }

  private func few(
    _ maps: Patches, _ images: Int, _ names: [String], _ parameters: TensorDictionary<Float>
  ) -> FewMapsEncoding {
    FewMapsEncoding(
      maps, images: images, mapSize: mapSize,
      firstWeight: { parameters[names[0]].sliced(axis: 0, $0) }, secondWeight: parameters[names[1]])
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
  private static let blockRows = 8

  /// Calls `body` with some rows at a time, the places of their numbers, and room for as many.
  private func forEachBlock(
    of weight: Tensor<Float>,
    _ body: (_ rows: Range<Int>, _ places: Range<Int>, _ room: UnsafeMutablePointer<Float>) -> Void
  ) {
    let room = TensorStorage<Float>(count: Self.blockRows * weight.count / weight.shape[0])
    withExtendedLifetime(room) {
      for block in blocks(of: 0..<weight.shape[0]) {
        body(block, places(of: block, in: weight), room.pointer)
      }
    }
  }

  private func blocks(of rows: Range<Int>) -> [Range<Int>] {
    stride(from: rows.lowerBound, to: rows.upperBound, by: Self.blockRows).map {
      $0..<min($0 + Self.blockRows, rows.upperBound)
    }
  }

  private func places(of rows: Range<Int>, in weight: Tensor<Float>) -> Range<Int> {
    let length = weight.count / weight.shape[0]
    return rows.lowerBound * length..<rows.upperBound * length
  }

  /// Some rows of parameter - rate * gradient.
  private func moved(
    _ rows: Range<Int>, of parameter: Tensor<Float>, _ rate: Tensor<Float>, by gradient: FactoredGradient
  ) -> Tensor<Float> {
    Tensor<Float>(shape: [rows.count] + parameter.shape.dropFirst()) { out in
      let first = places(of: rows, in: parameter).lowerBound
      for block in blocks(of: rows) {
        let places = places(of: block, in: parameter)
        let (start, target) = (places.lowerBound, out + places.lowerBound - first)
        gradient.write(rows: block, into: target)
        Kernels.scaledProduct(
          -1, rate.base + start, target, base: parameter.base + start, into: target, count: places.count)
      }
    }
  }

  // MARK: Sums over tasks

  private typealias Sums = (parameters: TensorDictionary<Float>, rates: TensorDictionary<Float>)

  private func add(_ found: [Found], to sums: Sums) {
    for name in sums.parameters.names where !encoderNames.contains(name) {
      let (parameter, rate) = (sums.parameters[name], sums.rates[name])
      for terms in found.compactMap({ $0.head[name] }) {
        withExtendedLifetime(terms) {
          add(
            terms.outer.base, terms.inner.base, to: (parameter.mutableBase, rate.mutableBase),
            count: parameter.count)
          guard let bent = terms.bent else { return }
          Kernels.add(bent.base, to: parameter.mutableBase, count: bent.count)
        }
      }
    }
    for name in encoderNames {
      let (parameter, rate) = (sums.parameters[name], sums.rates[name])
      let (terms, blocks) = (found.compactMap { $0.encoders[name] }, blocks(of: 0..<parameter.shape[0]))
      Workers.share(blocks.count) { number in
        let (rows, places) = (blocks[number], places(of: blocks[number], in: parameter))
        let rooms = (TensorStorage<Float>(count: places.count), TensorStorage<Float>(count: places.count))
        let targets = (parameter.mutableBase + places.lowerBound, rate.mutableBase + places.lowerBound)
        withExtendedLifetime(rooms) {
          for one in terms {
            one.inner.write(rows: rows, into: rooms.0.pointer)
            one.outer.withRows(rows, room: rooms.1.pointer) {
              add($0, rooms.0.pointer, to: targets, count: places.count)
            }
            one.bent?.write(rows: rows, accumulates: true, into: targets.0)
          }
        }
      }
    }
  }

  private func add(
    _ outer: UnsafePointer<Float>, _ inner: UnsafePointer<Float>,
    to targets: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>), count: Int
  ) {
    Kernels.add(outer, to: targets.0, count: count)
    Kernels.subtractProduct(outer, inner, from: targets.1, count: count)
  }
}
