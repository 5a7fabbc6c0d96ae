import Testing

@testable import Engine

@Suite("Image batches") struct ImageBatchesTests {
  /// Two images of 2 x 2 with three channels, whose values count up.
  private func colored() throws -> ImageBatches {
    ImageBatches(
      try ImageSet(
        pixels: (0..<24).map { UInt8($0 * 10) }, count: 2, height: 2, width: 2, channels: 3, labels: [1, 0]))
  }

  @Test func `pixels are scaled to -1 and 1`() throws {
    let batch = try colored().batch([1, 0])
    #expect(batch.images.shape == [2, 2, 2, 3])
    #expect(batch.labels == [0, 1])
    #expect(batch.indices == [1, 0])
    let expected = (Array(12..<24) + Array(0..<12)).map { Float($0 * 10) / 127.5 - 1 }
    #expect(batch.images.scalars == expected)
  }

  @Test func `a gray image fills all channels`() throws {
    let gray = ImageBatches(
      try ImageSet(pixels: [0, 255, 51, 204], count: 1, height: 2, width: 2, channels: 1, labels: [0]))
    let expected: [Float] = [-1, -1, -1, 1, 1, 1, -0.6, -0.6, -0.6, 0.6, 0.6, 0.6]
    #expect(zip(gray.batch([0]).images.scalars, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `every image comes once an epoch, and a rest is dropped`() throws {
    let images = ImageBatches(try SmallTask.stripes(count: 50).train)
    var random = RandomSource(seed: 1)
    let batches = images.shuffledIndices(batchSize: 16, random: &random)
    #expect(batches.map(\.count) == [16, 16, 16])
    #expect(Set(batches.joined()).count == 48)
    #expect(images.shuffledIndices(batchSize: 64, random: &random).map(\.count) == [50])
    #expect(images.orderedIndices(batchSize: 16).map(\.count) == [16, 16, 16, 2])
    #expect(Array(images.orderedIndices(batchSize: 16).joined()) == Array(0..<50))
  }

  @Test func `an augmented image is the image mirrored, shifted, or both`() throws {
    let size = 4
    let set = try ImageSet(
      pixels: (1...16).map { UInt8($0 * 15) }, count: 1, height: size, width: size, channels: 1, labels: [0])
    let images = ImageBatches(set)
    let plain = images.batch([0]).images.scalars
    func pixel(_ x: Int, _ y: Int, _ flipped: Bool, _ shift: (x: Int, y: Int)) -> Float {
      let (column, row) = ((flipped ? size - 1 - x : x) + shift.x, y + shift.y)
      guard (0..<size).contains(column), (0..<size).contains(row) else { return -1 }
      return plain[(row * size + column) * 3]
    }
    var expected: [[Float]: String] = [:]
    for flipped in [false, true] {
      for shiftX in -1...1 {
        for shiftY in -1...1 {
          let image = (0..<16).flatMap { place in
            [Float](repeating: pixel(place % size, place / size, flipped, (shiftX, shiftY)), count: 3)
          }
          expected[image] = "\(flipped) \(shiftX) \(shiftY)"
        }
      }
    }
    var random = RandomSource(seed: 1)
    var seen: Set<String> = []
    for _ in 0..<300 {
      let batch = images.batch([0], augmentation: Augmentation(flips: true, cropPadding: 1), random: &random)
      seen.insert(try #require(expected[batch.images.scalars]))
    }
    #expect(seen.count == 18)
  }
}
