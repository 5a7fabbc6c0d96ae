package import Engine

/// Reference values from PyTorch, as `Tests/Reference/README.md` describes them.
package struct Golden {
  private let tensors: [String: SafeTensors.Tensor]
  /// Seeds, labels, sizes: everything in the file that is not a tensor.
  package let settings: JSON
  private let name: String

  /// Reads `Tests/EngineTests/Goldens/NAME.safetensors`.
  ///
  /// - Throws: `FileError`, `FileContentError`, `JSONError`, `GoldenError`.
  package init(_ name: String) throws {
    let tests = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    let path = (tests + ["EngineTests", "Goldens", "\(name).safetensors"]).joined(separator: "/")
    let file = try SafeTensors(contentsOf: path)
    guard let words = file.metadata["settings"] else { throw GoldenError.missing("settings", in: name) }
    self.name = name
    settings = try JSON(parsing: Array(words.utf8))
    tensors = Dictionary(file.tensors.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The names of all tensors, in order.
  package var names: [String] { tensors.keys.sorted() }

  /// One tensor's sizes and numbers.
  ///
  /// - Throws: `GoldenError` when the file has none of that name.
  package func callAsFunction(_ name: String) throws -> SafeTensors.Tensor {
    guard let tensor = tensors[name] else { throw GoldenError.missing(name, in: self.name) }
    return tensor
  }

  /// The tensors called `prefix.N`, by their N: the weights of a network, say.
  package func group(_ prefix: String) -> [String: SafeTensors.Tensor] {
    let start = prefix + "."
    return Dictionary(
      uniqueKeysWithValues: tensors.values.lazy
        .filter { $0.name.hasPrefix(start) }
        .map { (String($0.name.dropFirst(start.count)), $0) })
  }
}

package enum GoldenError: Error {
  case missing(String, in: String)
}

/// The largest difference of two lists of numbers relative to the largest expected one; infinite where their
/// lengths differ or a number is not finite. This is the measure of `float32_deviation` in the settings.
package func deviation(of found: some Collection<Float>, from expected: [Float]) -> Float {
  guard found.count == expected.count, found.allSatisfy(\.isFinite) else { return .infinity }
  let difference = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
  let scale = expected.reduce(0) { max($0, abs($1)) }
  return scale > 0 ? difference / scale : difference
}
