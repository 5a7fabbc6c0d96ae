/// Predicts the accuracy of every student of a pool for one teacher.
package struct PoolScoring: Sendable {
  package var predictor: MetaPredictor
  package var embedding: NoiseEmbedding
  package var teacherAccuracy: Double

  /// Students whose codes alone are read together.
  private static let codesAtOnce = 1024

  package init(predictor: MetaPredictor, embedding: NoiseEmbedding, teacherAccuracy: Double) {
    self.predictor = predictor
    self.embedding = embedding
    self.teacherAccuracy = teacherAccuracy
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
    let predict = prediction
    guard predictor.function.readsMaps else {
      return { [embedding] students, supervision in
        let starts = Array(stride(from: 0, to: students.count, by: Self.codesAtOnce))
        return try Workers.map(pieces: starts.count) { piece in
          try supervision.cancellation.check()
          let range = starts[piece]..<min(starts[piece] + Self.codesAtOnce, students.count)
          return predict(StudentInputs(codes: embedding.codes(of: students[range])))
        }.flatMap(\.self)
      }
    }
    let pools = try PoolEmbedding(embedding, depths: depths)
    return { students, supervision in
      try pools.results(of: students, supervision: supervision, stage: stage, body: predict)
    }
  }

  /// The adapted predictor.
  package var prediction: @Sendable (StudentInputs<Float>) -> [Double] {
    let teacherMap = embedding.teacherMap
    let adapted = predictor.adapted(
      teacherMap: teacherMap, teacherCode: embedding.teacherCode, teacherAccuracy: teacherAccuracy)
    let predict = predictor.function.predictions(forTeacher: teacherMap, parameters: adapted)
    let scale = predictor.unit.scale
    return { inputs in predict(inputs).scalars.map { Double($0) / scale } }
  }
}
