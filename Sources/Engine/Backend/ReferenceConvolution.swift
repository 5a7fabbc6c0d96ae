/// Convolution by plain loops: the definition that the others are tested against, and the double-precision path.
struct ReferenceConvolution<Scalar: TensorScalar>: ConvolutionKernel {
  let product: ConvolutionProduct
  let geometry: ConvolutionGeometry
  let weightStrides: [Int]

  var packedCount: Int? { nil }
  func pack(_ weight: UnsafePointer<Scalar>, into packed: UnsafeMutablePointer<Scalar>) {}
  func unpack(_ packed: UnsafePointer<Scalar>, into weight: UnsafeMutablePointer<Scalar>) {}

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func run(
    input: UnsafeMutablePointer<Scalar>, packed weight: UnsafeMutablePointer<Scalar>,
    output: UnsafeMutablePointer<Scalar>
  ) {
    let g = geometry
    switch product {
    case .forward: output.update(repeating: 0, count: g.outputShape.product)
    case .dataGradient: input.update(repeating: 0, count: g.inputShape.product)
    case .weightGradient: weight.update(repeating: 0, count: g.weightShape.product)
    }
    let (s0, s1, s2, s3) = (weightStrides[0], weightStrides[1], weightStrides[2], weightStrides[3])
    for n in 0..<g.batch {
      for oy in 0..<g.outputHeight {
        for ox in 0..<g.outputWidth {
          let outputPixel = output + ((n * g.outputHeight + oy) * g.outputWidth + ox) * g.outputChannels
          for ky in 0..<g.kernel {
            let iy = oy * g.stride + ky - g.padding
            guard iy >= 0, iy < g.height else { continue }
            for kx in 0..<g.kernel {
              let ix = ox * g.stride + kx - g.padding
              guard ix >= 0, ix < g.width else { continue }
              let inputPixel = input + ((n * g.height + iy) * g.width + ix) * g.inputChannels
              let tap = weight + ky * s2 + kx * s3
              for o in 0..<g.outputChannels {
                for c in 0..<g.inputChannels {
                  let w = tap + o * s0 + c * s1
                  switch product {
                  case .forward: outputPixel[o] += inputPixel[c] * w.pointee
                  case .dataGradient: inputPixel[c] += outputPixel[o] * w.pointee
                  case .weightGradient: w.pointee += inputPixel[c] * outputPixel[o]
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
