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
    let teacherMap = embedding.teacherMap
    let adapted = predictor.adapted(
      teacherMap: teacherMap, teacherCode: embedding.teacherCode, teacherAccuracy: teacherAccuracy)
    let predict = predictor.function.predictions(forTeacher: teacherMap, parameters: adapted)
    guard predictor.function.readsMaps else {
      let chunks = stride(from: 0, to: students.count, by: Self.codesAtOnce).map {
        $0..<min($0 + Self.codesAtOnce, students.count)
      }
      return try Workers.map(pieces: chunks.count) { piece in
        try supervision.cancellation.check()
        return predict(StudentInputs(codes: embedding.codes(of: students[chunks[piece]]))).scalars
      }.joined().map(Double.init)
    }
    return try PoolEmbedding(embedding, for: students).results(
      of: students, supervision: supervision, stage: stage
    ) { inputs in predict(inputs).scalars.map(Double.init) }
  }
}
