import Engine

/// The clauses of all that looks at teachers and students through noise.
extension Parameter {
  static let embedding: [Parameter] = [
    .optional(
      "from", .choice(Remapping.allCases.map(\.rawValue)),
      "which of the teacher's weights a student takes; first when nothing is said"),
    .optional("noise", .seed, "draws the noise; 0 when nothing is said"),
    .optional(
      "noise-file", .path(extensions: ["npy", "safetensors"]),
      "noise of your own: one image, of shape 1, 3, S, S"),
    .optional(
      "norm", .choice(EmbeddingSettings.Normalization.allCases.map(\.rawValue)),
      "whose statistics batch normalization takes; running when nothing is said"),
  ]
}

extension Arguments {
  /// What the clauses say, and of `settings` what they leave out.
  ///
  /// - Throws: a diagnostic if the noise is named twice or cannot be read.
  func embeddingSettings(changing settings: EmbeddingSettings = .standard) throws -> EmbeddingSettings {
    var settings = settings
    if let word = try ifPresent("from", { try $0.text($1) }) {
      settings.remapping = Remapping(rawValue: word) ?? settings.remapping
    }
    if let word = try ifPresent("norm", { try $0.text($1) }) {
      settings.normalization = EmbeddingSettings.Normalization(rawValue: word) ?? settings.normalization
    }
    if let seed = try ifPresent("noise", { try $0.integer($1) }) {
      settings.noise = .seed(UInt64(seed))
    }
    guard let path = try ifPresent("noise-file", { try $0.text($1) }) else { return settings }
    guard !has("noise") else {
      throw error(for: "noise-file", "the noise is drawn or read, not both", advice: "leave `noise` out")
    }
    do {
      settings.noise = .image(try NoiseImage(contentsOf: path))
    } catch let error as any ExplainedError {
      throw self.error(for: "noise-file", error)
    }
    return settings
  }
}
