import Engine
import Foundation

/// What the kernel says of itself (Jupyter messaging, "Kernel info").
enum KernelInfo {
  static let languageName = "dass"
  static let lexerVariable = "DASS_PYGMENTS_LEXER"
  static let version = "0.1.0"

  static func reply(banner: String) -> JSON {
    [
      "status": "ok",
      "protocol_version": .string(Header.protocolVersion),
      "implementation": .string(languageName),
      "implementation_version": .string(version),
      "language_info": languageInfo,
      "banner": .string(banner),
      "debugger": false,
      "help_links": [],
      "supported_features": ["kernel subshells"],
    ]
  }

  /// The mode of CodeMirror named `dass` colours the language where it is installed; MySQL's, which is found by
  /// the MIME type, comes nearest otherwise: it knows `#` comments, both quotes and most of the words.
  ///
  /// The lexer of Pygments named `dass` belongs to the Python package `dass-jupyter`. Where that is absent, its name would
  /// leave the code without any color; so the kernelspec says in `DASS_PYGMENTS_LEXER` which lexer there is.
  private static let languageInfo: JSON = [
    "name": .string(languageName),
    "version": .string(version),
    "mimetype": "text/x-dass",
    "file_extension": ".dass",
    "pygments_lexer": .string(ProcessInfo.processInfo.environment[lexerVariable] ?? "mysql"),
    "codemirror_mode": ["name": "dass", "mime": "text/x-mysql"],
  ]
}
