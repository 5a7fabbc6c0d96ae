import Engine
import Testing

@testable import Kernel

@Suite struct EvaluationTests {
  private let setUp = "teacher t = load \"t.safetensors\" on \"greek\"\npool p = sample 3k from resnet seed 7"

  @Test func assignmentsConfirmObjectsAndKeepParametersSilent() {
    let interpreter = ToyLanguage.interpreter()
    #expect(
      ToyLanguage.run(interpreter, setUp + "\nepochs = 8") == [
        "stdout: teacher t: teacher from t.safetensors\n",
        "stdout: pool p: 3,000 students of resnet, seed 7\n",
      ])
  }

  @Test func onlyTheLastValueIsTheResult() {
    let interpreter = ToyLanguage.interpreter(setUp)
    #expect(
      ToyLanguage.run(interpreter, "1\n2\n[1, on, \"a\"]") == [
        "display: 1", "display: 2", "result: [1, on, \"a\"]",
      ])
    #expect(
      ToyLanguage.run(interpreter, "search p for t") == [
        "result: rank   macs\n────  ─────\n   1  400 M\n   2  800 M\nseed 7"
      ])
    #expect(
      ToyLanguage.run(interpreter, "table x = search p for t\nx as csv").last
        == "result: rank,macs\n1,400000000\n2,800000000\n")
    #expect(
      ToyLanguage.run(interpreter, "search p as csv top 1 for t") == ["result: rank,macs\n1,400000000\n"])
  }

  @Test(arguments: [
    ("x = 3", "3"), ("x = 3.5", "3.5"), ("x = -1e-05", "-1e-05"), ("x = \"s\"", "\"s\""), ("x = on", "on"),
    ("x = false", "off"), ("x = [1, 2]", "[1, 2]"), ("x = 1, 2", "[1, 2]"),
    ("x = ['a', \"b\\n\"]", "[\"a\", \"b\\n\"]"),
    ("x = none", "none"), ("x = 1..4", "1..4"), ("x = 1_000k", "1000k"), ("x = []", "[]"),
    ("x = macs < 3M or not (depth == 3 and 4 < depth)", "macs < 3M or not (depth == 3 and depth > 4)"),
    ("x = [1,\n  2,  # two\n  3]", "[1, 2, 3]"), ("x = \\\n  5", "5"),
  ]) func parametersTakeLiterals(statement: String, value: String) {
    let interpreter = ToyLanguage.interpreter(statement)
    #expect(interpreter.session.value("x")?.description == value)
  }

  @Test func clausesComeInAnyOrderAndTakeParameters() {
    let interpreter = ToyLanguage.interpreter("n = 20\nsmall = macs < 400M")
    #expect(
      ToyLanguage.run(interpreter, "sample n seed 3 where small and depth >= 8 from resnet").isEmpty == false)
    #expect(
      ToyLanguage.run(interpreter, "pool q = sample n seed 3 where small and depth >= 8 from resnet") == [
        "stdout: pool q: 20 students of resnet where macs < 400M and depth >= 8, seed 3\n"
      ])
    #expect(
      ToyLanguage.run(interpreter, "student s = q[2]") == [
        "stdout: student s: student 2 of 20 students of resnet where macs < 400M and depth >= 8, seed 3\n"
      ])
  }

  @Test func theNounOrTheClausesChooseAmongCommandsOfOneName() {
    let interpreter = ToyLanguage.interpreter(
      "a = load \"x\"", "b = load \"x\" on \"d\"", "teacher c = load \"x\" on \"d\"")
    #expect(interpreter.session.value("a")?.objectKind == .predictor)
    #expect(interpreter.session.value("b")?.objectKind == .teacher)
    #expect(interpreter.session.value("c")?.objectKind == .teacher)
    #expect(ToyLanguage.run(interpreter, "evaluate a, a") == ["result: \"a+a\""])
  }

  @Test func twoWordCommandsAreMatchedLongestFirst() {
    let interpreter = ToyLanguage.interpreter(setUp)
    #expect(ToyLanguage.run(interpreter, "plot src loss") == ["result: \"loss\""])
    #expect(ToyLanguage.run(interpreter, "plot pareto of p") == ["result: \"pareto\""])
  }

  @Test func listsOfNumbersTakeRangesAndCommas() {
    let interpreter = ToyLanguage.interpreter()
    #expect(ToyLanguage.run(interpreter, "count 1..4") == ["result: 10"])
    #expect(ToyLanguage.run(interpreter, "count 1, 2, 10..11 share 5% fast on within 3") == ["result: 24"])
    #expect(ToyLanguage.run(interpreter, "count") == ["result: 0"])
  }

  @Test func aFailedStatementLeavesNoTraceAndStopsTheCell() {
    let interpreter = ToyLanguage.interpreter()
    let shown = ToyLanguage.run(interpreter, "x = 3\nfail\nx = 4")
    #expect(shown == ["CommandError: the toy broke\n 2 | fail\n   | ^^^^\n  = Mend it"])
    #expect(interpreter.session.value("x")?.description == "3")
    #expect(
      ToyLanguage.run(interpreter, "fail at 7") == [
        "ArgumentError: the toy broke\n 1 | fail at 7\n   |         ^\n  = Mend it"
      ])
  }

  @Test func nothingRunsWhenTheCellCannotBeRead() {
    let interpreter = ToyLanguage.interpreter()
    _ = ToyLanguage.run(interpreter, "x = 3\ny = = 4")
    #expect(interpreter.session.value("x") == nil)
  }

  @Test func interruptionHasItsOwnNameAndKeepsTheSession() {
    let interpreter = ToyLanguage.interpreter("x = 3")
    let token = CancellationToken()
    token.cancel()
    let outcome = interpreter.execute(
      "x = 4", executionCount: 1, output: OutputRecorder(), cancellation: token)
    guard case .failure(let failure) = outcome else {
      Issue.record("the cell ran")
      return
    }
    #expect(failure.name == "Interrupted")
    #expect(interpreter.session.value("x")?.description == "3")
  }

  @Test func describeGivesAScriptThatMakesTheThingAgain() {
    let interpreter = ToyLanguage.interpreter(
      "n = 20", "m = 1", "pool p = sample n from resnet", "n = 30", "student s = p[2]")
    #expect(
      interpreter.session.script(for: "s") == ["n = 20", "pool p = sample n from resnet", "student s = p[2]"])
    #expect(interpreter.session.script(for: "resnet") == [])
    #expect(
      ToyLanguage.run(interpreter, "describe p") == [
        """
        display: pool p

        20 students of resnet, seed 0

        Details
          count  20

        This makes it again:

          n = 20
          pool p = sample n from resnet
        """
      ])
  }

  @Test func forgettingABuiltInNameBringsItBack() {
    let interpreter = ToyLanguage.interpreter("resnet = 3")
    #expect(interpreter.session.value("resnet")?.description == "3")
    _ = ToyLanguage.run(interpreter, "forget resnet")
    #expect(interpreter.session.value("resnet")?.objectKind == .space)
  }

  @Test func expressionsAreEvaluatedWithoutRunningCommands() throws {
    let interpreter = ToyLanguage.interpreter("x = [1, 2]")
    #expect(try interpreter.evaluate(expression: "x[2]").get().plainText == "2")
    #expect(throws: ExecutionFailure.self) { try interpreter.evaluate(expression: "print 3").get() }
    #expect(throws: ExecutionFailure.self) { try interpreter.evaluate(expression: "x = 3").get() }
    #expect(throws: ExecutionFailure.self) { try interpreter.evaluate(expression: "nothing").get() }
  }

  @Test func generalCommandsWriteAskAndClear() {
    let interpreter = ToyLanguage.interpreter()
    #expect(
      ToyLanguage.run(interpreter, "print \"a\", 3 \"b\"\nwarn on") == ["stdout: a 3 b\n", "stderr: on\n"])
    #expect(ToyLanguage.run(interpreter, "clear wait\nclear") == ["clear wait=true", "clear wait=false"])
    #expect(
      ToyLanguage.run(interpreter, "x = ask \"Who? \" hidden\nx", answers: ["me"]) == [
        "input hidden: Who? ", "result: \"me\"",
      ])
    #expect(ToyLanguage.run(interpreter, "version") == ["stdout: DaSS 1.2.3\n"])
    #expect(
      ToyLanguage.run(interpreter, "help forget").first?.hasPrefix("page: forget\n\nTakes names out") == true)
    #expect(
      ToyLanguage.run(interpreter, "help plot").first?.hasPrefix("page: plot\n\nCommands\n  plot src") == true
    )
  }

  @Test(arguments: [
    ("x = 3", Completeness.complete), ("", .complete), ("x = [1,", .incomplete(indent: "  ")),
    ("search p,", .incomplete(indent: "  ")), ("x = \\", .incomplete(indent: "  ")), ("x = ]", .invalid),
    ("x = \"abc", .invalid), ("serach p", .complete), ("%%python", .complete),
  ]) func completeness(code: String, expected: Completeness) {
    #expect(ToyLanguage.interpreter().completeness(of: code) == expected)
  }

  @Test func namesThatGrowWithoutEndAreRefused() {
    let doubling = (0..<60).map { _ in "x = [x, x]" }.joined(separator: "\n")
    let shown = ToyLanguage.run(ToyLanguage.interpreter("x = 1"), doubling)
    #expect(shown.first?.hasPrefix("ArgumentError: this is too large to be shown or kept") == true)
  }
}
