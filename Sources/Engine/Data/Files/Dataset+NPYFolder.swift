extension Dataset {
  /// Reads the layout of the paper's sets (CUB, Stanford Cars, DTD, QuickDraw, CropDisease, EuroSAT, ISIC, ChestX):
  /// `train_images.npy` (u1, N x H x W x 3 or N x H x W) with `train_labels.npy`, and the same for `test` or `valid`.
  ///
  /// With `part`, as for Tiny ImageNet, only the classes that `10_split/split_PART.npz` lists (`label_list`), and of the
  /// training images those at `idx_train`, tested on those at `idx_valid`: both count among the training images, as in the
  /// authors' loader. Class names come from `class_names.txt`, one a line, where there is one.
  ///
  /// - Parameter imagesPerClass: how many training images to take of each class, the first ones; nil takes all.
  /// - Throws: `FolderError`, `FileError`, `FileContentError`, `DatasetError`, `Cancelled`.
  package static func load(
    npyFolder folder: String, part: Int? = nil, imagesPerClass: Int? = nil,
    supervision: Supervision = Supervision()
  ) throws -> Dataset {
    var parts: [ImageSet] = []
    let names = try part == nil ? ["train", testName(in: folder)] : ["train"]
    for (step, name) in names.enumerated() {
      try supervision.cancellation.check()
      supervision.progress.report(
        ProgressEvent(stage: "reading \(name) images", completed: step, total: names.count))
      parts.append(try images(folder: folder, part: name))
    }
    var (train, test) = (parts[0], parts[parts.count - 1])
    var classes = Set(train.labels).union(test.labels).sorted()
    if let part {
      let split = try StoredSplit(folder: folder, part: part)
      classes = split.classes
      train = try parts[0].selecting(split.train.checked(against: parts[0].count))
      test = try parts[0].selecting(split.test.checked(against: parts[0].count))
    }
    let numbers = Dictionary(zip(classes, 0...), uniquingKeysWith: { first, _ in first })
    let classNames = try classNames(folder: folder)
    let suffix = part.map { "-\($0)" } ?? ""
    return try Dataset(
      name: name(ofFolder: folder) + suffix,
      origin: "NumPy files in \(folder)" + (part.map { ", part \($0)" } ?? "")
        + (imagesPerClass.map { ", the first \($0) training images of each class" } ?? ""),
      classNames: classes.map { classNames.indices.contains($0) ? classNames[$0] : "class \($0)" },
      train: train.relabeled(numbers).firstOfEachClass(imagesPerClass), test: test.relabeled(numbers))
  }

  private static func testName(in folder: String) throws(FolderError) -> String {
    guard
      let name = ["test", "valid", "val"].first(where: {
        FileBytes.isRegularFile("\(folder)/\($0)_images.npy")
      })
    else { throw .noTestPart(path: folder) }
    return name
  }

  private static func images(folder: String, part: String) throws -> ImageSet {
    let path = "\(folder)/\(part)_images.npy"
    let array = try NPYArray(contentsOf: path)
    let hasChannels = array.shape.count == 4
    guard array.element == .uint8, array.shape.count == 3 || hasChannels else {
      throw FolderError.notImages(path: path, shape: array.shape, type: array.element.rawValue)
    }
    let labelPath = "\(folder)/\(part)_labels.npy"
    guard let labels = try NPYArray(contentsOf: labelPath).integers else {
      throw FolderError.notLabels(path: labelPath)
    }
    do {
      return try ImageSet(
        pixels: array.bytes, count: array.shape[0], height: array.shape[1], width: array.shape[2],
        channels: hasChannels ? array.shape[3] : 1, labels: labels)
    } catch {
      throw FileContentError(path: path, cause: error)
    }
  }

  private static func classNames(folder: String) throws -> [String] {
    let path = folder + "/class_names.txt"
    guard FileBytes.isRegularFile(path) else { return [] }
    let text = String(decoding: try FileBytes.read(path, limit: 1 << 24), as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).map(String.init)
  }
}

/// One part of a set whose classes were divided, with the positions of its images.
private struct StoredSplit {
  /// Positions in one of the image files.
  struct Positions {
    var path: String
    var indices: [Int]

    func checked(against count: Int) throws(FolderError) -> [Int] {
      if let wrong = indices.first(where: { !(0..<count).contains($0) }) {
        throw .indexOutOfRange(path: path, index: wrong, count: count)
      }
      return indices
    }
  }

  /// Labels in the order in which they are numbered anew.
  var classes: [Int]
  var train: Positions
  var test: Positions

  init(folder: String, part: Int) throws {
    guard FileBytes.isFolder(folder + "/10_split") else { throw FolderError.noSplits(path: folder) }
    let path = "\(folder)/10_split/split_\(part).npz"
    let bytes = try FileBytes.read(path)
    do {
      let archive = try ZipArchive(bytes)
      func integers(_ name: String) throws -> [Int] {
        guard let values = try NPYArray(parsing: archive.read(name + ".npy")).integers else {
          throw NPYError.unsupportedType("fractions in “\(name)”")
        }
        return values
      }
      classes = try integers("label_list")
      train = Positions(path: path, indices: try integers("idx_train"))
      test = Positions(path: path, indices: try integers("idx_valid"))
    } catch let error as any ExplainedError {
      throw FileContentError(path: path, cause: error)
    }
  }
}
