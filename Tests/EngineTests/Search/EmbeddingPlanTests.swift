import TestSupport
import Testing

@testable import Engine

@Suite("Embedding plans") struct EmbeddingPlanTests {
  private func plan(_ texts: String..., imageSize: Int = 16) throws -> EmbeddingPlan {
    EmbeddingPlan(try texts.map { try #require(Architecture(text: $0)) }.sorted(), imageSize: imageSize)
  }

  @Test func `what begins alike runs once, what uses the same weights runs together`() throws {
    let plan = try plan(
      "4/8/8/16", "4/8/4-8/16", "4/8/4-8/8-16", "4/8/4-8/8-16", "2-4/8/8/16")
    #expect(
      plan.description == """
        layer1.0: 2 maps in 2 steps, 0M multiply-adds
        layer1.1: 1 maps in 1 steps, 0M multiply-adds
        layer2.0: 2 maps in 1 steps, 0M multiply-adds
        layer3.0: 3 maps in 2 steps, 0M multiply-adds
        layer3.1: 1 maps in 1 steps, 0M multiply-adds
        layer4.0: 4 maps in 2 steps, 0M multiply-adds
        layer4.1: 1 maps in 1 steps, 0M multiply-adds
        5 students, 0M of 0M multiply-adds, 0 MiB of maps
        """)
    #expect(plan.leaves.count == 5)
    #expect(Set(plan.leaves).count == 4)
    #expect(plan.multiplyAdds < plan.multiplyAddsUnshared)
  }

  @Test func `children of one map take what the widest takes`() throws {
    let plan = try plan("4/8-4/8/8", "4/8-8/8/8", "4/8-8-4/8/8")
    #expect(
      plan.levels[2].map { $0.blocks.map(\.outputChannels) } == [[4, 8]], "both second blocks of stage 2")
    let pixels = 8 * 8 * 9
    #expect(plan.levels[2].map(\.multiplyAdds) == [pixels * (8 * 8 + 8 * 8)])
    #expect(plan.levels[2].map(\.families) == [1])
  }

  @Test func `a student alone shares nothing`() throws {
    let plan = try plan("4-2-4/8/8/16", imageSize: 64)
    let student = try #require(Architecture(text: "4-2-4/8/8/16"))
    let stem = 64 * 64 * 27 * 4
    #expect(plan.multiplyAdds == student.cost(imageSize: 64).multiplyAdds - stem)
    #expect(plan.multiplyAddsUnshared == plan.multiplyAdds)
    #expect(plan.levels.map(\.count) == [1, 1, 1, 1, 1, 1])
  }

  @Test func `multiplications are those of the teacher's forms`() throws {
    let teacher = try #require(Architecture(text: "8/32/64/64"))
    let plan = try plan("4/8/16/8", imageSize: 32)
    // Tiles of 4 x 4 outputs have 36 positions, and 81 where images are halved; 8 inputs are too few for that.
    let expected =
      64 * 36 * 4 * (4 + 4) + 16 * 16 * 9 * 8 * 4 + 16 * 36 * 8 * 8 + 4 * 16 * (81 * 8 + 36 * 16)
      + 8 * (81 * 16 + 36 * 8)
    #expect(plan.multiplications(teacher: teacher, imageSize: 32, largestTile: 4) == expected)
    let defined = plan.multiplications(teacher: teacher, imageSize: 32, largestTile: 0)
    #expect(defined == plan.multiplyAdds)
  }

  /// A map is written once and read by all its children before its place is given to another one.
  @Test(arguments: [40, 300]) func `no place is written while it is still to be read`(count: Int) {
    let students = Array(Set(SmallTask.students(count))).sorted()
    let plan = EmbeddingPlan(students, imageSize: 16)
    var holder: [Int: Int] = [:]
    func floats(_ node: Int) -> Range<Int> {
      let block = plan.nodes[node].block
      let size = EmbeddingPlan.mapSize(stage: block.stage, imageSize: 16)
      let place = plan.nodes[node].place
      return place..<place + size * size * SharedWeightConvolution.padded(block.outputChannels)
    }
    for level in plan.levels {
      let nodes = level.flatMap(\.nodes)
      for node in nodes {
        for place in floats(node) where place % 16 == 0 { holder[place] = node }
        #expect(floats(node).upperBound <= plan.floats)
      }
      // After the level's writes, everything that it read is still there.
      for node in nodes {
        if let parent = plan.nodes[node].parent {
          #expect(floats(parent).allSatisfy { $0 % 16 != 0 || holder[$0] == parent })
        }
      }
    }
    for leaf in plan.leaves { #expect(floats(leaf).allSatisfy { $0 % 16 != 0 || holder[$0] == leaf }) }
    #expect(plan.leaves.map { plan.nodes[$0].place } == (0..<students.count).map { $0 * 2 * 2 * 16 })
  }

  @Test func `steps are bounded, and the longest comes first`() throws {
    let students = SmallTask.students(400).sorted()
    let plan = EmbeddingPlan(students, imageSize: 64)
    for level in plan.levels {
      #expect(level.map(\.multiplyAdds) == level.map(\.multiplyAdds).sorted(by: >))
      for step in level {
        let size = EmbeddingPlan.mapSize(stage: step.widest.stage, imageSize: 64)
        #expect(step.families * size * size <= EmbeddingPlan.pixelsPerStep)
        #expect(step.nodes.count == step.families * step.blocks.count)
        #expect(step.widest.outputChannels == step.blocks.map(\.outputChannels).max())
        for (place, node) in step.nodes.enumerated() {
          #expect(plan.nodes[node].block == step.blocks[place % step.blocks.count])
          let eldest = step.nodes[place - place % step.blocks.count]
          #expect(plan.nodes[node].parent == plan.nodes[eldest].parent)
        }
      }
    }
  }
}
