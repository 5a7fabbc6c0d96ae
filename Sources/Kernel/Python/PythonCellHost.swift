import Engine
import Synchronization

/// Answers what a running `%%python` cell asks for: its output, input, and values of the session.
final class PythonCellHost: PythonHost {
  private let context: CommandContext
  /// The whole cell: what made the tables that it gives the session.
  private let source: String
  /// The names of the session that the cell read.
  private let used = Mutex<Set<String>>([])

  init(context: CommandContext, source: String) {
    self.context = context
    self.source = source
  }

  /// `kind` is 0 and 1 for text to standard output and error, 2 for a request in JSON, which is answered in JSON, and
  /// 3 for the arrays of a name.
  func answer(_ kind: Int32, _ request: [UInt8]) -> [UInt8] {
    if kind < 2 {
      context.output.write(String(decoding: request, as: UTF8.self), to: kind == 0 ? .stdout : .stderr)
      return []
    }
    if kind == 3 { return arrays(String(decoding: request, as: UTF8.self)) }
    let answer: JSON
    do {
      answer = try self.answer(try JSON(parsing: request))
    } catch {
      answer = ["message": .string(Diagnostic(error, at: nil).message)]
    }
    return answer.encoded()
  }

  private func answer(_ request: JSON) throws -> JSON {
    let name = request["name"]?.stringValue ?? ""
    switch request["op"]?.stringValue {
    case "display": display(request)
    case "clear": context.output.clearOutput(wait: request["wait"]?.boolValue ?? false)
    case "input": return input(request)
    case "names": return ["names": .array(Self.names(in: context.session))]
    case "get":
      return get(name, known: request["known"]?.intValue, asVariable: request["variable"]?.boolValue ?? false)
    case "set": try set(name, to: try PythonValue.value(from: request["value"] ?? .null))
    default: throw Diagnostic(.command, "Python asked for something unknown")
    }
    return [:]
  }

  private func display(_ request: JSON) {
    let bundle = MIMEBundle(python: request)
    let displayID = request["id"]?.stringValue
    if let displayID, request["update"]?.boolValue == true {
      context.output.updateDisplay(bundle, displayID: displayID)
    } else {
      context.output.display(bundle, displayID: displayID)
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

extension MIMEBundle {
  /// The `data` and `metadata` that the Python program writes.
  init(python json: JSON) {
    self.init(data: json["data"]?.objectValue ?? [:], metadata: json["metadata"]?.objectValue ?? [:])
  }
}
