/// Predicts the accuracy of every student of a pool for one teacher.
package struct PoolScoring: Sendable {
  package var predictor: MetaPredictor
  package var embedding: NoiseEmbedding
  package var teacherAccuracy: Double

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
    let features = predictor.function.teacherFeatures(teacherMap, parameters: adapted)
    return try PoolEmbedding(embedding, for: students).results(
      of: students, supervision: supervision, stage: stage
    ) { [predictor] inputs in
      predictor.function.predict(inputs, teacherFeatures: features, parameters: adapted).scalars
        .map(Double.init)
    }
  }
}
