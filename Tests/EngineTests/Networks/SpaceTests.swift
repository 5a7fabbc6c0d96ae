import Engine
import Testing

@Suite("Search spaces") struct SpaceTests {
  @Test func publishedSizes() {
    let cost = ResNetSpace.paper.cost(of: ResNetSpace.paper.teacher)
    #expect(cost.parameters == 7_457_056)
    #expect(cost.multiplyAdds == 1_456_865_280)
    #expect(ResNetSpace.paper.codeLength == 181)
    #expect(ResNetSpace.code.codeLength == 181)
    #expect(LearningMethod.dass.function(for: .paper).parameterCount == 1_228_289)
  }

  @Test func samplesBelongToTheirSpace() throws {
    var random = RandomSource(seed: 1)
    var again = RandomSource(seed: 1)
    for _ in 0..<500 {
      let student = ResNetSpace.paper.sample(random: &random)
      try ResNetSpace.paper.validate(student)
      #expect(student == ResNetSpace.paper.sample(random: &again))
      #expect(Architecture(text: student.text) == student)
      #expect(ResNetSpace.paper.code(of: student).reduce(0, +) == Float(1 + student.depth + 4))
    }
  }

  @Test(arguments: [
    "", "/", "8-", "8//8", "0/1/1/1", "-8/8/8/8", "99999999999999999999/1/1/1", "8/8/8/8\n", "+8/8/8/8",
    "08/8/8/8",
  ])
  func textsThatAreNoNetwork(_ text: String) { #expect(Architecture(text: text) == nil) }

  @Test func aBadSpaceSaysWhy() {
    #expect(throws: SpaceError.stageCount(3)) {
      try ResNetSpace(
        name: "s", widths: [8, 8, 8], teacherDepth: 2, studentDepths: 1...2, ratios: [1], imageSize: 16)
    }
    #expect(throws: SpaceError.imageSize(20, reduction: 8)) {
      try ResNetSpace(
        name: "s", widths: [8, 8, 8, 8], teacherDepth: 2, studentDepths: 1...2, ratios: [1], imageSize: 20)
    }
  }

  @Test func correlationsByHand() throws {
    #expect(RankCorrelation.ranks([3, 1, 3, 2]) == [3.5, 1, 3.5, 2])
    #expect(RankCorrelation.spearman([1, 2, 3, 4], [1, 3, 2, 4]) == 0.8)
    #expect(RankCorrelation.spearman([1, 1, 1], [1, 2, 3]) == nil)
    let tau = try #require(RankCorrelation.kendall([1, 2, 3, 4], [1, 3, 2, 4]))
    #expect(abs(tau - 2.0 / 3) < 1e-12)
    #expect(RankCorrelation.regret(predicted: [1, 2, 3], measured: [0.5, 0.9, 0.7]) == 0.9 - 0.7)
  }
}
