import TestSupport
import Testing

@testable import Engine

/// MetaD2A's predictor and TANS, against PyTorch (Tests/Reference/cases_datasets.py) and by their properties.
@Suite("Predictors that look at images") struct DatasetPredictorTests {
  private func function(_ method: DatasetMethod, _ golden: Golden) throws -> any DatasetFunction {
    func size(_ name: String) throws -> Int { try #require(golden.settings[name]?.intValue) }
    return switch method {
    case .metaD2A:
      MetaD2APredictor(
        imageFeatures: try size("features"), codeLength: try size("code"), latent: try size("latent"),
        hidden: try size("hidden"))
    case .tans:
      TANSPredictor(
        imageFeatures: try size("features"), codeLength: try size("code"), mapChannels: try size("channels"),
        dimensions: try size("dimensions"))
    }
  }

  private func tasks(_ golden: Golden) throws -> [DatasetBatch<Float>] {
    try (0..<2).map { number in
      DatasetBatch(
        images: tensor(try golden("task\(number).images")),
        students: StudentInputs(
          maps: image(try golden("task\(number).maps")), codes: tensor(try golden("task\(number).codes"))),
        accuracies: try golden("task\(number).accuracies").values.map(Double.init))
    }
  }

  @Test(arguments: DatasetMethod.allCases)
  func `predictions, gradients and steps are PyTorch's`(_ method: DatasetMethod) throws {
    let golden = try Golden(method.rawValue)
    let function = try function(method, golden)
    var parameters = dictionary(golden.group("parameters"))
    #expect(Set(parameters.names) == Set(function.tensorShapes.map(\.name)))
    for (name, shape) in function.tensorShapes { #expect(parameters[name].shape == shape, "\(name)") }
    let tasks = try tasks(golden)
    for (number, task) in tasks.enumerated() {
      let predicted = function.predictions(forImages: task.images, parameters: parameters)(task.students)
      let expected = try golden("task\(number).predictions").values
      #expect(deviation(of: predicted.scalars, from: expected) < 1e-5)
    }
    var optimizer = Adam(rate: 0.01)
    for (step, expected) in try golden("losses").values.enumerated() {
      let variables = parameters.mapped { $0.asVariable() }
      let loss = function.loss(of: tasks, parameters: variables)
      #expect(abs(loss.scalar / expected - 1) < 1e-4)
      let found = gradients(of: loss, withRespectTo: variables.ordered)
      for (name, gradient) in zip(parameters.names, found) where step == 0 && !name.hasSuffix("fc_k.bias") {
        let expected = try golden("gradient.\(name)").values
        #expect(deviation(of: gradient.scalars, from: expected) < 1e-4, "\(name)")
      }
      optimizer.step(&parameters, gradients: found)
    }
    for name in parameters.names where !name.hasSuffix("fc_k.bias") {
      let expected = try golden("after.\(name)").values
      #expect(deviation(of: parameters[name].scalars, from: expected) < 1e-4, "\(name)")
    }
  }

  /// Tasks whose level shows in the images, and whose students' order shows in their codes.
  private static func synthetic(_ count: Int, seed: UInt64) throws -> [DatasetTask] {
    let space = SmallTask.space
    var random = RandomSource(seed: seed, stream: "dataset tasks")
    return try (0..<count).map { index in
      let level = random.uniform(in: 0.3...0.7)
      let students = (0..<24).map { _ in space.sample(random: &random) }
      let codes = Tensor<Float>(students.flatMap { space.code(of: $0) }, shape: [24, space.codeLength])
      let largest = Double(space.cost(of: space.teacher).parameters)
      let accuracies = students.map { level + 0.1 * Double(space.cost(of: $0).parameters) / largest }
      let rows = (0..<16).flatMap { _ in (0..<5).map { _ in Float(level + 0.02 * random.normal()) } }
      return DatasetTask(
        name: "\(index)", images: try ImageFeatures(rows: Tensor(rows, shape: [16, 5]), of: Self.dataset()),
        students: StudentInputs(
          maps: Tensor<Float>(repeating: Float(level), shape: [24, 2, 2, space.widths[3]]), codes: codes),
        accuracies: accuracies)
    }
  }

  /// Two classes of eight images each.
  private static func dataset(training: Int = 16) throws -> Dataset {
    func images(_ count: Int) throws -> ImageSet {
      try ImageSet(
        pixels: (0..<count * 64).map { UInt8(($0 * 7) % 251) }, count: count, height: 8, width: 8,
        channels: 1,
        labels: (0..<count).map { $0 % 2 })
    }
    return try Dataset(
      name: "two", origin: "a test", classNames: ["even", "odd"], train: images(training), test: images(4))
  }

  private func learned(
    _ method: DatasetMethod, episodes: Int = 150, seed: UInt64 = 1, supervision: Supervision = Supervision()
  ) throws -> DatasetPredictor {
    var settings = DatasetTrainingSettings(method: method)
    settings.episodes = episodes
    settings.imagesPerClass = 4
    return try DatasetTraining(space: SmallTask.space, settings: settings).run(
      tasks: Self.synthetic(8, seed: 1), validation: Self.synthetic(2, seed: 2), seed: seed,
      supervision: supervision)
  }

  private func error(_ predictor: DatasetPredictor, on tasks: [DatasetTask]) throws -> Double {
    let errors = try tasks.flatMap { task in
      zip(try predictor.prediction(for: task.images, named: task.name)(task.students), task.accuracies)
        .map { abs($0 - $1) }
    }
    return errors.reduce(0, +) / Double(errors.count)
  }

  @Test(arguments: DatasetMethod.allCases)
  func `the level of a new task is read off its images, and the order off its students`(
    _ method: DatasetMethod
  ) throws {
    let unseen = try Self.synthetic(4, seed: 3)
    let (start, predictor) = (try learned(method, episodes: 1), try learned(method))
    #expect(try error(predictor, on: unseen) < 0.7 * error(start, on: unseen))
    let correlation = try #require(predictor.meanCorrelation(on: unseen))
    // The contrast of tasks outweighs the accuracy in the loss of TANS, so that it orders students less well.
    #expect(correlation > (method == .tans ? 0.2 : 0.7))
    #expect(predictor.history.map(\.episode) == [20, 40, 60, 80, 100, 120, 140, 150])
    let read = try DatasetPredictor(SafeTensors(parsing: predictor.safeTensors.encoded()))
    #expect(read.features == .program && read.history == predictor.history)
    #expect(try error(read, on: unseen) == error(predictor, on: unseen))
  }

  @Test(arguments: DatasetMethod.allCases)
  func `a seed decides every bit, and it stops when it is asked to`(_ method: DatasetMethod) throws {
    func numbers(_ seed: UInt64) throws -> [[Float]] {
      try learned(method, episodes: 5, seed: seed).parameters.ordered.map(\.scalars)
    }
    #expect(try numbers(1) == numbers(1))
    #expect(try numbers(1) != numbers(2))
    let progress = RecordingProgress(cancellingAfter: 3)
    #expect(throws: Cancelled()) {
      try learned(method, episodes: 1000, supervision: progress.supervision)
    }
    #expect(progress.events.map(\.completed) == [1, 2, 3])
  }

  @Test func `images are drawn class by class, and few are repeated`() throws {
    let rows = Tensor<Float>((0..<16).map { Float($0) }, shape: [16, 1])
    let features = try ImageFeatures(rows: rows, of: Self.dataset())
    var random = RandomSource(seed: 1)
    let drawn = features.drawn(20, random: &random)
    #expect(drawn.shape == [2, 20, 1])
    let even = Set(drawn.scalars.prefix(20))
    let odd = Set(drawn.scalars.suffix(20))
    #expect(even == [0, 2, 4, 6, 8, 10, 12, 14])
    #expect(odd == [1, 3, 5, 7, 9, 11, 13, 15])
    #expect(features.drawn(4, random: &random).scalars.count == 8)
  }

  @Test func `features that do not fit the dataset are told`() throws {
    let dataset = try Self.dataset()
    #expect(throws: ImageFeatureError.otherCount(shape: [15, 2], images: 16)) {
      try ImageFeatures(rows: Tensor<Float>(repeating: 0, shape: [15, 2]), of: dataset)
    }
    let predictor = try learned(.tans, episodes: 1)
    let other = try ImageFeatures(rows: Tensor<Float>(repeating: 1, shape: [16, 7]), of: dataset)
    #expect(throws: ImageFeatureError.otherLength(dataset: "two", found: 7, wanted: 5)) {
      try predictor.prediction(for: other, named: "two")
    }
    #expect(
      ImageFeatureError.otherLength(dataset: "two", found: 7, wanted: 5).problem
        == "the images of two are described by 7 numbers, and the predictor takes 5")
    #expect(
      ImageFeatureError.otherCount(shape: [15, 2], images: 16).problem
        == "the features have the shape [15, 2], and the dataset has 16 training images")
  }

  @Test func `a folder of features takes the place of the program's network`() throws {
    let folder = try TemporaryFolder()
    let dataset = try Self.dataset()
    let source = FeatureSource.folder(folder.path)
    #expect(throws: ImageFeatureError.notFound(dataset: "two", folder: folder.path)) {
      try source.features(of: dataset, cancellation: CancellationToken())
    }
    let values = (0..<32).map { Float($0) }
    try SafeTensors(tensors: [SafeTensors.Tensor(name: "features", shape: [16, 2], values: values)])
      .write(to: "\(folder.path)/two.safetensors")
    #expect(try source.features(of: dataset, cancellation: CancellationToken()).rows.scalars == values)
    try AtomicFile.write(
      NPYArray(shape: [16, 2], floats: values.map { -$0 }).encoded(), to: "\(folder.path)/two.npy")
    #expect(
      try source.features(of: dataset, cancellation: CancellationToken()).rows.scalars == values.map { -$0 })
  }

  @Test func `images of any size are described by the program's network`() throws {
    let features = try FeatureSource.program.features(of: Self.dataset(), cancellation: CancellationToken())
    #expect(features.rows.shape == [16, 64])
    #expect(Set(features.rows.scalars).count > 100)
    let teacher = try DemoResults.extractor()
    #expect(teacher.classes == 200)
    #expect(teacher.accuracy > 0.85)
  }
}
