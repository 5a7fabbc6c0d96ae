extension NPYArray {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  private static let largestHeader = 1 << 16

  /// Reads a file's bytes.
  ///
  /// - Throws: `NPYError`.
  package init(parsing bytes: [UInt8]) throws(NPYError) {
    guard bytes.starts(with: Self.magic), bytes.count >= 10 else { throw .notNPY }
    let version = bytes[6]
    guard (1...3).contains(version) else { throw .unsupportedVersion(Int(version)) }
    // Version 1 has a two-byte length, later ones four.
    let lengthSize = version == 1 ? 2 : 4
    guard let length = LittleEndianReader(bytes).integer(at: 8, bytes: lengthSize),
      length <= Self.largestHeader, 8 + lengthSize + length <= bytes.count
    else { throw .damagedHeader }
    let start = 8 + lengthSize + length
    var parser = NPYHeader(bytes[(8 + lengthSize)..<start])
    guard let header = parser.parse() else { throw .damagedHeader }

    guard let element = Element(rawValue: String(header.type.dropFirst())), let order = header.type.first,
      "<>|=".contains(order)
    else { throw .unsupportedType(header.type) }
    guard let count = SafeTensors.elementCount(of: header.shape) else {
      throw .wrongSize(shape: header.shape, expected: nil, found: bytes.count - start)
    }
    let size = count.multipliedReportingOverflow(by: element.size)
    guard !size.overflow, size.partialValue == bytes.count - start else {
      throw .wrongSize(
        shape: header.shape, expected: size.overflow ? nil : size.partialValue, found: bytes.count - start)
    }
    var content = Array(bytes[start...])
    if order == ">" { Self.reverseBytes(of: &content, size: element.size) }
    if header.isFortranOrder { content = Self.rowMajor(content, shape: header.shape, size: element.size) }
    self.init(shape: header.shape, element: element, checkedBytes: content)
  }

  /// - Throws: `FileError`, or `FileContentError` with an `NPYError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path)
    do {
      try self.init(parsing: bytes)
    } catch {
      throw FileContentError(path: path, cause: error)
    }
  }

  /// The file's bytes: version 1.0, row-major, little-endian.
  package func encoded() -> [UInt8] {
    let sizes = shape.map { "\($0), " }.joined()
    let order = element.size == 1 ? "|" : "<"
    var header = "{'descr': '\(order)\(element.rawValue)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The numbers start at a multiple of 64; the header ends with a line feed.
    let length = (10 + header.utf8.count + 1 + 63) / 64 * 64 - 10
    header += String(repeating: " ", count: length - header.utf8.count - 1) + "\n"
    return Self.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF)] + Array(header.utf8) + bytes
  }

  private static func reverseBytes(of content: inout [UInt8], size: Int) {
    for start in stride(from: 0, to: content.count, by: size) { content[start..<start + size].reverse() }
  }

  /// Column-major numbers, of `size` bytes each, in row-major order.
  private static func rowMajor(_ content: [UInt8], shape: [Int], size: Int) -> [UInt8] {
    // A shape with a zero may hold sizes whose product no number can hold.
    if content.isEmpty { return content }
    // Distance between neighbors along each dimension in the file.
    var strides: [Int] = []
    var distance = size
    for length in shape {
      strides.append(distance)
      distance *= length
    }
    var ordered: [UInt8] = []
    ordered.reserveCapacity(content.count)
    var index = [Int](repeating: 0, count: shape.count)
    var offset = 0
    while ordered.count < content.count {
      ordered += content[offset..<offset + size]
      for dimension in shape.indices.reversed() {
        index[dimension] += 1
        offset += strides[dimension]
        if index[dimension] < shape[dimension] { break }
        offset -= strides[dimension] * shape[dimension]
        index[dimension] = 0
      }
    }
    return ordered
  }
}

/// The header of an NPY file: a Python dictionary with three known keys.
private struct NPYHeader {
  private var rest: Substring

  init(_ bytes: ArraySlice<UInt8>) { rest = Substring(String(decoding: bytes, as: UTF8.self)) }

  /// Nil for anything but `{'descr': TEXT, 'fortran_order': BOOL, 'shape': (INTEGERS)}` in any order. A list of
  /// fields as `descr`, a record array, is among the anything.
  mutating func parse() -> (type: String, isFortranOrder: Bool, shape: [Int])? {
    var (type, isFortranOrder, shape): (String?, Bool?, [Int]?)
    guard take("{") else { return nil }
    while !take("}") {
      guard let key = text(), take(":") else { return nil }
      switch key {
      case "descr": type = text()
      case "fortran_order": isFortranOrder = take("True") ? true : take("False") ? false : nil
      case "shape": shape = integers()
      default: return nil
      }
      if !take(",") {
        guard take("}") else { return nil }
        break
      }
    }
    guard let type, let isFortranOrder, let shape else { return nil }
    return (type, isFortranOrder, shape)
  }

  private mutating func take(_ token: String) -> Bool {
    rest = rest.drop { $0 == " " || $0 == "\n" }
    guard rest.hasPrefix(token) else { return false }
    rest = rest.dropFirst(token.count)
    return true
  }

  private mutating func text() -> String? {
    let quote: Character = take("'") ? "'" : "\""
    if quote == "\"" && !take("\"") { return nil }
    guard let end = rest.firstIndex(of: quote) else { return nil }
    defer { rest = rest[end...].dropFirst() }
    return String(rest[..<end])
  }

  private mutating func integers() -> [Int]? {
    guard take("(") else { return nil }
    var numbers: [Int] = []
    while !take(")") {
      rest = rest.drop { $0 == " " }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let number = Int(digits), numbers.count < 32 else { return nil }
      numbers.append(number)
      rest = rest.dropFirst(digits.count)
      if !take(",") {
        guard take(")") else { return nil }
        break
      }
    }
    return numbers
  }
}
