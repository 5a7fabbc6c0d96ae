import Foundation

/// TANS (Jeong et al., Task-Adaptive Neural Network Search with Meta-Contrastive Learning, NeurIPS 2021) for the residual
/// space: datasets and networks as points of one sphere, and the accuracy from both.
///
/// A dataset's point is the mean of its images' features behind a linear layer. A network's is its architecture code and
/// its answer to the noise, here that of the remapped student, behind another. Networks are drawn towards the dataset
/// that they were made for and away from the others. In place of the original's features of a OnceForAll network the
/// answer is the last map averaged over the image.
package struct TANSPredictor: DatasetFunction {
  package let imageFeatures: Int
  package let codeLength: Int
  package let mapChannels: Int
  /// 128 in the original.
  package let dimensions: Int

  package init(imageFeatures: Int, codeLength: Int, mapChannels: Int, dimensions: Int = 128) {
    self.imageFeatures = imageFeatures
    self.codeLength = codeLength
    self.mapChannels = mapChannels
    self.dimensions = dimensions
  }

  package var readsMaps: Bool { true }
  package var outputBias: String { "predictor.fc.bias" }

  private static let margin = 0.2

  package var tensorShapes: [(name: String, shape: [Int])] {
    [
      ("enc_q.fc.weight", [dimensions, imageFeatures]), ("enc_q.fc.bias", [dimensions]),
      ("enc_m.fc.weight", [dimensions, codeLength + mapChannels]), ("enc_m.fc.bias", [dimensions]),
      ("predictor.fc.weight", [1, 2 * dimensions]), ("predictor.fc.bias", [1]),
    ]
  }

  package func predictions<Scalar>(
    forImages images: Tensor<Scalar>, parameters: TensorDictionary<Scalar>
  ) -> @Sendable (StudentInputs<Scalar>) -> Tensor<Scalar> {
    let query = query(images, parameters)
    return { students in accuracies(query, networks(students, parameters), parameters) }
  }

  /// The contrast of both directions, averaged over the students of a task, and the squared error of the accuracy.
  package func loss<Scalar>(
    of tasks: [DatasetBatch<Scalar>], parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let queries = tasks.map { query($0.images, parameters) }
    let points = tasks.map { networks($0.students, parameters) }
    let errors = zip(tasks, zip(queries, points)).map { task, pair in
      let predicted = accuracies(pair.0, pair.1, parameters)
      let error = predicted - Tensor(task.accuracies.map { Scalar($0) }, shape: [task.accuracies.count])
      return (error * error).mean()
    }
    let error = errors.dropFirst().reduce(errors[0], +) / Scalar(errors.count)
    return contrast(.concatenated(queries, axis: 0), points) + error
  }

  /// As the original's batches, each of one network a dataset: with s the cosine of each network and each dataset, the
  /// sum of max(0, s - s_own + margin) over the datasets of a network and over the networks of a dataset. Its own pair
  /// counts as a cosine of 0, as in the original's program.
  private func contrast<Scalar>(_ queries: Tensor<Scalar>, _ points: [Tensor<Scalar>]) -> Tensor<Scalar> {
    let tasks = points.count
    let students = points.map { $0.shape[0] }.min() ?? 0
    let cosines = Tensor.concatenated(
      points.map { $0.sliced(axis: 0, 0..<students).times(queries.transposed) }, axis: 0
    ).reshaped(to: [tasks, students, tasks])
    let identity = Tensor<Scalar>(
      (0..<tasks * tasks).map { $0 % (tasks + 1) == 0 ? 1 : 0 }, shape: [tasks, 1, tasks])
    let own = (cosines * identity).summed(overAxes: [2])
    let others = cosines * (Tensor(1) - identity) + Scalar(Self.margin)
    let byNetwork = (others - own.reshaped(to: [tasks, students, 1])).rectified().sum()
    let byDataset = (others - own.transposed.reshaped(to: [1, students, tasks])).rectified().sum()
    return (byNetwork + byDataset) / Scalar(students)
  }

  /// (classes, images, features) -> (1, dimensions)
  private func query<Scalar>(
    _ images: Tensor<Scalar>, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    // The mean of a linear layer is the layer of the mean.
    images.reshaped(to: [images.shape[0] * images.shape[1], imageFeatures])
      .mean(overAxes: [0], keepingAxes: true)
      .linear("enc_q.fc", parameters)
      .withUnitRows()
  }

  /// (n, dimensions)
  private func networks<Scalar>(
    _ students: StudentInputs<Scalar>, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    // A code holds a one, so that no length is zero.
    Tensor.concatenated([students.codes, students.maps.globallyAveraged()], axis: 1)
      .withUnitRows()
      .linear("enc_m.fc", parameters)
      .withUnitRows()
  }

  private func accuracies<Scalar>(
    _ query: Tensor<Scalar>, _ networks: Tensor<Scalar>, _ parameters: TensorDictionary<Scalar>
  ) -> Tensor<Scalar> {
    let count = networks.shape[0]
    return Tensor.concatenated([query.broadcast(to: [count, dimensions]), networks], axis: 1)
      .linear("predictor.fc", parameters)
      .logistic().reshaped(to: [count])
  }

  package func startingBias(for accuracy: Double) -> Double {
    let inside = min(max(accuracy, 0.01), 0.99)
    return log(inside / (1 - inside))
  }
}
