extension Dataset {
  /// Reads `train/CLASS/*` and `test/CLASS/*` (or `valid`, `val`), or `CLASS/*` alone, of which a fifth of each
  /// class, drawn by `seed`, becomes the test part. Classes and files are taken in the order of their names;
  /// files count by the endings .png, .jpg and .jpeg.
  ///
  /// - Parameters:
  ///   - size: Pixels on each side that every image is brought to; nil asks for images of one size.
  ///   - imagesPerClass: How many training images to read of each class, the first ones; nil reads all.
  /// - Throws: `FolderError`, `FileError`, `FileContentError` naming a damaged file, `DatasetError`, `Cancelled`.
  package static func load(
    imageFolder folder: String, size: Int? = nil, imagesPerClass: Int? = nil, seed: UInt64 = 1,
    supervision: Supervision = Supervision()
  ) throws -> Dataset {
    if let size, !(1...ImageSet.largestSide).contains(size) {
      throw DatasetError.imageSizeOutOfRange(height: size, width: size)
    }
    let reader = ImageFolderReader(size: size, supervision: supervision)
    let subfolders = try FileBytes.entries(of: folder).filter { FileBytes.isFolder(folder + "/" + $0) }
    guard !subfolders.isEmpty else { throw FolderError.unknownLayout(path: folder) }

    if subfolders.contains("train") {
      let testName = ["test", "valid", "val"].first { subfolders.contains($0) }
      guard let testName else { throw FolderError.noTestPart(path: folder) }
      let train = try reader.read(folder + "/train", classes: nil, limit: imagesPerClass)
      let test = try reader.read(folder + "/" + testName, classes: train.classes)
      return try Dataset(
        name: name(ofFolder: folder), origin: "images in \(folder)", classNames: train.classes,
        train: train.images, test: test.images)
    }
    let (classes, images) = try reader.read(folder, classes: nil)
    let parts = StratifiedSplit.positions(
      labels: images.labels, classCount: classes.count, testFraction: 0.2, seed: seed)
    return try Dataset(
      name: name(ofFolder: folder),
      origin: "images in \(folder), a fifth of each class drawn with seed \(seed) for the test part",
      classNames: classes, train: images.selecting(parts.train).firstOfEachClass(imagesPerClass),
      test: images.selecting(parts.test))
  }
}

/// Reads folders with one folder for each class.
private struct ImageFolderReader {
  let size: Int?
  let supervision: Supervision

  /// - Parameters:
  ///   - classes: The known classes in order; nil takes the folders found.
  ///   - limit: How many images to read of each class.
  func read(
    _ folder: String, classes known: [String]?, limit: Int? = nil
  ) throws -> (classes: [String], images: ImageSet) {
    let found = try FileBytes.entries(of: folder).filter { FileBytes.isFolder(folder + "/" + $0) }
    let classes = known ?? found
    if let stranger = found.first(where: { !classes.contains($0) }) {
      throw FolderError.testClassUnknown(stranger)
    }
    var files: [(path: String, label: Int)] = []
    for (label, name) in classes.enumerated() where found.contains(name) {
      let path = folder + "/" + name
      let images = try FileBytes.entries(of: path).filter(Self.isImageName)
      if known == nil && images.isEmpty { throw FolderError.noImages(path: path) }
      files += images.prefix(limit ?? images.count).map { (path + "/" + $0, label) }
    }
    guard !files.isEmpty else { throw FolderError.noImages(path: folder) }
    return (classes, try read(files))
  }

  private func read(_ files: [(path: String, label: Int)]) throws -> ImageSet {
    var pixels: [UInt8] = []
    var first: RGBImage?
    for (step, file) in files.enumerated() {
      try supervision.cancellation.check()
      // One report for a few dozen files: they are read at hundreds a second.
      if step % 32 == 0 {
        supervision.progress.report(
          ProgressEvent(stage: "reading images", completed: step, total: files.count))
      }
      var image = try RGBImage(contentsOf: file.path)
      if let size {
        image = image.resized(width: size, height: size)
      } else if let first, (first.height, first.width) != (image.height, image.width) {
        throw FolderError.imageSizesDiffer(
          path: file.path, found: [image.height, image.width], first: [first.height, first.width])
      }
      if first == nil {
        pixels.reserveCapacity(files.count * image.pixels.count)
        first = image
      }
      pixels += image.pixels
    }
    supervision.progress.report(
      ProgressEvent(stage: "reading images", completed: files.count, total: files.count))
    return try ImageSet(
      pixels: pixels, count: files.count, height: first?.height ?? 0, width: first?.width ?? 0, channels: 3,
      labels: files.map(\.label))
  }

  private static func isImageName(_ name: String) -> Bool {
    [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
  }
}
