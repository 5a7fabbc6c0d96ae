import Synchronization

/// Everything a training needs to go on after an epoch.
struct TrainingState {
  /// Epochs that are done.
  var epoch = 0
  var weights: NetworkWeights<Float>
  /// Of the epoch with the best accuracy among those measured; the first ones until then.
  var bestWeights: NetworkWeights<Float>
  var optimizer: SGD<Float>
  /// Draws batches and changes of images.
  var random: RandomSource
  var history: [EpochRecord] = []

  init(_ initial: NetworkWeights<Float>, optimizer: SGD<Float>, random: RandomSource) {
    weights = initial
    bestWeights = initial
    self.optimizer = optimizer
    self.random = random
  }

  /// Takes down a measured epoch; the weights are those after it.
  mutating func note(_ record: EpochRecord) {
    if history.allSatisfy({ record.testAccuracy > $0.testAccuracy }) { bestWeights = weights }
    history.append(record)
  }
}

/// Keeps the state of one training in the cache, so that after a kill at any moment only the epoch in flight is lost.
///
/// Where epochs take less than `interval`, several go by between two writings, and what is lost is that time.
package struct TrainingCheckpoints: Sendable {
  let cache: ContentCache
  /// Of the training: everything that its result depends on.
  let key: String
  /// The shortest time between two writings. Writing takes milliseconds; an epoch may take less.
  var interval = Duration.seconds(2)
  private let clock = LastWriting()

  package init(cache: ContentCache, key: String, interval: Duration = .seconds(2)) {
    self.cache = cache
    self.key = key
    self.interval = interval
  }

  /// The state that was kept last, if there is one that fits.
  func state(of network: ResNet, optimizer: SGD<Float>) -> TrainingState? {
    cache.get(key) { try TrainingState(SafeTensors(parsing: $0), network: network, optimizer: optimizer) }
  }

  /// Keeps the state if it is time. A state that cannot be written costs time only, so that is no error.
  func keep(_ state: TrainingState, isLast: Bool) {
    guard !isLast, clock.isDue(after: interval), let bytes = try? state.safeTensors.encoded() else { return }
    try? cache.put(bytes, for: key)
  }

  func remove() { cache.remove(key) }
}

/// When the state was written last, or the training began.
private final class LastWriting: Sendable {
  private let last = Mutex(ContinuousClock.now)

  func isDue(after interval: Duration) -> Bool {
    last.withLock { last in
      let now = ContinuousClock.now
      guard now - last >= interval else { return false }
      last = now
      return true
    }
  }
}

extension TrainingState {
  var safeTensors: SafeTensors {
    func named(_ prefix: String, _ weights: NetworkWeights<Float>) -> [SafeTensors.Tensor] {
      weights.storedTensors.map {
        SafeTensors.Tensor(name: prefix + $0.name, shape: $0.shape, values: $0.values)
      }
    }
    let velocities = zip(weights.parameters.names, optimizer.velocities).map { name, velocity in
      SafeTensors.Tensor(name: "velocity." + name, shape: velocity.shape, values: velocity.scalars)
    }
    return SafeTensors(
      tensors: named("now.", weights) + named("best.", bestWeights) + velocities,
      metadata: [
        "format": Self.format, "epoch": String(epoch), "random": random.position,
        "history": JSON.array(history.map(\.json)).text,
      ])
  }

  private static let format = "dass-training-1"

  /// - Throws: `ModelFileError`.
  init(_ file: SafeTensors, network: ResNet, optimizer: SGD<Float>) throws(ModelFileError) {
    let fields = try StoredFields(file, format: Self.format, holding: "a training")
    let shapes = network.tensorShapes
    func weights(_ prefix: String) throws(ModelFileError) -> NetworkWeights<Float> {
      NetworkWeights(
        parameters: try TensorDictionary(file, shapes: shapes.parameters, prefix: prefix),
        statistics: try TensorDictionary(file, shapes: shapes.statistics, prefix: prefix))
    }
    guard let random = RandomSource(position: try fields.text("random")) else { throw .badMetadata("random") }
    self.init(try weights("now."), optimizer: optimizer, random: random)
    bestWeights = try weights("best.")
    epoch = try fields.integer("epoch", in: 1...1_000_000)
    history = (try fields.json("history").arrayValue ?? []).compactMap(EpochRecord.init)
    let velocities = try TensorDictionary(file, shapes: shapes.parameters, prefix: "velocity.")
    self.optimizer.velocities = velocities.ordered
  }
}
