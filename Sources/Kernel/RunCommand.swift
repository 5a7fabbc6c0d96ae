import ArgumentParser
import Engine
import Foundation

/// `dass run FILE`: a script without Jupyter.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a script and prints its results.",
    discussion: "Ends with status 1 when a statement fails, and with 130 when it is interrupted.")

  @Argument(help: "The script; - reads standard input.", completion: .file(extensions: ["dass"]))
  var file: String

  @Flag(help: "Print one JSON object a line instead of text.")
  var json = false

  func run() throws {
    let script: String
    do {
      script = try Self.read(file)
    } catch {
      FileHandle.standardError.write(Data("\(file) cannot be read as UTF-8 text\n".utf8))
      throw ExitCode(1)
    }
    let cancellation = CancellationToken()
    let interrupt = Self.cancelOnInterrupt(cancellation)
    defer { interrupt.cancel() }
    let printer = ScriptPrinter(usesJSON: json, writesProgress: isatty(STDERR_FILENO) == 1)
    let status = ScriptRun(interpreter: DassInterpreter(), printer: printer)
      .run(script, cancellation: cancellation)
    if status != 0 { throw ExitCode(status) }
  }

  private static func read(_ file: String) throws -> String {
    let data =
      file == "-"
      ? try FileHandle.standardInput.readToEnd() ?? Data() : try Data(contentsOf: URL(fileURLWithPath: file))
    guard let text = String(data: data, encoding: .utf8) else {
      throw CocoaError(.fileReadInapplicableStringEncoding)
    }
    return text
  }

  /// The first Ctrl-C asks the running statement to stop; the second ends the program, as usual.
  static func cancelOnInterrupt(_ cancellation: CancellationToken) -> any DispatchSourceSignal {
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      cancellation.cancel()
      // Some programs send the signal to the process and to its group: that is one request, not two.
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.5) { signal(SIGINT, SIG_DFL) }
    }
    source.activate()
    return source
  }
}

/// One run of a whole script.
struct ScriptRun {
  let interpreter: DassInterpreter
  let printer: ScriptPrinter

  /// The exit status: 0, 1 for an error, 130 for an interruption.
  func run(_ script: String, cancellation: CancellationToken) -> Int32 {
    let source = SourceText(Self.withoutByteOrderMark(script))
    do {
      let payloads = try interpreter.run(
        source, executionCount: 1, output: printer, cancellation: cancellation
      ) {
        result, _ throws in
        try printer.show(result, environment: interpreter.evaluator.environment)
      }
      for payload in payloads { printer.display(payload.bundle, displayID: nil) }
      return 0
    } catch {
      for diagnostic in error.diagnostics { printer.show(diagnostic, in: source) }
      if let failure = error.foreign {
        printer.show(failure)
        return failure.name == "KeyboardInterrupt" ? 130 : 1
      }
      return error.diagnostics.contains { $0.category == .interrupted } ? 130 : 1
    }
  }

  /// Some editors start a file with a mark that is not part of the text.
  private static func withoutByteOrderMark(_ script: String) -> String {
    script.unicodeScalars.first == "\u{FEFF}"
      ? String(String.UnicodeScalarView(script.unicodeScalars.dropFirst())) : script
  }
}
