import ArgumentParser
import Foundation

/// `dass reference`: prints the reference page of the language, from which `docs/language.md` is made.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Prints the reference of the language as Markdown.",
    shouldDisplay: false)

  func run() throws {
    try FileHandle.standardOutput.write(contentsOf: Data(LanguageReference.markdown(.standard).utf8))
  }
}
