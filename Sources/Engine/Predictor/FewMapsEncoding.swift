/// A map encoder of the accuracy predictor on few maps of each of several tasks, in the paper a teacher's single one, with second
/// derivatives: two convolutions with stride 2 and rectifiers, then the mean over the image.
///
/// All tasks have the same weights, or each its own; what they share passes by once. Numbers lie channel by channel, as
/// `Patches` has them.
struct FewMapsEncoding {
  private let maps: [Patches]
  /// Pixels of a side after the first convolution.
  private let size: Int
  private let secondWeights: [Tensor<Float>]
  private let hidden: [Tensor<Float>]
  private let hiddenPatches: [Patches]
  private let output: [Tensor<Float>]

  /// - Parameters:
  ///   - maps: patches of (n, mapSize, mapSize, channels), a task each.
  ///   - firstWeight: some rows of a task's weight of the first convolution, each of which is asked for once.
  ///   - secondWeights: one for all tasks, or one each.
  init(
    _ maps: [Patches], mapSize: Int,
    firstWeight: @escaping (_ task: Int, _ rows: Range<Int>) -> Tensor<Float>,
    secondWeights: [Tensor<Float>]
  ) {
    let size = mapSize / 2
    self.maps = maps
    self.size = size
    self.secondWeights = secondWeights
    let hidden = Patches.multiplied(maps, rows: secondWeights[0].shape[1], by: firstWeight)
      .map { $0.rectified() }
    self.hidden = hidden
    hiddenPatches = Self.forEachTask(of: maps) { task, maps in
      Patches(of: hidden[task], images: maps.images, size: size)
    }
    output = Self.multiplied(hiddenPatches, by: secondWeights).map { $0.rectified() }
  }

  private static func multiplied(_ patches: [Patches], by weights: [Tensor<Float>]) -> [Tensor<Float>] {
    Patches.multiplied(patches, rows: weights[0].shape[0]) { task, rows in
      weights[weights.count == 1 ? 0 : task].sliced(axis: 0, rows)
    }
  }

  /// What `body` gives for each task, shared out among threads; too short to be stopped in between.
  private static func forEachTask<Result: Sendable>(
    of maps: [Patches], _ body: @escaping (_ task: Int, _ maps: Patches) -> Result
  ) -> [Result] {
    Workers.$cancellation.withValue(nil) { Workers.shareMap(maps.count) { body($0, maps[$0]) } }
  }

  private var pixels: Int { size / 2 * (size / 2) }

  /// (n, channels), a task each.
  var features: [Tensor<Float>] { averaged(output) }

  private func averaged(_ outputs: [Tensor<Float>]) -> [Tensor<Float>] {
    zip(outputs, maps).map { output, maps in
      let (channels, padded, pixels) = (output.shape[0], output.shape[1], pixels)
      return Tensor<Float>(shape: [maps.images, channels]) { out in
        withExtendedLifetime(output) {
          for image in 0..<maps.images {
            for channel in 0..<channels {
              let first = output.base + channel * padded + image * pixels
              out[image * channels + channel] = (0..<pixels).reduce(0) { $0 + first[$1] } / Float(pixels)
            }
          }
        }
      }
    }
  }

  /// What has come back to the outputs of both convolutions, in one task.
  struct Upstream {
    fileprivate let hidden: Tensor<Float>
    fileprivate let output: Tensor<Float>
  }

  /// - Parameter upstreams: of the features, (n, channels), a task each.
  func upstreams(of upstreams: [Tensor<Float>]) -> [Upstream] {
    let outputs = spread(upstreams)
    let passed = Patches.foldedBack(hiddenPatches, outputs, by: secondWeights)
    return zip(zip(passed, hidden), outputs).map { passed, output in
      Upstream(hidden: passed.0.wherePositive(passed.1), output: output)
    }
  }

  /// The gradients of both weights, a task each.
  func gradients(_ upstreams: [Upstream]) -> [[FactoredGradient]] {
    Self.forEachTask(of: maps) { task, maps in
      [
        FactoredGradient(maps, upstreams[task].hidden),
        FactoredGradient(hiddenPatches[task], upstreams[task].output),
      ]
    }
  }

  /// The gradients of the mean over the image and the rectifier before it.
  private func spread(_ upstreams: [Tensor<Float>]) -> [Tensor<Float>] {
    upstreams.enumerated().map { task, upstream in
      let (output, upstream) = (output[task], upstream.contiguous())
      let (channels, padded) = (output.shape[0], output.shape[1])
      return Tensor<Float>(shape: output.shape) { out in
        withExtendedLifetime((upstream, output)) {
          out.update(repeating: 0, count: output.count)
          for channel in 0..<channels {
            for position in 0..<maps[task].images * pixels
            where output.base[channel * padded + position] > 0 {
              out[channel * padded + position] =
                upstream.base[position / pixels * channels + channel] / Float(pixels)
            }
          }
        }
      }
    }
  }

  // MARK: Second derivatives

  /// How everything changes when the weights move in some direction, another one in each task: R-operators (Pearlmutter, "Fast
  /// exact multiplication by the Hessian", 1994). Directions are taken in row by row, as they pass by, and never kept.
  final class Motion {
    private let encoding: FewMapsEncoding
    private let upstreams: [Upstream]
    private let hidden: [Tensor<Float>]
    private let output: [Tensor<Float>]
    /// Of the patches of the hidden images' gradient.
    private let passed: [TensorStorage<Float>]
    private var hiddenPatches: [Patches] = []

    init(_ encoding: FewMapsEncoding, upstreams: [Upstream]) {
      self.encoding = encoding
      self.upstreams = upstreams
      hidden = encoding.hidden.map { Tensor(uninitialized: $0.shape) }
      output = encoding.output.map { Tensor(uninitialized: $0.shape) }
      passed = encoding.hiddenPatches.map { TensorStorage(count: $0.positions * $0.length) }
    }

    /// Takes in rows of a task's direction of one convolution's weight, in their order.
    func move(_ layer: Int, in task: Int, rows: Range<Int>, by direction: UnsafePointer<Float>) {
      guard layer == 1 else {
        let hidden = hidden[task]
        return encoding.maps[task].multiply(
          direction, rows: rows.count, into: hidden.mutableBase + rows.lowerBound * hidden.shape[1])
      }
      let (output, patches) = (output[task], encoding.hiddenPatches[task])
      let start = rows.lowerBound * output.shape[1]
      patches.multiply(direction, rows: rows.count, into: output.mutableBase + start)
      patches.multiplyBack(
        upstreams[task].output.base + start, by: direction, rows: rows.count,
        accumulates: rows.lowerBound > 0, into: passed[task].pointer)
    }

    /// How the features move, once all rows were taken in.
    func features() -> [Tensor<Float>] {
      hiddenPatches = FewMapsEncoding.forEachTask(of: encoding.maps) { [self] task, maps in
        Patches(
          of: hidden[task].wherePositive(encoding.hidden[task]), images: maps.images, size: encoding.size)
      }
      let further = FewMapsEncoding.multiplied(hiddenPatches, by: encoding.secondWeights)
      return encoding.averaged(
        output.indices.map { (output[$0] + further[$0]).wherePositive(encoding.output[$0]) })
    }

    /// How the gradients of both weights move, a task each: the product of the Hessian with the direction.
    ///
    /// - Parameter moved: how the gradients of the features move.
    func gradients(upstreams moved: [Tensor<Float>]) -> [[FactoredGradient]] {
      let outputs = encoding.spread(moved)
      let folded = Patches.foldedBack(encoding.hiddenPatches, outputs, by: encoding.secondWeights)
      return FewMapsEncoding.forEachTask(of: encoding.maps) { [self] task, maps in
        let back = folded[task] + encoding.hiddenPatches[task].folded(passed[task].pointer)
        var second = FactoredGradient(encoding.hiddenPatches[task], outputs[task])
        second.add(hiddenPatches[task], upstreams[task].output)
        return [FactoredGradient(maps, back.wherePositive(encoding.hidden[task])), second]
      }
    }
  }
}
