import ArgumentParser
import Engine
import Foundation

/// `dass reference`: prints the reference page of the language, from which `docs/language.md` is made, or its words,
/// from which editors highlight it.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Prints the reference of the language as Markdown.",
    shouldDisplay: false)

  @Flag(help: "Print the words of the language as JSON, for highlighting.")
  var json = false

  func run() throws {
    let page =
      json
      ? Data(LanguageReference.words(.standard).encoded(pretty: true) + [0x0A])
      : Data(LanguageReference.markdown(.standard).utf8)
    try FileHandle.standardOutput.write(contentsOf: page)
  }
}
