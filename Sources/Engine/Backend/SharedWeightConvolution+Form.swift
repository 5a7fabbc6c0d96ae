extension SharedWeightConvolution {
  /// How one layer is computed.
  package enum Form: Sendable, Hashable, CaseIterable {
    /// By definition, 9 multiplications an output.
    case direct
    /// F(2x2, 3x3), 4 multiplications an output where tiles fit.
    case winograd2
    /// F(4x4, 3x3), 2.25 multiplications an output where tiles fit.
    case winograd4
    /// F(8x8, 3x3) with two imaginary points, 1.89 multiplications an output where tiles fit.
    case winograd8
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
      case .winograd8: 8
      }
    }

    var halves: Bool { self == .halving2 || self == .halving4 }

    /// Matrices of transformed images: one a position of a tile.
    var positions: Int {
      let across = halves ? 2 * tile + 1 : matricesAcross
      return across * across
    }

    /// Matrices of weights: one a tap, or one a position; where images are halved, some positions share one.
    var matrices: Int { matricesAcross * matricesAcross }

    private var matricesAcross: Int { self == .winograd8 ? 11 : tile + 2 }

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
    static func fewestMultiplications(size: Int, stride: Int, largestTile: Int = 8) -> Form {
      let tiled: [Form] = stride == 2 ? [.halving2, .halving4] : [.winograd2, .winograd4, .winograd8]
      return tiled.filter { $0.tile <= largestTile }.reduce(.direct) { best, form in
        form.multiplications(size: size) < best.multiplications(size: size) ? form : best
      }
    }

    /// The form for a layer of a teacher and its students: the one with the fewest multiplications, but with stride 2
    /// by definition below `leastInputsToHalve`, and with tiles of 8 x 8 outputs from `leastSizeOfLargeTiles` on only.
    static func best(size: Int, stride: Int, inputs: Int, largestTile: Int = 8) -> Form {
      if stride == 2, inputs < leastInputsToHalve { return .direct }
      let largest = size < leastSizeOfLargeTiles ? min(4, largestTile) : largestTile
      return fewestMultiplications(size: size, stride: stride, largestTile: largest)
    }

    /// With stride 2, the transforms of an image take as long as what they save at 16 to 32 input channels (measured for
    /// outputs of 4 x 4 to 32 x 32 pixels); with stride 1, which saves more, at 8.
    static let leastInputsToHalve = 32

    /// The 121 matrices of weights of a large tile come from beyond the second cache, which smaller images, with more
    /// channels and fewer tiles each, are multiplied with too seldom: scoring took some 5 % longer when those of 16 x 16 did it
    /// too, and 20 % with those of 8 x 8.
    static let leastSizeOfLargeTiles = 32
  }
}
