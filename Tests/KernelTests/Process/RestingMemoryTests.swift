import Engine
import Foundation
import Testing

@testable import Kernel

@Suite("Memory of a kernel that rests") struct RestingMemoryTests {
  @Test func `idle blocks go back to the system`() throws {
    let megabytes = 1 << 20
    func tensors() -> [Tensor<Float>] {
      (0..<4).map { Tensor(repeating: Float($0), shape: [16 * megabytes]) }
    }
    #expect(tensors().map { $0.sliced(axis: 0, 5..<6).scalar } == [0, 1, 2, 3])
    let idle = try #require(ProcessTable.memory(of: getpid()))
    RestingMemory.giveBack()
    let given = try #require(ProcessTable.memory(of: getpid()))
    // Other tests take memory meanwhile.
    #expect(idle - given > 128 * megabytes)
    #expect(tensors().map { $0.sliced(axis: 0, 5..<6).scalar } == [0, 1, 2, 3])
  }
}
