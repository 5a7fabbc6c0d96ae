import Synchronization
import Testing

@testable import Engine

@Suite("Collections") struct MetabaseCollectionTests {
  private static let students = ["4/4/8/8", "2-4/4/8/8"].compactMap { Architecture(text: $0) }
  private static let space = try? ResNetSpace(
    name: "two", widths: [4, 4, 8, 8], teacherDepth: 2, studentDepths: 1...2, ratios: [0.5, 1], imageSize: 8)

  private func collection(_ folder: TemporaryFolder, workers: Int = 1) throws -> MetabaseCollection {
    let space = try #require(Self.space)
    let runs = [1, 2].flatMap { seed in Self.students.map { CollectionTask.Run(student: $0, seed: seed) } }
    let tasks = [1, 2].map { seed in
      CollectionTask(
        name: "stripes \(seed)", space: space,
        teacherSettings: TeacherSettings(optimization: SmallTask.optimization(epochs: 2)), teacherSeed: 1,
        distillation: DistillationSettings(optimization: SmallTask.optimization(epochs: 2)), runs: runs,
        dataset: { _ in try SmallTask.stripes(count: 32, seed: seed) })
    }
    return MetabaseCollection(
      tasks: tasks, metabase: try Metabase(path: folder.path + "/m.sqlite"),
      cache: ContentCache(folder: folder.path), workers: workers)
  }

  /// What does not depend on the clock.
  private func rows(_ collection: MetabaseCollection) throws -> [String] {
    try collection.metabase.students().map {
      "\($0.job.digest) \($0.result.bestAccuracy) \($0.result.finalAccuracy)"
    }.sorted()
  }

  private func run(_ collection: MetabaseCollection, _ supervision: Supervision = Supervision()) throws {
    try collection.measure(collection.prepare(supervision: supervision), supervision: supervision)
  }

  private final class Stopper: ProgressSink {
    let token = CancellationToken()
    private let limit: Int
    init(at limit: Int) { self.limit = limit }
    func report(_ event: ProgressEvent) {
      if event.stage == "measuring students", event.completed >= limit { token.cancel() }
    }
  }

  @Test func `a stopped collection goes on and comes to the same rows`() throws {
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    let whole = try collection(folders[0], workers: 2)
    try run(whole)
    #expect(try rows(whole).count == 8)

    let stopped = try collection(folders[1])
    let stopper = Stopper(at: 3)
    #expect(throws: Cancelled.self) {
      try run(stopped, Supervision(progress: stopper, cancellation: stopper.token))
    }
    // Both tasks at the same pace.
    #expect(try rows(stopped).count == 3)
    #expect(try stopped.metabase.tasks().allSatisfy { !$0.students.isEmpty })
    let before = try stopped.metabase.students()
    try run(stopped)
    #expect(try rows(stopped) == rows(whole))
    // What was measured before was not measured again.
    #expect(try Array(stopped.metabase.students().prefix(3)) == before)
  }
}
