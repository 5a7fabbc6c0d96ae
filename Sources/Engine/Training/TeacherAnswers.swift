import Synchronization

/// A teacher's features of views of training images, kept for when the same view recurs: in another epoch, or for
/// another student, since students that are measured with one seed see the same views.
///
/// Images go through the teacher in groups of one size, so that an answer does not depend on what else was asked for.
final class TeacherAnswers: Sendable {
  private struct View: Hashable {
    var image: Int
    var change: Int
  }

  private let network: FoldedResNet
  private let known = Mutex<[View: [Float]]>([:])

  private static let groupSize = 8
  /// Floats that are kept; a view costs its features and about as much as twenty more.
  private static let room = 1 << 26

  init(_ network: FoldedResNet) { self.network = network }

  /// (N, classes). Without meaning once the computation of this thread is cancelled.
  func logits(for batch: ImageBatch) -> Tensor<Float> {
    let views = zip(batch.indices, batch.changes).map { View(image: $0, change: $1) }
    let found = known.withLock { known in views.map { known[$0] } }
    let missing = views.indices.filter { found[$0] == nil }
    let computed = computed(batch.images, at: missing)
    if Workers.cancellation?.isCancelled != true { keep(computed, of: views) }
    let width = network.headWeight.shape[1]
    let nothing = [Float](repeating: 0, count: width)
    let features = Tensor(
      views.indices.flatMap { found[$0] ?? computed[$0] ?? nothing }, shape: [views.count, width])
    return features.linear(weight: network.headWeight, bias: network.headBias)
  }

  private func keep(_ computed: [Int: [Float]], of views: [View]) {
    let most = Self.room / (network.headWeight.shape[1] + 20)
    known.withLock { known in
      for (position, features) in computed where known.count < most { known[views[position]] = features }
    }
  }

  /// The features of the images at some positions. The last group is filled up with its last image.
  private func computed(_ images: Tensor<Float>, at positions: [Int]) -> [Int: [Float]] {
    let rowShape = Array(images.shape.dropFirst())
    let rows = images.reshaped(to: [images.shape[0], rowShape.product])
    let starts = Array(stride(from: 0, to: positions.count, by: Self.groupSize))
    let groups = Workers.shareMap(starts.count) { [network] group in
      let start = starts[group]
      let chosen = (0..<Self.groupSize).map { positions[min(start + $0, positions.count - 1)] }
      let features = network.map(rows.rows(chosen).reshaped(to: [Self.groupSize] + rowShape))
        .globallyAveraged()
      let (numbers, width) = (features.scalars, features.shape[1])
      return Dictionary(
        chosen.enumerated().map { ($1, Array(numbers[$0 * width..<($0 + 1) * width])) },
        uniquingKeysWith: { first, _ in first })
    }
    return groups.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
  }
}
