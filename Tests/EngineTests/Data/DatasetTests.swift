import Testing

@testable import Engine

/// A dataset of single gray pixels; the value of each pixel is its class times ten plus its number in the class.
func tinyDataset(classes: Int = 4, perClass: Int = 5) throws -> Dataset {
  let labels = (0..<classes).flatMap { [Int](repeating: $0, count: perClass) }
  let pixels = (0..<classes).flatMap { label in (0..<perClass).map { UInt8(label * 10 + $0) } }
  let images = try ImageSet(
    pixels: pixels, count: pixels.count, height: 1, width: 1, channels: 1, labels: labels)
  return try Dataset(
    name: "tiny", origin: "made here", classNames: (0..<classes).map { "c\($0)" }, train: images, test: images
  )
}

@Suite struct DatasetTests {
  private func images(
    pixels: [UInt8] = [1, 2], count: Int = 2, height: Int = 1, width: Int = 1, channels: Int = 1,
    labels: [Int] = [0, 1]
  ) throws -> ImageSet {
    try ImageSet(
      pixels: pixels, count: count, height: height, width: width, channels: channels, labels: labels)
  }

  @Test func eachBrokenRuleHasItsError() throws {
    #expect(throws: DatasetError.noImages) { try images(pixels: [], count: 0, labels: []) }
    #expect(throws: DatasetError.imageSizeOutOfRange(height: 0, width: 1)) { try images(height: 0) }
    #expect(throws: DatasetError.imageSizeOutOfRange(height: 1, width: .max)) { try images(width: .max) }
    #expect(throws: DatasetError.unsupportedChannels(4)) { try images(channels: 4) }
    #expect(throws: DatasetError.pixelCountMismatch(shape: [3, 1, 1, 1], found: 2)) { try images(count: 3) }
    #expect(throws: DatasetError.pixelCountMismatch(shape: [.max, 1, 1, 3], found: 2)) {
      try images(count: .max, channels: 3)
    }
    #expect(throws: DatasetError.labelCountMismatch(images: 2, labels: 1)) { try images(labels: [0]) }
    #expect(throws: DatasetError.negativeLabel(-1)) { try images(labels: [0, -1]) }

    func dataset(_ names: [String], train: ImageSet, test: ImageSet) throws {
      _ = try Dataset(name: "d", origin: "", classNames: names, train: train, test: test)
    }
    let good = try images()
    #expect(throws: DatasetError.tooFewClasses(1)) { try dataset(["a"], train: good, test: good) }
    #expect(throws: DatasetError.repeatedClassName("a")) { try dataset(["a", "a"], train: good, test: good) }
    #expect(throws: DatasetError.emptyClassName) { try dataset(["a", ""], train: good, test: good) }
    let wide = try images(pixels: [1, 2, 3, 4], width: 2)
    #expect(throws: DatasetError.partsDiffer(train: [1, 1, 1], test: [1, 2, 1])) {
      try dataset(["a", "b"], train: good, test: wide)
    }
    let wrong = try images(labels: [0, 2])
    #expect(
      words { try dataset(["a", "b"], train: good, test: wrong) }
        == "the label 2 in the test part; with 2 classes, labels are 0 to 1")
  }

  @Test func digestFollowsContentNotName() throws {
    var dataset = try tinyDataset()
    let digest = dataset.digest
    #expect(digest == "\(try tinyDataset().digest)")
    dataset.name = "other"
    #expect(dataset.digest == digest)
    let renamed = try Dataset(
      name: "tiny", origin: "", classNames: ["c0", "c1", "c2", "x"], train: dataset.train, test: dataset.test)
    #expect(renamed.digest != digest)
    #expect(try tinyDataset(perClass: 6).digest != digest)
  }

  @Test func subsetsNumberTheirClassesAnew() throws {
    let subset = try tinyDataset().subset(classes: ["c3", "c1"])
    #expect(subset.classNames == ["c3", "c1"])
    #expect(subset.train.labels == [1, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    #expect(subset.train.pixels == [10, 11, 12, 13, 14, 30, 31, 32, 33, 34])
    #expect(subset.origin == "made here; 2 of its classes")
    #expect(throws: DatasetError.repeatedClassName("c1")) { try tinyDataset().subset(classes: ["c1", "c1"]) }
    #expect(words { _ = try tinyDataset().subset(classes: ["c9", "c1"]) } == "no class is called “c9”")
  }

  @Test func partsOfASplitAreDisjointAndTogetherEverything() throws {
    let dataset = try tinyDataset(classes: 11, perClass: 1)
    let parts = try (0..<4).map { try dataset.split(ClassSplit(parts: 4, part: $0, seed: 5)) }
    #expect(parts.flatMap(\.classNames).sorted() == dataset.classNames.sorted())
    #expect(parts.map(\.classCount).sorted() == [2, 3, 3, 3])
    #expect(try dataset.split(ClassSplit(parts: 4, part: 2, seed: 5)) == parts[2])
    #expect(try dataset.split(ClassSplit(parts: 4, part: 2, seed: 6)) != parts[2])
    #expect(throws: DatasetError.splitOutOfRange(part: 4, parts: 4)) {
      try dataset.split(ClassSplit(parts: 4, part: 4, seed: 1))
    }
    #expect(throws: DatasetError.splitOutOfRange(part: 0, parts: 0)) {
      try dataset.split(ClassSplit(parts: 0, part: 0, seed: 1))
    }
    #expect(throws: DatasetError.tooFewClassesToSplit(classes: 11, parts: 6)) {
      try dataset.split(ClassSplit(parts: 6, part: 0, seed: 1))
    }
  }

  @Test func stratifiedSplitsKeepEveryClassInBothParts() {
    let labels = [Int](repeating: 0, count: 10) + [1, 1, 2]
    let parts = StratifiedSplit.positions(labels: labels, classCount: 3, testFraction: 0.2, seed: 1)
    #expect((parts.train + parts.test).sorted() == Array(labels.indices))
    #expect(parts.test.map { labels[$0] } == [0, 0, 1])
    #expect(parts.train.map { labels[$0] } == [0, 0, 0, 0, 0, 0, 0, 0, 1, 2])
    let again = StratifiedSplit.positions(labels: labels, classCount: 3, testFraction: 0.2, seed: 1)
    #expect(parts == again)
  }

  @Test func contactSheetsShowEveryPixel() throws {
    let sheet = try tinyDataset(classes: 2, perClass: 1).contactSheet(columns: 2)
    // One pixel becomes 48 x 48, with gaps of 2.
    #expect(sheet.width == 2 * 50 + 2)
    #expect(sheet.height == 2 * 50 + 2)
    #expect(sheet[2, 2] == (0, 0, 0))
    #expect(sheet[49, 49] == (0, 0, 0))
    #expect(sheet[50, 49] == (255, 255, 255))
    #expect(sheet[2, 52] == (10, 10, 10))
    #expect(sheet[60, 60] == (255, 255, 255))
    let samples = try tinyDataset().contactSheet(layout: .samples, rows: 2, columns: 3, seed: 4)
    #expect(samples.width == 152)
    #expect(samples.height == 102)
    #expect(try samples == tinyDataset().contactSheet(layout: .samples, rows: 2, columns: 3, seed: 4))
    #expect(try tinyDataset().contactSheet(rows: -3, columns: .max).height == 52)
  }

  @Test func largeImagesAreShrunkOnTheSheet() throws {
    let images = try ImageSet(
      pixels: [UInt8](repeating: 9, count: 2 * 300 * 200), count: 2, height: 300, width: 200, channels: 1,
      labels: [0, 1])
    let dataset = try Dataset(name: "d", origin: "", classNames: ["a", "b"], train: images, test: images)
    let sheet = dataset.contactSheet(columns: 1)
    #expect(sheet.width == 64 + 4)
    #expect(sheet.height == 2 * 98 + 2)
    #expect(sheet[10, 10] == (9, 9, 9))
  }
}
