/// What can be wrong with an encoded image.
package enum ImageFileError: Error, Sendable, Equatable {
  /// The first bytes belong to neither PNG nor JPEG.
  case unknownFormat
  /// `reason` is the decoder's own phrase.
  case damaged(format: String, reason: String)
  case tooLarge(width: Int, height: Int)
  case notEncodable(reason: String)
}

extension ImageFileError: ExplainedError {
  package var problem: String {
    switch self {
    case .unknownFormat: "the content is neither a PNG nor a JPEG image"
    case .damaged(let format, let reason): "the \(format) image is damaged (\(reason))"
    case .tooLarge(let width, let height):
      "an image of \(width) x \(height) pixels; up to \(RGBImage.largestArea / 1_000_000) million are read"
    case .notEncodable(let reason): "the picture cannot be written as PNG (\(reason))"
    }
  }

  package var advice: String? {
    switch self {
    case .unknownFormat: "Convert it to PNG or JPEG, or remove it"
    case .damaged: "Replace or remove the file"
    case .tooLarge: "Make it smaller first"
    case .notEncodable: nil
    }
  }
}
