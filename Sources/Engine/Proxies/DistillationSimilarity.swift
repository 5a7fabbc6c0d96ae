/// DisWOT (Dong et al., CVPR 2023): how alike teacher and student see a batch before any training.
enum DistillationSimilarity {
  /// What is compared of a network.
  struct View: Sendable {
    /// The last feature maps, (N, H/8, W/8, channels).
    let map: Tensor<Float>
    /// The loss's gradient to the weight of the head, (classes, channels).
    let headGradient: Tensor<Float>

    init(_ network: ProxyNetwork, batch: ImageBatch, mode: ResNet.Mode) {
      var weights = network.weights
      let head = weights.parameters["fc.weight"].asVariable()
      weights.parameters["fc.weight"] = head
      let output = ResNet(network.architecture, classes: head.shape[0]).forward(
        batch.images, weights: weights, mode: mode)
      map = output.map
      headGradient = gradients(of: output.logits.crossEntropy(labels: batch.labels), withRespectTo: [head])[0]
    }
  }

  /// The sum of the two similarities below; 0 for a network compared with itself, less the less alike.
  static func score(student: View, teacher: View) -> Double {
    relation(student.map, teacher.map) + semantic(student.headGradient, teacher.headGradient)
  }

  /// -||G_t - G_s||^2 / N^2, with the rows of G = A A^T of unit length, A the last maps, one row an image.
  static func relation(_ student: Tensor<Float>, _ teacher: Tensor<Float>) -> Double {
    let difference = gram(student) - gram(teacher)
    let images = Double(student.shape[0])
    return -Double((difference * difference).sum().scalar) / (images * images)
  }

  /// The same for the channels of each class: g the loss's gradient to a class's row of the head, the rows of g g^T of
  /// unit length, the mean over classes and channels.
  ///
  /// A row of unit length is g with the sign of one entry, so that no outer product is built: the squared
  /// difference of two rows is 2 - 2 cos with that sign. Rows shorter than `leastLength` stay as much shorter than one.
  static func semantic(_ student: Tensor<Float>, _ teacher: Tensor<Float>) -> Double {
    let (classes, channels) = (student.shape[0], student.shape[1])
    let (first, second) = (student.scalars.map(Double.init), teacher.scalars.map(Double.init))
    var sum = 0.0
    for row in 0..<classes {
      let range = row * channels..<(row + 1) * channels
      let (s, t) = (first[range], second[range])
      let lengths = (s.reduce(0) { $0 + $1 * $1 }.squareRoot(), t.reduce(0) { $0 + $1 * $1 }.squareRoot())
      let cosine =
        lengths.0 > 0 && lengths.1 > 0
        ? zip(s, t).reduce(0) { $0 + $1.0 * $1.1 } / (lengths.0 * lengths.1) : 0
      for (a, b) in zip(s, t) {
        let (first, second) = (signedLength(a, lengths.0), signedLength(b, lengths.1))
        sum += first * first + second * second - 2 * cosine * first * second
      }
    }
    return -sum / Double(classes * channels)
  }

  /// The least length that rows are divided by: that of PyTorch's `normalize`, with which DisWOT is defined. Entries
  /// that are zero but for their rounding would count in full without it.
  private static let leastLength = 1e-12

  /// The length of a normalized row of g g^T, with the sign of its entry of g.
  private static func signedLength(_ entry: Double, _ length: Double) -> Double {
    max(-1, min(1, entry * length / leastLength))
  }

  private static func gram(_ map: Tensor<Float>) -> Tensor<Float> {
    let rows = map.reshaped(to: [map.shape[0], map.count / map.shape[0]])
    let products = rows.times(rows.transposed)
    return products / (products * products).summed(overAxes: [1], keepingAxes: true).squareRoot()
  }
}
