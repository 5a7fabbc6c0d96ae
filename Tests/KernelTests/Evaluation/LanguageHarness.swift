import Engine
import Foundation
import Synchronization

@testable import Kernel

/// Remembers what a cell shows, in order.
final class OutputRecorder: OutputSink {
  private let entries = Mutex<[String]>([])
  private let answers: Mutex<[String]>

  init(answers: [String] = []) { self.answers = Mutex(answers) }

  var shown: [String] { entries.withLock { $0 } }
  private func add(_ entry: String) { entries.withLock { $0.append(entry) } }

  func write(_ text: String, to stream: StreamName) { add("\(stream.rawValue): \(text)") }
  func display(_ bundle: MIMEBundle, displayID: String?) {
    add((displayID == nil ? "display: " : "bar: ") + bundle.plainText)
  }
  func updateDisplay(_ bundle: MIMEBundle, displayID: String) { add("update: " + bundle.plainText) }
  func clearOutput(wait: Bool) { add("clear wait=\(wait)") }
  func requestInput(prompt: String, isPassword: Bool, cancellation: CancellationToken) throws -> String {
    add("input\(isPassword ? " hidden" : ""): \(prompt)")
    guard let answer = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { throw ToyError() }
    return answer
  }
}

struct ToyError: ExplainedError {
  var problem: String { "the toy broke" }
  var advice: String? { "Mend it" }
}

/// Something of the session with `count` parts.
struct ToyObject: SessionObject {
  var kind: ObjectKind
  var text: String
  var count = 0

  var oneLineSummary: String { text }
  func details() -> [(label: String, value: String)] { [("count", String(count))] }
  func element(at index: Int) throws -> Value {
    guard (1...max(count, 1)).contains(index), count > 0 else { throw ToyError() }
    return .object(ToyObject(kind: .student, text: "student \(index) of \(text)"))
  }
}

/// A small language of the same shape as the real one.
enum ToyLanguage {
  static let fields = [
    ConditionField("macs", .count, "multiply-adds"), ConditionField("params", .count, "parameters"),
    ConditionField("depth", nil, "number of blocks"),
  ]

  static let commands = CommandTable(
    GeneralCommands.all + [
      sample, search, evaluate, loadPredictor, loadTeacher, plotSource, plotPareto, fail, count,
    ])

  static let sample = CommandDeclaration(
    "sample", group: .students, summary: "draws students",
    parameters: [.required("count", .integer(1...100_000), "how many students")],
    clauses: [
      .required("from", .object(.space), "the space to draw from"),
      .optional("where", .condition(fields), "which students to keep"),
      .optional("seed", .seed, default: "0", "the start of the random sequence"),
    ],
    result: .object(.pool), examples: [CommandExample("pool p = sample 3000 from resnet seed 7")]
  ) { arguments, _ in
    let space: ToyObject = try arguments.object("from")
    let count = try arguments.integer("count")
    let condition = try arguments.ifPresent("where") { try $0.condition($1) }
    let limit = condition.map { " where \($0.description)" } ?? ""
    let text =
      "\(NumberText.grouped(count)) students of \(space.text)\(limit), seed \(try arguments.integer("seed"))"
    return .object(ToyObject(kind: .pool, text: text, count: count))
  }

  static let search = CommandDeclaration(
    "search", group: .students, summary: "ranks a pool",
    parameters: [.required("pool", .object(.pool), "the candidates")],
    clauses: [
      .required("for", .object(.teacher), "the teacher"),
      .optional("top", .integer(1...100), default: "2", "rows"),
      .flag("quick", "skips adaptation"),
    ], result: .table, examples: [CommandExample("search p for t top 5")]
  ) { arguments, _ in
    var table = Table(columns: [Table.Column("rank"), Table.Column("macs")], notes: ["seed 7"])
    for rank in 1...(try arguments.integer("top")) {
      table.rows.append([.integer(rank), .count(Double(rank) * 4e8)])
    }
    return .table(table)
  }

  static let evaluate = CommandDeclaration(
    "evaluate", group: .measurement, summary: "compares predictors",
    parameters: [.required("predictors", .objects([.predictor]), "the predictors")],
    clauses: [.optional("on", .object(.metabase), "the truth")], result: .value
  ) { arguments, _ in
    .text(try arguments.objects("predictors").map(\.name).joined(separator: "+"))
  }

  static let loadPredictor = CommandDeclaration(
    "load", group: .files, summary: "reads a predictor", parameters: [.required("path", .path, "the file")],
    result: .object(.predictor)
  ) { arguments, _ in
    .object(ToyObject(kind: .predictor, text: "predictor from \(try arguments.text("path"))"))
  }

  static let loadTeacher = CommandDeclaration(
    "load", group: .files, summary: "reads a teacher", parameters: [.required("path", .path, "the file")],
    clauses: [.required("on", .text, "its dataset")], result: .object(.teacher)
  ) { arguments, _ in
    .object(ToyObject(kind: .teacher, text: "teacher from \(try arguments.text("path"))"))
  }

  static let plotSource = CommandDeclaration(
    "plot src", group: .figures, summary: "predicted against measured",
    parameters: [.required("source", .choice(["accuracy", "loss"]), "what to plot")], result: .value
  ) { arguments, _ in .text(try arguments.text("source")) }

  static let plotPareto = CommandDeclaration(
    "plot pareto", group: .figures, summary: "accuracy against cost",
    clauses: [.optional("of", .object(.pool), "which")],
    result: .value
  ) { _, _ in .text("pareto") }

  static let fail = CommandDeclaration(
    "fail", group: .general, summary: "throws", clauses: [.optional("at", .integer(0...9), "where")]
  ) { arguments, context in
    context.transaction.change { $0.forget("x") }
    if arguments.has("at") { throw arguments.error(for: "at", ToyError()) }
    throw ToyError()
  }

  static let count = CommandDeclaration(
    "count", group: .general, summary: "adds up",
    parameters: [.optional("numbers", .integers(0...1000), "what to add")],
    clauses: [
      .optional("within", .range(1...9), "limits"), .optional("share", .number(.fraction, 0...1), "a part"),
      .optional("fast", .boolean, "or slow"),
    ], result: .value
  ) { arguments, _ in
    let sum = try arguments.ifPresent("numbers") { try $0.integers($1).reduce(0, +) } ?? 0
    return .number(Quantity(Double(sum)))
  }

  static func interpreter(_ cells: String...) -> DassInterpreter {
    var session = Session()
    session.registerBuiltIn("resnet", ToyObject(kind: .space, text: "resnet"))
    let environment = Environment(
      dataDirectory: URL(fileURLWithPath: "/nowhere"), cacheDirectory: URL(fileURLWithPath: "/nowhere"),
      version: "1.2.3")
    let interpreter = DassInterpreter(commands: commands, environment: environment, session: session)
    for cell in cells { _ = run(interpreter, cell) }
    return interpreter
  }

  /// What a cell shows, then its result or error as plain text.
  static func run(_ interpreter: DassInterpreter, _ cell: String, answers: [String] = []) -> [String] {
    let output = OutputRecorder(answers: answers)
    let token = CancellationToken()
    switch interpreter.execute(cell, executionCount: 1, output: output, cancellation: token) {
    case .success(let result, let payloads):
      return output.shown + (result.map { ["result: " + $0.plainText] } ?? [])
        + payloads.map { payload in
          switch payload {
          case .page(let page): "page: " + page.plainText
          case .nextInput(let text): "next: " + text
          }
        }
    case .failure(let failure):
      return output.shown + [plain(failure.traceback.joined(separator: "\n"))]
    }
  }

  /// Text without the colors of a terminal.
  static func plain(_ text: String) -> String {
    TerminalText.withoutColors(text)
  }
}
