extension Dataset {
  /// Reads a folder in any of the layouts below, told apart by what it holds.
  ///
  /// - NumPy files: `train_images.npy`, `train_labels.npy`, and the same for `test`, `valid` or `val`.
  /// - Images: `train/CLASS/*` and `test/CLASS/*` (or `valid`, `val`), or only `CLASS/*`, of which a fifth of each
  ///   class, drawn by `seed`, becomes the test part.
  ///
  /// - Parameters:
  ///   - size: Pixels on each side; nil keeps the size of NumPy files, and is an error where images differ.
  ///   - part: The number of a split in `10_split/split_N.npz`; nil takes all classes.
  ///   - imagesPerClass: How many training images to take of each class, the first ones: 20 of QuickDraw's in the paper.
  /// - Throws: `FolderError`, `FileError`, `FileContentError`, `DatasetError`, `Cancelled`.
  package static func load(
    folder: String, size: Int? = nil, part: Int? = nil, imagesPerClass: Int? = nil, seed: UInt64 = 1,
    supervision: Supervision = Supervision()
  ) throws -> Dataset {
    guard FileBytes.isFolder(folder) else {
      if FileBytes.isRegularFile(folder) { throw FileError.notAFolder(path: folder) }
      throw FolderError.missing(path: folder)
    }
    let dataset: Dataset
    if FileBytes.isRegularFile(folder + "/train_images.npy") {
      dataset = try load(
        npyFolder: folder, part: part, imagesPerClass: imagesPerClass, supervision: supervision)
    } else {
      if part != nil { throw FolderError.noSplits(path: folder) }
      dataset = try load(
        imageFolder: folder, size: size, imagesPerClass: imagesPerClass, seed: seed, supervision: supervision)
    }
    guard let size else { return dataset }
    return try dataset.resized(height: size, width: size)
  }

  /// The last component of a path, for a name.
  static func name(ofFolder path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? "files"
  }
}

/// What can be wrong with a folder of images or arrays.
package enum FolderError: Error, Sendable, Equatable {
  case missing(path: String)
  /// Neither NumPy files nor folders of images.
  case unknownLayout(path: String)
  case noTestPart(path: String)
  case noImages(path: String)
  case imageSizesDiffer(path: String, found: [Int], first: [Int])
  case testClassUnknown(String)
  case notImages(path: String, shape: [Int], type: String)
  case notLabels(path: String)
  case noSplits(path: String)
  case indexOutOfRange(path: String, index: Int, count: Int)
}

extension FolderError: ExplainedError {
  package var problem: String {
    switch self {
    case .missing(let path): "there is no folder “\(path)”"
    case .unknownLayout(let path): "“\(path)” holds neither NumPy files nor folders with images"
    case .noTestPart(let path): "“\(path)” has a training part but no test part"
    case .noImages(let path): "“\(path)” holds no PNG or JPEG images"
    case .imageSizesDiffer(let path, let found, let first):
      "“\(path)” has \(found.map(String.init).joined(separator: " x ")) pixels, the first image "
        + first.map(String.init).joined(separator: " x ")
    case .testClassUnknown(let name): "the test part has a class “\(name)” that the training part lacks"
    case .notImages(let path, let shape, let type):
      "“\(path)” has shape \(shape) and type \(type); images are u1 of shape [N, H, W] or [N, H, W, 3]"
    case .notLabels(let path): "“\(path)” is not a list of whole numbers from 0"
    case .noSplits(let path): "“\(path)” has no folder “10_split” with parts"
    case .indexOutOfRange(let path, let index, let count):
      "“\(path)” names image \(index), but there are \(count)"
    }
  }

  package var advice: String? {
    switch self {
    case .missing: "Check the path; a relative one starts at the folder the program was started in"
    case .unknownLayout:
      "Expected are train_images.npy with train_labels.npy and the same for test, or train/CLASS/ and "
        + "test/CLASS/ with images, or CLASS/ with images"
    case .noTestPart: "Add a folder or files called test, valid or val"
    case .imageSizesDiffer: "Give a size, so that all images are brought to it"
    default: nil
    }
  }
}
