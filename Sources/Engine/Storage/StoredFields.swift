/// The words beside the weights of a model file, read with checks.
struct StoredFields {
  private let metadata: [String: String]

  /// - Throws: `ModelFileError.wrongFormat` if the file does not say that it holds such a thing.
  init(_ file: SafeTensors, format: String, holding: String) throws(ModelFileError) {
    guard file.metadata["format"] == format else {
      throw .wrongFormat(found: file.metadata["format"], holding: holding)
    }
    metadata = file.metadata
  }

  func text(_ key: String) throws(ModelFileError) -> String {
    guard let text = metadata[key] else { throw .badMetadata(key) }
    return text
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelFileError) -> Int {
    guard let value = Int(try text(key)), range.contains(value) else { throw .badMetadata(key) }
    return value
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws(ModelFileError) -> Double {
    guard let value = Double(try text(key)), range.contains(value) else { throw .badMetadata(key) }
    return value
  }

  func json(_ key: String) throws(ModelFileError) -> JSON {
    let text = try text(key)
    do { return try JSON(parsing: Array(text.utf8)) } catch { throw .badMetadata(key) }
  }
}
