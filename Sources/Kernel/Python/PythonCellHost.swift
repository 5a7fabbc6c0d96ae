import Engine
import Synchronization

/// Answers what a running `%%python` cell, or a callback of a widget, asks for: its output, input, comms, and values and
/// statements of the session.
final class PythonCellHost: PythonHost {
  /// The outputs of the calls that ran last: threads that they started may still have something to show.
  private static let outputs = Mutex<(count: Int, recent: [Int: any OutputSink])>((0, [:]))
  private static let outputsKept = 32
  /// Long texts that are on their way to be shown, by their numbers; the last ones, as not all of them arrive.
  private static let texts = Mutex<(count: Int, waiting: [Int: String])>((0, [:]))
  private static let textsKept = 32

  /// Tells calls apart.
  let number: Int
  private let context: CommandContext
  /// The whole cell: what made the tables that it gives the session.
  private let source: String
  /// The names of the session that the cell read.
  private let used = Mutex<Set<String>>([])
  private let errorsShown = Mutex(0)

  /// Whether code that Python called back has failed, and that was shown.
  var hasShownError: Bool { errorsShown.withLock { $0 > 0 } }

  init(context: CommandContext, source: String) {
    self.context = context
    self.source = source
    number = Self.outputs.withLock { outputs in
      outputs.count += 1
      outputs.recent[outputs.count] = context.output
      outputs.recent[outputs.count - Self.outputsKept] = nil
      return outputs.count
    }
  }

  /// The output of the call that a thread belongs to; of this one for threads of calls that are long gone.
  private func output(for request: JSON) -> any OutputSink {
    request["call"]?.intValue.flatMap { call in Self.outputs.withLock { $0.recent[call] } } ?? context.output
  }

  /// `kind` is 0 and 1 for text to standard output and error, 2 for a request in JSON, which is answered in JSON,
  /// 3 for the arrays of a name, 4 for a message of a comm, and 5 for a long text, which gets a number.
  func answer(_ kind: Int32, _ request: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    if kind < 2 {
      context.output.write(String(decoding: request, as: UTF8.self), to: kind == 0 ? .stdout : .stderr)
      return []
    }
    if kind == 3 { return arrays(String(decoding: request, as: UTF8.self)) }
    if kind == 4 {
      CommMessage(python: Array(request)).map { context.output.comms?.send($0) }
      return []
    }
    if kind == 5 { return Array(Self.keep(String(decoding: request, as: UTF8.self)).description.utf8) }
    let answer: JSON
    do {
      answer = try self.answer(try JSON(parsing: request))
    } catch {
      answer = ["message": .string(Diagnostic(error, at: nil).message)]
    }
    return answer.encoded()
  }

  private static func keep(_ text: String) -> Int {
    texts.withLock { texts in
      texts.count += 1
      texts.waiting[texts.count] = text
      texts.waiting[texts.count - textsKept] = nil
      return texts.count
    }
  }

  /// The text with this number, which nobody can take again.
  fileprivate static func takeText(_ number: Int) -> String? {
    texts.withLock { $0.waiting.removeValue(forKey: number) }
  }

  private func answer(_ request: JSON) throws -> JSON {
    let name = request["name"]?.stringValue ?? ""
    switch request["op"]?.stringValue {
    case "display": display(request)
    case "write":
      output(for: request).write(
        request["text"]?.stringValue ?? "", to: request["stream"]?.intValue == 1 ? .stderr : .stdout)
    case "clear": output(for: request).clearOutput(wait: request["wait"]?.boolValue ?? false)
    case "input": return input(request)
    case "names": return ["names": .array(Self.names(in: context.session))]
    case "get":
      return get(name, known: request["known"]?.intValue, asVariable: request["variable"]?.boolValue ?? false)
    case "run": return run(request["statements"]?.stringValue ?? "")
    case "show": return try context.session.value(name).flatMap { try shown($0, name: name) } ?? [:]
    case "error":
      context.output.show(ExecutionFailure(python: request))
      errorsShown.withLock { $0 += 1 }
    case "offer": context.output.comms?.offer(name)
    case "set": try set(name, to: try PythonValue.value(from: request["value"] ?? .null))
    default: throw Diagnostic(.command, "Python asked for something unknown")
    }
    return [:]
  }

  private func display(_ request: JSON) {
    let bundle = MIMEBundle(python: request)
    let displayID = request["id"]?.stringValue
    let output = output(for: request)
    if let displayID, request["update"]?.boolValue == true {
      output.updateDisplay(bundle, displayID: displayID)
    } else {
      output.display(bundle, displayID: displayID)
    }
  }

  private func input(_ request: JSON) -> JSON {
    do {
      let text = try context.output.requestInput(
        prompt: request["prompt"]?.stringValue ?? "", isPassword: request["hidden"]?.boolValue ?? false,
        cancellation: context.supervision.cancellation)
      return ["text": .string(text)]
    } catch {
      let reason =
        switch error {
        case is Cancelled: "interrupted"
        case InputError.endOfInput: "end"
        default: "refused"
        }
      return ["error": .string(reason), "message": .string(Diagnostic(error, at: nil).message)]
    }
  }

  /// Runs statements as parts of the cell. The answer is the last one's value, unless it bound a name.
  private func run(_ statements: String) -> JSON {
    do {
      let result = try context.perform(statements)
      guard result.name == nil else { return [:] }
      var answer = PythonValue.json(of: result.value, name: "")
      // Drawn now, because nobody will have the value itself any more.
      if case .object(let object) = result.value, object.dataTable == nil, case .object(var thing) = answer {
        thing["shown"] = try shown(result.value, name: nil)
        answer = .object(thing)
      }
      return ["value": answer]
    } catch {
      if context.supervision.cancellation.isCancelled { return ["interrupted": true] }
      let diagnostic = Diagnostic(error, at: nil)
      return ["error": .string(DiagnosticRenderer(source: SourceText(statements)).text(diagnostic))]
    }
  }

  /// What the language shows of a value, as `data` and `metadata`.
  private func shown(_ value: Value, name: String?) throws -> JSON? {
    let renderer = ValueRenderer(
      environment: context.environment, cancellation: context.supervision.cancellation)
    return try renderer.bundle(value, name: name).map { .object($0.content) }
  }

  /// What was made in this session; what the program brings along is found by name, but not listed.
  static func names(in session: Session) -> [JSON] {
    session.all.filter { $0.record != nil }.map { binding in
      let hasRows =
        switch binding.value {
        case .table: true
        case .object(let object): object.dataTable != nil
        default: false
        }
      return ["name": .string(binding.name), "hasRows": .bool(hasRows)]
    }
  }

  /// A value with its version. A variable never stands for something that the program brings along, whose names
  /// are also names of Python's own (`random`); and its `_` may stand for a `-`.
  private func get(_ name: String, known: Int?, asVariable: Bool) -> JSON {
    var found = context.session.binding(name)
    if asVariable {
      found = found ?? context.session.all.first { $0.name.replacing("-", with: "_") == name }
      if found?.record == nil { found = nil }
    }
    guard let found else { return [:] }
    used.withLock { _ = $0.insert(found.name) }
    let version = found.record ?? -1
    if known == version { return ["version": .integer(version)] }
    return ["version": .integer(version), "value": PythonValue.json(of: found.value, name: found.name)]
  }

  /// Empty where there is no such name, or the arrays cannot be made.
  private func arrays(_ name: String) -> [UInt8] {
    guard case .object(let object) = context.session.value(name), let arrays = try? object.arrays() else {
      return []
    }
    return NamedArray.encoded(arrays)
  }

  private func set(_ name: String, to value: Value) throws {
    let statement = Parser.parse("\(name) = 0").statements.first
    guard let target = statement?.target, target.noun == nil, target.name.text == name else {
      throw Diagnostic(.name, "`\(name)` cannot be a name; names hold letters, digits, `_`, and `-` between")
    }
    try context.commands.checkCanBind(target.name)
    if value.isTooLarge { throw Diagnostic(.argument, "the value has too many parts") }
    let used = used.withLock { $0 }
    context.transaction.change { [source] session in
      if value.objectKind == nil {
        session.bind(name, to: value, source: "\(name) = \(value.description)", using: [])
      } else {
        session.bind(name, to: value, source: source, using: used)
      }
    }
  }
}

extension CommMessage {
  /// The message that the Python program writes; nil for something else.
  fileprivate init?(python bytes: [UInt8]) {
    guard let parcel = PythonParcel(parsing: bytes),
      let kind = parcel.content["type"]?.stringValue.flatMap(Kind.init)
    else { return nil }
    self.init(
      kind: kind, content: parcel.content["content"] ?? [:], metadata: parcel.content["metadata"] ?? [:],
      buffers: parcel.parts)
  }
}

extension MIMEBundle {
  /// The `data` and `metadata` that the Python program writes; `long` has the numbers of texts that came before.
  init(python json: JSON) {
    var data = json["data"]?.objectValue ?? [:]
    for (kind, number) in json["long"]?.objectValue ?? [:] {
      data[kind] = number.intValue.flatMap(PythonCellHost.takeText).map { .string($0) }
    }
    self.init(data: data, metadata: json["metadata"]?.objectValue ?? [:])
  }
}
