/// Named arrays of numbers in the safetensors format
/// (https://github.com/huggingface/safetensors, "Format"): eight bytes with the header's length, the header in
/// JSON, then the numbers. Nothing in such a file can be executed.
///
/// Numbers are 32-bit floats in memory and in files written here. Other types are converted on reading;
/// `storedType` tells which one the file had.
package struct SafeTensors: Sendable, Equatable {
  /// One array.
  package struct Tensor: Sendable, Equatable {
    package var name: String
    /// Sizes, outermost first; empty for a single number.
    package var shape: [Int]
    /// The numbers in row-major order; as many as the product of `shape`.
    package var values: [Float]
    /// The type the numbers had in the file they were read from.
    package var storedType: ElementType

    package init(name: String, shape: [Int], values: [Float], storedType: ElementType = .float32) {
      self.name = name
      self.shape = shape
      self.values = values
      self.storedType = storedType
    }
  }

  /// The types of numbers that are read, named as in the header.
  package enum ElementType: String, Sendable, CaseIterable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    /// Integers beyond 2^24 are rounded to the nearest 32-bit float.
    case int64 = "I64"
    case int32 = "I32"
    case uint8 = "U8"

    /// Bytes of one number.
    package var size: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16: 2
      case .uint8: 1
      }
    }
  }

  /// In the order of the file.
  package var tensors: [Tensor]
  /// Free words about the file; the format allows strings only.
  package var metadata: [String: String]

  package init(tensors: [Tensor] = [], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The tensor called `name`, if there is one.
  package subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

  /// - Throws: `FileError`, or `FileContentError` with a `SafeTensorsError`.
  package init(contentsOf path: String) throws {
    let bytes = try FileBytes.read(path)
    do {
      try self.init(parsing: bytes)
    } catch {
      throw FileContentError(path: path, cause: error)
    }
  }

  /// The weights in a file of this format or of PyTorch's, told apart by the content.
  ///
  /// - Throws: `FileError`, or `FileContentError` with a `SafeTensorsError`, `PyTorchFileError` or `ZipError`.
  package init(weightsAt path: String) throws {
    let bytes = try FileBytes.read(path)
    self = try FileContentError.naming(path) {
      // An archive, or the first instruction of a pickle; a safetensors file would be of 2 GB header with either.
      let isPyTorch = bytes.starts(with: Array("PK".utf8)) || bytes.starts(with: [0x80, 2])
      return try isPyTorch ? PyTorchFile(parsing: bytes).weights() : SafeTensors(parsing: bytes)
    }
  }

  /// Writes the file in one step (`AtomicFile`).
  ///
  /// - Throws: `SafeTensorsError`, `FileError`.
  package func write(to path: String) throws {
    try AtomicFile.write(encoded(), to: path)
  }
}
