import Engine
import Synchronization

/// Small spaces, tasks and teachers, on which tests take a fraction of a second.
enum SmallTask {
  /// Images of 16 x 16 with three blocks a stage.
  static let space = make("small", widths: [4, 8, 8, 16], depth: 3, ratios: [0.25, 0.5, 0.75, 1], size: 16)
  /// Images of 8 x 8 with one block a stage.
  static let tiny = make("tiny", widths: [4, 4, 8, 8], depth: 1, ratios: [0.5, 1], size: 8)

  private static func make(_ name: String, widths: [Int], depth: Int, ratios: [Double], size: Int)
    -> ResNetSpace
  {
    do {
      return try ResNetSpace(
        name: name, widths: widths, teacherDepth: depth, studentDepths: 1...depth, ratios: ratios,
        imageSize: size)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Two classes, lying and standing stripes, of random phase, contrast and noise.
  static func stripes(count: Int = 96, size: Int = 8, seed: UInt64 = 1) throws -> Dataset {
    var random = RandomSource(seed: seed, stream: "stripes")
    func images(_ count: Int) throws -> ImageSet {
      var pixels: [UInt8] = []
      let labels = (0..<count).map { $0 % 2 }
      for label in labels {
        let phase = random.integer(below: 4)
        for y in 0..<size {
          for x in 0..<size {
            let isLight = ((label == 0 ? y : x) + phase) / 2 % 2 == 0
            pixels.append(UInt8((isLight ? 150 : 60) + random.integer(below: 80)))
          }
        }
      }
      return try ImageSet(
        pixels: pixels, count: count, height: size, width: size, channels: 1, labels: labels)
    }
    return try Dataset(
      name: "stripes", origin: "made by a test", classNames: ["lying", "standing"], train: images(count),
      test: images(64))
  }

  static func optimization(epochs: Int, augmentation: Augmentation = .none) -> OptimizationSettings {
    var settings = OptimizationSettings(epochs: epochs, augmentation: augmentation)
    settings.batchSize = 16
    return settings
  }

  static func train(
    epochs: Int, validationInterval: Int = 5, seed: UInt64 = 1, supervision: Supervision = Supervision()
  ) throws -> Teacher {
    var settings = TeacherSettings(optimization: optimization(epochs: epochs))
    settings.optimization.validationInterval = validationInterval
    return try Teacher.train(
      space: tiny, on: stripes(), settings: settings, seed: seed, supervision: supervision)
  }

  /// Random weights of the largest network of `space`, with running statistics as after a training.
  static func weights(of space: ResNetSpace = space, classes: Int = 5, seed: UInt64 = 1) -> NetworkWeights<
    Float
  > {
    var random = RandomSource(seed: seed)
    var weights: NetworkWeights<Float> = ResNet(space.teacher, classes: classes)
      .initialWeights(random: &random)
    for (name, tensor) in weights.statistics.entries + weights.parameters.entries {
      let isStatistic = weights.statistics.contains(name)
      guard isStatistic || name.contains("bn") else { continue }
      let range = name.hasSuffix("mean") || name.hasSuffix("bias") ? -0.5...0.5 : 0.5...2
      let values = Tensor<Float>(uniformWithShape: tensor.shape, in: range, random: &random)
      if isStatistic { weights.statistics[name] = values } else { weights.parameters[name] = values }
    }
    return weights
  }

  static func teacher(of space: ResNetSpace = space, classes: Int = 5) -> Teacher {
    Teacher(
      space: space, classes: classes, weights: weights(of: space, classes: classes), accuracy: 0.8,
      history: [], datasetName: "none", datasetDigest: "none")
  }

  static func students(_ count: Int, of space: ResNetSpace = space, seed: UInt64 = 1) -> [Architecture] {
    var random = RandomSource(seed: seed, stream: "students")
    return (0..<count).map { _ in space.sample(random: &random) }
  }
}

/// Keeps all events, and cancels a token once `limit` of them came.
final class RecordingProgress: ProgressSink {
  private let recorded = Mutex<[ProgressEvent]>([])
  private let limit: Int
  private let token: CancellationToken

  init(cancellingAfter limit: Int = .max, token: CancellationToken = CancellationToken()) {
    self.limit = limit
    self.token = token
  }

  var events: [ProgressEvent] { recorded.withLock(\.self) }
  var supervision: Supervision { Supervision(progress: self, cancellation: token) }

  func report(_ event: ProgressEvent) {
    let count = recorded.withLock {
      $0.append(event)
      return $0.count
    }
    if count >= limit { token.cancel() }
  }
}
