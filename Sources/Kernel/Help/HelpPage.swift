import Engine

/// A page of help as a value; the pager, Shift-Tab and the reference page are drawn from it.
struct HelpPage: Sendable, Equatable {
  enum Block: Sendable, Equatable {
    case paragraph(String)
    /// Lines of the language.
    case code(String)
    /// Terms with what they mean, under a heading; terms are written in the language.
    case terms(heading: String, [Term])
  }

  struct Term: Sendable, Equatable {
    var term: String
    var meaning: String
  }

  var title: String
  var blocks: [Block]

  func bundle() -> MIMEBundle {
    MIMEBundle(data: ["text/plain": .string(text), "text/html": .string(html)])
  }

  // MARK: Forms

  var text: String {
    let blocks = blocks.map { block in
      switch block {
      case .paragraph(let text): text
      case .code(let code): Self.indented(code)
      case .terms(let heading, let terms): heading + "\n" + Self.aligned(terms)
      }
    }
    return ([title] + blocks).joined(separator: "\n\n")
  }

  var html: String {
    let blocks = blocks.map { block in
      switch block {
      case .paragraph(let text): "<p>\(Self.inlineHTML(text))</p>"
      case .code(let code): "<pre><code>\(HTMLTable.escaped(code))</code></pre>"
      case .terms(let heading, let terms):
        "<p><strong>\(HTMLTable.escaped(heading))</strong></p>\n<dl>\n"
          + terms.map { term in
            "<dt><code>\(HTMLTable.escaped(term.term))</code></dt><dd>\(Self.inlineHTML(term.meaning))</dd>\n"
          }.joined() + "</dl>"
      }
    }
    return (["<h3>\(HTMLTable.escaped(title))</h3>"] + blocks).joined(separator: "\n")
  }

  /// Markdown with the title as a heading of the level `level`.
  func markdown(level: Int) -> String {
    let blocks = blocks.map { block in
      switch block {
      case .paragraph(let text): text
      case .code(let code): "```\n\(code)\n```"
      case .terms(let heading, let terms):
        "\(heading):\n\n" + terms.map { "- `\($0.term)`: \($0.meaning)" }.joined(separator: "\n")
      }
    }
    return ([String(repeating: "#", count: level) + " " + title] + blocks).joined(separator: "\n\n")
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n")
  }

  private static func aligned(_ terms: [Term]) -> String {
    let width = min(terms.map { DisplayWidth.of($0.term) }.max() ?? 0, 34)
    return terms.map { term in
      let padding = String(repeating: " ", count: max(width - DisplayWidth.of(term.term), 0))
      return "  " + term.term + padding + "  " + term.meaning
    }.joined(separator: "\n")
  }

  /// Escaped text with what stands between backquotes as code.
  private static func inlineHTML(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      let escaped = HTMLTable.escaped(String(part))
      // A backquote without a partner stands for itself.
      if index % 2 == 0 { return escaped }
      return index == parts.count - 1 ? "`" + escaped : "<code>\(escaped)</code>"
    }.joined()
  }
}
