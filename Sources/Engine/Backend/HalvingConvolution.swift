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

  /// Floats from one matrix of a transformed weight to the next: they would fall on the same sets of the cache if they were a
  /// power of two apart.
  private var matrixStride: Int { inputs * outputs + SharedWeightConvolution.lanes }

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

  /// A transformed weight, [matrix][panel][input][lane].
  struct Weight: Sendable {
    fileprivate let storage: TensorStorage<Float>
  }

  /// - Parameters:
  ///   - weight: (outputs, inputs, 3, 3), dense.
  ///   - forImageGradient: whether inputs and outputs change places.
  func transformed(_ weight: Tensor<Float>, forImageGradient: Bool = false) -> Weight {
    var description = dass_batch_weights(
      base: weight.mutableBase, outputs: outputs, inputs: inputs, output_stride: inputs * 9, input_stride: 9,
      is_turned: 0)
    if forImageGradient {
      swap(&description.outputs, &description.inputs)
      swap(&description.output_stride, &description.input_stride)
    }
    let storage = TensorStorage<Float>(count: form.matrices * matrixStride)
    withExtendedLifetime(weight) {
      for panel in 0..<description.outputs / SharedWeightConvolution.lanes {
        dass_halving_pack(Int32(form.tile), &description, panel, storage.pointer, matrixStride)
      }
    }
    return Weight(storage: storage)
  }

  /// - Parameter images: (n, size, size, inputs), dense.
  func tiles(of images: Tensor<Float>) -> Tiles {
    let tiles = Tiles(form, count: images.shape[0] * form.tiles(size: outputSize), channels: inputs)
    withImages(images, size: inputSize) {
      dass_halving_input(
        Int32(form.tile), $0, 0, tiles.count, inputs, tiles.storage.pointer, tiles.count * tiles.stride,
        tiles.stride)
    }
    return tiles
  }

  /// The positive part of the convolution, (n, size / 2, size / 2, outputs).
  func rectifiedOutput(of tiles: Tiles, by weight: Weight) -> Tensor<Float> {
    let products = multiplied(tiles, by: weight, depth: inputs, columns: outputs)
    let result = Tensor<Float>(
      uninitialized: [tiles.count / form.tiles(size: outputSize), outputSize, outputSize, outputs])
    let bias = Tensor<Float>(repeating: 0, shape: [outputs])
    var epilogue = dass_epilogue(bias: bias.base, added: nil, added_channels: 0)
    withImages(result, size: outputSize) { images in
      withExtendedLifetime((products, bias)) {
        dass_halving_output(
          Int32(form.tile), products.storage.pointer, products.count * products.stride, products.stride,
          images, 0, products.count, outputs, &epilogue)
      }
    }
    return result
  }

  /// - Parameter upstream: (n, size / 2, size / 2, outputs), dense.
  func upstreamTiles(of upstream: Tensor<Float>) -> Tiles {
    let tiles = Tiles(form, count: upstream.shape[0] * form.tiles(size: outputSize), channels: outputs)
    withImages(upstream, size: outputSize) {
      dass_halving_output_gradient(
        Int32(form.tile), $0, 0, tiles.count, outputs, tiles.storage.pointer, tiles.count * tiles.stride,
        tiles.stride)
    }
    return tiles
  }

  /// (outputs, inputs, 3, 3)
  func weightGradient(of tiles: Tiles, upstream: Tiles) -> Tensor<Float> {
    let sums = TensorStorage<Float>(count: form.matrices * matrixStride)
    withExtendedLifetime((tiles, upstream)) {
      forEachMatrix { matrix, position, some in
        dass_batch_product_gradient(
          Int32(SharedWeightConvolution.lanes), tiles.position(position), tiles.stride, some * tiles.count,
          inputs, upstream.position(position), upstream.stride, outputs / SharedWeightConvolution.lanes, 0,
          sums.pointer + matrix * matrixStride)
      }
    }
    let gradient = Tensor<Float>(uninitialized: [outputs, inputs, 3, 3])
    var description = dass_batch_weights(
      base: gradient.mutableBase, outputs: outputs, inputs: inputs, output_stride: inputs * 9,
      input_stride: 9, is_turned: 0)
    withExtendedLifetime(sums) {
      for panel in 0..<outputs / SharedWeightConvolution.lanes {
        dass_halving_unpack(Int32(form.tile), sums.pointer, matrixStride, panel, &description)
      }
    }
    return gradient
  }

  /// (n, size, size, inputs)
  ///
  /// - Parameter weight: transformed for it.
  func imageGradient(upstream: Tiles, by weight: Weight) -> Tensor<Float> {
    let products = multiplied(upstream, by: weight, depth: outputs, columns: inputs)
    let result = Tensor<Float>(
      repeating: 0, shape: [upstream.count / form.tiles(size: outputSize), inputSize, inputSize, inputs])
    withImages(result, size: inputSize) { images in
      withExtendedLifetime(products) {
        dass_halving_input_gradient(
          Int32(form.tile), products.storage.pointer, products.count * products.stride, products.stride,
          images, 0, products.count, inputs)
      }
    }
    return result
  }

  private func multiplied(_ tiles: Tiles, by weight: Weight, depth: Int, columns: Int) -> Tiles {
    let products = Tiles(form, count: tiles.count, channels: columns)
    withExtendedLifetime((tiles, weight)) {
      forEachMatrix { matrix, position, some in
        dass_batch_product(
          Int32(SharedWeightConvolution.lanes), tiles.position(position), tiles.stride, some * tiles.count,
          depth, weight.storage.pointer + matrix * matrixStride,
          columns / SharedWeightConvolution.lanes, products.position(position), products.stride)
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

  private func withImages(
    _ tensor: Tensor<Float>, size: Int, _ body: (UnsafePointer<dass_images>) -> Void
  ) {
    let channels = tensor.shape[3]
    var addresses: [UnsafeMutablePointer<Float>?] = (0..<tensor.shape[0]).map {
      tensor.mutableBase + $0 * size * size * channels
    }
    withExtendedLifetime(tensor) {
      addresses.withUnsafeMutableBufferPointer { addresses in
        var images = dass_images(
          pixels: addresses.baseAddress.map { UnsafePointer($0) }, height: size, width: size, stride: channels
        )
        body(&images)
      }
    }
  }
}
