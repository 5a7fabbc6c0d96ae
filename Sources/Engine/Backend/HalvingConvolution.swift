import CWinograd

/// 3x3 convolutions with stride 2 and padding 1 of batches of images, and their gradients, on one thread: by tiles of 4 x 4
/// outputs, or by definition where that takes as few multiplications, as none is spent on the padding.
///
/// Either way they are products of the channels at some positions with a matrix of the weight. Positions are the pixels of an
/// image or those of a transformed tile, which both are called a unit here.
struct HalvingConvolution: Sendable {
  private let form: SharedWeightConvolution.Form
  /// Pixels of a side of the images.
  private let inputSize: Int
  private let inputs: Int
  private let outputs: Int
  private let steps: [Step]
  private let stepsBack: [Step]

  /// - Returns: nil for images that have no half, and for channels that do not fill vectors.
  init?(inputSize: Int, inputs: Int, outputs: Int) {
    guard inputSize > 0, inputSize % 2 == 0, inputs % Self.lanes == 0, outputs % Self.lanes == 0 else {
      return nil
    }
    self.inputSize = inputSize
    self.inputs = inputs
    self.outputs = outputs
    let size = inputSize / 2
    let direct = Self.pairsByDefinition(outputSize: size)
    let tiled = SharedWeightConvolution.Form.halving4
    form = direct.count <= tiled.multiplications(size: size) ? .direct : tiled
    let pairs = form == .direct ? direct : Self.pairsByTiles(form)
    steps = Self.steps(pairs)
    stepsBack = Self.steps(
      pairs.map { Pair(matrix: $0.matrix, from: $0.to, to: $0.from, positions: $0.positions) })
  }

  private static let lanes = SharedWeightConvolution.lanes
  private var outputSize: Int { inputSize / 2 }
  private var isTiled: Bool { form != .direct }

  // MARK: Products

  /// Positions that follow each other, `from` there to here, with one of the weight's matrices between them.
  fileprivate struct Pair {
    let matrix: Int
    let from: Int
    let to: Int
    var positions = 1
  }

  private static func pairsByTiles(_ form: SharedWeightConvolution.Form) -> [Pair] {
    var position = 0
    return (0..<form.matrices).map { matrix in
      let positions = form.positions(ofMatrix: matrix)
      defer { position += positions }
      return Pair(matrix: matrix, from: position, to: position, positions: positions)
    }
  }

  /// Pixels of the image and of the output with a tap between them, tap by tap.
  private static func pairsByDefinition(outputSize: Int) -> [Pair] {
    // As `dass_halving_pack` has them: in each line the middle one last.
    let order = [0, 2, 1]
    return (0..<9).flatMap { matrix in
      (0..<outputSize * outputSize).compactMap { output in
        let y = 2 * (output / outputSize) + order[matrix / 3] - 1
        let x = 2 * (output % outputSize) + order[matrix % 3] - 1
        guard y >= 0, x >= 0 else { return nil }
        return Pair(matrix: matrix, from: y * 2 * outputSize + x, to: output)
      }
    }
  }

  /// One product: what lies `from` there with a matrix goes `to` here, or, for the weight's gradient, both give the matrix.
  fileprivate struct Step {
    let pair: Pair
    /// Whether steps before went to the same place, or gave the same matrix.
    let addsToPlace: Bool
    let addsToMatrix: Bool
  }

  private static func steps(_ pairs: [Pair]) -> [Step] {
    var (places, matrices) = (Set<Int>(), Set<Int>())
    return pairs.map { pair in
      Step(
        pair: pair, addsToPlace: !places.insert(pair.to).inserted,
        addsToMatrix: !matrices.insert(pair.matrix).inserted)
    }
  }

  /// Units of some images as the left side of products, [position][unit].
  struct Rows {
    fileprivate let pointers: [UnsafePointer<Float>?]
    fileprivate let units: Int
    private let owner: SquareImages

    fileprivate init(_ batch: SquareImages, units: [Int]) {
      var pointers: [UnsafePointer<Float>?] = []
      pointers.reserveCapacity(batch.size * batch.size * units.count + Int(DASS_ROWS_AHEAD))
      for position in 0..<batch.size * batch.size {
        for unit in units {
          pointers.append(UnsafePointer(batch.at(position, image: unit)))
        }
      }
      pointers += repeatElement(UnsafePointer(batch.base), count: Int(DASS_ROWS_AHEAD))
      (self.pointers, self.units, owner) = (pointers, units.count, batch)
    }

    /// Calls `body` with the rows of each step.
    fileprivate func forEach(of steps: [Step], _ body: (Step, dass_rows) -> Void) {
      withExtendedLifetime(owner) {
        pointers.withUnsafeBufferPointer { pointers in
          for step in steps {
            body(
              step,
              dass_rows(
                base: nil, stride: 0, gathered: pointers.baseAddress.map { $0 + step.pair.from * units }))
          }
        }
      }
    }
  }

  // MARK: Images

  /// Images as the convolution reads them, to be laid out once for any number of convolutions: themselves, or transformed
  /// tiles of 9 x 9 positions.
  func layout(of images: SquareImages) -> SquareImages {
    guard isTiled else { return images }
    let tiles = tiles(images.count * form.tiles(size: outputSize), channels: inputs)
    withExtendedLifetime(tiles) {
      images.withImages {
        dass_halving_input(
          Int32(form.tile), $0, 0, tiles.count, inputs, tiles.base, tiles.pixelStride, tiles.stride)
      }
    }
    return tiles
  }

  /// - Parameters:
  ///   - layout: of some images.
  ///   - images: which of them; nil for all.
  func rows(of layout: SquareImages, images: [Int]? = nil) -> Rows {
    let units = isTiled ? form.tiles(size: outputSize) : 1
    return Rows(
      layout, units: images?.flatMap { $0 * units..<($0 + 1) * units } ?? Array(0..<layout.count))
  }

  // MARK: Weights

  /// The channels that come out, in groups that are multiplied one after the other: what a group's transformed weight takes
  /// stays in the second cache, and is used again for the next group.
  var outputGroups: [Range<Int>] { Self.groups(of: outputs) }

  /// The same for the gradient of the images.
  var inputGroups: [Range<Int>] { Self.groups(of: inputs) }

  private static func groups(of channels: Int) -> [Range<Int>] {
    let most = 2 * lanes
    return stride(from: 0, to: channels, by: most).map { $0..<min($0 + most, channels) }
  }

  /// The transformed weight of a group, [matrix][panel][depth][lane], or sums over units, [matrix][depth][channel].
  struct Weight: Sendable {
    fileprivate let storage: TensorStorage<Float>
    fileprivate let depth: Int
    fileprivate let panels: Int
    /// Floats from one matrix to the next, which would fall on the same sets of the cache if they were a power of two apart.
    fileprivate let stride: Int

    fileprivate init(_ form: SharedWeightConvolution.Form, depth: Int, channels: Int) {
      self.depth = depth
      panels = channels / lanes
      stride = depth * channels + lanes
      storage = TensorStorage(count: form.matrices * stride)
    }

    fileprivate func matrix(_ number: Int) -> UnsafeMutablePointer<Float> {
      storage.pointer + number * stride
    }
  }

  /// - Parameter rows: of a weight, (those of a group, inputs, 3, 3), dense.
  func transformed(_ rows: Tensor<Float>) -> Weight {
    transformed(description(of: rows, first: 0, count: rows.shape[0]), keeping: rows)
  }

  /// - Parameters:
  ///   - weight: (outputs, inputs, 3, 3), dense.
  ///   - group: some inputs.
  func transformedForImageGradient(_ weight: Tensor<Float>, of group: Range<Int>) -> Weight {
    transformed(
      dass_batch_weights(
        base: weight.mutableBase + group.lowerBound * 9, outputs: group.count, inputs: outputs,
        output_stride: 9, input_stride: inputs * 9, is_turned: 0),
      keeping: weight)
  }

  private func transformed(_ description: dass_batch_weights, keeping weight: Tensor<Float>) -> Weight {
    let result = Weight(form, depth: description.inputs, channels: description.outputs)
    withExtendedLifetime(weight) {
      forEachPanel(of: description) {
        dass_halving_pack(Int32(form.tile), $0, $1, result.matrix(0), result.stride)
      }
    }
    return result
  }

  /// Some rows of a weight, for C.
  private func description(of weight: Tensor<Float>, first: Int, count: Int) -> dass_batch_weights {
    dass_batch_weights(
      base: weight.mutableBase + first * inputs * 9, outputs: count, inputs: inputs,
      output_stride: inputs * 9, input_stride: 9, is_turned: 0)
  }

  private func forEachPanel(
    of description: dass_batch_weights, _ body: (UnsafePointer<dass_batch_weights>, _ panel: Int) -> Void
  ) {
    withUnsafePointer(to: description) { pointer in
      for panel in 0..<description.outputs / Self.lanes { body(pointer, panel) }
    }
  }

  // MARK: The convolution and its gradients

  /// The positive part of the convolution.
  ///
  /// - Parameter weights: of `outputGroups`, each made when it is asked for.
  func rectifiedOutput(of rows: Rows, by weights: some Sequence<Weight>) -> SquareImages {
    let result = SquareImages(
      count: isTiled ? rows.units / form.tiles(size: outputSize) : rows.units, size: outputSize,
      channels: outputs)
    for (group, weight) in zip(outputGroups, weights) {
      let products = products(for: result, channels: group, units: rows.units)
      rows.forEach(of: steps) { multiply($1, $0, by: weight, into: products) }
      if isTiled { store(products, as: result.sliced(channels: group)) }
    }
    if !isTiled { result.rectify() }
    return result
  }

  /// Where products with a group of channels belong: with the images, or apart from them, as they are transformed before.
  private func products(for images: SquareImages, channels: Range<Int>, units: Int) -> SquareImages {
    isTiled ? tiles(units, channels: channels.count) : images.sliced(channels: channels)
  }

  private func tiles(_ count: Int, channels: Int) -> SquareImages {
    SquareImages(byPixelOf: count, size: 2 * form.tile + 1, channels: channels)
  }

  private func store(_ products: SquareImages, as images: SquareImages) {
    let bias = [Float](repeating: 0, count: images.channels)
    bias.withUnsafeBufferPointer { bias in
      var epilogue = dass_epilogue(bias: bias.baseAddress, added: nil, added_channels: 0, is_far: 0)
      withExtendedLifetime(products) {
        images.withImages {
          dass_halving_output(
            Int32(form.tile), products.base, products.pixelStride, products.stride, $0, 0, products.count,
            images.channels, &epilogue)
        }
      }
    }
  }

  /// (outputs, inputs, 3, 3)
  ///
  /// - Parameters:
  ///   - upstream: of the outputs.
  ///   - body: is called with the gradient when some more of its rows are there, in their order.
  func weightGradient(
    of rows: Rows, upstream: SquareImages, _ body: (_ rows: Range<Int>, Tensor<Float>) -> Void = { _, _ in }
  ) -> Tensor<Float> {
    let gradient = Tensor<Float>(uninitialized: [outputs, inputs, 3, 3])
    for group in outputGroups {
      let weight = Weight(form, depth: inputs, channels: group.count)
      // A single output has only the padding before some taps.
      if outputSize == 1 { weight.matrix(0).update(repeating: 0, count: form.matrices * weight.stride) }
      let upstream = units(of: upstream.sliced(channels: group))
      withExtendedLifetime(upstream) {
        rows.forEach(of: steps) { step, rows in
          dass_batch_product_gradient(
            Int32(Self.lanes), rows, step.pair.positions * upstream.count, inputs, upstream.at(step.pair.to),
            upstream.stride, weight.panels, step.addsToMatrix ? 1 : 0, weight.matrix(step.pair.matrix))
        }
      }
      let description = description(of: gradient, first: group.lowerBound, count: group.count)
      withExtendedLifetime((weight, gradient)) {
        forEachPanel(of: description) {
          dass_halving_unpack(Int32(form.tile), weight.matrix(0), weight.stride, $1, $0)
        }
      }
      body(group, gradient)
    }
    return gradient
  }

  /// - Parameters:
  ///   - upstream: of the outputs.
  ///   - weights: of `inputGroups`, each made when it is asked for.
  func imageGradient(upstream: SquareImages, by weights: some Sequence<Weight>) -> SquareImages {
    let result = SquareImages(count: upstream.count, size: inputSize, channels: inputs)
    let upstream = units(of: upstream)
    if isTiled { result.clear() }
    for (group, weight) in zip(inputGroups, weights) {
      let products = products(for: result, channels: group, units: upstream.count)
      for step in stepsBack {
        let rows = dass_rows(upstream.at(step.pair.from), every: upstream.stride)
        multiply(rows, step, by: weight, into: products)
      }
      guard isTiled else { continue }
      withExtendedLifetime(products) {
        result.sliced(channels: group).withImages {
          dass_halving_input_gradient(
            products.base, products.pixelStride, products.stride, $0, 0, products.count, group.count)
        }
      }
    }
    return result
  }

  /// Upstreams as what they are multiplied with.
  private func units(of upstream: SquareImages) -> SquareImages {
    guard isTiled else { return upstream }
    let tiles = tiles(upstream.count * form.tiles(size: outputSize), channels: upstream.channels)
    withExtendedLifetime(tiles) {
      upstream.withImages {
        dass_halving_output_gradient(
          $0, 0, tiles.count, tiles.channels, tiles.base, tiles.pixelStride, tiles.stride)
      }
    }
    return tiles
  }

  private func multiply(_ rows: dass_rows, _ step: Step, by weight: Weight, into products: SquareImages) {
    let pair = step.pair
    withExtendedLifetime((weight, products)) {
      dass_batch_product(
        Int32(Self.lanes), rows, pair.positions * products.count, weight.depth, weight.matrix(pair.matrix),
        weight.panels, step.addsToPlace ? 1 : 0, products.at(pair.to), products.stride)
    }
  }
}
