/// A dataset of pictures made from formulas: one class a kind of formula, each picture with other random numbers.
struct ProceduralSet: Sendable {
  /// What a picture shows, at a place of the unit square; y goes down.
  enum Formula {
    /// How much ink there is, 0 to 1.
    case ink((_ x: Double, _ y: Double) -> Double)
    /// Red, green and blue, 0 to 1.
    case color((_ x: Double, _ y: Double) -> SIMD3<Double>)
  }

  /// One class.
  struct Kind: Sendable {
    var name: String
    var formula: @Sendable (inout RandomSource) -> Formula

    init(_ name: String, _ formula: @escaping @Sendable (inout RandomSource) -> Formula) {
      self.name = name
      self.formula = formula
    }
  }

  var name: String
  /// What the pictures are, for the dataset's origin.
  var description: String
  var kinds: [Kind]

  /// Places a side of a pixel at which the formula is taken; their mean is the pixel.
  private static let samples = 3

  /// The same arguments give the same pixels.
  ///
  /// - Throws: `DatasetError`, `Cancelled`.
  func dataset(
    size: Int, imagesPerClass: Int, testImagesPerClass: Int, seed: UInt64, supervision: Supervision
  ) throws -> Dataset {
    try Dataset(
      name: name, origin: "\(description), drawn from formulas with seed \(seed); no rights are claimed",
      classNames: kinds.map(\.name),
      train: render("training", count: imagesPerClass, size: size, seed: seed, supervision: supervision),
      test: render("test", count: testImagesPerClass, size: size, seed: seed, supervision: supervision))
  }

  private func render(
    _ part: String, count: Int, size: Int, seed: UInt64, supervision: Supervision
  ) throws -> ImageSet {
    var pixels: [UInt8] = []
    for (label, kind) in kinds.enumerated() {
      supervision.progress.report(
        ProgressEvent(stage: "drawing \(part) images", completed: label, total: kinds.count))
      // A stream for each class: its images stay the same when classes are added.
      var random = RandomSource(seed: seed, stream: "\(name) \(part) \(kind.name)")
      for _ in 0..<count {
        try supervision.cancellation.check()
        pixels += picture(of: kind.formula(&random), size: size, random: &random)
      }
    }
    supervision.progress.report(
      ProgressEvent(stage: "drawing \(part) images", completed: kinds.count, total: kinds.count))
    let images = count * kinds.count
    return try ImageSet(
      pixels: pixels, count: images, height: size, width: size,
      channels: images == 0 ? 1 : pixels.count / (images * size * size),
      labels: kinds.indices.flatMap { [Int](repeating: $0, count: count) })
  }

  private func picture(of formula: Formula, size: Int, random: inout RandomSource) -> [UInt8] {
    switch formula {
    case .ink(let ink):
      let exposure = Exposure(channels: 1, random: &random)
      let coverage = pixelMeans(size: size) { x, y in SIMD3(repeating: ink(x, y)) }.map { Float($0.x) }
      return exposure.picture(of: coverage, size: size, random: &random)
    case .color(let color):
      let light = random.uniform(in: 0.8...1.15)
      let noise = random.uniform(in: 0...0.04)
      return pixelMeans(size: size, color).flatMap { mean in
        let grain = random.normal() * noise
        return (0..<3).map { UInt8((min(1, max(0, mean[$0] * light + grain)) * 255).rounded()) }
      }
    }
  }

  private func pixelMeans(size: Int, _ value: (Double, Double) -> SIMD3<Double>) -> [SIMD3<Double>] {
    let fine = Double(size * Self.samples)
    return (0..<size * size).map { pixel in
      var sum = SIMD3<Double>()
      for sample in 0..<Self.samples * Self.samples {
        let x = Double(pixel % size * Self.samples + sample % Self.samples) + 0.5
        let y = Double(pixel / size * Self.samples + sample / Self.samples) + 0.5
        sum += value(x / fine, y / fine)
      }
      return sum / Double(Self.samples * Self.samples)
    }
  }
}
