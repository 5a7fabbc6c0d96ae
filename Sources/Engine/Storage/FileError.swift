/// What can go wrong with a file as such, whatever it holds.
package enum FileError: Error, Sendable, Equatable {
  case invalidPath(String)
  case missing(path: String)
  case notARegularFile(path: String)
  case notAFolder(path: String)
  case tooLarge(path: String, bytes: Int, limit: Int)
  /// `reason` is the system's own phrase, for instance `Permission denied`.
  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)
}

extension FileError: ExplainedError {
  package var problem: String {
    switch self {
    case .invalidPath(let path):
      path.isEmpty ? "an empty path" : "the path “\(path.filter { $0 != "\0" })” holds a zero character"
    case .missing(let path): "there is no file “\(path)”"
    case .notARegularFile(let path): "“\(path)” is not a file"
    case .notAFolder(let path): "“\(path)” is not a folder"
    case .tooLarge(let path, let bytes, let limit):
      "“\(path)” has \(bytes) bytes; files of up to \(limit) bytes are read"
    case .unreadable(let path, let reason): "“\(path)” cannot be read (\(reason))"
    case .unwritable(let path, let reason): "“\(path)” cannot be written (\(reason))"
    }
  }

  package var advice: String? {
    switch self {
    case .missing: "Check the path; a relative one starts at the folder the program was started in"
    case .unwritable: "Check that the folder may be written to and that the disk is not full"
    default: nil
    }
  }
}

/// An error in what a file holds, with the file's path.
package struct FileContentError: ExplainedError {
  package let path: String
  package let cause: any ExplainedError

  package init(path: String, cause: any ExplainedError) {
    self.path = path
    self.cause = cause
  }

  package var problem: String { "“\(path)”: \(cause.problem)" }
  package var advice: String? { cause.advice }

  /// What `body` gives; its explained errors tell of the file they are about.
  ///
  /// - Throws: `FileError` as it is, other explained errors as `FileContentError`.
  static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw error
    } catch let error as any ExplainedError {
      throw FileContentError(path: path, cause: error)
    }
  }
}
