/// Text for a terminal and back.
enum TerminalText {
  /// `text` without the sequences that change colours.
  static func withoutColors(_ text: String) -> String {
    text.split(separator: "\u{1B}[", omittingEmptySubsequences: false).enumerated().map { index, part in
      index == 0 ? String(part) : String(part.drop { $0 != "m" }.dropFirst())
    }.joined()
  }
}
