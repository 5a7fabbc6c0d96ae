import Engine
import Foundation

@testable import Kernel

/// A language of a few words, enough to make the protocol core do everything it can.
struct ToyInterpreter: Interpreter {
  var banner: String { "toy" }

  /// Lets a test hold a cell (`wait`) until it says so.
  let gate = DispatchSemaphore(value: 0)

  func execute(
    _ code: String, executionCount: Int, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionOutcome {
    let words = code.split(separator: " ", maxSplits: 1).map(String.init)
    let argument = words.count > 1 ? words[1] : ""
    switch words.first {
    case "print": output.write(argument, to: .stdout)
    case "warn": output.write(argument, to: .stderr)
    case "value": return .success(result: MIMEBundle(plainText: argument))
    case "page": return .success(result: nil, payloads: [.page(MIMEBundle(plainText: argument))])
    case "next": return .success(result: nil, payloads: [.nextInput(argument)])
    case "flood":
      for _ in 0..<(Int(argument) ?? 0) {
        output.write(String(repeating: "x", count: 99) + "\n", to: .stdout)
      }
    case "show":
      output.write("before", to: .stdout)
      output.display(MIMEBundle(plainText: argument), displayID: "d")
      output.write("after", to: .stdout)
      output.updateDisplay(MIMEBundle(plainText: argument), displayID: "d")
      output.clearOutput(wait: true)
    case "offer": output.comms?.offer(argument)
    case "open":
      output.write("before", to: .stdout)
      output.comms?.send(
        CommMessage(
          kind: .open, content: ["comm_id": .string(argument), "target_name": "toys", "data": [:]],
          metadata: ["version": "2"], buffers: [[1, 2]]))
    case "close": output.comms?.send(CommMessage(kind: .close, content: ["comm_id": .string(argument)]))
    case "wait": gate.wait()
    case "stubborn":
      while !cancellation.isCancelled { usleep(500) }
      gate.wait()
      return failure("Interrupted", "the cell was interrupted")
    case "waitfail":
      gate.wait()
      return failure("Failed", "as asked")
    case "forever":
      while !cancellation.isCancelled { usleep(500) }
      return failure("Interrupted", "the cell was interrupted")
    case "ask", "askhidden":
      do {
        let answer = try output.requestInput(
          prompt: argument, isPassword: words[0] == "askhidden", cancellation: cancellation)
        return .success(result: MIMEBundle(plainText: answer))
      } catch let error as any ExplainedError {
        return failure("InputError", error.problem)
      } catch {
        return failure("Interrupted", "the cell was interrupted")
      }
    default: return failure("UnknownCommand", "unknown command '\(code)'")
    }
    return .success(result: nil)
  }

  /// Sends a message back as it came, and fails when its data says so.
  func receive(
    _ message: CommMessage, output: any OutputSink, cancellation: CancellationToken
  ) -> ExecutionFailure? {
    output.write("taken", to: .stdout)
    var answer = message
    answer.kind = .message
    output.comms?.send(answer)
    guard message.content["data"]?["fails"]?.boolValue == true else { return nil }
    return ExecutionFailure(name: "Failed", message: "as asked", traceback: ["Failed"])
  }

  private func failure(_ name: String, _ message: String) -> ExecutionOutcome {
    .failure(ExecutionFailure(name: name, message: message, traceback: ["\(name): \(message)"]))
  }

  func evaluate(expression: String) -> Result<MIMEBundle, ExecutionFailure> {
    if expression.isEmpty {
      .failure(ExecutionFailure(name: "Empty", message: "nothing to evaluate", traceback: []))
    } else {
      .success(MIMEBundle(plainText: "<\(expression)>"))
    }
  }

  func complete(_ code: String, cursor: Int) -> Completion {
    Completion(
      candidates: [CompletionCandidate(text: "print", kind: "keyword", signature: "text")], start: 0,
      end: cursor)
  }

  func inspect(_ code: String, cursor: Int, detail: Int) -> MIMEBundle? {
    code.isEmpty ? nil : MIMEBundle(plainText: "\(code) at \(cursor), detail \(detail)")
  }

  func completeness(of code: String) -> Completeness {
    switch code.last {
    case "[": .incomplete(indent: "  ")
    case "\"": .invalid
    default: .complete
    }
  }
}
