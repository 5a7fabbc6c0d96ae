import Testing

@testable import Kernel

@Suite("Queues between threads") struct BlockingQueueTests {
  @Test func `elements come in their order, and nothing after the end`() {
    let queue = BlockingQueue<Int>()
    for number in 1...3 { queue.append(number) }
    #expect(queue.takeAll { $0 == 2 } == [2])
    queue.close()
    #expect([queue.next(), queue.next(), queue.next()] == [1, 3, nil])
  }

  @Test func `whoever waits long is told once, and gets what comes meanwhile`() {
    let queue = BlockingQueue<Int>()
    var told = 0
    queue.append(1)
    #expect(queue.next(after: 0.001) { told += 1 } == 1)
    #expect(told == 0)
    #expect(
      queue.next(after: 0.001) {
        told += 1
        queue.append(2)
      } == 2)
    #expect(told == 1)
    queue.close()
    #expect(queue.next(after: 60) { told += 1 } == nil)
    #expect(told == 1)
  }
}
