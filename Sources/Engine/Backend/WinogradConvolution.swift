import CWinograd
import Synchronization

/// The three products of a convolution in Winograd's forms (Lavin and Gray, "Fast algorithms for convolutional neural
/// networks", 2015), on dense batches.
///
/// The data gradient is a convolution with the taps in reverse and the channels exchanged. The weight gradient is the
/// transpose of the forward product, step by step: G^T ((B^T d B) (A y A^T)) G, summed over tiles in between; so that
/// packed gradients may be added up like plain ones.
struct WinogradConvolution: ConvolutionKernel {
  private let product: ConvolutionProduct
  private let geometry: ConvolutionGeometry
  private let weightStrides: [Int]
  /// Outputs of a tile, both ways.
  private let tile: Int
  /// Channels of the convolution that runs, which for a data gradient are exchanged.
  private let inputs: Int
  private let outputs: Int

  /// - Parameter weightStrides: of a weight whose taps lie one after the other.
  init?(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, form: ConvolutionForm,
    weightStrides: [Int]
  ) {
    guard form != .direct, weightStrides[2] == 3, weightStrides[3] == 1 else { return nil }
    self.product = product
    self.geometry = geometry
    self.weightStrides = weightStrides
    tile = form.tile
    (inputs, outputs) =
      product == .dataGradient
      ? (geometry.outputChannels, geometry.inputChannels)
      : (geometry.inputChannels, geometry.outputChannels)
  }

  private var positions: Int { (tile + 2) * (tile + 2) }

  /// Output channels of a panel of weights: narrow ones where wide ones would have much left over.
  private var lanes: Int { outputs <= 8 || (17...24).contains(outputs) ? 8 : 16 }

  private var panels: Int { (outputs + lanes - 1) / lanes }

  private var matrixCount: Int { inputs * panels * lanes }

  var packedCount: Int? { positions * matrixCount }

  func pack(_ weight: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    var (outputStride, inputStride) = (weightStrides[0], weightStrides[1])
    if product == .dataGradient { swap(&outputStride, &inputStride) }
    let weights = dass_batch_weights(
      base: UnsafeMutablePointer(mutating: weight), outputs: outputs, inputs: inputs,
      output_stride: outputStride, input_stride: inputStride, is_turned: product == .dataGradient ? 1 : 0)
    Workers.share(panels) { panel in
      withUnsafePointer(to: weights) { dass_batch_pack(Int32(lanes), Int32(tile), $0, panel, packed) }
    }
  }

  func unpack(_ packed: UnsafePointer<Float>, into weight: UnsafeMutablePointer<Float>) {
    let weights = dass_batch_weights(
      base: weight, outputs: outputs, inputs: inputs, output_stride: weightStrides[0],
      input_stride: weightStrides[1], is_turned: 0)
    Workers.share(panels) { panel in
      withUnsafePointer(to: weights) { dass_batch_unpack(Int32(lanes), Int32(tile), packed, panel, $0) }
    }
  }

  func run(
    input: UnsafeMutablePointer<Float>, packed: UnsafeMutablePointer<Float>,
    output: UnsafeMutablePointer<Float>
  ) {
    switch product {
    case .forward: convolve(input, with: packed, into: output)
    case .dataGradient: convolve(output, with: packed, into: input)
    case .weightGradient: sumUp(input, output, into: packed)
    }
  }

  /// What happens to the outputs before they are stored.
  struct Finish {
    var bias: UnsafePointer<Float>
    /// A term to add, in the layout of the outputs.
    var added: UnsafePointer<Float>?
    var isRectified: Bool
  }

  /// Transforms some tiles, multiplies them position by position, and transforms back, so that what lies between stays
  /// in the cache.
  func convolve(
    _ source: UnsafeMutablePointer<Float>, with packed: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>, finish: Finish? = nil
  ) {
    var (from, to) = (batch(source, channels: inputs), batch(target, channels: outputs))
    let ending = finish.map {
      dass_batch_finish(bias: $0.bias, added: $0.added, is_rectified: $0.isRectified ? 1 : 0)
    }
    forEachPart { part in
      dass_batch_input(
        Int32(tile), &from, part.first, part.count, part.images, part.imageStride, part.imageFloats)
      for position in 0..<positions {
        dass_batch_product(
          Int32(lanes), part.rows(ofPosition: position), part.count, inputs,
          packed + position * matrixCount, panels, 0, part.products + position * part.productStride,
          part.productFloats)
      }
      func write(_ finish: UnsafePointer<dass_batch_finish>?) {
        dass_batch_output(
          Int32(tile), part.products, part.productStride, part.productFloats, &to, part.first, part.count,
          finish)
      }
      if let ending { withUnsafePointer(to: ending) { write($0) } } else { write(nil) }
    }
  }

  private func sumUp(
    _ source: UnsafeMutablePointer<Float>, _ upstream: UnsafeMutablePointer<Float>,
    into packed: UnsafeMutablePointer<Float>
  ) {
    var (from, to) = (batch(source, channels: inputs), batch(upstream, channels: outputs))
    forEachPart { part in
      dass_batch_input(
        Int32(tile), &from, part.first, part.count, part.images, part.imageStride, part.imageFloats)
      dass_batch_output_gradient(
        Int32(tile), &to, part.first, part.count, part.products, part.productStride, part.productFloats)
      for position in 0..<positions {
        dass_batch_product_gradient(
          Int32(lanes), part.rows(ofPosition: position), part.count, inputs,
          part.products + position * part.productStride, part.productFloats, panels, part.first > 0 ? 1 : 0,
          packed + position * matrixCount)
      }
    }
  }

  private func batch(_ pixels: UnsafeMutablePointer<Float>, channels: Int) -> dass_batch {
    dass_batch(pixels: pixels, height: geometry.height, width: geometry.width, channels: channels)
  }

  // MARK: Parts of a batch

  /// Tiles that are transformed together, and room for them.
  private struct Part {
    var first: Int
    var count: Int
    var images: UnsafeMutablePointer<Float>
    /// From one tile to the next, and from one position to the next.
    var imageFloats: Int
    var imageStride: Int
    var products: UnsafeMutablePointer<Float>
    var productFloats: Int
    var productStride: Int

    func rows(ofPosition position: Int) -> dass_rows {
      dass_rows(images + position * imageStride, every: imageFloats)
    }
  }

  /// A part takes about a quarter of the second cache, unless it would have too few tiles for products to be fast.
  private static let partFloats = 1 << 16
  private static let fewestTiles = 36
  /// Positions would fall on the same sets of the cache if they were a power of two apart.
  private static let positionGap = 16

  private func forEachPart(_ body: (Part) -> Void) {
    func padded(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }
    let (imageFloats, productFloats) = (padded(inputs), padded(outputs))
    let tiles = geometry.batch * (geometry.height / tile) * (geometry.width / tile)
    let fitting = Self.partFloats / positions / (imageFloats + productFloats) / 12 * 12
    let most = min(tiles, max(Self.fewestTiles, fitting))
    let (imageStride, productStride) = (
      most * imageFloats + Self.positionGap, most * productFloats + Self.positionGap
    )
    let bytes = positions * (imageStride + productStride) * MemoryLayout<Float>.stride
    let room = BufferPool.take(bytes: bytes)
    defer { BufferPool.giveBack(room, bytes: bytes) }
    let images = room.bindMemory(to: Float.self, capacity: bytes / MemoryLayout<Float>.stride)
    for first in stride(from: 0, to: tiles, by: most) {
      body(
        Part(
          first: first, count: min(most, tiles - first), images: images, imageFloats: imageFloats,
          imageStride: imageStride, products: images + positions * imageStride,
          productFloats: productFloats, productStride: productStride))
    }
  }
}

/// A weight in Winograd's form, made at its first use and kept for the next.
final class KeptWinogradWeight: Sendable {
  private let known = Mutex<[ConvolutionForm: TensorStorage<Float>]>([:])

  /// - Parameter weight: the same at every call.
  func packed(
    _ weight: Tensor<Float>, as form: ConvolutionForm, by convolution: WinogradConvolution
  ) -> TensorStorage<Float> {
    if let packed = known.withLock({ $0[form] }) { return packed }
    let packed = TensorStorage<Float>(count: convolution.packedCount ?? 0)
    withExtendedLifetime(weight) { convolution.pack(weight.base, into: packed.pointer) }
    return known.withLock { known in
      let first = known[form] ?? packed
      known[form] = first
      return first
    }
  }
}
