import Testing

@testable import Engine

@Suite struct DatasetFilesTests {
  /// The paper's layout: `count` images of 2 x 2 pixels in `channels` channels, labels in turn from `labels`.
  private func writePart(
    _ part: String, in folder: TemporaryFolder, count: Int = 4, labels: [Int] = [0, 1], channels: Int? = 3
  ) throws {
    let size = 4 * (channels ?? 1)
    let pixels = (0..<count * size).map { UInt8($0 % 256) }
    let shape = [count, 2, 2] + (channels.map { [$0] } ?? [])
    try folder.write(NPYArray(shape: shape, uint8: pixels).encoded(), "\(part)_images.npy")
    try folder.write(
      NPYArray(integers: (0..<count).map { labels[$0 % labels.count] }).encoded(), "\(part)_labels.npy")
  }

  @Test func paperLayout() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder)
    try writePart("test", in: folder, count: 2)
    let dataset = try Dataset.load(folder: folder.path)
    #expect(dataset.train.shape == [4, 2, 2, 3])
    #expect(dataset.train.labels == [0, 1, 0, 1])
    #expect(dataset.classNames == ["class 0", "class 1"])
    #expect(dataset.train.pixels.prefix(3) == [0, 1, 2])
    #expect(try Dataset.load(folder: folder.path, size: 8).train.shape == [4, 8, 8, 3])
  }

  @Test func grayImagesAndClassNames() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder, labels: [7, 3], channels: nil)
    try writePart("valid", in: folder, count: 2, labels: [3, 7], channels: nil)
    try folder.write(Array("a\nb\nc\nthree\n".utf8), "class_names.txt")
    let dataset = try Dataset.load(npyFolder: folder.path)
    #expect(dataset.channels == 1)
    #expect(dataset.classNames == ["three", "class 7"])
    #expect(dataset.train.labels == [1, 0, 1, 0])
    #expect(dataset.test.labels == [0, 1])
  }

  @Test func tinyImageNetSplits() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder, count: 8, labels: [0, 1, 2, 3])
    // label_list [3, 1], idx_train 0 to 5, idx_valid [0, 2]; both count among the training images.
    try folder.write(FileFixtures.deflatedArchive, "10_split/split_2.npz")
    try writePart("train", in: folder, count: 6, labels: [1, 0, 3, 1, 2, 3])
    let dataset = try Dataset.load(folder: folder.path, part: 2)
    #expect(dataset.classNames == ["class 3", "class 1"])
    #expect(dataset.train.labels == [1, 0, 1, 0])
    #expect(dataset.test.labels == [1, 0])
    #expect(dataset.test.pixels.prefix(2) == [0, 1])
    #expect(dataset.name.hasSuffix("-2"))
    try writePart("train", in: folder, count: 5, labels: [1, 0, 3])
    let path = folder.path + "/10_split/split_2.npz"
    #expect(
      words { _ = try Dataset.load(folder: folder.path, part: 2) }
        == "“\(path)” names image 5, but there are 5")
    #expect(words { _ = try Dataset.load(folder: folder.path, part: 3) }.hasPrefix("there is no file"))
  }

  @Test func quickDrawTakesTheFirstImagesOfEachClass() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder, count: 12, labels: [0, 1, 1], channels: 1)
    try writePart("test", in: folder, count: 6, labels: [1, 0], channels: 1)
    let dataset = try Dataset.load(folder: folder.path, imagesPerClass: 3)
    #expect(dataset.channels == 1)
    #expect(dataset.train.labels == [0, 1, 1, 0, 1, 0])
    #expect(dataset.train.pixels.prefix(20).suffix(4) == [16, 17, 18, 19])
    #expect(dataset.test.count == 6)
    #expect(dataset.origin.hasSuffix("the first 3 training images of each class"))
  }

  /// Folders named by WordNet as ImageNet's, with `train` and `val`.
  @Test func imageNetFolders() throws {
    let folder = try TemporaryFolder()
    for synset in ["n01440764", "n01443537"] {
      for number in 0..<4 {
        try folder.write(FileFixtures.jpeg, "train/\(synset)/\(synset)_\(number).JPEG")
      }
      try folder.write(FileFixtures.jpeg, "val/\(synset)/ILSVRC2012_val_1.JPEG")
    }
    let dataset = try Dataset.load(folder: folder.path, size: 16, imagesPerClass: 3)
    #expect(dataset.classNames == ["n01440764", "n01443537"])
    #expect(dataset.train.shape == [6, 16, 16, 3])
    #expect(dataset.test.labels == [0, 1])
    let whole = FileFixtures.jpeg.prefix(300)
    try folder.write(Array(whole), "train/n01443537/n01443537_1.JPEG")
    #expect(
      words { _ = try Dataset.load(folder: folder.path, size: 16) }.hasPrefix(
        "“\(folder.path)/train/n01443537/n01443537_1.JPEG”: the JPEG image is damaged"))
  }

  @Test func damagedArraysOfThePaperAreNamed() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder)
    try writePart("test", in: folder)
    let labels = try folder.write(NPYArray(integers: [0, 1, 0]).encoded(), "test_labels.npy")
    #expect(
      words { _ = try Dataset.load(folder: folder.path) }
        == "“\(folder.path)/test_images.npy”: 4 images but 3 labels")
    try folder.write(Array(NPYArray(integers: [0, 1, 0, 1]).encoded().dropLast(5)), "test_labels.npy")
    #expect(
      words { _ = try Dataset.load(folder: folder.path) }.hasPrefix(
        "“\(labels)”: an array of shape [4] takes"))
    try writePart("test", in: folder)
    let archive = Array(FileFixtures.deflatedArchive.dropLast(30))
    try folder.write(archive, "10_split/split_0.npz")
    #expect(
      words { _ = try Dataset.load(folder: folder.path, part: 0) }
        == "“\(folder.path)/10_split/split_0.npz”: the content is no ZIP archive")
  }

  @Test func wrongArraysAreNamed() throws {
    let folder = try TemporaryFolder()
    try writePart("train", in: folder)
    #expect(
      words { _ = try Dataset.load(folder: folder.path) }
        == "“\(folder.path)” has a training part but no test part")
    let path = try folder.write(NPYArray(shape: [2, 2], floats: [1, 2, 3, 4]).encoded(), "test_images.npy")
    #expect(
      words { _ = try Dataset.load(folder: folder.path) }
        == "“\(path)” has shape [2, 2] and type f4; images are u1 of shape [N, H, W] or [N, H, W, 3]")
    #expect(words { _ = try Dataset.load(folder: "/no/such") } == "there is no folder “/no/such”")
    #expect(words { _ = try Dataset.load(folder: path) } == "“\(path)” is not a folder")
  }

  private func picture(_ gray: UInt8, side: Int = 2) throws -> [UInt8] {
    try RGBImage(width: side, height: side, gray: gray).pngData()
  }

  @Test func foldersWithParts() throws {
    let folder = try TemporaryFolder()
    for (name, gray) in [
      ("train/b/1.png", 1), ("train/a/2.PNG", 2), ("train/a/1.png", 3), ("val/a/x.png", 4),
    ] {
      try folder.write(picture(UInt8(gray)), name)
    }
    try folder.write(FileFixtures.jpeg, "val/b/photo.jpeg")
    try folder.write([1], "train/a/notes.txt")
    let path = folder.path
    #expect(
      words { _ = try Dataset.load(folder: path) }
        == "“\(path)/val/b/photo.jpeg” has 4 x 8 pixels, the first image 2 x 2")
    let dataset = try Dataset.load(folder: path, size: 4)
    #expect(dataset.classNames == ["a", "b"])
    #expect(dataset.train.labels == [0, 0, 1])
    #expect(stride(from: 0, to: 3 * 48, by: 48).map { dataset.train.pixels[$0] } == [3, 2, 1])
    #expect(dataset.test.labels == [0, 1])

    try folder.write([0x89, 0x50], "val/b/broken.png")
    #expect(
      words { _ = try Dataset.load(folder: path, size: 4) }
        == "“\(path)/val/b/broken.png”: the content is neither a PNG nor a JPEG image")
    try folder.write(picture(1), "val/c/1.png")
    #expect(
      words { _ = try Dataset.load(folder: path, size: 4) }
        == "the test part has a class “c” that the training part lacks")
  }

  @Test func foldersWithoutParts() throws {
    let folder = try TemporaryFolder()
    for name in ["cat", "dog"] {
      for number in 0..<10 { try folder.write(picture(UInt8(number)), "\(name)/\(number).png") }
    }
    let dataset = try Dataset.load(folder: folder.path, seed: 3)
    #expect(dataset.train.count == 16)
    #expect(dataset.test.labels == [0, 0, 1, 1])
    #expect(try Dataset.load(folder: folder.path, seed: 3).digest == dataset.digest)
    #expect(try Dataset.load(folder: folder.path, seed: 4).digest != dataset.digest)
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled.self) {
      try Dataset.load(folder: folder.path, supervision: Supervision(cancellation: token))
    }
  }

  @Test func digits() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DigitsError.missing(path: folder.path + "/digits.csv.gz")) {
      try Digits.dataset(dataFolder: folder.path)
    }
    #expect(DigitsError.missing(path: "x").advice == "Run “make setup”, which fetches them")
    let lines = (0..<50).map { number in
      ([String](repeating: "0", count: 62) + ["16", "8", String(number % 10)]).joined(separator: ",")
    }
    let dataset = try Digits.dataset(csv: Array((lines.joined(separator: "\n") + "\n").utf8))
    #expect(dataset.train.shape == [40, 8, 8, 1])
    #expect(dataset.test.labels.sorted() == Array(0...9))
    #expect(dataset.train.pixels[62..<64] == [255, 128])
    #expect(throws: DigitsError.malformedLine(2)) {
      try Digits.dataset(csv: Array((lines[0] + "\n1,2\n").utf8))
    }
    try folder.write(FileFixtures.gzip, "digits.csv.gz")
    #expect(
      words { _ = try Digits.dataset(dataFolder: folder.path) }
        == "“\(folder.path)/digits.csv.gz”: line 1 is not 64 values of 0 to 16 and a digit")
  }
}
