import Engine

extension KernelCore {
  /// What comes back for a request that is not a cell.
  enum Answer {
    case reply(JSON)
    case broadcast(MessageType, JSON)
    /// The protocol knows the message and wants no answer.
    case nothing
    case unknown
  }

  /// The answers to all requests but cells that can be run, by the protocol's names.
  func answer(to request: Request) -> Answer {
    let content = request.content
    return switch request.type {
    case .kernelInfoRequest: .reply(KernelInfo.reply(banner: interpreter.banner))
    case .completeRequest: .reply(completion(content))
    case .inspectRequest: .reply(inspection(content))
    case .isCompleteRequest: .reply(completeness(content))
    case .historyRequest: .reply(historyReply(content))
    case .commInfoRequest:
      .reply(["status": "ok", "comms": openComms.listing(of: content["target_name"]?.stringValue)])
    // Those that somebody is there for are delivered; a client that opens another comm is told.
    case .commOpen: .broadcast(.commClose, ["comm_id": content["comm_id"] ?? "", "data": [:]])
    case .commMessage, .commClose: .nothing
    case .interruptRequest: .reply(interruption())
    case .createSubshellRequest: .reply(createSubshell())
    case .deleteSubshellRequest: .reply(deleteSubshell(content["subshell_id"]?.stringValue ?? ""))
    case .listSubshellRequest: .reply(listSubshells())
    case .executeRequest: .reply(Self.noSubshell(request.message.header.subshell ?? ""))
    case .usageRequest: .reply(usage.content())
    case .shutdownRequest: .reply(["status": "ok", "restart": .bool(content["restart"]?.boolValue ?? false)])
    default: .unknown
    }
  }

  private func interruption() -> JSON {
    interrupt()
    return ["status": "ok"]
  }

  private func completion(_ content: JSON) -> JSON {
    let code = content["code"]?.stringValue ?? ""
    let cursor = CursorPosition.scalars(content["cursor_pos"]?.intValue, in: code)
    let completion = interpreter.complete(code, cursor: cursor)
    let types = completion.candidates.map { candidate -> JSON in
      [
        "start": .integer(completion.start), "end": .integer(completion.end), "text": .string(candidate.text),
        "type": .string(candidate.kind), "signature": .string(candidate.signature),
      ]
    }
    return [
      "status": "ok",
      "matches": .array(completion.candidates.map { .string($0.text) }),
      "cursor_start": .integer(completion.start),
      "cursor_end": .integer(completion.end),
      "metadata": ["_jupyter_types_experimental": .array(types)],
    ]
  }

  private func inspection(_ content: JSON) -> JSON {
    let code = content["code"]?.stringValue ?? ""
    let cursor = CursorPosition.scalars(content["cursor_pos"]?.intValue, in: code)
    let detail = content["detail_level"]?.intValue ?? 0
    let bundle = interpreter.inspect(code, cursor: cursor, detail: detail)
    var reply = (bundle ?? MIMEBundle(data: [:])).content
    reply["status"] = "ok"
    reply["found"] = .bool(bundle != nil)
    return .object(reply)
  }

  private func completeness(_ content: JSON) -> JSON {
    switch interpreter.completeness(of: content["code"]?.stringValue ?? "") {
    case .complete: ["status": "complete"]
    case .incomplete(let indent): ["status": "incomplete", "indent": .string(indent)]
    case .invalid: ["status": "invalid"]
    }
  }

  private func historyReply(_ content: JSON) -> JSON {
    let query: HistoryQuery
    switch content["hist_access_type"]?.stringValue {
    case "range":
      query = .range(
        session: content["session"]?.intValue ?? 0, start: content["start"]?.intValue ?? 1,
        stop: content["stop"]?.intValue)
    case "search":
      query = .search(
        pattern: content["pattern"]?.stringValue ?? "*", count: content["n"]?.intValue,
        isUnique: content["unique"]?.boolValue ?? false)
    default:
      query = .tail(count: content["n"]?.intValue ?? 10)
    }
    let withOutput = content["output"]?.boolValue ?? false
    let entries = shell.history.entries(query).map { entry -> JSON in
      let input = JSON.string(entry.source)
      let output = entry.output.map { JSON.string($0) } ?? .null
      return [.integer(entry.session), .integer(entry.line), withOutput ? [input, output] : input]
    }
    return ["status": "ok", "history": .array(entries)]
  }
}
