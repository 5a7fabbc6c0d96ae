import CWinograd

/// 3x3 convolutions of many images with one slice of the teacher's weights.
///
/// All forms give the same numbers up to rounding. Winograd's (Lavin and Gray, "Fast algorithms for convolutional
/// neural networks", 2015), and those for stride 2 that are made in the same way, exchange multiplications for additions;
/// like the definition, they keep the property that a student's weights are a prefix of its teacher's.
enum SharedWeightConvolution {
  /// How one layer is computed.
  package enum Form: Sendable, Hashable, CaseIterable {
    /// By definition, 9 multiplications an output.
    case direct
    /// F(2x2, 3x3), 4 multiplications an output where tiles fit.
    case winograd2
    /// F(4x4, 3x3), 2.25 multiplications an output where tiles fit.
    case winograd4
    /// With stride 2, 6.25 multiplications an output where tiles of 2 x 2 outputs fit.
    case halving2
    /// With stride 2, 5.06 multiplications an output where tiles of 4 x 4 outputs fit.
    case halving4

    /// Outputs of a tile, both ways; a single one by definition.
    var tile: Int {
      switch self {
      case .direct: 1
      case .winograd2, .halving2: 2
      case .winograd4, .halving4: 4
      }
    }

    var halves: Bool { self == .halving2 || self == .halving4 }

    /// Matrices of transformed images: one a position of a tile.
    var positions: Int {
      let side = halves ? 2 * tile + 1 : tile + 2
      return side * side
    }

    /// Matrices of weights: one a tap, or one a position; where images are halved, some positions share one.
    var matrices: Int { (tile + 2) * (tile + 2) }

    /// How many positions are multiplied with one of the matrices; those of the next one follow them.
    func positions(ofMatrix matrix: Int) -> Int {
      guard halves else { return 1 }
      let (row, column) = (matrix / (tile + 2), matrix % (tile + 2))
      return (row > tile ? tile : 1) * (column > tile ? tile : 1)
    }

    /// Tiles of outputs of `size` x `size` pixels.
    func tiles(size: Int) -> Int {
      let across = (size + tile - 1) / tile
      return across * across
    }

    /// Multiplications of an input channel with the weights of an output channel, for outputs of `size` x `size` pixels.
    func multiplications(size: Int) -> Int { positions * tiles(size: size) }

    /// The form with the fewest multiplications for outputs of `size` x `size` pixels, among those with tiles up to
    /// `largestTile`; of equal ones, the one that rounds least.
    static func fewestMultiplications(size: Int, stride: Int, largestTile: Int = 4) -> Form {
      let tiled: [Form] = stride == 2 ? [.halving2, .halving4] : [.winograd2, .winograd4]
      return tiled.filter { $0.tile <= largestTile }.reduce(.direct) { best, form in
        form.multiplications(size: size) < best.multiplications(size: size) ? form : best
      }
    }

    /// The form for a layer of a teacher and its students: the one with the fewest multiplications, but with stride 2
    /// by definition below `leastInputsToHalve`.
    static func best(size: Int, stride: Int, inputs: Int, largestTile: Int = 4) -> Form {
      stride == 2 && inputs < leastInputsToHalve
        ? .direct : fewestMultiplications(size: size, stride: stride, largestTile: largestTile)
    }

    /// With stride 2, the transforms of an image take as long as what they save at 16 to 32 input channels (measured for
    /// outputs of 4 x 4 to 32 x 32 pixels); with stride 1, which saves more, at 8.
    static let leastInputsToHalve = 32
  }

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

  /// outputs = positive part of (convolution + bias [+ addend]), for the first `inputs` and `outputs` channels of `weights`.
  static func run(
    _ weights: Weights, inputs: Int, outputs: Int, from source: Images, to target: Images,
    adding addend: Addend?,
    scratch: Scratch
  ) {
    let source = source.c
    let target = (c: target.c, count: target.count, size: target.size)
    var added = addend.map(\.images.c) ?? dass_images()
    withUnsafePointer(to: &added) { added in
      var epilogue = dass_epilogue(
        bias: weights.bias, added: addend == nil ? nil : added, added_channels: addend?.channels ?? 0)
      let (from, to) = (source, target.c)
      withUnsafePointer(to: from) { from in
        withUnsafePointer(to: to) { to in
          guard weights.form != .direct else {
            dass_direct(
              Int32(weights.stride), from, inputs, weights.base, weights.matrixStride, weights.panelStride,
              to,
              0, target.count * target.size * target.size, outputs, &epilogue)
            return
          }
          tiled(
            weights, inputs: inputs, outputs: outputs, from: from, to: to,
            tiles: target.count * weights.form.tiles(size: target.size), epilogue: &epilogue, scratch: scratch
          )
        }
      }
    }
  }

  /// Transforms some tiles, multiplies them position by position, and transforms back, so that what lies between
  /// stays in the cache.
  private static func tiled(
    _ weights: Weights, inputs: Int, outputs: Int, from: UnsafePointer<dass_images>,
    to: UnsafePointer<dass_images>, tiles: Int, epilogue: inout dass_epilogue, scratch: Scratch
  ) {
    let form = weights.form
    let (inputFloats, outputFloats) = (padded(inputs) + gap, padded(outputs) + gap)
    let most = max(1, scratch.floats / form.positions / (inputFloats + outputFloats))
    let chunk = most >= 12 ? most / 12 * 12 : most
    let tile = Int32(form.tile)
    for first in stride(from: 0, to: tiles, by: chunk) {
      let count = min(chunk, tiles - first)
      let (inputStride, outputStride) = (count * inputFloats, count * outputFloats)
      let products = scratch.base + form.positions * inputStride
      let transform = form.halves ? dass_halving_input : dass_winograd_input
      transform(tile, from, first, count, inputs, scratch.base, inputStride, inputFloats)
      var position = 0
      for matrix in 0..<form.matrices {
        let some = form.positions(ofMatrix: matrix)
        dass_product(
          scratch.base + position * inputStride, inputFloats, some * count, inputs,
          weights.base + matrix * weights.matrixStride, weights.panelStride, padded(outputs) / lanes,
          products + position * outputStride, outputFloats)
        position += some
      }
      let finish = form.halves ? dass_halving_output : dass_winograd_output
      finish(tile, products, outputStride, outputFloats, to, first, count, outputs, &epilogue)
    }
  }

  /// The maxima over windows of 2x2; of the channels the first `kept` are taken and zeros follow up to `channels`.
  static func pool(_ source: Images, to target: Images, kept: Int, channels: Int) {
    withUnsafePointer(to: source.c) { from in
      withUnsafePointer(to: target.c) { to in dass_pool(from, to, target.count, kept, channels) }
    }
  }

  /// Multiply-adds that one core does in `repetitions` rounds of a loop without memory.
  static func multiplyAdds(repetitions: Int) -> Int {
    var sink = [Float](repeating: 0.5, count: 2 * lanes)
    return dass_multiply_adds(repetitions, &sink)
  }
}
