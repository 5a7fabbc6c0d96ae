import Foundation
import Synchronization
import Testing

@testable import Engine

@Suite("Trainings that go on") struct CheckpointTests {
  /// Asks the training to stop after some steps, as a kill would.
  private final class Stopper: ProgressSink {
    let token = CancellationToken()
    private let left: Mutex<Int>
    init(after steps: Int) { left = Mutex(steps) }
    func report(_ event: ProgressEvent) {
      left.withLock {
        $0 -= 1
        if $0 == 0 { token.cancel() }
      }
    }
  }

  private func train(
    _ checkpoints: TrainingCheckpoints?, supervision: Supervision = Supervision()
  ) throws -> Teacher {
    var settings = TeacherSettings(
      optimization: SmallTask.optimization(epochs: 6, augmentation: .paper(imageSize: 8)))
    settings.optimization.validationInterval = 2
    return try Teacher.train(
      space: SmallTask.tiny, on: SmallTask.stripes(), settings: settings, seed: 1, supervision: supervision,
      checkpoints: checkpoints)
  }

  /// Six steps an epoch: stopped in the fifth epoch, it goes on with the fifth.
  @Test func `a stopped training goes on and comes to the same weights`() throws {
    let folder = try TemporaryFolder()
    let cache = ContentCache(folder: folder.path)
    let checkpoints = TrainingCheckpoints(
      cache: cache, key: ContentCache.key(["test": 1]), interval: .zero)
    let stopper = Stopper(after: 27)
    #expect(throws: Cancelled.self) {
      try train(checkpoints, supervision: Supervision(progress: stopper, cancellation: stopper.token))
    }
    let network = ResNet(SmallTask.tiny.teacher, classes: 2)
    let state = checkpoints.state(of: network, optimizer: SGD())
    #expect(state?.epoch == 4)
    #expect(state?.history.map(\.epoch) == [2, 4])

    let steps = Stopper(after: -1)
    let resumed = try train(checkpoints, supervision: Supervision(progress: steps))
    let whole = try train(nil)
    #expect(resumed.digest == whole.digest)
    #expect(resumed.history == whole.history)
    #expect(checkpoints.state(of: network, optimizer: SGD()) == nil)
  }

  @Test func `a state of another network is left aside`() throws {
    let folder = try TemporaryFolder()
    let checkpoints = TrainingCheckpoints(
      cache: ContentCache(folder: folder.path), key: ContentCache.key(["test": 2]), interval: .zero)
    let stopper = Stopper(after: 8)
    _ = try? train(checkpoints, supervision: Supervision(progress: stopper, cancellation: stopper.token))
    #expect(checkpoints.state(of: ResNet(SmallTask.space.teacher, classes: 2), optimizer: SGD()) == nil)
  }

  @Test func `positions of random numbers come back`() throws {
    var random = RandomSource(seed: 5)
    _ = random.normal()
    var copy = try #require(RandomSource(position: random.position))
    #expect(copy.normal() == random.normal())
    #expect(copy.next() == random.next())
    #expect(RandomSource(position: "1 2 3") == nil)
  }

  /// The epoch is chosen by held-out images, and the accuracies are of the test images.
  @Test func `held-out images choose the epoch`() throws {
    let dataset = try SmallTask.stripes()
    let parts = try dataset.trainingImages(.heldOut)
    let heldOut = try #require(parts.heldOut)
    #expect(parts.train.count + heldOut.count == dataset.train.count)
    #expect(heldOut.count == 10)
    var settings = TeacherSettings(optimization: SmallTask.optimization(epochs: 4))
    settings.optimization.validationInterval = 1
    settings.optimization.selection = .heldOut
    let teacher = try Teacher.train(
      space: SmallTask.tiny, on: dataset, settings: settings, seed: 1, supervision: Supervision())
    let measured = try teacher.folded.accuracy(
      on: ImageBatches(dataset.test), cancellation: CancellationToken())
    #expect(teacher.accuracy == measured)
    let tenths = teacher.history.map { $0.testAccuracy * 10 }
    #expect(tenths.allSatisfy { abs($0 - $0.rounded()) < 1e-9 })
  }
}
