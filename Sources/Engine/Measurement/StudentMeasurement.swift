import Foundation
import Synchronization

/// What a distillation came to.
package struct StudentResult: Sendable, Hashable {
  /// Of the best epoch measured, in 0...1: the authors' target.
  package var bestAccuracy: Double
  /// After the last epoch, in 0...1.
  package var finalAccuracy: Double
  package var seconds: Double

  package func accuracy(_ target: AccuracyTarget) -> Double {
    switch target {
    case .best: bestAccuracy
    case .final: finalAccuracy
    }
  }
}

/// Which accuracy of a run is to be predicted.
package enum AccuracyTarget: String, Sendable, CaseIterable {
  /// Of the best epoch measured: the authors' choice.
  case best
  /// After the last epoch.
  case final
}

/// Measured students of one teacher: the ground truth of a distillation task.
package struct MeasuredTask: Sendable {
  package var teacher: Teacher
  /// What the students were measured on; nil where only the teacher is at hand.
  package var dataset: Dataset?
  package var students: [Architecture]
  /// One for each student.
  package var results: [StudentResult]
  package var settings: DistillationSettings
  package var seed: UInt64

  package init(
    teacher: Teacher, dataset: Dataset?, students: [Architecture], results: [StudentResult],
    settings: DistillationSettings,
    seed: UInt64
  ) {
    self.teacher = teacher
    self.dataset = dataset
    self.students = students
    self.results = results
    self.settings = settings
    self.seed = seed
  }

  /// The results of one seed, in the order of the file.
  ///
  /// - Throws: `ModelFileError` if the results belong to another teacher, or their settings cannot be read.
  package init(
    _ results: TaskResults, teacher: Teacher, dataset: Dataset?, seed: UInt64
  ) throws(ModelFileError) {
    guard results.teacher.digest == teacher.digest else { throw .otherTeacher }
    let chosen = results.students.filter { $0.job.seed == seed }
    var students: [Architecture] = []
    for row in chosen {
      guard let student = Architecture(text: row.job.student) else { throw .badMetadata("student") }
      students.append(student)
    }
    guard let settings = chosen.first.map({ DistillationSettings(json: $0.job.settings) }) ?? nil else {
      throw .badMetadata("settings")
    }
    self.init(
      teacher: teacher, dataset: dataset, students: students,
      results: chosen.map {
        StudentResult(
          bestAccuracy: $0.result.bestAccuracy, finalAccuracy: $0.result.finalAccuracy,
          seconds: $0.result.seconds)
      },
      settings: settings, seed: seed)
  }

  /// The task as predictors read it.
  ///
  /// - Throws: `NoiseError`, `Cancelled`.
  package func inputs(
    settings: EmbeddingSettings = .standard, target: AccuracyTarget = .best, cancellation: CancellationToken
  ) throws -> TaskInputs<Float> {
    let embedding = try NoiseEmbedding(teacher: teacher, settings: settings)
    return TaskInputs(
      name: teacher.datasetName, teacherMap: embedding.teacherMap, teacherCode: embedding.teacherCode,
      teacherAccuracy: teacher.accuracy,
      students: try embedding.inputs(for: students, cancellation: cancellation),
      accuracies: accuracies(target))
  }

  /// What the students reached, in their order.
  package func accuracies(_ target: AccuracyTarget) -> [Double] { results.map { $0.accuracy(target) } }
}

/// Distills students one after the other on all cores, keeping each result as soon as it is there.
package struct StudentMeasurement: Sendable {
  package var distillation: Distillation
  package var seed: UInt64
  package var metabase: Metabase
  /// Where the state of long trainings is kept.
  package var cache: ContentCache?

  /// - Throws: `MetabaseError` if dataset and teacher cannot be kept.
  package init(
    distillation: Distillation, seed: UInt64, metabase: Metabase, cache: ContentCache? = nil
  ) throws {
    self.distillation = distillation
    self.seed = seed
    self.metabase = metabase
    self.cache = cache
    try metabase.insert(DatasetRecord(distillation.dataset))
    try metabase.insert(teacherRecord)
  }

  /// The results that the metabase knows already.
  package func known(_ students: [Architecture]) throws -> [Architecture: StudentResult] {
    var known: [Architecture: StudentResult] = [:]
    for student in students where known[student] == nil {
      guard let row = try metabase.result(of: distillation.job(student, seed: seed)) else { continue }
      known[student] = StudentResult(
        bestAccuracy: row.bestAccuracy, finalAccuracy: row.finalAccuracy, seconds: row.seconds)
    }
    return known
  }

  /// The rows of the metabase for `students`, each once.
  package func rows(_ students: [Architecture]) throws(MetabaseError) -> TaskResults {
    var rows: [MeasuredStudent] = []
    var seen: Set<Architecture> = []
    for student in students where seen.insert(student).inserted {
      let job = distillation.job(student, seed: seed)
      guard let result = try metabase.result(of: job) else { continue }
      rows.append(MeasuredStudent(job: job, result: result))
    }
    return TaskResults(dataset: DatasetRecord(distillation.dataset), teacher: teacherRecord, students: rows)
  }

  private var teacherRecord: TeacherRecord {
    let teacher = distillation.teacher
    return TeacherRecord(
      digest: teacher.digest, name: teacher.datasetName, datasetDigest: distillation.dataset.digest,
      space: teacher.space.json, accuracy: teacher.accuracy)
  }

  /// Measures what the metabase does not know.
  ///
  /// When stopped, the students that were finished stay in the metabase and are not measured again.
  ///
  /// - Throws: `Cancelled`, `TrainingError`, `MetabaseError`.
  package func run(_ students: [Architecture], supervision: Supervision, stage: String) throws -> MeasuredTask
  {
    let known = try known(students)
    var seen = Set(known.keys)
    let missing = students.filter { seen.insert($0).inserted }
    let steps = ProgressCounter(
      total: missing.count * stepsPerStudent, stage: stage, sink: supervision.progress)
    let tally = StudentTally(known: known.count, total: missing.count)
    let measured = try measure(missing, supervision: supervision, steps: steps, tally: tally)
    var results = known
    for (student, result) in zip(missing, measured) { results[student] = result }
    return MeasuredTask(
      teacher: distillation.teacher, dataset: distillation.dataset, students: students,
      results: students.compactMap { results[$0] },
      settings: distillation.settings, seed: seed)
  }

  private var stepsPerStudent: Int {
    let optimization = distillation.settings.optimization
    let images = distillation.dataset.train.count
    return optimization.epochs * max(1, images / min(optimization.batchSize, images))
  }

  private func measure(
    _ students: [Architecture], supervision: Supervision, steps: ProgressCounter, tally: StudentTally
  ) throws -> [StudentResult] {
    try Workers.map(pieces: students.count) { index in
      let stepping = Supervision(
        progress: StepForwarder(counter: steps, tally: tally), cancellation: supervision.cancellation)
      let result = try measure(students[index], supervision: stepping)
      tally.finishOne()
      return result
    }
  }

  /// Distills one student and keeps its result.
  ///
  /// - Throws: `Cancelled`, `TrainingError`, `MetabaseError`.
  package func measure(_ student: Architecture, supervision: Supervision) throws -> StudentResult {
    let start = ContinuousClock.now
    let trained = try distillation.distill(
      student, seed: seed, supervision: supervision, cache: cache
    ).trained
    let elapsed = ContinuousClock.now - start
    let result = StudentResult(
      bestAccuracy: trained.bestAccuracy, finalAccuracy: trained.finalAccuracy, seconds: elapsed / .seconds(1)
    )
    let cost = distillation.teacher.space.cost(of: student, classes: distillation.teacher.classes)
    try metabase.insert(
      MeasuredStudent(
        job: distillation.job(student, seed: seed),
        result: DistillationResult(
          bestAccuracy: result.bestAccuracy, finalAccuracy: result.finalAccuracy,
          multiplyAdds: cost.multiplyAdds, parameters: cost.parameters, seconds: result.seconds,
          measuredAt: Date())))
    return result
  }
}

/// How many students are finished, for the words of the progress bar.
private final class StudentTally: Sendable {
  private let finished = Mutex(0)
  private let known: Int
  private let total: Int

  init(known: Int, total: Int) {
    self.known = known
    self.total = total
  }

  func finishOne() { finished.withLock { $0 += 1 } }

  var text: String {
    "\(finished.withLock(\.self)) of \(total) students" + (known > 0 ? ", \(known) known before" : "")
  }
}

/// Turns the steps of one student into steps of the whole.
private struct StepForwarder: ProgressSink {
  let counter: ProgressCounter
  let tally: StudentTally

  func report(_ event: ProgressEvent) { counter.advance(detail: tally.text) }
}
