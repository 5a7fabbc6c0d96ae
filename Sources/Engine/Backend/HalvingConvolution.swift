import CWinograd

/// 3x3 convolutions with stride 2 and padding 1 of dense batches, and their gradients, by the forms that
/// `SharedWeightConvolution` has for them, on one thread.
///
/// Each product is the transpose of another one, step by step, so that transformed images and upstreams serve two
/// products each: the output and the weight gradient, and the weight gradient and the image gradient.
struct HalvingConvolution: Sendable {
  private let form: SharedWeightConvolution.Form
  /// Pixels of a side of the images.
  private let inputSize: Int
  private let inputs: Int
  private let outputs: Int

  /// - Returns: nil for sizes that the forms do not fill, and for channels that do not fill vectors.
  init?(inputSize: Int, inputs: Int, outputs: Int) {
    form = .fewestMultiplications(size: inputSize / 2, stride: 2)
    guard inputSize % 2 == 0, form != .direct, inputs % SharedWeightConvolution.lanes == 0,
      outputs % SharedWeightConvolution.lanes == 0
    else { return nil }
    self.inputSize = inputSize
    self.inputs = inputs
    self.outputs = outputs
  }

  private var outputSize: Int { inputSize / 2 }

  /// Transformed tiles, [position][tile][channel].
  struct Tiles: Sendable {
    fileprivate let storage: TensorStorage<Float>
    fileprivate let count: Int
    /// From one tile to the next: positions would fall on the same sets of the cache if they were a power of two apart.
    fileprivate let stride: Int

    fileprivate init(_ form: SharedWeightConvolution.Form, count: Int, channels: Int) {
      self.count = count
      stride = channels + SharedWeightConvolution.lanes
      storage = TensorStorage(count: form.positions * count * stride)
    }

    fileprivate func position(_ number: Int) -> UnsafeMutablePointer<Float> {
      storage.pointer + number * count * stride
    }
  }

  // MARK: Weights

  /// The channels that come out, in groups that are multiplied one after the other: what a group's transformed weight takes
  /// stays in the second cache, and is used again for the next group.
  var outputGroups: [Range<Int>] { Self.groups(of: outputs) }

  /// The same for the gradient of the images.
  var inputGroups: [Range<Int>] { Self.groups(of: inputs) }

  private static func groups(of channels: Int) -> [Range<Int>] {
    let most = 2 * SharedWeightConvolution.lanes
    return stride(from: 0, to: channels, by: most).map { $0..<min($0 + most, channels) }
  }

  /// The transformed weight of a group, [matrix][panel][depth][lane], or sums over tiles, [matrix][depth][channel].
  struct Weight: Sendable {
    fileprivate let storage: TensorStorage<Float>
    fileprivate let panels: Int
    /// Floats from one matrix to the next, which would fall on the same sets of the cache if they were a power of two apart.
    fileprivate let stride: Int

    fileprivate init(_ form: SharedWeightConvolution.Form, depth: Int, channels: Int) {
      panels = channels / SharedWeightConvolution.lanes
      stride = depth * channels + SharedWeightConvolution.lanes
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
      for panel in 0..<description.outputs / SharedWeightConvolution.lanes { body(pointer, panel) }
    }
  }

  // MARK: The convolution and its gradients

  /// - Parameter images: (n, size, size, inputs), dense.
  func tiles(of images: Tensor<Float>) -> Tiles {
    tiles(of: images, channels: 0..<inputs, by: dass_halving_input)
  }

  private func upstreamTiles(of upstream: Tensor<Float>, channels: Range<Int>) -> Tiles {
    tiles(of: upstream, channels: channels, by: dass_halving_output_gradient)
  }

  private func tiles(
    of images: Tensor<Float>, channels: Range<Int>,
    by transform: (
      Int32, UnsafePointer<dass_images>, Int, Int, Int, UnsafeMutablePointer<Float>, Int, Int
    ) -> Void
  ) -> Tiles {
    let tiles = Tiles(form, count: images.shape[0] * form.tiles(size: outputSize), channels: channels.count)
    withImages(images, channels: channels) {
      transform(
        Int32(form.tile), $0, 0, tiles.count, channels.count, tiles.position(0),
        tiles.count * tiles.stride, tiles.stride)
    }
    return tiles
  }

  /// The positive part of the convolution, (n, size / 2, size / 2, outputs).
  ///
  /// - Parameter weights: of `outputGroups`, each made when it is asked for.
  func rectifiedOutput(of tiles: Tiles, by weights: some Sequence<Weight>) -> Tensor<Float> {
    let result = Tensor<Float>(
      uninitialized: [tiles.count / form.tiles(size: outputSize), outputSize, outputSize, outputs])
    let bias = Tensor<Float>(repeating: 0, shape: [outputs])
    var epilogue = dass_epilogue(bias: bias.base, added: nil, added_channels: 0, is_far: 0)
    for (group, weight) in zip(outputGroups, weights) {
      let products = multiplied(tiles, by: weight, depth: inputs)
      withImages(result, channels: group) { images in
        withExtendedLifetime((products, bias)) {
          dass_halving_output(
            Int32(form.tile), products.position(0), products.count * products.stride, products.stride,
            images, 0, products.count, group.count, &epilogue)
        }
      }
    }
    return result
  }

  /// (outputs, inputs, 3, 3)
  ///
  /// - Parameter upstream: (n, size / 2, size / 2, outputs), dense.
  func weightGradient(of tiles: Tiles, upstream: Tensor<Float>) -> Tensor<Float> {
    let gradient = Tensor<Float>(uninitialized: [outputs, inputs, 3, 3])
    for group in outputGroups {
      let sums = Weight(form, depth: inputs, channels: group.count)
      let upstream = upstreamTiles(of: upstream, channels: group)
      withExtendedLifetime((tiles, upstream, sums)) {
        forEachMatrix { matrix, position, some in
          dass_batch_product_gradient(
            Int32(SharedWeightConvolution.lanes), tiles.position(position), tiles.stride,
            some * tiles.count, inputs, upstream.position(position), upstream.stride, sums.panels, 0,
            sums.matrix(matrix))
        }
        forEachPanel(of: description(of: gradient, first: group.lowerBound, count: group.count)) {
          dass_halving_unpack(Int32(form.tile), sums.matrix(0), sums.stride, $1, $0)
        }
      }
    }
    return gradient
  }

  /// (n, size, size, inputs)
  ///
  /// - Parameters:
  ///   - upstream: (n, size / 2, size / 2, outputs), dense.
  ///   - weights: of `inputGroups`, each made when it is asked for.
  func imageGradient(upstream: Tensor<Float>, by weights: some Sequence<Weight>) -> Tensor<Float> {
    let tiles = upstreamTiles(of: upstream, channels: 0..<outputs)
    let result = Tensor<Float>(repeating: 0, shape: [upstream.shape[0], inputSize, inputSize, inputs])
    for (group, weight) in zip(inputGroups, weights) {
      let products = multiplied(tiles, by: weight, depth: outputs)
      withImages(result, channels: group) { images in
        withExtendedLifetime(products) {
          dass_halving_input_gradient(
            Int32(form.tile), products.position(0), products.count * products.stride, products.stride,
            images, 0, products.count, group.count)
        }
      }
    }
    return result
  }

  private func multiplied(_ tiles: Tiles, by weight: Weight, depth: Int) -> Tiles {
    let lanes = SharedWeightConvolution.lanes
    let products = Tiles(form, count: tiles.count, channels: weight.panels * lanes)
    withExtendedLifetime((tiles, weight)) {
      forEachMatrix { matrix, position, some in
        dass_batch_product(
          Int32(lanes), tiles.position(position), tiles.stride, some * tiles.count, depth,
          weight.matrix(matrix), weight.panels, products.position(position), products.stride)
      }
    }
    return products
  }

  /// Calls `body` with each matrix, the first of its positions, and their number.
  private func forEachMatrix(_ body: (_ matrix: Int, _ position: Int, _ some: Int) -> Void) {
    var position = 0
    for matrix in 0..<form.matrices {
      let some = form.positions(ofMatrix: matrix)
      body(matrix, position, some)
      position += some
    }
  }

  /// Calls `body` with some channels of images.
  private func withImages(
    _ tensor: Tensor<Float>, channels: Range<Int>, _ body: (UnsafePointer<dass_images>) -> Void
  ) {
    let (size, stride) = (tensor.shape[1], tensor.shape[3])
    var addresses: [UnsafeMutablePointer<Float>?] = (0..<tensor.shape[0]).map {
      tensor.mutableBase + $0 * size * size * stride + channels.lowerBound
    }
    withExtendedLifetime(tensor) {
      addresses.withUnsafeMutableBufferPointer { addresses in
        var images = dass_images(
          pixels: addresses.baseAddress.map { UnsafePointer($0) }, height: size, width: size, stride: stride
        )
        body(&images)
      }
    }
  }
}
