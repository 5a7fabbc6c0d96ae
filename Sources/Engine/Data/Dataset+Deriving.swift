extension Dataset {
  /// The task of telling only some of the classes apart; labels are numbered anew in the order given.
  ///
  /// - Throws: `DatasetError` if a name is unknown, repeated, or fewer than two are given.
  package func subset(classes: [String], name: String? = nil) throws(DatasetError) -> Dataset {
    var indices: [Int] = []
    for className in classes {
      guard let index = classNames.firstIndex(of: className) else {
        throw .unknownClass(className, known: classNames)
      }
      indices.append(index)
    }
    return try subset(indices, name: name ?? self.name, note: "\(indices.count) of its classes")
  }

  /// The task of one part of a class-wise split.
  ///
  /// - Throws: `DatasetError` if there is no such part, or it would hold a single class.
  package func split(_ split: ClassSplit) throws(DatasetError) -> Dataset {
    try subset(split.classes(of: classCount), name: "\(name)-\(split.part)", note: split.note)
  }

  /// The same task with images of another size.
  ///
  /// - Throws: `DatasetError` if a side is out of range.
  package func resized(height: Int, width: Int) throws(DatasetError) -> Dataset {
    if height == self.height && width == self.width { return self }
    return try Dataset(
      name: name, origin: origin + "; resized from \(self.height) x \(self.width) pixels",
      classNames: classNames,
      train: train.resized(height: height, width: width), test: test.resized(height: height, width: width))
  }

  private func subset(_ classes: [Int], name: String, note: String) throws(DatasetError) -> Dataset {
    var renumbered: [Int: Int] = [:]
    for (new, old) in classes.enumerated() {
      guard renumbered.updateValue(new, forKey: old) == nil else {
        throw .repeatedClassName(classNames[old])
      }
    }
    return try Dataset(
      name: name, origin: origin + "; " + note, classNames: classes.map { classNames[$0] },
      train: train.relabeled(renumbered), test: test.relabeled(renumbered))
  }
}

/// One of several tasks with disjoint classes, drawn by a seed; their sizes differ by one class at most, and all
/// parts of one seed together hold every class once.
package struct ClassSplit: Sendable, Hashable {
  package var parts: Int
  /// Which one, from 0.
  package var part: Int
  package var seed: UInt64

  package init(parts: Int, part: Int, seed: UInt64) {
    self.parts = parts
    self.part = part
    self.seed = seed
  }

  /// The positions of the part's classes among `count`, ascending.
  ///
  /// - Throws: `DatasetError` if `part` is not within `0 ..< parts`, or a part would hold a single class.
  func classes(of count: Int) throws(DatasetError) -> [Int] {
    guard parts > 0, (0..<parts).contains(part) else { throw .splitOutOfRange(part: part, parts: parts) }
    guard count / parts >= 2 else { throw .tooFewClassesToSplit(classes: count, parts: parts) }
    var random = RandomSource(seed: seed, stream: "class split")
    let order = Array(0..<count).shuffled(using: &random)
    return order[count * part / parts..<count * (part + 1) / parts].sorted()
  }

  var note: String { "classes of part \(part) of \(parts), numbered from 0, split with seed \(seed)" }
}

extension ImageSet {
  /// The images whose labels are keys of `numbers`, with the labels replaced.
  ///
  /// - Throws: `DatasetError.noImages` if there are none.
  func relabeled(_ numbers: [Int: Int]) throws(DatasetError) -> ImageSet {
    let kept = try selecting(labels.indices.filter { numbers[labels[$0]] != nil })
    return ImageSet(
      checkedPixels: kept.pixels, count: kept.count, height: height, width: width, channels: channels,
      labels: kept.labels.compactMap { numbers[$0] })
  }
}

/// Cutting one set of images into a training and a test part.
enum StratifiedSplit {
  /// Positions of the training and test images: of every class about `testFraction` goes to the test part, and
  /// at least one image to each part where the class has two. Both lists are sorted.
  static func positions(
    labels: [Int], classCount: Int, testFraction: Double, seed: UInt64
  ) -> (train: [Int], test: [Int]) {
    var random = RandomSource(seed: seed, stream: "stratified split")
    var members = [[Int]](repeating: [], count: classCount)
    for (position, label) in labels.enumerated() where members.indices.contains(label) {
      members[label].append(position)
    }
    var (train, test): ([Int], [Int]) = ([], [])
    for member in members {
      let shuffled = member.shuffled(using: &random)
      let wanted = Int((Double(shuffled.count) * testFraction).rounded())
      let held = min(max(wanted, 1), max(shuffled.count - 1, 0))
      test += shuffled[..<held]
      train += shuffled[held...]
    }
    return (train.sorted(), test.sorted())
  }
}
