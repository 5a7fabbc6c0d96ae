import Engine

/// One result in several forms, richest last chosen by the front end (Jupyter messaging, "display_data").
struct MIMEBundle: Sendable, Equatable {
  /// MIME type to content: strings for text, base64 strings for images, objects for JSON types.
  var data: [String: JSON]
  /// MIME type to hints, for instance `["image/png": ["width": 640, "height": 480]]`.
  var metadata: [String: JSON]

  init(data: [String: JSON], metadata: [String: JSON] = [:]) {
    self.data = data
    self.metadata = metadata
  }

  /// A result that only has a plain text form.
  init(plainText: String) {
    self.init(data: ["text/plain": .string(plainText)])
  }

  /// The plain text form, which every bundle of ours has.
  var plainText: String { data["text/plain"]?.stringValue ?? "" }
}
