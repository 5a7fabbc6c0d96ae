import Engine

/// The eight zero-cost proxies of four students, on 64 images of 32 x 32 and the remapped weights of the teacher.
struct ProxiesBench: BenchCase {
  static let name = "proxies"
  static let summary = "scores students by eight zero-cost proxies"

  private let teacher: Teacher
  private let dataset: Dataset
  private let students: [Architecture]

  init(_ options: BenchOptions) throws {
    var space = ResNetSpace.paper
    space.imageSize = 32
    var random = RandomSource(seed: 1, stream: "bench")
    let images = 64
    let labels = (0..<images).map { $0 % 10 }
    let set = try ImageSet(
      pixels: (0..<images * 32 * 32 * 3).map { _ in UInt8(random.integer(below: 256)) }, count: images,
      height: 32, width: 32, channels: 3, labels: labels)
    dataset = try Dataset(
      name: "noise", origin: "drawn", classNames: (0..<10).map(String.init), train: set, test: set)
    teacher = Teacher(
      space: space, classes: 10, weights: ResNet(space.teacher, classes: 10).initialWeights(random: &random),
      accuracy: 0.8, history: [], datasetName: dataset.name, datasetDigest: dataset.digest)
    students = (0..<(options.isQuick ? 1 : 4)).map { _ in space.sample(random: &random) }
  }

  var inputs: SafeTensors {
    let images = dataset.train.pixels.map { Float($0) / 127.5 - 1 }
    return SafeTensors(
      tensors: [SafeTensors.Tensor(name: "images", shape: dataset.train.shape, values: images)]
        + (teacher.weights.parameters.entries + teacher.weights.statistics.entries).map {
          SafeTensors.Tensor(name: "teacher.\($0.name)", shape: $0.tensor.shape, values: $0.tensor.scalars)
        },
      metadata: [
        "students": JSON.array(students.map { .string($0.text) }).text, "teacher": teacher.architecture.text,
        "labels": JSON.array(dataset.train.labels.map { .integer($0) }).text,
      ])
  }

  var results: SafeTensors {
    get throws {
      SafeTensors(
        tensors: try ZeroCostProxy.allCases.map { proxy in
          SafeTensors.Tensor(
            name: proxy.rawValue, shape: [students.count], values: try scores(proxy).map { Float($0) })
        }, metadata: [:])
    }
  }

  private func scores(_ proxy: ZeroCostProxy) throws -> [Double] {
    var settings = ProxySettings()
    settings.initialization = .remapped(.first)
    return try ProxyScoring([proxy], settings: settings, teacher: teacher, dataset: dataset)
      .scores(of: students, supervision: Supervision())
  }

  func run() throws {
    for proxy in ZeroCostProxy.allCases { _ = try scores(proxy) }
  }

  /// grad_norm, snip, fisher and jacob_cov take a pass forward and one back, which is twice the work; grasp goes back
  /// through both; naswot and diswot only go forward. synflow sees one image and hardly counts.
  var work: BenchWork {
    let pass = { (architecture: Architecture) in
      64 * 2 * Double(teacher.space.cost(of: architecture, classes: 10).multiplyAdds)
    }
    let student = students.reduce(0) { $0 + pass($1) }
    let passes = 4 * 3.0 + (3 + 6) + 1 + 1
    return BenchWork(
      unit: "scores", units: students.count * ZeroCostProxy.allCases.count,
      operations: passes * student + pass(teacher.architecture))
  }
}
