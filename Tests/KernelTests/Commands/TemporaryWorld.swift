import Engine
import Foundation

@testable import Kernel

/// A session with a cache folder of its own.
final class TemporaryWorld {
  let folder = NSTemporaryDirectory() + "dass-commands-" + UUID().uuidString
  private(set) var interpreter: DassInterpreter

  init() { interpreter = Self.interpreter(folder) }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private static func interpreter(_ folder: String) -> DassInterpreter {
    let url = URL(fileURLWithPath: folder, isDirectory: true)
    return DassInterpreter(
      commands: .standard,
      environment: Environment(dataDirectory: url, cacheDirectory: url, version: "1"), session: .standard)
  }

  func restart() { interpreter = Self.interpreter(folder) }

  /// Everything a cell shows but progress, which only slow machines show; an error's message where it fails.
  func run(_ code: String, cancellation: CancellationToken = CancellationToken()) -> String {
    let output = OutputRecorder()
    let outcome = interpreter.execute(code, executionCount: 1, output: output, cancellation: cancellation)
    switch outcome {
    case .success(let result, _):
      let lasting = output.shown.filter { !$0.hasPrefix("bar: ") && !$0.hasPrefix("update: ") }
      return (lasting + [result?.plainText ?? ""]).joined(separator: "\n")
    case .failure(let failure): return "\(failure.name): \(failure.message)"
    }
  }
}
