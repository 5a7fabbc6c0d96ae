import Dispatch
import Engine
import Foundation
import Testing

@testable import Kernel

@Suite struct PythonRuntimeTests {
  private static let probe = PythonProgram(
    name: "dass_probe",
    source: """
      import sys, time
      def echo(request): return request
      def fail(request): raise ValueError("no " + request.decode())
      def wrong(request): return 3
      def need(request): __import__(request.decode())
      def where(request): return "|".join([sys.prefix, str(sys.flags.isolated)]).encode()
      def sleep(request):
          end = time.monotonic() + 60
          while time.monotonic() < end: time.sleep(0.001)
          return b""
      """)

  private func call(_ function: String, _ request: String = "") throws -> String {
    let bytes = try PythonRuntime.shared.call(
      function, of: Self.probe, with: Array(request.utf8), cancellation: CancellationToken())
    return String(decoding: bytes, as: UTF8.self)
  }

  private func error(_ function: String, _ request: String = "") -> PythonError? {
    do {
      _ = try call(function, request)
      return nil
    } catch { return error as? PythonError }
  }

  @Test func bytesComeBackAsTheyWere() throws {
    #expect(try call("echo", "a\u{0}ü漢") == "a\u{0}ü漢")
    #expect(try call("echo") == "")
  }

  @Test func pythonIsTheSystemsAndIsolated() throws {
    #expect(try call("where") == "/usr|1")
  }

  @Test func exceptionsAreErrors() throws {
    let raised = try #require(error("fail", "luck"))
    #expect(raised == .raised(type: "ValueError", message: "no luck", place: "<dass_probe>, line 3, in fail"))
    #expect(raised.problem == "Python raised ValueError: no luck (<dass_probe>, line 3, in fail)")
    #expect(raised.advice == nil)
    guard case .raised(type: "TypeError", _, _) = error("wrong") else {
      Issue.record("a result that is not bytes must be a TypeError")
      return
    }
    guard case .raised(type: "AttributeError", _, _) = error("missing") else {
      Issue.record("an unknown function must be an AttributeError")
      return
    }
  }

  @Test func missingModulesSayHowToGetThem() {
    let missing = error("need", "dass_no_such_module")
    #expect(missing == .missingModule("dass_no_such_module"))
    #expect(
      PythonError.missingModule("matplotlib.figure").problem
        == "the Python module matplotlib.figure is not installed")
    #expect(
      PythonError.missingModule("matplotlib.figure").advice
        == "Install it with `apt-get install python3-matplotlib`")
  }

  @Test func aProgramThatDoesNotParseIsAnError() {
    let broken = PythonProgram(name: "dass_broken", source: "def (")
    #expect {
      try PythonRuntime.shared.call("f", of: broken, with: [], cancellation: CancellationToken())
    } throws: { error in
      guard case PythonError.raised(type: "SyntaxError", _, _) = error else { return false }
      return true
    }
  }

  /// The function would run for a minute; the test's own time limit is what fails if it is not stopped.
  @Test(.timeLimit(.minutes(1))) func cancellingStopsTheCallAndPython() async throws {
    let token = CancellationToken()
    let canceller = Thread {
      Thread.sleep(forTimeInterval: 0.2)
      token.cancel()
    }
    canceller.start()
    #expect(throws: Cancelled()) {
      try PythonRuntime.shared.call("sleep", of: Self.probe, with: [], cancellation: token)
    }
    #expect(try call("echo", "still here") == "still here")
  }

  @Test func aCancelledTokenStartsNothing() {
    let token = CancellationToken()
    token.cancel()
    #expect(throws: Cancelled()) {
      try PythonRuntime.shared.call("echo", of: Self.probe, with: [], cancellation: token)
    }
  }

  @Test func callsFromManyThreadsAreServed() {
    DispatchQueue.concurrentPerform(iterations: 64) { index in
      #expect((try? call("echo", String(index))) == String(index))
    }
  }

  @Test func interruptSignalsStayWithTheProcess() throws {
    _ = try MatplotlibRenderer().render(
      Figure(title: "", alternativeText: "", panels: [Panel(content: .lines([]))]), formats: [.png])
    var action = sigaction()
    sigaction(SIGINT, nil, &action)
    #expect(action.__sigaction_handler.sa_handler == nil)
  }
}
