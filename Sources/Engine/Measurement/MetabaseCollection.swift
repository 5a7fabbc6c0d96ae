/// What to measure of one task: a dataset, its teacher, and the runs.
package struct CollectionTask: Sendable {
  package struct Run: Sendable, Hashable {
    package var student: Architecture
    package var seed: UInt64

    package init(student: Architecture, seed: UInt64) {
      self.student = student
      self.seed = seed
    }
  }

  package var name: String
  package var space: ResNetSpace
  package var teacherSettings: TeacherSettings
  package var teacherSeed: UInt64
  package var distillation: DistillationSettings
  /// In the order of their importance.
  package var runs: [Run]
  package var dataset: @Sendable (Supervision) throws -> Dataset
}

/// Measures many tasks: datasets x teachers x students x seeds.
///
/// Every teacher and every result is kept as soon as it is there, and long trainings also after epochs. So a collection
/// that was stopped or killed at any moment goes on where it was when it is run again, and comes to the same rows.
package struct MetabaseCollection: Sendable {
  package var tasks: [CollectionTask]
  package var metabase: Metabase
  package var cache: ContentCache
  package var workers: Int

  package init(tasks: [CollectionTask], metabase: Metabase, cache: ContentCache, workers: Int = Workers.count)
  {
    self.tasks = tasks
    self.metabase = metabase
    self.cache = cache
    self.workers = workers
  }

  /// A task with its teacher, ready to distill.
  package struct PreparedTask: Sendable {
    package var task: CollectionTask
    package var distillation: Distillation
  }

  /// Makes the datasets, and trains the teachers or takes them from the cache.
  ///
  /// - Throws: what makes a dataset throws; `TrainingError`, `FileError`, `Cancelled`.
  package func prepare(supervision: Supervision) throws -> [PreparedTask] {
    let counter = ProgressCounter(total: tasks.count, stage: "preparing teachers", sink: supervision.progress)
    return try Workers.map(pieces: tasks.count, workers: workers) { index in
      let task = tasks[index]
      let supervision = Supervision(
        progress: DetailForwarder(counter: counter), cancellation: supervision.cancellation)
      let dataset = try task.dataset(supervision)
      let teacher = try TeacherTraining(
        space: task.space, dataset: dataset, settings: task.teacherSettings, seed: task.teacherSeed
      ).run(cache: cache, supervision: supervision).teacher
      let distillation = try Distillation(
        teacher: teacher, dataset: dataset, settings: task.distillation,
        cancellation: supervision.cancellation)
      counter.advance()
      return PreparedTask(task: task, distillation: distillation)
    }
  }

  /// Measures what the metabase does not know, all tasks at the same pace, so that a part of a collection is of use.
  ///
  /// - Throws: `Cancelled`, `TrainingError`, `MetabaseError`.
  package func measure(_ prepared: [PreparedTask], supervision: Supervision) throws {
    var missing: [(share: Double, measurement: StudentMeasurement, student: Architecture)] = []
    for task in prepared {
      let measurements = try Dictionary(
        uniqueKeysWithValues: Set(task.task.runs.map(\.seed)).map {
          (
            $0,
            try StudentMeasurement(
              distillation: task.distillation, seed: $0, metabase: metabase, cache: cache)
          )
        })
      for (place, run) in task.task.runs.enumerated() {
        guard let measurement = measurements[run.seed], try measurement.known([run.student]).isEmpty else {
          continue
        }
        missing.append((Double(place) / Double(task.task.runs.count), measurement, run.student))
      }
    }
    // Stable, so that the order never depends on the sorting.
    let ordered = missing.enumerated().sorted {
      ($0.element.share, $0.offset) < ($1.element.share, $1.offset)
    }
    .map { (measurement: $0.element.measurement, student: $0.element.student) }
    let total = prepared.reduce(0) { $0 + $1.task.runs.count }
    let counter = ProgressCounter(
      completed: total - ordered.count, total: total, stage: "measuring students", sink: supervision.progress)
    try Workers.perform(pieces: ordered.count, workers: workers) { index in
      let (measurement, student) = ordered[index]
      _ = try measurement.measure(student, supervision: Supervision(cancellation: supervision.cancellation))
      counter.advance(detail: measurement.distillation.dataset.name)
    }
  }
}

/// Turns the steps of one training into words about the whole.
private struct DetailForwarder: ProgressSink {
  let counter: ProgressCounter

  func report(_ event: ProgressEvent) {
    counter.advance(by: 0, detail: "\(event.stage), step \(event.completed) of \(event.total)")
  }
}
