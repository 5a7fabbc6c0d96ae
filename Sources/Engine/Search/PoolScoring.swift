/// Predicts the accuracy of every student of a pool for one teacher.
package struct PoolScoring: Sendable {
  package var predictor: MetaPredictor
  package var embedding: NoiseEmbedding
  package var teacherAccuracy: Double

  /// Students embedded and predicted together, which bounds the memory.
  private static let chunk = 64

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
    let order = students.indices.sorted { students[$0] < students[$1] }
    let chunks = stride(from: 0, to: order.count, by: Self.chunk).map {
      Array(order[$0..<min($0 + Self.chunk, order.count)])
    }
    let done = ProgressCounter(total: students.count, stage: stage, sink: supervision.progress)
    let predicted = try Workers.map(pieces: chunks.count) { piece in
      let inputs = try embedding.inputs(
        for: chunks[piece].map { students[$0] }, cancellation: supervision.cancellation)
      let scores = predictor.function.predict(inputs, teacherFeatures: features, parameters: adapted).scalars
      done.advance(by: chunks[piece].count)
      return scores
    }
    var scores = [Double](repeating: 0, count: students.count)
    for (chunk, values) in zip(chunks, predicted) {
      for (student, value) in zip(chunk, values) { scores[student] = Double(value) }
    }
    return scores
  }
}
