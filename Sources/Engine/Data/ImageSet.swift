/// Images of one size, each with the number of its class.
///
/// `pixels` holds `count * height * width * channels` bytes in the order N, H, W, C. Every value that exists
/// passed the checks of `init`, so code that uses one may index it freely.
package struct ImageSet: Sendable, Equatable {
  package let pixels: [UInt8]
  package let count: Int
  package let height: Int
  package let width: Int
  /// 1 for gray, 3 for red, green, blue.
  package let channels: Int
  /// The class of each image; not negative. Their upper bound is checked by `Dataset`, which knows the classes.
  package let labels: [Int]

  /// The largest side of an image, in pixels.
  package static let largestSide = 4096

  /// - Throws: `DatasetError` if the sizes are out of range, or `pixels` or `labels` do not fit them.
  package init(
    pixels: [UInt8], count: Int, height: Int, width: Int, channels: Int, labels: [Int]
  ) throws(DatasetError) {
    guard count > 0 else { throw .noImages }
    guard (1...Self.largestSide).contains(height), (1...Self.largestSide).contains(width) else {
      throw .imageSizeOutOfRange(height: height, width: width)
    }
    guard channels == 1 || channels == 3 else { throw .unsupportedChannels(channels) }
    let expected = count.multipliedReportingOverflow(by: height * width * channels)
    guard !expected.overflow, expected.partialValue == pixels.count else {
      throw .pixelCountMismatch(
        shape: [count, height, width, channels], found: pixels.count)
    }
    guard labels.count == count else { throw .labelCountMismatch(images: count, labels: labels.count) }
    if let negative = labels.first(where: { $0 < 0 }) { throw .negativeLabel(negative) }
    self.init(
      checkedPixels: pixels, count: count, height: height, width: width, channels: channels, labels: labels)
  }

  /// For values made from one that was checked, or by code that gets the sizes right by construction.
  init(checkedPixels: [UInt8], count: Int, height: Int, width: Int, channels: Int, labels: [Int]) {
    pixels = checkedPixels
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.labels = labels
  }

  /// Bytes of one image.
  package var imageSize: Int { height * width * channels }

  /// N, H, W, C.
  package var shape: [Int] { [count, height, width, channels] }

  /// Where image `index` lies in `pixels`; `index` is within `0 ..< count`.
  package func pixelRange(of index: Int) -> Range<Int> {
    index * imageSize..<(index + 1) * imageSize
  }

  /// The images at `indices`, in that order; each is within `0 ..< count`, and there is at least one.
  package func selecting(_ indices: [Int]) throws(DatasetError) -> ImageSet {
    guard !indices.isEmpty else { throw .noImages }
    var selected: [UInt8] = []
    selected.reserveCapacity(indices.count * imageSize)
    for index in indices { selected += pixels[pixelRange(of: index)] }
    return ImageSet(
      checkedPixels: selected, count: indices.count, height: height, width: width, channels: channels,
      labels: indices.map { labels[$0] })
  }

  /// The first `limit` images of each class, in the order of the set; all where it is nil.
  func firstOfEachClass(_ limit: Int?) throws(DatasetError) -> ImageSet {
    guard let limit else { return self }
    var counts: [Int: Int] = [:]
    return try selecting(
      labels.indices.filter { index in
        counts[labels[index], default: 0] += 1
        return counts[labels[index], default: 0] <= limit
      })
  }

  /// The positions of the images of each class, in order: element `c` belongs to class `c`.
  package func indicesByClass(classCount: Int) -> [[Int]] {
    var positions = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() where label < classCount { positions[label].append(index) }
    return positions
  }
}
