extension Tensor {
  /// A layer of a residual network: convolution, normalization of each channel by the mean and variance of the
  /// batch, a shortcut added, and the positive part.
  ///
  /// y = x * weight; output = max(0, (y - mean) / sqrt(variance + epsilon) * scale + shift + shortcut)
  ///
  /// One operation, because each chunk of the batch is then normalized, and its gradient convolved, while it
  /// lies in the cache. Where the graph of the gradient is kept, the same gradient in plain operations takes the
  /// place of the fused loops, so that all orders exist.
  ///
  /// - Parameters:
  ///   - weight: (O, C, k, k) with odd k; the image is padded by k / 2.
  ///   - shortcut: of the output's height and width; surplus channels are dropped, missing ones are zero.
  package func normalizedConvolution(
    weight: Tensor, stride: Int = 1, scale: Tensor, shift: Tensor, adding shortcut: Tensor? = nil,
    epsilon: Double
  ) -> NormalizedBatch<Scalar> {
    let layer = NormalizedLayer<Scalar>(
      geometry: ConvolutionGeometry(
        batch: shape[0], height: shape[1], width: shape[2], inputChannels: shape[3],
        outputChannels: weight.shape[0], kernel: weight.shape[2], stride: stride,
        padding: weight.shape[2] / 2), epsilon: epsilon)
    let pass = layer.forward(
      self, weight: weight, scale: scale, shift: shift, shortcut: shortcut?.detached())
    let output = pass.output.recorded([self, weight, scale, shift] + (shortcut.map { [$0] } ?? [])) {
      $0.keepsGraph ? layer.definitionGradients($0, output: pass.output) : layer.gradients($0, of: pass)
    }
    return NormalizedBatch(
      output: output, mean: Tensor(pass.mean, shape: [pass.mean.count]),
      variance: Tensor(pass.variance, shape: [pass.variance.count]))
  }
}

/// The arithmetic of one layer.
private struct NormalizedLayer<Scalar: TensorScalar>: Sendable {
  let geometry: ConvolutionGeometry
  let chunks: BatchChunks
  let rows: ChannelRows
  let epsilon: Double

  init(geometry: ConvolutionGeometry, epsilon: Double) {
    self.geometry = geometry
    self.epsilon = epsilon
    chunks = BatchChunks(geometry)
    rows = ChannelRows(channels: geometry.outputChannels)
  }

  /// What the gradient needs of the forward pass.
  struct Pass: Sendable {
    /// Of the convolution.
    var convolved: Tensor<Scalar>
    var output: Tensor<Scalar>
    var mean: [Scalar]
    var variance: [Scalar]
    var inverseDeviation: [Scalar]
  }

  private var channels: Int { geometry.outputChannels }
  private var outputCount: Int { chunks.geometry.outputShape.product }
  private var inputCount: Int { chunks.geometry.inputShape.product }
  private var positions: Int { outputCount / channels }

  func forward(
    _ input: Tensor<Scalar>, weight: Tensor<Scalar>, scale: Tensor<Scalar>, shift: Tensor<Scalar>,
    shortcut: Tensor<Scalar>?
  ) -> Pass {
    let x = input.contiguous()
    let kernel = Scalar.convolutionKernel(.forward, chunks.geometry, weightStrides: weight.strides)
    let packed = PackedWeight(weight, for: kernel)
    let y = Tensor<Scalar>(uninitialized: geometry.outputShape)
    let means = Tensor<Double>(uninitialized: [chunks.count, channels])
    let squares = Tensor<Double>(uninitialized: [chunks.count, channels])
    Workers.share(chunks.count) { chunk in
      let part = y.mutableBase + chunk * outputCount
      kernel.run(
        input: x.mutableBase + chunk * inputCount, packed: packed.pointer, output: part)
      LayerKernels.moments(
        part, count: outputCount, rows: rows, mean: means.mutableBase + chunk * channels,
        squares: squares.mutableBase + chunk * channels)
    }
    let (mean, variance) = merged(means.scalars, squares.scalars)
    let inverse = variance.map { 1 / ($0 + epsilon).squareRoot() }
    let factor = zip(inverse, scale.scalars).map { $0 * Double($1) }
    let offset = zip(shift.scalars, zip(mean, factor)).map { Double($0) - $1.0 * $1.1 }
    let (factors, offsets) = (rows.spread(factor.map { Scalar($0) }), rows.spread(offset.map { Scalar($0) }))
    let output = Tensor<Scalar>(uninitialized: geometry.outputShape)
    let added = shortcut?.contiguous()
    Workers.share(chunks.count) { chunk in
      withShortcut(added, chunk) { shortcut in
        LayerKernels.normalize(
          y.base + chunk * outputCount, factor: factors, offset: offsets, shortcut: shortcut,
          into: output.mutableBase + chunk * outputCount, count: outputCount, rows: rows)
      }
    }
    return Pass(
      convolved: y, output: output, mean: mean.map { Scalar($0) }, variance: variance.map { Scalar($0) },
      inverseDeviation: inverse.map { Scalar($0) })
  }

  /// Mean and variance of the batch from those of its chunks (Chan, Golub and LeVeque).
  private func merged(_ means: [Double], _ squares: [Double]) -> (mean: [Double], variance: [Double]) {
    let parts = 0..<chunks.count
    let mean = (0..<channels).map { c in
      parts.reduce(0) { $0 + means[$1 * channels + c] } / Double(chunks.count)
    }
    let variance = (0..<channels).map { c in
      parts.reduce(0) { sum, part in
        let distance = means[part * channels + c] - mean[c]
        return sum + squares[part * channels + c] / Double(positions) + distance * distance
      } / Double(chunks.count)
    }
    return (mean, variance)
  }

  /// Calls `body` with the shortcut's part for a chunk, fitted to the layer's channels.
  private func withShortcut(
    _ shortcut: Tensor<Scalar>?, _ chunk: Int, _ body: (UnsafePointer<Scalar>?) -> Void
  ) {
    guard let shortcut else { return body(nil) }
    let own = shortcut.shape[3]
    let part = shortcut.base + chunk * positions * own
    guard own != channels else { return body(part) }
    let fitted = TensorStorage<Scalar>(count: outputCount)
    LayerKernels.fit(part, channels: own, into: fitted.pointer, channels: channels, rows: positions)
    body(fitted.pointer)
  }

  func gradients(_ backpropagation: Backpropagation<Scalar>, of pass: Pass) -> [Tensor<Scalar>?] {
    let inputs = backpropagation.inputs
    let (x, weight, scale) = (inputs[0].contiguous(), inputs[1], inputs[2].scalars.map { Double($0) })
    let upstream = backpropagation.upstream.contiguous()
    let passed = Tensor<Scalar>(uninitialized: geometry.outputShape)
    let sums = Tensor<Double>(uninitialized: [2, chunks.count, channels])
    let means = rows.spread(pass.mean)
    Workers.share(chunks.count) { chunk in
      let start = chunk * outputCount
      let plain = sums.mutableBase + chunk * channels
      LayerKernels.gradientSums(
        upstream: upstream.base + start, output: pass.output.base + start, x: pass.convolved.base + start,
        mean: means, passed: passed.mutableBase + start, plain: plain,
        weighted: plain + chunks.count * channels, count: outputCount, rows: rows)
    }
    let total = sums.scalars
    func sum(_ kind: Int, _ channel: Int) -> Double {
      (0..<chunks.count).reduce(0) { $0 + total[(kind * chunks.count + $1) * channels + channel] }
    }
    let shiftGradient = (0..<channels).map { sum(0, $0) }
    let scaleGradient = (0..<channels).map { sum(1, $0) * Double(pass.inverseDeviation[$0]) }

    // The gradient of the convolution's result is a passed + b y + c with one a, b, c a channel.
    let number = Double(positions * chunks.count)
    let a = (0..<channels).map { scale[$0] * Double(pass.inverseDeviation[$0]) }
    let b = (0..<channels).map { -a[$0] * Double(pass.inverseDeviation[$0]) * scaleGradient[$0] / number }
    let c = (0..<channels).map { -a[$0] * shiftGradient[$0] / number - b[$0] * Double(pass.mean[$0]) }
    let coefficients = [a, b, c].map { rows.spread($0.map { Scalar($0) }) }

    let products = convolutionGradients(x, weight: weight, needs: backpropagation.needs) { chunk, out in
      LayerKernels.combine(
        passed.base + chunk * outputCount, pass.convolved.base + chunk * outputCount, a: coefficients[0],
        b: coefficients[1], c: coefficients[2], into: out, count: outputCount, rows: rows)
    }
    let forChannels = [scaleGradient, shiftGradient].map { Tensor($0.map { Scalar($0) }, shape: [channels]) }
    return [products.input, products.weight] + forChannels
      + (inputs.count > 4 ? [shortcutGradient(passed, like: inputs[4])] : [])
  }

  /// Both gradients of the convolution. `upstream` writes the gradient of its result for a chunk.
  private func convolutionGradients(
    _ x: Tensor<Scalar>, weight: Tensor<Scalar>, needs: [Bool],
    upstream: @escaping (Int, UnsafeMutablePointer<Scalar>) -> Void
  ) -> (input: Tensor<Scalar>?, weight: Tensor<Scalar>?) {
    let dataKernel = Scalar.convolutionKernel(
      .dataGradient, chunks.geometry, weightStrides: weight.strides)
    let packed = needs[0] ? PackedWeight(weight, for: dataKernel) : nil
    let inputGradient = needs[0] ? Tensor<Scalar>(uninitialized: geometry.inputShape) : nil
    let weightKernel = Scalar.convolutionKernel(
      .weightGradient, chunks.geometry, weightStrides: geometry.weightShape.rowMajorStrides)
    let partial = needs[1] ? PartialWeightGradients(weightKernel, chunks: chunks) : nil
    Workers.share(chunks.count) { chunk in
      let gradient = TensorStorage<Scalar>(count: outputCount)
      upstream(chunk, gradient.pointer)
      if let packed, let inputGradient {
        dataKernel.run(
          input: inputGradient.mutableBase + chunk * inputCount, packed: packed.pointer,
          output: gradient.pointer)
      }
      if let partial {
        weightKernel.run(
          input: x.mutableBase + chunk * inputCount, packed: partial.part(chunk), output: gradient.pointer)
      }
    }
    return (inputGradient, partial?.sum())
  }

  private func shortcutGradient(_ passed: Tensor<Scalar>, like shortcut: Tensor<Scalar>) -> Tensor<Scalar> {
    let own = shortcut.shape[3]
    guard own != channels else { return passed }
    let gradient = Tensor<Scalar>(uninitialized: shortcut.shape)
    Workers.share(chunks.count) { chunk in
      LayerKernels.fit(
        passed.base + chunk * outputCount, channels: channels,
        into: gradient.mutableBase + chunk * positions * own, channels: own, rows: positions)
    }
    return gradient
  }

  /// The gradients of the definition in plain operations, which can be differentiated again.
  func definitionGradients(_ pass: Backpropagation<Scalar>, output: Tensor<Scalar>) -> [Tensor<Scalar>?] {
    let (x, weight) = (pass.inputs[0], pass.inputs[1])
    let passed = pass.upstream * output.step()
    let normalized = Tensor.normalizationGradients(
      x.convolved(with: weight, stride: geometry.stride, padding: geometry.padding), scale: pass.inputs[2],
      upstream: passed, epsilon: epsilon)
    let dx = Tensor.convolution(.dataGradient, geometry, input: nil, weight: weight, output: normalized[0])
    let dWeight = Tensor.convolution(.weightGradient, geometry, input: x, weight: nil, output: normalized[0])
    return [dx, dWeight, normalized[1], normalized[2]]
      + (pass.inputs.count > 4 ? [passed.fitted(axis: 3, to: pass.inputs[4].shape[3])] : [])
  }
}
