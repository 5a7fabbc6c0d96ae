package import Foundation

/// One measurement to make: distill a teacher into a student and see how well the student does.
///
/// A value that can be written down and run anywhere; jobs do not depend on each other. Two jobs with the same
/// digest give the same result on machines of one kind.
package struct DistillationJob: Sendable, Hashable {
  package var datasetDigest: String
  package var teacherDigest: String
  /// The student's architecture in its compact text form.
  package var student: String
  /// Settings of the training, for instance epochs and temperature.
  package var settings: JSON
  package var seed: UInt64
  package var engineVersion: String

  package init(
    datasetDigest: String, teacherDigest: String, student: String, settings: JSON, seed: UInt64,
    engineVersion: String = EngineVersion.current
  ) {
    self.datasetDigest = datasetDigest
    self.teacherDigest = teacherDigest
    self.student = student
    self.settings = settings
    self.seed = seed
    self.engineVersion = engineVersion
  }

  /// SHA-256 of the canonical JSON: the job's identity.
  package var digest: String { Digest.sha256(json.encoded()) }

  /// The seed is text, because JSON's numbers hold 53 bits in many programs.
  package var json: JSON {
    [
      "dataset": .string(datasetDigest), "teacher": .string(teacherDigest), "student": .string(student),
      "settings": settings, "seed": .string(String(seed)), "engine": .string(engineVersion),
    ]
  }

  /// The job that `json` was made from; nil if a member is missing or of another kind.
  package init?(json: JSON) {
    guard let dataset = json["dataset"]?.stringValue, let teacher = json["teacher"]?.stringValue,
      let student = json["student"]?.stringValue, let settings = json["settings"],
      let seed = json["seed"]?.stringValue.flatMap({ UInt64($0) }), let engine = json["engine"]?.stringValue
    else { return nil }
    self.init(
      datasetDigest: dataset, teacherDigest: teacher, student: student, settings: settings, seed: seed,
      engineVersion: engine)
  }
}

/// What a job came to.
package struct DistillationResult: Sendable, Equatable {
  /// The best and the last test accuracy of the run, 0 to 1.
  package var bestAccuracy: Double
  package var finalAccuracy: Double
  /// Multiply-adds of the student for one image.
  package var multiplyAdds: Int
  package var parameters: Int
  /// Wall-clock time of the run.
  package var seconds: Double
  /// When it ended, to the millisecond.
  package var measuredAt: Date
  /// The kind of machine, on which alone the same job is sure to give the same numbers.
  package var machine: String

  package init(
    bestAccuracy: Double, finalAccuracy: Double, multiplyAdds: Int, parameters: Int, seconds: Double,
    measuredAt: Date, machine: String = MachineKind.current
  ) {
    self.bestAccuracy = bestAccuracy
    self.finalAccuracy = finalAccuracy
    self.multiplyAdds = multiplyAdds
    self.parameters = parameters
    self.seconds = seconds
    self.measuredAt = measuredAt
    self.machine = machine
  }
}

/// A job with its result: a row of the metabase.
package struct MeasuredStudent: Sendable, Equatable {
  package var job: DistillationJob
  package var result: DistillationResult

  package init(job: DistillationJob, result: DistillationResult) {
    self.job = job
    self.result = result
  }
}

/// What a metabase keeps of a dataset: enough to recognize it and to say where it came from.
package struct DatasetRecord: Sendable, Equatable {
  package var digest: String
  package var name: String
  package var origin: String
  package var classCount: Int
  package var height: Int
  package var width: Int
  package var channels: Int
  package var trainCount: Int
  package var testCount: Int

  package init(_ dataset: Dataset) {
    self.init(
      digest: dataset.digest, name: dataset.name, origin: dataset.origin, classCount: dataset.classCount,
      height: dataset.height, width: dataset.width, channels: dataset.channels,
      trainCount: dataset.train.count, testCount: dataset.test.count)
  }

  package init(
    digest: String, name: String, origin: String, classCount: Int, height: Int, width: Int, channels: Int,
    trainCount: Int, testCount: Int
  ) {
    self.digest = digest
    self.name = name
    self.origin = origin
    self.classCount = classCount
    self.height = height
    self.width = width
    self.channels = channels
    self.trainCount = trainCount
    self.testCount = testCount
  }
}

/// What a metabase keeps of a teacher.
package struct TeacherRecord: Sendable, Equatable {
  /// SHA-256 of its weights.
  package var digest: String
  package var name: String
  package var datasetDigest: String
  /// The search space whose largest network it is.
  package var space: JSON
  /// Test accuracy, 0 to 1.
  package var accuracy: Double

  package init(digest: String, name: String, datasetDigest: String, space: JSON, accuracy: Double) {
    self.digest = digest
    self.name = name
    self.datasetDigest = datasetDigest
    self.space = space
    self.accuracy = accuracy
  }
}
