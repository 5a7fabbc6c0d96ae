import Engine
import Synchronization

extension CommandDeclaration {
  static let evolve = CommandDeclaration(
    "evolve", group: .students, summary: "breeds students that are predicted to be good",
    discussion:
      "The first generation is drawn at random. In each further one the best so far have children, of which half "
      + "change some of their blocks and half join the stages of two. No student is scored twice, and all of them become "
      + "the pool, best first.",
    parameters: [.required("count", .integer(1...1_000_000), "how many to score")],
    clauses: [
      .required("from", .object(.space), "the space they belong to"),
      .required("for", .object(.teacher), "the teacher to distill from"),
      .required("with", .object(.predictor), "what ranks the students"),
      .optional("where", .condition(ConditionField.student), "what every student must meet"),
      .optional("population", .integer(2...100_000), default: "100", "students of a generation"),
      .optional("seed", .seed, default: "1", "starts the drawing"),
    ],
    result: .object(.pool),
    examples: [
      CommandExample(
        "pool e = evolve 1000 from resnet for t with dass where macs < 400M seed 7",
        "as many students scored as in a pool of 1,000")
    ]
  ) { arguments, context in
    let space = try arguments.object("from", as: SpaceObject.self).space
    let teacher: TeacherObject = try arguments.object("for")
    let predictor: PredictorObject = try arguments.object("with")
    guard space.sharesNetworks(with: teacher.teacher.space) else {
      throw arguments.error(
        for: "for",
        "the students belong to \(space.name), and the teacher belongs to \(teacher.teacher.space.name)",
        advice: "evolve students of the teacher's space")
    }
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let seed = try arguments.integer("seed")
    var evolution = Evolution(space: space, seed: UInt64(seed))
    evolution.population = try arguments.integer("population")
    let budget = try arguments.integer("count")
    let cancellation = context.supervision.cancellation
    let score = try predictor.method.scorer(for: RankingTask(teacher), space: space, stage: "evolving")
    let progress = GenerationProgress(budget: budget, sink: context.supervision.progress)
    let ranked: [Evolution.Scored]
    do {
      ranked = try evolution.run(
        budget: budget, cancellation: cancellation, allows: { space.satisfies($0, condition) }
      ) { students in
        let scores = try score(students, Supervision(progress: progress, cancellation: cancellation))
        progress.finish(students.count)
        return scores
      }
    } catch let error as SpaceError {
      throw arguments.error(for: "where", error)
    }
    let making =
      "evolved for \(arguments.text(asWritten: "for") ?? "") with \(arguments.text(asWritten: "with") ?? ""), "
      + (condition.map { "where \($0.description), " } ?? "") + "seed \(seed)"
    return .object(PoolObject(students: ranked.map(\.student), space: space, making: making))
  }
}

/// The progress of one generation after another as that of the whole.
private final class GenerationProgress: ProgressSink {
  private let budget: Int
  private let sink: any ProgressSink
  private let before = Mutex(0)

  init(budget: Int, sink: any ProgressSink) {
    self.budget = budget
    self.sink = sink
  }

  func report(_ event: ProgressEvent) {
    let completed = before.withLock(\.self) + event.completed
    sink.report(ProgressEvent(stage: event.stage, completed: completed, total: budget, detail: event.detail))
  }

  func finish(_ students: Int) { before.withLock { $0 += students } }
}
