extension Tensor {
  /// The maximum over windows of 2 x 2 with stride 2 of images (N, H, W, C); odd borders are dropped.
  package func maxPooled() -> Tensor {
    precondition(rank == 4 && shape[1] > 1 && shape[2] > 1, "images of shape \(shape) are too small to pool")
    let source = contiguous()
    let pooled = Tensor(uninitialized: [shape[0], shape[1] / 2, shape[2] / 2, shape[3]])
    let places = PooledPlaces(of: shape)
    let rows = (places.shape[0], places.shape[1])
    Workers.share(rows.0) { image in
      for y in 0..<rows.1 {
        places.pool(source.base, into: pooled.mutableBase, row: image * rows.1 + y)
      }
    }
    return pooled.recorded([self]) { pass in [pass.upstream.scattered(to: places)] }
  }

  /// The mean over windows of 2 x 2 with stride 2 of images (N, H, W, C); odd borders are dropped.
  func meanPooled() -> Tensor {
    let corners = [0, 1].flatMap { y in [0, 1].map { x in everySecond(fromRow: y, column: x) } }
    return (corners[0] + corners[1] + (corners[2] + corners[3])) * 0.25
  }

  /// The maximum over windows of 3 x 3 with stride 2, one pixel of zeros around images (N, H, W, C) of even size
  /// without negative numbers.
  func maxPooledOverlapping() -> Tensor {
    let (height, width) = (shape[1], shape[2])
    let padded = placed(
      at: [
        AxisSlice(count: shape[0]), AxisSlice(start: 1, count: height), AxisSlice(start: 1, count: width),
        AxisSlice(count: shape[3]),
      ], in: [shape[0], height + 2, width + 2, shape[3]])
    // A window of three holds one of two and the pixel before it: the windows of two that begin at even places of
    // the padded image, and those at odd ones, cover it.
    let windows = [0, 1].flatMap { y in
      [0, 1].map { x in
        padded.sliced(axis: 1, y..<y + height).sliced(axis: 2, x..<x + width).maxPooled()
      }
    }
    return windows[0].maximum(windows[1]).maximum(windows[2].maximum(windows[3]))
  }

  /// Every second pixel of half the image's height and width.
  private func everySecond(fromRow row: Int, column: Int) -> Tensor {
    sliced([
      AxisSlice(count: shape[0]), AxisSlice(start: row, count: shape[1] / 2, step: 2),
      AxisSlice(start: column, count: shape[2] / 2, step: 2), AxisSlice(count: shape[3]),
    ])
  }

  /// The larger one of each pair; the gradient of equal ones goes to this tensor's.
  private func maximum(_ other: Tensor) -> Tensor { self + (other - self).rectified() }

  /// The mean over height and width of images (N, H, W, C), giving (N, C).
  package func globallyAveraged() -> Tensor { mean(overAxes: [1, 2]) }

  /// Puts each number at its place in a tensor of zeros: the adjoint of taking them from there.
  private func scattered(to places: PooledPlaces) -> Tensor {
    let source = contiguous()
    let whole = Tensor(uninitialized: places.whole)
    let size = places.whole.dropFirst().reduce(1, *)
    let rows = (places.shape[0], places.shape[1])
    Workers.share(rows.0) { image in
      (whole.mutableBase + image * size).update(repeating: 0, count: size)
      for y in 0..<rows.1 {
        places.scatter(source.base, into: whole.mutableBase, row: image * rows.1 + y)
      }
    }
    return whole.recorded([self]) { pass in [pass.upstream.gathered(from: places)] }
  }

  /// Takes the numbers at the given places: the adjoint of `scattered`.
  private func gathered(from places: PooledPlaces) -> Tensor {
    let source = contiguous()
    return Tensor(shape: places.shape) { out in
      withExtendedLifetime(source) {
        for row in 0..<places.shape[0] * places.shape[1] {
          places.gather(source.base, into: out, row: row)
        }
      }
    }
    .recorded([self]) { pass in [pass.upstream.scattered(to: places)] }
  }
}

/// Which of the four elements of each window was the largest.
///
/// Unchecked: written by the one pass that makes it, row by row, and read-only from then on.
private final class PooledPlaces: @unchecked Sendable {
  /// Of the image, (N, H, W, C).
  let whole: [Int]
  /// Of what is pooled.
  let shape: [Int]
  /// 0 to 3: row by row within the window. Whoever reads it takes two bits, and so stays within the image even
  /// where a pass was stopped before it wrote them.
  private let codes: UnsafeMutablePointer<UInt8>

  init(of whole: [Int]) {
    self.whole = whole
    shape = [whole[0], whole[1] / 2, whole[2] / 2, whole[3]]
    codes = BufferPool.take(bytes: shape.product).bindMemory(to: UInt8.self, capacity: shape.product)
  }

  deinit { BufferPool.giveBack(UnsafeMutableRawPointer(codes), bytes: shape.product) }

  /// The offset in the image of a pooled row's first window; rows are counted through all images.
  private func corner(ofRow row: Int) -> Int {
    let (image, y) = (row / shape[1], row % shape[1])
    return (image * whole[1] + 2 * y) * whole[2] * whole[3]
  }

  /// Of equal elements in a window the first one, in row order, wins.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func pool<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, row: Int
  ) {
    let channels = shape[3]
    for column in 0..<shape[2] {
      let a = x + corner(ofRow: row) + 2 * column * channels
      let c = a + whole[2] * channels
      let start = (row * shape[2] + column) * channels
      let (out, codes) = (out + start, codes + start)
      for i in 0..<channels {
        let (first, second, third, fourth) = (a[i], a[channels + i], c[i], c[channels + i])
        var (best, code) = (first, UInt8(0))
        if second > best { (best, code) = (second, 1) }
        if third > best { (best, code) = (third, 2) }
        if fourth > best { (best, code) = (fourth, 3) }
        out[i] = best
        codes[i] = code
      }
    }
  }

  private func place(_ code: UInt8) -> Int {
    (Int(code & 1) + Int(code >> 1 & 1) * whole[2]) * shape[3]
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func scatter<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, row: Int
  ) {
    let channels = shape[3]
    for column in 0..<shape[2] {
      let out = out + corner(ofRow: row) + 2 * column * channels
      let start = (row * shape[2] + column) * channels
      for i in 0..<channels { out[place(codes[start + i]) + i] = x[start + i] }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func gather<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, row: Int
  ) {
    let channels = shape[3]
    for column in 0..<shape[2] {
      let x = x + corner(ofRow: row) + 2 * column * channels
      let start = (row * shape[2] + column) * channels
      for i in 0..<channels { out[start + i] = x[place(codes[start + i]) + i] }
    }
  }
}
