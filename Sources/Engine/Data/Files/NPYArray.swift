/// An array in NumPy's NPY format (numpy.lib.format, versions 1.0 to 3.0).
///
/// However the file laid it out, `bytes` is in row-major order, each number little-endian.
package struct NPYArray: Sendable, Equatable {
  /// The kinds of numbers that are read.
  package enum Element: String, Sendable, CaseIterable {
    case bool = "b1"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case float32 = "f4"
    case float64 = "f8"

    /// Bytes of one number.
    package var size: Int {
      switch self {
      case .bool, .uint8, .int8: 1
      case .uint16, .int16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }
  }

  /// Sizes, outermost first; empty for a single number.
  package let shape: [Int]
  package let element: Element
  package let bytes: [UInt8]

  /// The number of numbers.
  package var count: Int { bytes.count / element.size }

  /// For code that gets the sizes right by construction.
  init(shape: [Int], element: Element, checkedBytes: [UInt8]) {
    self.shape = shape
    self.element = element
    bytes = checkedBytes
  }

  /// Bytes as an array, for instance images of shape N, H, W, 3.
  ///
  /// - Throws: `NPYError` if `shape` does not hold as many.
  package init(shape: [Int], uint8 values: [UInt8]) throws(NPYError) {
    guard SafeTensors.elementCount(of: shape) == values.count else {
      throw .wrongSize(shape: shape, expected: SafeTensors.elementCount(of: shape), found: values.count)
    }
    self.init(shape: shape, element: .uint8, checkedBytes: values)
  }

  /// 64-bit integers as a list, for instance labels.
  package init(integers values: [Int]) {
    let words = values.map { UInt64(bitPattern: Int64($0)).littleEndian }
    self.init(shape: [values.count], element: .int64, checkedBytes: words.withUnsafeBytes { Array($0) })
  }

  /// 32-bit floats as an array.
  ///
  /// - Throws: `NPYError` if `shape` does not hold as many.
  package init(shape: [Int], floats values: [Float]) throws(NPYError) {
    guard SafeTensors.elementCount(of: shape) == values.count else {
      throw .wrongSize(shape: shape, expected: SafeTensors.elementCount(of: shape), found: values.count)
    }
    self.init(shape: shape, element: .float32, checkedBytes: values.withUnsafeBytes { Array($0) })
  }

  /// The numbers as integers; nil if one of them is none or does not fit.
  package var integers: [Int]? {
    switch element {
    case .bool, .uint8: bytes.map { Int($0) }
    case .int8: bytes.map { Int(Int8(bitPattern: $0)) }
    case .uint16: map(UInt16.self) { Int($0) }
    case .int16: map(Int16.self) { Int($0) }
    case .uint32: map(UInt32.self) { Int($0) }
    case .int32: map(Int32.self) { Int($0) }
    case .uint64: mapIfExact(UInt64.self) { Int(exactly: $0) }
    case .int64: map(Int64.self) { Int($0) }
    case .float32: mapIfExact(Float.self) { Int(exactly: $0) }
    case .float64: mapIfExact(Double.self) { Int(exactly: $0) }
    }
  }

  /// The numbers in double precision; 64-bit integers may be rounded.
  package var doubles: [Double] {
    switch element {
    case .float32: map(Float.self) { Double($0) }
    case .float64: map(Double.self) { $0 }
    case .uint64: map(UInt64.self) { Double($0) }
    default: (integers ?? []).map { Double($0) }
    }
  }

  private func map<Number: BitwiseCopyable, Result>(
    _: Number.Type, _ convert: (Number) -> Result
  ) -> [Result] {
    bytes.withUnsafeBytes { buffer in
      (0..<count).map {
        convert(buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self))
      }
    }
  }

  private func mapIfExact<Number: BitwiseCopyable>(_: Number.Type, _ convert: (Number) -> Int?) -> [Int]? {
    let values = map(Number.self, convert)
    let exact = values.compactMap { $0 }
    return exact.count == values.count ? exact : nil
  }
}
