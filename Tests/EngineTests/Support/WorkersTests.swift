import Foundation
import Synchronization
import Testing

@testable import Engine

@Suite("Workers") struct WorkersTests {
  private struct Failure: Error, Equatable { var piece: Int }

  @Test(arguments: [1, 2, 7, 100]) func `results come in order`(workers: Int) throws {
    let found = try Workers.map(pieces: 50, workers: workers) { piece in piece * piece }
    #expect(found == (0..<50).map { $0 * $0 })
  }

  @Test func `no pieces are no work`() throws {
    #expect(try Workers.map(pieces: 0) { $0 }.isEmpty)
    #expect(try Workers.map(pieces: 2, workers: 0) { $0 } == [0, 1])
  }

  @Test func `each piece is done once`() throws {
    let box = Box(Mutex([]))
    try Workers.perform(pieces: 200, workers: 8) { piece in box.done.withLock { $0.append(piece) } }
    #expect(box.done.withLock { $0.sorted() } == Array(0..<200))
  }

  @Test func `the error of the lowest piece is told, and the rest is left`() {
    #expect(throws: Failure(piece: 3)) {
      try Workers.perform(pieces: 10, workers: 1) { piece in
        if piece >= 3 { throw Failure(piece: piece) }
      }
    }
    let box = Box(Mutex([]))
    #expect(throws: Failure(piece: 5)) {
      try Workers.perform(pieces: 1000, workers: 1) { piece in
        box.done.withLock { $0.append(piece) }
        if piece == 5 { throw Failure(piece: piece) }
      }
    }
    #expect(box.done.withLock { $0 } == Array(0...5))
    #expect(throws: Failure.self) {
      try Workers.map(pieces: 100, workers: 8) { piece in
        if piece % 7 == 6 { throw Failure(piece: piece) }
      }
    }
  }

  @Test func `shared pieces are done once, within pieces too`() throws {
    let box = Box(Mutex([]))
    try Workers.perform(pieces: 5) { outer in
      Workers.share(40) { inner in box.done.withLock { $0.append(outer * 40 + inner) } }
    }
    #expect(box.done.withLock { $0.sorted() } == Array(0..<200))
    #expect(Workers.shareMap(30) { $0 * $0 } == (0..<30).map { $0 * $0 })
  }

  @Test(.timeLimit(.minutes(1))) func `a thread that may not work takes no other's wake-up`() {
    let pool = WorkerPool(threads: 2, allowed: { 1 })
    for pause in 0..<300 {
      let done = Atomic<Int>(0)
      pool.run(
        PoolJob(pieces: 3, threads: 2) { _, _ in done.add(1, ordering: .relaxed) }, callerTakesPart: false)
      #expect(done.load(ordering: .relaxed) == 3)
      // Long enough for the threads to fall asleep, mostly.
      usleep(UInt32(pause))
    }
  }

  @Test(.timeLimit(.minutes(1))) func `all threads are there for every piece of work`() {
    let pool = WorkerPool(threads: 3, allowed: { 3 })
    for pause in 0..<300 {
      // Work for one that some of the threads come too late for, and then work that takes all of them at once.
      pool.run(PoolJob(pieces: 1, threads: 1) { _, _ in }, callerTakesPart: false)
      usleep(UInt32(pause))
      let arrived = Atomic<Int>(0)
      pool.run(
        PoolJob(pieces: 3, threads: 3) { _, _ in
          arrived.add(1, ordering: .relaxed)
          while arrived.load(ordering: .relaxed) < 3 { usleep(10) }
        }, callerTakesPart: false)
    }
  }

  @Test func `pieces within pieces may fail`() {
    #expect(throws: Failure(piece: 2)) {
      try Workers.perform(pieces: 4) { outer in
        try Workers.perform(pieces: 3) { inner in
          if outer == 1, inner == 2 { throw Failure(piece: inner) }
        }
      }
    }
  }

  @Test func `shared pieces that are not yet begun are left when the computation is stopped`() {
    let token = CancellationToken()
    let box = Box(Mutex([]))
    Workers.$cancellation.withValue(token) {
      Workers.share(10_000) { piece in
        box.done.withLock { $0.append(piece) }
        token.cancel()
      }
    }
    #expect((1...Workers.count).contains(box.done.withLock { $0.count }))
    // Elsewhere nothing was stopped.
    #expect(Workers.shareMap(3) { $0 } == [0, 1, 2])
  }

  @Test func `progress of several threads adds up`() throws {
    let progress = RecordingProgress()
    let counter = ProgressCounter(total: 100, stage: "work", sink: progress)
    try Workers.perform(pieces: 50, workers: 4) { _ in counter.advance(by: 2, detail: "d") }
    #expect(progress.events.map(\.completed) == Array(stride(from: 2, through: 100, by: 2)))
    #expect(progress.events.allSatisfy { $0.total == 100 && $0.stage == "work" && $0.detail == "d" })
  }

  private final class Box: Sendable {
    let done: Mutex<[Int]>
    init(_ done: consuming sending Mutex<[Int]>) { self.done = done }
  }
}
