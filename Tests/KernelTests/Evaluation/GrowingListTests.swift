import Testing

@testable import Kernel

@Suite struct GrowingListTests {
  @Test func copiesGrowApart() {
    var list = GrowingList<Int>()
    var copies: [GrowingList<Int>] = []
    for number in 0..<200 {
      copies.append(list)
      list.append(number)
    }
    #expect((0..<list.count).map { list[$0] } == Array(0..<200))
    for (count, copy) in copies.enumerated() {
      var copy = copy
      #expect(copy.count == count)
      copy.append(-1)
      #expect((0..<copy.count).map { copy[$0] } == Array(0..<count) + [-1])
    }
    #expect(list.count == 200 && list[199] == 199)
  }
}
