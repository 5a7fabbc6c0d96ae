import Engine
import Foundation
import Synchronization

/// Shows in a terminal what cells show: text, pictures where the terminal can, and progress on one line.
final class TerminalOutput: OutputSink {
  private struct State {
    /// The last line is one of progress, which the next one replaces.
    var hasProgress = false
    /// Pictures written to files so far.
    var pictureCount = 0
  }

  private let pictures: TerminalPictures
  private let columns: Int
  private let usesColor: Bool
  private let out: @Sendable (String) -> Void
  private let state = Mutex(State())

  init(
    pictures: TerminalPictures, columns: Int, usesColor: Bool,
    out: @escaping @Sendable (String) -> Void = { ScriptPrinter.writeToFile($0, .stdout) }
  ) {
    self.pictures = pictures
    self.columns = columns
    self.usesColor = usesColor
    self.out = out
  }

  func write(_ text: String, to stream: StreamName) {
    endProgress()
    out(stream == .stderr ? styled(text, "33") : text)
  }

  func display(_ bundle: MIMEBundle, displayID: String?) {
    if displayID?.hasPrefix(ProgressDisplay.identifierPrefix) == true { return progress(bundle.plainText) }
    endProgress()
    if let picture = bundle.data["image/png"]?.stringValue {
      let width = bundle.metadata["image/png"]?["width"]?.intValue
      out(show(picture, width: width, words: bundle.plainText))
    } else {
      let text = bundle.plainText
      out(text.hasSuffix("\n") ? text : text + "\n")
    }
  }

  func updateDisplay(_ bundle: MIMEBundle, displayID: String) { display(bundle, displayID: displayID) }

  func clearOutput(wait: Bool) {}

  func requestInput(prompt: String, isPassword: Bool, cancellation: CancellationToken) throws -> String {
    endProgress()
    try cancellation.check()
    let answer: String?
    if isPassword {
      answer = LineEditor.readHidden(prompt: prompt)
    } else {
      out(prompt)
      answer = readLine()
    }
    guard let answer else { throw InputError.endOfInput }
    return answer
  }

  func show(_ failure: ExecutionFailure) {
    endProgress()
    let text = failure.traceback.joined(separator: "\n") + "\n"
    out(usesColor ? text : TerminalText.withoutColors(text))
  }

  private func styled(_ text: String, _ style: String) -> String {
    usesColor ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
  }

  private func show(_ picture: String, width: Int?, words: String) -> String {
    if let inline = pictures.inline(picture, width: width, columns: columns) { return inline + "\n" }
    let number = state.withLock { state in
      state.pictureCount += 1
      return state.pictureCount
    }
    guard let path = pictures.file(picture, number: number) else { return words + "\n" }
    return words + "\n" + styled("picture: \(path)", "2") + "\n"
  }

  private func progress(_ text: String) {
    state.withLock { $0.hasProgress = true }
    // A line that wraps could not be replaced.
    var shown = ""
    var width = 0
    for character in TextTable.oneLine(text) {
      width += DisplayWidth.of(character)
      if width >= columns { break }
      shown.append(character)
    }
    out("\r\u{1B}[K" + shown)
  }

  private func endProgress() {
    let hadProgress = state.withLock { state in
      defer { state.hasProgress = false }
      return state.hasProgress
    }
    if hadProgress { out("\n") }
  }
}
