import Engine

/// An array on its way to Python: a part of a dataset, a weight of a network.
struct NamedArray: Sendable, Equatable {
  enum Content: Sendable, Equatable {
    /// Row by row, little-endian; the type under NumPy's name for it.
    case numbers(type: String, shape: [Int], bytes: [UInt8])
    case texts([String])
  }

  var name: String
  var content: Content

  init(_ name: String, bytes: [UInt8], shape: [Int]) {
    self.init(name, "|u1", shape, bytes)
  }

  init(_ name: String, floats: [Float], shape: [Int]) {
    self.init(name, "<f4", shape, floats.map(\.bitPattern.littleEndian).withUnsafeBytes { Array($0) })
  }

  init(_ name: String, integers: [Int], shape: [Int]) {
    self.init(name, "<i8", shape, integers.map { Int64($0).littleEndian }.withUnsafeBytes { Array($0) })
  }

  init(_ name: String, texts: [String]) {
    self.name = name
    content = .texts(texts)
  }

  private init(_ name: String, _ type: String, _ shape: [Int], _ bytes: [UInt8]) {
    self.name = name
    content = .numbers(type: type, shape: shape, bytes: bytes)
  }

  /// The arrays as the Python program reads them: the length of a header (8 bytes), the header in JSON, the numbers.
  static func encoded(_ arrays: [NamedArray]) -> [UInt8] {
    var entries: [JSON] = []
    var body: [UInt8] = []
    for array in arrays {
      switch array.content {
      case .texts(let texts):
        entries.append(["name": .string(array.name), "texts": .array(texts.map { .string($0) })])
      case .numbers(let type, let shape, let bytes):
        entries.append([
          "name": .string(array.name), "type": .string(type), "shape": .array(shape.map { .integer($0) }),
          "start": .integer(body.count), "size": .integer(bytes.count),
        ])
        body += bytes
      }
    }
    let header = JSON.array(entries).encoded()
    return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header + body
  }
}

extension [NamedArray] {
  /// The tensors of a file, in its order.
  init(_ file: SafeTensors) {
    self = file.tensors.map { NamedArray($0.name, floats: $0.values, shape: $0.shape) }
  }
}
