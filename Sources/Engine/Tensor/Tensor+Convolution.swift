extension Tensor {
  /// Convolution of images (N, H, W, C) with a weight (O, C, k, k), zero padding, no bias.
  package func convolved(with weight: Tensor, stride: Int = 1, padding: Int) -> Tensor {
    precondition(
      rank == 4 && weight.rank == 4 && weight.shape[1] == shape[3] && weight.shape[2] == weight.shape[3],
      "images of shape \(shape) cannot be convolved with a weight of shape \(weight.shape)")
    let geometry = ConvolutionGeometry(
      batch: shape[0], height: shape[1], width: shape[2], inputChannels: shape[3],
      outputChannels: weight.shape[0], kernel: weight.shape[2], stride: stride, padding: padding)
    return Self.convolution(.forward, geometry, input: self, weight: weight, output: nil)
  }

  /// One of the three products of a convolution; the argument that is computed is nil.
  ///
  /// The derivative of a bilinear product by one factor is again one of the three, so their rules refer to
  /// each other and can be differentiated to any order.
  static func convolution(
    _ product: ConvolutionProduct, _ geometry: ConvolutionGeometry, input: Tensor?, weight: Tensor?,
    output: Tensor?
  ) -> Tensor {
    let inputTensor = (input ?? Tensor(uninitialized: geometry.inputShape)).contiguous()
    let outputTensor = (output ?? Tensor(uninitialized: geometry.outputShape)).contiguous()
    let chunks = BatchChunks(geometry)
    let kernel = Scalar.convolutionKernel(
      product, chunks.geometry, weightStrides: (weight?.strides ?? geometry.weightShape.rowMajorStrides))
    let packed = weight.map { PackedWeight($0, for: kernel) }
    let partial = weight == nil ? PartialWeightGradients(kernel, chunks: chunks) : nil
    let (inputStep, outputStep) = (inputTensor.count / chunks.count, outputTensor.count / chunks.count)
    Workers.share(chunks.count) { chunk in
      guard let weight = packed?.pointer ?? partial?.part(chunk) else { return }
      withExtendedLifetime((inputTensor, outputTensor, packed)) {
        kernel.run(
          input: inputTensor.mutableBase + chunk * inputStep, packed: weight,
          output: outputTensor.mutableBase + chunk * outputStep)
      }
    }
    switch product {
    case .forward:
      return outputTensor.recorded([input, weight].compactMap(\.self)) { pass in
        [
          pass.needs[0]
            ? convolution(.dataGradient, geometry, input: nil, weight: pass.inputs[1], output: pass.upstream)
            : nil,
          pass.needs[1]
            ? convolution(
              .weightGradient, geometry, input: pass.inputs[0], weight: nil, output: pass.upstream)
            : nil,
        ]
      }
    case .dataGradient:
      return inputTensor.recorded([output, weight].compactMap(\.self)) { pass in
        [
          pass.needs[0]
            ? convolution(.forward, geometry, input: pass.upstream, weight: pass.inputs[1], output: nil)
            : nil,
          pass.needs[1]
            ? convolution(
              .weightGradient, geometry, input: pass.upstream, weight: nil, output: pass.inputs[0])
            : nil,
        ]
      }
    case .weightGradient:
      return (partial?.sum() ?? Tensor(uninitialized: geometry.weightShape)).recorded(
        [input, output].compactMap(\.self)
      ) { pass in
        [
          pass.needs[0]
            ? convolution(.dataGradient, geometry, input: nil, weight: pass.upstream, output: pass.inputs[1])
            : nil,
          pass.needs[1]
            ? convolution(.forward, geometry, input: pass.inputs[0], weight: pass.upstream, output: nil)
            : nil,
        ]
      }
    }
  }

  /// For results that are written in pieces; nothing may read it before.
  init(uninitialized shape: [Int]) { self.init(shape: shape) { _ in } }

  /// The address for a backend that takes one kind of pointer for operands and results.
  var mutableBase: UnsafeMutablePointer<Scalar> { storage.pointer + offset }
}
