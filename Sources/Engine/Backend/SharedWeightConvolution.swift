import CWinograd

/// 3x3 convolutions of many images with one slice of the teacher's weights.
///
/// All forms give the same numbers up to rounding. Winograd's (Lavin and Gray, "Fast algorithms for convolutional
/// neural networks", 2015), and those for stride 2 that are made in the same way, exchange multiplications for additions;
/// like the definition, they keep the property that a student's weights are a prefix of its teacher's.
enum SharedWeightConvolution {
  /// Channels come in groups of this many floats, the last one filled up with zeros.
  static let lanes = Int(DASS_LANES)

  static func padded(_ channels: Int) -> Int { (channels + lanes - 1) / lanes * lanes }

  /// The instruction set in use.
  static var instructions: String { String(cString: dass_instructions()) }

  /// A layer's weights in the layout [matrix][panel][input][lane], or [panel][tap][input][lane] where it is
  /// computed by definition, and its bias filled up to whole panels.
  struct Weights {
    var form: Form
    var stride: Int
    var inputs: Int
    var outputs: Int
    var base: UnsafeMutablePointer<Float>
    var bias: UnsafeMutablePointer<Float>

    var panels: Int { padded(outputs) / lanes }
    var panelStride: Int { (form == .direct ? 9 : 1) * inputs * lanes }
    var matrixStride: Int { form == .direct ? inputs * lanes : panels * inputs * lanes }
    /// Floats at `base`.
    static func count(form: Form, inputs: Int, outputs: Int) -> Int {
      form.matrices * inputs * padded(outputs)
    }
  }

  /// Square images of one size, by the addresses of their first pixels.
  struct Images {
    var addresses: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    var count: Int
    var size: Int
    /// Floats from one pixel to the next.
    var pixelStride: Int

    fileprivate var c: dass_images {
      dass_images(pixels: UnsafePointer(addresses), height: size, width: size, stride: pixelStride)
    }
  }

  /// A term added to the outputs: the first `channels` of images of the outputs' size.
  struct Addend {
    var images: Images
    var channels: Int
  }

  /// Room for transformed tiles.
  struct Scratch {
    var base: UnsafeMutablePointer<Float>
    var floats: Int
  }

  /// Floats between tiles, as positions would fall on the same sets of the cache if they were a power of two apart.
  private static let gap = lanes

  /// Outputs of a layer for a student width: of the first `inputs` channels of the images and of the first `outputs` of
  /// the weights.
  struct Branch {
    var inputs: Int
    var outputs: Int
    var images: Images
    var addend: Addend?
    /// Whether nobody reads the outputs soon, so that they are written past the caches.
    var isFar = false
  }

  /// outputs = positive part of (convolution + bias [+ addend]) for every branch. Each reads no less inputs and gives no
  /// less outputs than the one before. The images are as many as those of each branch.
  static func run(_ weights: Weights, from source: Images, to branches: [Branch], scratch: Scratch) {
    withUnsafePointer(to: source.c) { from in
      guard weights.form != .direct else {
        for branch in branches {
          branch.withPointers(bias: weights.bias) { to, epilogue in
            dass_direct(
              Int32(weights.stride), from, branch.inputs, weights.base, weights.matrixStride,
              weights.panelStride, to, 0, branch.images.count * branch.images.size * branch.images.size,
              branch.outputs, epilogue)
          }
        }
        return
      }
      tiled(weights, from: from, to: branches, scratch: scratch)
    }
  }

  /// What the sums of a branch hold: those of the next one, of as many inputs and panels of outputs.
  private struct Known {
    var inputs = 0
    var panels = 0
  }

  /// Transforms some tiles, multiplies them position by position, and transforms back, so that what lies between
  /// stays in the cache.
  private static func tiled(
    _ weights: Weights, from: UnsafePointer<dass_images>, to branches: [Branch], scratch: Scratch
  ) {
    let form = weights.form
    let widest = branches[branches.count - 1]
    let (inputFloats, outputFloats) = (padded(widest.inputs) + gap, padded(widest.outputs) + gap)
    let most = max(1, scratch.floats / form.positions / (inputFloats + outputFloats))
    let chunk = most >= 12 ? most / 12 * 12 : most
    let tile = Int32(form.tile)
    let tiles = widest.images.count * form.tiles(size: widest.images.size)
    for first in stride(from: 0, to: tiles, by: chunk) {
      let count = min(chunk, tiles - first)
      let (inputStride, outputStride) = (count * inputFloats, count * outputFloats)
      let products = scratch.base + form.positions * inputStride
      let transform = form.halves ? dass_halving_input : dass_winograd_input
      transform(tile, from, first, count, widest.inputs, scratch.base, inputStride, inputFloats)
      var known = Known()
      for branch in branches {
        let panels = padded(branch.outputs) / lanes
        var position = 0
        for matrix in 0..<form.matrices {
          let some = form.positions(ofMatrix: matrix)
          let images = scratch.base + position * inputStride
          let matrixBase = weights.base + matrix * weights.matrixStride
          let sums = products + position * outputStride
          // Where the branch before has been, the sums go on; in the panels beyond they begin.
          dass_product(
            images + known.inputs, inputFloats, some * count, branch.inputs - known.inputs,
            matrixBase + known.inputs * lanes, weights.panelStride, known.panels, 1, sums, outputFloats)
          dass_product(
            images, inputFloats, some * count, branch.inputs, matrixBase + known.panels * weights.panelStride,
            weights.panelStride, panels - known.panels, 0, sums + known.panels * lanes, outputFloats)
          position += some
        }
        known = Known(inputs: branch.inputs, panels: panels)
        branch.withPointers(bias: weights.bias) { to, epilogue in
          let finish = form.halves ? dass_halving_output : dass_winograd_output
          finish(tile, products, outputStride, outputFloats, to, first, count, branch.outputs, epilogue)
        }
      }
    }
  }

  /// The maxima over windows of 2x2.
  static func pool(_ source: Images, to target: Images, channels: Int) {
    withUnsafePointer(to: source.c) { from in
      withUnsafePointer(to: target.c) { to in dass_pool(from, to, target.count, channels) }
    }
  }

  /// Multiply-adds that one core does in `repetitions` rounds of a loop without memory.
  static func multiplyAdds(repetitions: Int) -> Int {
    var sink = [Float](repeating: 0.5, count: 2 * lanes)
    return dass_multiply_adds(repetitions, &sink)
  }
}

extension SharedWeightConvolution.Branch {
  fileprivate func withPointers(
    bias: UnsafePointer<Float>, _ body: (UnsafePointer<dass_images>, UnsafePointer<dass_epilogue>) -> Void
  ) {
    var added = addend?.images.c ?? dass_images()
    withUnsafePointer(to: &added) { added in
      let epilogue = dass_epilogue(
        bias: bias, added: addend == nil ? nil : added, added_channels: addend?.channels ?? 0,
        is_far: isFar ? 1 : 0)
      withUnsafePointer(to: images.c) { to in withUnsafePointer(to: epilogue) { body(to, $0) } }
    }
  }
}
