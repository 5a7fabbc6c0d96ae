import Testing

@testable import Engine

/// What a space accepts, how it says no, and the codes it gives.
@Suite("ResNet space") struct ResNetSpaceTests {
  private func make(
    widths: [Int] = [8, 16, 32, 64], depth: Int = 3, students: ClosedRange<Int> = 1...3,
    ratios: [Double] = [0.25, 0.5, 1], size: Int = 16
  ) throws -> ResNetSpace {
    try ResNetSpace(
      name: "s", widths: widths, teacherDepth: depth, studentDepths: students, ratios: ratios, imageSize: size
    )
  }

  private func expect(
    _ error: SpaceError?, _ problem: String, _ advice: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(error?.problem == problem, sourceLocation: sourceLocation)
    #expect(error?.advice == advice, sourceLocation: sourceLocation)
  }

  @Test func `settings that are no space are refused in words`() {
    expect(
      #expect(throws: SpaceError.self) { try make(widths: [8, 8]) },
      "a network of this space has 4 stages, not 2", "give four widths, for instance 8, 16, 32, 64")
    expect(
      #expect(throws: SpaceError.self) { try make(widths: [8, 8, 8, 4097]) },
      "a stage cannot be 4097 channels wide", "choose widths between 1 and 4096")
    expect(
      #expect(throws: SpaceError.self) { try make(widths: [8, 16, 12, 32]) },
      "the stages' widths 8, 16, 12, 32 become smaller",
      "give each stage at least the width of the one before, for instance 8, 16, 32, 64")
    expect(
      #expect(throws: SpaceError.self) { try make(depth: 65) }, "a stage cannot have 65 blocks",
      "choose a depth between 1 and 64")
    expect(
      #expect(throws: SpaceError.self) { try make(students: 1...4) },
      "students of depth 1 to 4 do not fit a teacher of depth 3",
      "students take the teacher's blocks, so their depth ends at the teacher's")
    for ratios in [[], [0.5], [1, 0.5], [0, 1], [-1, 1], [.nan, 1], [0.5, 0.5, 1], [0.5, .infinity]] {
      expect(
        #expect(throws: SpaceError.self) { try make(ratios: ratios) },
        "width ratios must ascend and end in 1", "for instance [0.25, 0.5, 0.75, 1]")
    }
    expect(
      #expect(throws: SpaceError.self) { try make(widths: [2, 4, 8, 8], ratios: [0.25, 0.5, 0.75, 1]) },
      "4 width ratios of 2 channels do not give different whole numbers of channels",
      "use fewer ratios or wider stages")
    expect(
      #expect(throws: SpaceError.self) { try make(size: 20) },
      "images of 20 pixels do not fit: the network halves them three times",
      "choose a multiple of 8 between 8 and 512")
  }

  @Test func `only the last stage may have to end full`() throws {
    var space = try make(ratios: [0.25, 0.5, 1])
    #expect(space.json["fullEnds"] == nil)
    let strict = space
    space.fullEnds = .last
    #expect(try ResNetSpace(space.json) == space)
    #expect(!space.sharesNetworks(with: strict))
    // Of each depth 1 to 3: one free block more in the first three stages.
    #expect(strict.studentCount == 13 * 13 * 13 * 13)
    #expect(space.studentCount == 39 * 39 * 39 * 13)
    var random = RandomSource(seed: 3)
    let students = (0..<200).map { _ in space.sample(random: &random) }
    for student in students { try space.validate(student) }
    #expect(students.allSatisfy { $0.outputWidth == 64 })
    #expect(Set(students.compactMap { $0.stages[1].last }) == [4, 8, 16])
    let short = try #require(Architecture(text: "8/8/32/64"))
    try space.validate(short)
    #expect(throws: SpaceError.architectureEnd(stage: 2, width: 8, full: 16)) { try strict.validate(short) }
    var evolution = Evolution(space: space, seed: 1)
    evolution.population = 20
    let bred = try evolution.run(budget: 100, cancellation: CancellationToken(), allows: { _ in true }) {
      $0.map { Double($0.depth) }
    }
    for student in bred { try space.validate(student.student) }
    #expect(Set(bred.compactMap { $0.student.stages[0].last }).count == 3)
  }

  @Test func `networks outside the space are refused in words`() throws {
    let space = try make()
    func refusal(_ text: String) throws -> SpaceError? {
      let network = try #require(Architecture(text: text))
      return #expect(throws: SpaceError.self) { try space.validate(network) }
    }
    expect(
      try refusal("8/16/32"), "a network of this space has 4 stages, not 3",
      "give four widths, for instance 8, 16, 32, 64")
    expect(
      try refusal("8/16/8-8-8-32/64"), "stage 3 has 4 blocks, and this space allows 1 to 3",
      "look at the space with describe")
    expect(
      try refusal("8/16/10-32/64"), "stage 3 has a block of width 10, and this space allows 8, 16, 32",
      "look at the space with describe")
    expect(
      try refusal("4/16/32/64"), "stage 1 ends with width 4, and must end with its full width 8",
      "look at the space with describe")
    try space.validate(space.teacher)
  }

  @Test(arguments: [ResNetSpace.paper, .code, SmallTask.space, SmallTask.tiny])
  func `samples belong to their space and reach all of it`(_ space: ResNetSpace) throws {
    let students = SmallTask.students(400, of: space)
    #expect(students == SmallTask.students(400, of: space))
    for student in students {
      try space.validate(student)
      #expect(student.depths.allSatisfy { space.studentDepths.contains($0) })
      #expect(Architecture(text: student.text) == student)
    }
    for stage in 0..<4 {
      #expect(Set(students.map { $0.stages[stage].count }) == Set(space.studentDepths))
      let free = Set(students.flatMap { $0.stages[stage].dropLast() })
      #expect(free == (space.studentDepths.upperBound > 1 ? Set(space.allowedWidths(stage: stage)) : []))
    }
  }

  @Test func `a network's code`() throws {
    let space = try make(widths: [4, 8, 8, 8], depth: 2, students: 1...2, ratios: [0.5, 1])
    let code = space.code(of: try #require(Architecture(text: "2-4/8/4-8/8")))
    #expect(
      code == [
        1,  // the resolution
        1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0,  // two slots a stage, one entry a ratio
        0, 1, 1, 0, 0, 1, 1, 0,  // depths
      ])
    var slots = space
    slots.encoding = .slots
    #expect(slots.code(of: try #require(Architecture(text: "2-4/8/4-8/8"))) == Array(code.prefix(17)))
    #expect(slots.codeLength == 17)
  }

  /// Counted by hand: stem, two blocks in the first stage, one in each other, head of 10 classes.
  @Test func `costs by hand`() throws {
    let network = try #require(Architecture(text: "2-4/8/8/16"))
    let convolutions = [
      (16, 3, 2), (16, 2, 2), (16, 2, 2), (16, 2, 4), (16, 4, 4), (8, 4, 8), (8, 8, 8), (4, 8, 8), (4, 8, 8),
      (2, 8, 16), (2, 16, 16),
    ]
    let cost = network.cost(imageSize: 16, classes: 10)
    #expect(cost.multiplyAdds == convolutions.reduce(160) { $0 + $1.0 * $1.0 * $1.1 * $1.2 * 9 })
    #expect(cost.parameters == convolutions.reduce(170) { $0 + $1.1 * $1.2 * 9 + 2 * $1.2 })
    let shapes = ResNet(network, classes: 10).tensorShapes
    #expect(shapes.parameters.reduce(0) { $0 + $1.1.product } == cost.parameters)
  }

  @Test func `sizes of spaces`() throws {
    // Each stage: 1 + r + r^2 ... choices, for all but the last block are free.
    #expect(try make(students: 1...3, ratios: [0.5, 1]).studentCount == 7 * 7 * 7 * 7)
    #expect(ResNetSpace.paper.studentCount == 585 * 585 * 585 * 585)
  }

  @Test(arguments: [
    "8/8/8", "1", "1-2-3/4/5-6", "65536/1/1/1",
    Array(repeating: "1", count: 5000).joined(separator: "-"),
  ])
  func `texts of networks come back`(_ text: String) throws {
    #expect(try #require(Architecture(text: text)).text == text)
  }

  @Test(arguments: [
    "", " ", "/", "-", "8-", "-8", "8/", "/8", "8//8", "8--8", "0", "65537", "9223372036854775808", "8 /8",
    "8,8", "0x8", "8.0", "1e3", "８/8", "8/é", "8\0", "8\n/8",
  ])
  func `hostile texts are no networks`(_ text: String) { #expect(Architecture(text: text) == nil) }

  @Test func `networks are ordered by what they share`() {
    let texts = ["8/8", "8-8/8", "8-16/8", "16/8", "16/8-8", "16/16"]
    let networks = texts.compactMap(Architecture.init(text:))
    #expect(networks.shuffled().sorted().map(\.text) == texts)
  }
}
