import Foundation

/// What commands share for as long as the program runs: places and services outside the session.
struct Environment: Sendable {
  /// The bundled data: the demonstration metabase, the meta-trained predictors.
  var dataDirectory: URL
  /// Where results that took long are kept; may be deleted at any time.
  var cacheDirectory: URL
  /// The program's version.
  var version: String

  init(dataDirectory: URL, cacheDirectory: URL, version: String) {
    self.dataDirectory = dataDirectory
    self.cacheDirectory = cacheDirectory
    self.version = version
  }
}
