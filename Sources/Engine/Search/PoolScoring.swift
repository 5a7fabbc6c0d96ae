/// Predicts the accuracy of every student of a pool for one teacher.
package struct PoolScoring: Sendable {
  package var predictor: MetaPredictor
  package var embedding: NoiseEmbedding
  package var teacherAccuracy: Double
  /// Measured students of the task that the predictor adapts to.
  package var support: SupportStudents?

  package init(
    predictor: MetaPredictor, embedding: NoiseEmbedding, teacherAccuracy: Double,
    support: SupportStudents? = nil
  ) {
    self.predictor = predictor
    self.embedding = embedding
    self.teacherAccuracy = teacherAccuracy
    self.support = support
  }

  /// Predicted accuracies in the order of `students`.
  ///
  /// - Parameter progress: counts students, under the given stage.
  /// - Throws: `Cancelled`.
  package func scores(
    of students: [Architecture], supervision: Supervision, stage: String = "scoring"
  ) throws -> [Double] {
    try scorer(depths: PoolEmbedding.depths(of: students, in: embedding.space), stage: stage)(
      students, supervision)
  }

  /// The same for pools that come one after another: the teacher's weights are transformed and the predictor is
  /// adapted once for all of them.
  ///
  /// - Parameter depths: the most blocks of each stage that students will have.
  package func scorer(
    depths: [Int], stage: String = "scoring"
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    try embedding.scorer(
      depths: depths, readsMaps: predictor.function.readsMaps, stage: stage, predict: prediction)
  }

  /// The adapted predictor.
  package var prediction: @Sendable (StudentInputs<Float>) -> [Double] {
    get throws {
      let teacherMap = embedding.teacherMap
      let adapted = predictor.adapted(to: try supportPairs(teacherMap), teacherMap: teacherMap)
      let predict = predictor.function.predictions(forTeacher: teacherMap, parameters: adapted)
      let scale = predictor.unit.scale
      return { inputs in predict(inputs).scalars.map { Double($0) / scale } }
    }
  }

  private func supportPairs(_ teacherMap: Tensor<Float>) throws -> SupportPairs<Float> {
    let teacher = SupportPairs(
      teacherMap: teacherMap, teacherCode: embedding.teacherCode, teacherAccuracy: teacherAccuracy)
    guard let support, !support.students.isEmpty else { return teacher }
    // Few students, which take milliseconds.
    let students = SupportPairs(
      students: try embedding.inputs(for: support.students, cancellation: CancellationToken()),
      accuracies: support.accuracies)
    return predictor.adaptation.usesTeacher ? teacher.joined(with: students) : students
  }
}

extension NoiseEmbedding {
  /// Students whose codes alone are read together.
  private static let codesAtOnce = 1024

  /// A function that embeds the students of a pool, as far as a prediction needs it, and predicts.
  ///
  /// - Parameters:
  ///   - depths: the most blocks of each stage that students will have.
  ///   - readsMaps: whether maps are needed, or codes alone.
  package func scorer(
    depths: [Int], readsMaps: Bool, stage: String,
    predict: @escaping @Sendable (StudentInputs<Float>) -> [Double]
  ) throws -> ([Architecture], Supervision) throws -> [Double] {
    guard readsMaps else {
      return { students, supervision in
        let starts = Array(stride(from: 0, to: students.count, by: Self.codesAtOnce))
        return try Workers.map(pieces: starts.count) { piece in
          try supervision.cancellation.check()
          let range = starts[piece]..<min(starts[piece] + Self.codesAtOnce, students.count)
          return predict(StudentInputs(codes: codes(of: students[range])))
        }.flatMap(\.self)
      }
    }
    let pools = try PoolEmbedding(self, depths: depths)
    return { students, supervision in
      try pools.results(of: students, supervision: supervision, stage: stage, body: predict)
    }
  }
}
