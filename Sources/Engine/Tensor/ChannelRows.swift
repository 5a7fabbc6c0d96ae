/// Loops over rows of channels, where each channel has numbers of its own.
///
/// With few channels rows are short, and loops over them cost more than the arithmetic in them. So several rows
/// are taken as one: `length` numbers, for which what belongs to a channel is repeated.
struct ChannelRows {
  let channels: Int
  /// Of a long row; the last one of an array may be shorter.
  let length: Int

  init(channels: Int) {
    self.channels = channels
    length = channels * max(1, 192 / channels)
  }

  /// One number a channel, repeated along a long row.
  func spread<Scalar>(_ values: [Scalar]) -> [Scalar] { (0..<length).map { values[$0 % channels] } }

  /// Sums a channel over `count` numbers. `add` adds a stretch of at most `length` numbers to the sums so far.
  ///
  /// Runs of 64 rows are added in the scalar type and the runs in double, so that a long sum rounds no worse
  /// than a run does.
  @inline(__always)
  func sums<Scalar: TensorScalar>(
    over count: Int, into totals: UnsafeMutablePointer<Double>,
    add: (_ start: Int, _ count: Int, _ sums: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    totals.update(repeating: 0, count: channels)
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: length) { partial in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: length) { wide in
        guard let partial = partial.baseAddress, let wide = wide.baseAddress else { return }
        wide.initialize(repeating: 0, count: length)
        for run in stride(from: 0, to: count, by: 64 * length) {
          partial.initialize(repeating: 0, count: length)
          for start in stride(from: run, to: min(run + 64 * length, count), by: length) {
            add(start, min(length, count - start), partial)
          }
          for i in 0..<length { wide[i] += Double(partial[i]) }
        }
        for i in 0..<length { totals[i % channels] += wide[i] }
      }
    }
  }

  /// Calls `body` with the start and the size of each long row.
  @inline(__always)
  func forEach(of count: Int, _ body: (_ start: Int, _ count: Int) -> Void) {
    for start in stride(from: 0, to: count, by: length) { body(start, min(length, count - start)) }
  }
}

/// The loops of a normalized layer, on one chunk of a batch. Arrays of coefficients are spread along long rows.
enum LayerKernels {
  /// Mean and sum of squared deviations of each channel.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func moments<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, count: Int, rows: ChannelRows, mean: UnsafeMutablePointer<Double>,
    squares: UnsafeMutablePointer<Double>
  ) {
    rows.sums(over: count, into: mean) { start, count, sums in
      let x = x + start
      for i in 0..<count { sums[i] += x[i] }
    }
    let number = Double(count / rows.channels)
    for c in 0..<rows.channels { mean[c] /= number }
    let center = rows.spread((0..<rows.channels).map { Scalar(mean[$0]) })
    center.withUnsafeBufferPointer { center in
      guard let center = center.baseAddress else { return }
      rows.sums(over: count, into: squares) { start, count, sums in
        let x = x + start
        for i in 0..<count {
          let d = x[i] - center[i]
          sums[i] += d * d
        }
      }
    }
  }

  /// out = positive part of (factor x + offset [+ shortcut])
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func normalize<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, factor: [Scalar], offset: [Scalar], shortcut: UnsafePointer<Scalar>?,
    into out: UnsafeMutablePointer<Scalar>, count: Int, rows: ChannelRows
  ) {
    factor.withUnsafeBufferPointer { factor in
      offset.withUnsafeBufferPointer { offset in
        guard let factor = factor.baseAddress, let offset = offset.baseAddress else { return }
        rows.forEach(of: count) { start, count in
          let (x, out) = (x + start, out + start)
          if let shortcut {
            let shortcut = shortcut + start
            for i in 0..<count {
              let y = x[i] * factor[i] + offset[i] + shortcut[i]
              // Written so that what is no number stays none.
              out[i] = y <= 0 ? 0 : y
            }
          } else {
            for i in 0..<count {
              let y = x[i] * factor[i] + offset[i]
              out[i] = y <= 0 ? 0 : y
            }
          }
        }
      }
    }
  }

  /// Takes the gradient back through the positive part, and sums it and its product with the deviations.
  ///
  /// passed = upstream where output > 0, else 0; plain = sum of passed; weighted = sum of passed (x - mean)
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func gradientSums<Scalar: TensorScalar>(
    upstream: UnsafePointer<Scalar>, output: UnsafePointer<Scalar>, x: UnsafePointer<Scalar>, mean: [Scalar],
    passed: UnsafeMutablePointer<Scalar>, plain: UnsafeMutablePointer<Double>,
    weighted: UnsafeMutablePointer<Double>, count: Int, rows: ChannelRows
  ) {
    rows.sums(over: count, into: plain) { start, count, sums in
      let (upstream, output, passed) = (upstream + start, output + start, passed + start)
      for i in 0..<count {
        let (value, gradient) = (output[i], upstream[i])
        let kept = value <= 0 ? 0 : gradient
        passed[i] = kept
        sums[i] += kept
      }
    }
    mean.withUnsafeBufferPointer { mean in
      guard let mean = mean.baseAddress else { return }
      rows.sums(over: count, into: weighted) { start, count, sums in
        let (x, passed) = (x + start, passed + start)
        for i in 0..<count { sums[i] += passed[i] * (x[i] - mean[i]) }
      }
    }
  }

  /// out = a upstream + b x + c
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func combine<Scalar: TensorScalar>(
    _ upstream: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, a: [Scalar], b: [Scalar], c: [Scalar],
    into out: UnsafeMutablePointer<Scalar>, count: Int, rows: ChannelRows
  ) {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeBufferPointer { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
          rows.forEach(of: count) { start, count in
            let (upstream, x, out) = (upstream + start, x + start, out + start)
            for i in 0..<count { out[i] = a[i] * upstream[i] + b[i] * x[i] + c[i] }
          }
        }
      }
    }
  }

  /// Copies rows of channels into rows of another length: surplus channels are cut, missing ones are zero.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  static func fit<Scalar: TensorScalar>(
    _ x: UnsafePointer<Scalar>, channels: Int, into out: UnsafeMutablePointer<Scalar>, channels wanted: Int,
    rows: Int
  ) {
    let common = min(channels, wanted)
    for r in 0..<rows {
      let (x, out) = (x + r * channels, out + r * wanted)
      for i in 0..<common { out[i] = x[i] }
      for i in common..<wanted { out[i] = 0 }
    }
  }
}
