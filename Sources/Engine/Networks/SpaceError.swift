/// What is wrong with a search space, or with an architecture that should belong to one.
package enum SpaceError: Error, Sendable, Equatable {
  case stageCount(Int)
  case widthOutOfRange(Int)
  case widthsDescend([Int])
  case depthOutOfRange(Int)
  case studentDeeperThanTeacher(students: ClosedRange<Int>, teacher: Int)
  case badRatios([Double])
  case ratiosTooFine(width: Int, ratios: [Double])
  case imageSize(Int, reduction: Int)
  case otherBlocks
  case architectureDepth(stage: Int, depth: Int, allowed: ClosedRange<Int>)
  case architectureWidth(stage: Int, width: Int, allowed: [Int])
  case architectureEnd(stage: Int, width: Int, full: Int)
  case noMatch(drawn: Int, wanted: Int, found: Int)
}

extension SpaceError: ExplainedError {
  package var problem: String {
    switch self {
    case .stageCount(let count): "a network of this space has 4 stages, not \(count)"
    case .widthOutOfRange(let width): "a stage cannot be \(width) channels wide"
    case .widthsDescend(let widths):
      "the stages' widths \(widths.map(String.init).joined(separator: ", ")) become smaller"
    case .depthOutOfRange(let depth): "a stage cannot have \(depth) blocks"
    case .studentDeeperThanTeacher(let students, let teacher):
      "students of depth \(students.lowerBound) to \(students.upperBound) do not fit a teacher of depth \(teacher)"
    case .badRatios: "width ratios must ascend and end in 1"
    case .ratiosTooFine(let width, let ratios):
      "\(ratios.count) width ratios of \(width) channels do not give different whole numbers of channels"
    case .imageSize(let size, let reduction):
      "images of \(size) pixels do not fit: the network halves them \(reduction == 8 ? "three" : "five") times"
    case .otherBlocks: "the network's blocks and those of this space are of different kinds"
    case .architectureDepth(let stage, let depth, let allowed):
      "stage \(stage) has \(depth) blocks, and this space allows \(allowed.lowerBound) to \(allowed.upperBound)"
    case .architectureWidth(let stage, let width, let allowed):
      "stage \(stage) has a block of width \(width), and this space allows "
        + allowed.map(String.init).joined(separator: ", ")
    case .architectureEnd(let stage, let width, let full):
      "stage \(stage) ends with width \(width), and must end with its full width \(full)"
    case .noMatch(let drawn, let wanted, let found):
      "of \(drawn) networks drawn at random, \(found) meet the conditions, and \(wanted) are wanted"
    }
  }

  package var advice: String? {
    switch self {
    case .stageCount: "give four widths, for instance 8, 16, 32, 64"
    case .widthOutOfRange: "choose widths between 1 and 4096"
    case .widthsDescend: "give each stage at least the width of the one before, for instance 8, 16, 32, 64"
    case .depthOutOfRange: "choose a depth between 1 and 64"
    case .studentDeeperThanTeacher: "students take the teacher's blocks, so their depth ends at the teacher's"
    case .badRatios: "for instance [0.25, 0.5, 0.75, 1]"
    case .ratiosTooFine: "use fewer ratios or wider stages"
    case .imageSize(_, let reduction): "choose a multiple of \(reduction) between \(reduction) and 512"
    case .otherBlocks, .architectureDepth, .architectureWidth, .architectureEnd:
      "look at the space with describe"
    case .noMatch: "loosen the budget, or describe the space to see the costs it offers"
    }
  }
}
