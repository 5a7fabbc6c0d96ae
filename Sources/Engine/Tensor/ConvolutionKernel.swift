/// A product of a convolution made ready for images of one size, and run for several chunks of a batch.
///
/// The weight, read or made, is in a layout of the kernel's own, its packed form. It is packed once for all
/// chunks; packed weight gradients of several chunks may be added up before they are unpacked, for packing is
/// linear. Runs may take place on several threads at once.
package protocol ConvolutionKernel<Scalar>: Sendable {
  associatedtype Scalar

  /// Numbers in a packed weight; nil where the weight serves as it is.
  var packedCount: Int? { get }

  /// From the strided view that the kernel was made for.
  func pack(_ weight: UnsafePointer<Scalar>, into packed: UnsafeMutablePointer<Scalar>)

  /// To a dense weight in the order OIHW; for weight gradients.
  func unpack(_ packed: UnsafePointer<Scalar>, into weight: UnsafeMutablePointer<Scalar>)

  /// Computes the argument that the product is for from the other two; images are dense NHWC.
  func run(
    input: UnsafeMutablePointer<Scalar>, packed: UnsafeMutablePointer<Scalar>,
    output: UnsafeMutablePointer<Scalar>)
}

/// How a batch is cut into equal chunks, the pieces that threads take.
///
/// The cut depends on nothing but the sizes, so that results are the same for any number of threads. A chunk has
/// enough positions to be worth its share of the weight's handling, and enough work to be worth a thread's attention.
struct BatchChunks {
  let count: Int
  /// The geometry of one chunk.
  let geometry: ConvolutionGeometry

  private static let most = 8
  private static let fewestPositions = 256
  private static let leastMultiplyAdds = 1 << 20

  init(_ whole: ConvolutionGeometry) {
    let positions = whole.batch * whole.outputHeight * whole.outputWidth
    // Winograd's transforms of weights are a larger share than the library's reorder of them.
    let fewest = whole.form == .direct ? Self.fewestPositions : ConvolutionGeometry.fewestPositions
    let limit = min(Self.most, positions / fewest, whole.multiplyAdds / Self.leastMultiplyAdds)
    count = (1...max(1, limit)).last { whole.batch % $0 == 0 } ?? 1
    var part = whole
    part.batch /= count
    geometry = part
  }
}

/// A weight as a kernel wants it, valid while this object lives.
final class PackedWeight<Scalar: TensorScalar>: Sendable {
  private let source: Tensor<Scalar>
  private let storage: TensorStorage<Scalar>?

  init(_ weight: Tensor<Scalar>, for kernel: any ConvolutionKernel<Scalar>) {
    source = weight
    storage = kernel.packedCount.map { TensorStorage<Scalar>(count: $0) }
    if let storage { kernel.pack(weight.base, into: storage.pointer) }
  }

  var pointer: UnsafeMutablePointer<Scalar> {
    storage?.pointer ?? UnsafeMutablePointer(mutating: source.base)
  }
}

/// The weight gradients of the chunks of a batch, and their sum.
///
/// Unchecked: each part is written by the one thread that has its chunk.
final class PartialWeightGradients<Scalar: TensorScalar>: @unchecked Sendable {
  private let kernel: any ConvolutionKernel<Scalar>
  private let shape: [Int]
  private let count: Int
  private let parts: [TensorStorage<Scalar>]

  /// - Parameter kernel: for the weight gradient of one chunk.
  init(_ kernel: any ConvolutionKernel<Scalar>, chunks: BatchChunks) {
    self.kernel = kernel
    shape = chunks.geometry.weightShape
    let count = kernel.packedCount ?? shape.product
    self.count = count
    parts = (0..<chunks.count).map { _ in TensorStorage(count: count) }
  }

  /// Where the gradient of one chunk goes.
  func part(_ chunk: Int) -> UnsafeMutablePointer<Scalar> { parts[chunk].pointer }

  /// The dense gradient, added up in the order of the chunks.
  func sum() -> Tensor<Scalar> {
    let addends = parts.map { UnsafePointer($0.pointer) }
    return Tensor(shape: shape) { out in
      guard kernel.packedCount != nil else { return Kernels.sum(addends, into: out, count: count) }
      if addends.count > 1 { Kernels.sum(addends, into: parts[0].pointer, count: count) }
      kernel.unpack(parts[0].pointer, into: out)
    }
  }
}
