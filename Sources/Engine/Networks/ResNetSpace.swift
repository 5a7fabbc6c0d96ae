/// A family of ResNets from which students are drawn, and the largest one, which is the teacher (paper,
/// Appendix A).
package struct ResNetSpace: Sendable, Hashable {
  /// How an architecture is written as a vector of ones and zeros.
  package enum Encoding: String, Sendable, CaseIterable {
    /// One-hot width ratio for each block slot, zeros for skipped slots, and one entry for the resolution.
    case slots
    /// The same, and one-hot depths of the stages.
    case slotsAndDepths = "slots-and-depths"
  }

  /// Which stages must end with their full width; the last one must, so that all students end in the teacher's shape.
  package enum FullEnds: String, Sendable, CaseIterable {
    case every
    case last
  }

  package var name: String
  /// Full width of each stage.
  package var widths: [Int]
  package var teacherDepth: Int
  package var studentDepths: ClosedRange<Int>
  /// Allowed fractions of the full width, ascending, ending in 1.
  package var ratios: [Double]
  /// Height and width of the images, in pixels.
  package var imageSize: Int
  package var encoding: Encoding
  /// The paper asks for it in every stage; what the authors' code does with its last stage alone is possible too.
  package var fullEnds = FullEnds.every

  /// - Throws: `SpaceError` if the settings describe no usable space.
  package init(
    name: String, widths: [Int], teacherDepth: Int, studentDepths: ClosedRange<Int>, ratios: [Double],
    imageSize: Int, encoding: Encoding = .slotsAndDepths
  ) throws(SpaceError) {
    guard widths.count == 4 else { throw .stageCount(widths.count) }
    if let width = widths.first(where: { !(1...4096).contains($0) }) { throw .widthOutOfRange(width) }
    // A student's first block may come from a later block of the teacher, whose input is its own stage's width.
    guard widths == widths.sorted() else { throw .widthsDescend(widths) }
    guard (1...64).contains(teacherDepth) else { throw .depthOutOfRange(teacherDepth) }
    guard studentDepths.lowerBound >= 1, studentDepths.upperBound <= teacherDepth else {
      throw .studentDeeperThanTeacher(students: studentDepths, teacher: teacherDepth)
    }
    guard let largest = ratios.last, largest == 1, ratios[0] > 0, ratios == ratios.sorted(),
      Set(ratios).count == ratios.count
    else { throw .badRatios(ratios) }
    guard imageSize % 8 == 0, (8...512).contains(imageSize) else { throw .imageSize(imageSize) }
    for width in widths {
      let scaled = ratios.map { Int((Double(width) * $0).rounded()) }
      guard scaled[0] >= 1, Set(scaled).count == scaled.count else {
        throw .ratiosTooFine(width: width, ratios: ratios)
      }
    }
    self.name = name
    self.widths = widths
    self.teacherDepth = teacherDepth
    self.studentDepths = studentDepths
    self.ratios = ratios
    self.imageSize = imageSize
    self.encoding = encoding
  }

  /// For the spaces of this file, which pass the checks.
  private init(
    named name: String, widths: [Int] = [32, 64, 128, 256], teacherDepth: Int = 5, ratios: [Double],
    studentDepths: ClosedRange<Int>, imageSize: Int = 64, encoding: Encoding
  ) {
    self.name = name
    self.widths = widths
    self.teacherDepth = teacherDepth
    self.studentDepths = studentDepths
    self.ratios = ratios
    self.imageSize = imageSize
    self.encoding = encoding
  }

  /// The space of the paper's Appendix A; its teacher needs five blocks a stage to have the published size.
  package static let paper = ResNetSpace(
    named: "resnet", ratios: (1...8).map { Double($0) / 8 }, studentDepths: 1...4, encoding: .slotsAndDepths)

  /// The space of the authors' code, which differs from the paper's text.
  package static let code = ResNetSpace(
    named: "resnet-code", ratios: (8...16).map { Double($0) / 16 }, studentDepths: 1...5, encoding: .slots)

  /// The space of the demo world: the same blocks, narrow and shallow, for images of 16 pixels.
  package static let demo = ResNetSpace(
    named: "resnet-demo", widths: [8, 12, 16, 24], teacherDepth: 3, ratios: [0.25, 0.5, 0.75, 1],
    studentDepths: 1...3, imageSize: 16, encoding: .slotsAndDepths)

  // MARK: Networks

  /// The largest network of the space.
  package var teacher: Architecture {
    Architecture(stages: widths.map { [Int](repeating: $0, count: teacherDepth) })
  }

  /// A width of `stage` for each ratio.
  func allowedWidths(stage: Int) -> [Int] { ratios.map { Int((Double(widths[stage]) * $0).rounded()) } }

  /// Whether the last block of a stage has to have the stage's full width.
  func hasFullEnd(stage: Int) -> Bool { fullEnds == .every || stage == widths.count - 1 }

  /// Each stage's depth and each block's ratio uniformly, but for the last blocks of stages that end full.
  package func sample(random: inout RandomSource) -> Architecture {
    Architecture(
      stages: widths.indices.map { stage in
        let depth = studentDepths.lowerBound + random.integer(below: studentDepths.count)
        let allowed = allowedWidths(stage: stage)
        let inner = (hasFullEnd(stage: stage) ? 1 : 0)..<depth
        return inner.map { _ in allowed[random.integer(below: allowed.count)] }
          + (hasFullEnd(stage: stage) ? [widths[stage]] : [])
      })
  }

  /// - Throws: `SpaceError` saying which rule of the space the network breaks.
  package func validate(_ architecture: Architecture) throws(SpaceError) {
    guard architecture.stages.count == widths.count else { throw .stageCount(architecture.stages.count) }
    for (stage, blocks) in architecture.stages.enumerated() {
      guard (1...teacherDepth).contains(blocks.count) else {
        throw .architectureDepth(stage: stage + 1, depth: blocks.count, largest: teacherDepth)
      }
      let allowed = allowedWidths(stage: stage)
      for width in blocks where !allowed.contains(width) {
        throw .architectureWidth(stage: stage + 1, width: width, allowed: allowed)
      }
      guard blocks.last == widths[stage] || !hasFullEnd(stage: stage) else {
        throw .architectureEnd(stage: stage + 1, width: blocks.last ?? 0, full: widths[stage])
      }
    }
  }

  /// Whether an architecture code means the same in both spaces, so that one predictor can read students of both.
  package func sharesCodes(with other: ResNetSpace) -> Bool {
    teacherDepth == other.teacherDepth && ratios == other.ratios && encoding == other.encoding
  }

  /// Whether both spaces hold the same networks on the same images; their names and the depths of the students
  /// drawn may differ.
  package func sharesNetworks(with other: ResNetSpace) -> Bool {
    sharesCodes(with: other) && widths == other.widths && imageSize == other.imageSize
      && fullEnds == other.fullEnds
  }

  package func cost(of architecture: Architecture, classes: Int = 0) -> ArchitectureCost {
    architecture.cost(imageSize: imageSize, classes: classes)
  }

  /// Number of students, as a floating-point number for it can be astronomical.
  package var studentCount: Double {
    widths.indices.reduce(1.0) { count, stage in
      count
        * studentDepths.reduce(0.0) { sum, depth in
          let free = hasFullEnd(stage: stage) ? depth - 1 : depth
          return sum + (0..<free).reduce(1.0) { product, _ in product * Double(ratios.count) }
        }
    }
  }

  // MARK: Architecture code

  /// Length of `code(of:)`: 181 for the paper's space and for the authors'.
  package var codeLength: Int {
    let slots = widths.count * teacherDepth * ratios.count
    return 1 + slots + (encoding == .slotsAndDepths ? widths.count * teacherDepth : 0)
  }

  /// The architecture as zeros and ones: resolution, then the slots stage by stage, then the depths.
  package func code(of architecture: Architecture) -> [Float] {
    var code = [Float](repeating: 0, count: codeLength)
    code[0] = 1
    let depthStart = 1 + widths.count * teacherDepth * ratios.count
    for (stage, blocks) in architecture.stages.enumerated() {
      let allowed = allowedWidths(stage: stage)
      for (index, width) in blocks.enumerated() {
        guard let ratio = allowed.firstIndex(of: width) else { continue }
        code[1 + (stage * teacherDepth + index) * ratios.count + ratio] = 1
      }
      if encoding == .slotsAndDepths { code[depthStart + stage * teacherDepth + blocks.count - 1] = 1 }
    }
    return code
  }
}
