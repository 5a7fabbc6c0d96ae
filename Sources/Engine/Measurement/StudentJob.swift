/// One distillation to be done, as a value that can be written down: the same job gives the same result.
package struct StudentJob: Sendable, Hashable {
  package var datasetDigest: String
  package var teacherDigest: String
  package var student: Architecture
  package var settings: DistillationSettings
  package var seed: UInt64

  package init(
    datasetDigest: String, teacherDigest: String, student: Architecture, settings: DistillationSettings, seed: UInt64
  ) {
    self.datasetDigest = datasetDigest
    self.teacherDigest = teacherDigest
    self.student = student
    self.settings = settings
    self.seed = seed
  }
}

/// What a distillation came to.
package struct StudentResult: Sendable, Hashable {
  /// Of the best epoch measured, in 0...1: the authors' target.
  package var bestAccuracy: Double
  /// After the last epoch, in 0...1.
  package var finalAccuracy: Double
  package var seconds: Double

  package init(bestAccuracy: Double, finalAccuracy: Double, seconds: Double) {
    self.bestAccuracy = bestAccuracy
    self.finalAccuracy = finalAccuracy
    self.seconds = seconds
  }
}

/// Keeps results, so that no job is done twice. Called from several threads.
package protocol StudentResultStore: Sendable {
  func result(of job: StudentJob) throws -> StudentResult?
  func record(_ result: StudentResult, of job: StudentJob, cost: ArchitectureCost) throws
}
