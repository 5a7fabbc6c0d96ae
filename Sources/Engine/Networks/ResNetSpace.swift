/// A family of ResNets from which students are drawn, and the largest one, which is the teacher (paper,
/// Appendix A).
package struct ResNetSpace: Sendable, Hashable {
  /// How an architecture is written as a vector of ones and zeros.
  package enum Encoding: String, Sendable, CaseIterable {
    /// One-hot width ratio for each block slot, zeros for skipped slots, and one entry for the resolution.
    case slots
    /// The same, and one-hot depths of the stages.
    case slotsAndDepths = "slots-and-depths"
    /// Once-for-all's: resolution, one-hot whether the stem is whole, one-hot widths of the stem's two parts and of the
    /// ends of the four stages, and one-hot ratios of the block slots, where once-for-all has middle widths.
    case onceForAll = "once-for-all"
  }

  /// Which stages must end with their full width; the last one must, so that all students end in the teacher's shape.
  package enum FullEnds: String, Sendable, CaseIterable {
    case every
    case last
  }

  package var name: String
  /// Full width of each stage.
  package var widths: [Int]
  package var kind: BlockKind
  /// Blocks that each stage of every network has, to which the depths below are added.
  package var baseDepths: [Int]
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
    imageSize: Int, encoding: Encoding = .slotsAndDepths, kind: BlockKind = .basic,
    baseDepths: [Int] = [0, 0, 0, 0]
  ) throws(SpaceError) {
    guard widths.count == 4 else { throw .stageCount(widths.count) }
    if let width = widths.first(where: { !(1...4096).contains($0) }) { throw .widthOutOfRange(width) }
    // A student's first block may come from a later block of the teacher, whose input is its own stage's width.
    guard widths == widths.sorted() else { throw .widthsDescend(widths) }
    guard baseDepths.count == 4 else { throw .stageCount(baseDepths.count) }
    let base = (least: baseDepths.min() ?? 0, most: baseDepths.max() ?? 0)
    if let depth = baseDepths.first(where: { !(0...64).contains($0) }) { throw .depthOutOfRange(depth) }
    guard (0...64).contains(teacherDepth), (1...64).contains(base.least + teacherDepth),
      base.most + teacherDepth <= 64
    else {
      throw .depthOutOfRange(teacherDepth)
    }
    guard studentDepths.lowerBound >= 0, studentDepths.upperBound <= teacherDepth,
      base.least + studentDepths.lowerBound >= 1
    else {
      throw .studentDeeperThanTeacher(students: studentDepths, teacher: teacherDepth)
    }
    guard let largest = ratios.last, largest == 1, ratios[0] > 0, ratios == ratios.sorted(),
      Set(ratios).count == ratios.count
    else { throw .badRatios(ratios) }
    guard imageSize % kind.reduction == 0, (kind.reduction...512).contains(imageSize) else {
      throw .imageSize(imageSize, reduction: kind.reduction)
    }
    for width in widths {
      let scaled = ratios.map { Self.width(width, $0, kind) }
      guard scaled[0] >= 1, Set(scaled).count == scaled.count else {
        throw .ratiosTooFine(width: width, ratios: ratios)
      }
    }
    self.name = name
    self.widths = widths
    self.kind = kind
    self.baseDepths = baseDepths
    self.teacherDepth = teacherDepth
    self.studentDepths = studentDepths
    self.ratios = ratios
    self.imageSize = imageSize
    self.encoding = encoding
  }

  /// For the spaces of this file, which pass the checks.
  private init(
    named name: String, widths: [Int] = [32, 64, 128, 256], teacherDepth: Int = 5, ratios: [Double],
    studentDepths: ClosedRange<Int>, imageSize: Int = 64, encoding: Encoding, kind: BlockKind = .basic,
    baseDepths: [Int] = [0, 0, 0, 0]
  ) {
    self.name = name
    self.widths = widths
    self.kind = kind
    self.baseDepths = baseDepths
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

  /// Once-for-all's ResNet50 (paper, Section 5.5): blocks of two, two, four and two stages and up to two more, three
  /// ratios, images of 256 pixels. Middle widths and the stem are those of its largest network, since the paper varies
  /// depths and widths alone.
  package static let onceForAll = ResNetSpace(
    named: "ofa-resnet50", widths: [256, 512, 1024, 2048], teacherDepth: 2, ratios: [0.65, 0.8, 1],
    studentDepths: 0...2, imageSize: 256, encoding: .onceForAll,
    kind: .bottleneck(BlockKind.Bottleneck(expansion: 0.35, stemWidth: 64)), baseDepths: [2, 2, 4, 2])

  // MARK: Networks

  /// A width at a ratio, as this kind of block rounds it.
  private static func width(_ width: Int, _ ratio: Double, _ kind: BlockKind) -> Int {
    let exact = Double(width) * ratio
    // The full width is what was asked for.
    return kind == .basic || ratio == 1 ? Int(exact.rounded()) : BlockKind.rounded(exact)
  }

  /// Blocks of each stage of the teacher.
  package var teacherDepths: [Int] { baseDepths.map { $0 + teacherDepth } }

  /// The largest network of the space.
  package var teacher: Architecture {
    Architecture(stages: zip(widths, teacherDepths).map { [Int](repeating: $0, count: $1) }, kind: kind)
  }

  /// A width of `stage` for each ratio.
  func allowedWidths(stage: Int) -> [Int] { ratios.map { Self.width(widths[stage], $0, kind) } }

  /// Whether the last block of a stage has to have the stage's full width.
  func hasFullEnd(stage: Int) -> Bool { fullEnds == .every || stage == widths.count - 1 }

  /// Each stage's depth and each block's ratio uniformly, but for the last blocks of stages that end full.
  package func sample(random: inout RandomSource) -> Architecture {
    Architecture(
      stages: widths.indices.map { stage in
        let depth =
          baseDepths[stage] + studentDepths.lowerBound + random.integer(below: studentDepths.count)
        let allowed = allowedWidths(stage: stage)
        let inner = (hasFullEnd(stage: stage) ? 1 : 0)..<depth
        return inner.map { _ in allowed[random.integer(below: allowed.count)] }
          + (hasFullEnd(stage: stage) ? [widths[stage]] : [])
      }, kind: kind)
  }

  /// - Throws: `SpaceError` saying which rule of the space the network breaks.
  package func validate(_ architecture: Architecture) throws(SpaceError) {
    guard architecture.kind == kind else { throw .otherBlocks }
    guard architecture.stages.count == widths.count else { throw .stageCount(architecture.stages.count) }
    for (stage, blocks) in architecture.stages.enumerated() {
      let depths = max(baseDepths[stage], 1)...teacherDepths[stage]
      guard depths.contains(blocks.count) else {
        throw .architectureDepth(stage: stage + 1, depth: blocks.count, allowed: depths)
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
    teacherDepths == other.teacherDepths && ratios == other.ratios && encoding == other.encoding
      && (kind == .basic) == (other.kind == .basic)
  }

  /// Whether both spaces hold the same networks on the same images; their names and the depths of the students
  /// drawn may differ.
  package func sharesNetworks(with other: ResNetSpace) -> Bool {
    sharesCodes(with: other) && kind == other.kind && baseDepths == other.baseDepths && widths == other.widths
      && imageSize == other.imageSize
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
          let free = baseDepths[stage] + depth - (hasFullEnd(stage: stage) ? 1 : 0)
          return sum + (0..<free).reduce(1.0) { product, _ in product * Double(ratios.count) }
        }
    }
  }

  // MARK: Architecture code

  /// Length of `code(of:)`: 181 for the paper's space and for the authors', 75 for once-for-all's.
  package var codeLength: Int {
    let slots = teacherDepths.reduce(0, +)
    return slotStart + slots * ratios.count + (encoding == .slotsAndDepths ? slots : 0)
  }

  /// Where the ratios of the slots begin.
  private var slotStart: Int { encoding == .onceForAll ? 3 + (2 + widths.count) * ratios.count : 1 }

  /// The architecture as zeros and ones: resolution, then the slots stage by stage, then the depths.
  package func code(of architecture: Architecture) -> [Float] {
    var code = [Float](repeating: 0, count: codeLength)
    code[0] = 1
    if encoding == .onceForAll {
      // The stem is whole and of full width.
      code[2] = 1
      for part in 0..<2 { code[3 + (part + 1) * ratios.count - 1] = 1 }
    }
    let depthStart = slotStart + teacherDepths.reduce(0, +) * ratios.count
    var slot = 0
    for (stage, blocks) in architecture.stages.enumerated() {
      let allowed = allowedWidths(stage: stage)
      for (index, width) in blocks.enumerated() {
        guard let ratio = allowed.firstIndex(of: width) else { continue }
        code[slotStart + (slot + index) * ratios.count + ratio] = 1
        if encoding == .onceForAll, index == blocks.count - 1 {
          code[3 + (2 + stage) * ratios.count + ratio] = 1
        }
      }
      if encoding == .slotsAndDepths { code[depthStart + slot + blocks.count - 1] = 1 }
      slot += teacherDepths[stage]
    }
    return code
  }
}
