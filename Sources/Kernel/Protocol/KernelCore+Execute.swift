import Engine
import Synchronization

extension KernelCore {
  /// The fields of an `execute_request`, with the protocol's defaults.
  private struct Options {
    var isSilent, storesHistory, allowsInput, stopsOnError: Bool
    var userExpressions: [String: JSON]

    init(_ content: JSON) {
      isSilent = content["silent"]?.boolValue ?? false
      storesHistory = !isSilent && (content["store_history"]?.boolValue ?? true)
      allowsInput = content["allow_stdin"]?.boolValue ?? false
      stopsOnError = content["stop_on_error"]?.boolValue ?? true
      userExpressions = content["user_expressions"]?.objectValue ?? [:]
    }
  }

  /// Runs one cell: busy, the input, the outputs, the result or the error, the reply, idle.
  func execute(_ request: Request, in shell: Shell) {
    var aborted: [Request] = []
    bracketed(request) {
      let options = Options(request.content)
      let succeeded = run(request, options, in: shell) { failed in
        // Requests that wait now were sent before their sender could know of the failure. Those that come after
        // the reply were sent in spite of it.
        if failed, options.stopsOnError { aborted = shell.takeCells() }
      }
      if !succeeded { log.write("an execute_request had no code") }
    }
    for request in aborted { abort(request) }
  }

  /// Answers a cell that is not run.
  func abort(_ request: Request) {
    bracketed(request) { reply(to: request, ["status": "aborted"]) }
  }

  /// Runs the cell and replies; `beforeReply` is told whether the cell failed. False if there was no code.
  private func run(
    _ request: Request, _ options: Options, in shell: Shell, beforeReply: (Bool) -> Void
  ) -> Bool {
    guard let code = request.content["code"]?.stringValue else {
      let failure = ExecutionFailure(name: "BadRequest", message: "the request has no code", traceback: [])
      beforeReply(true)
      reply(to: request, .object(failure.content(count: shell.executionCount)))
      return false
    }
    let started = WireCodec.now()
    let token = CancellationToken()
    let output = output(for: request, isSilent: options.isSilent, takesInput: options.allowsInput)
    let count = shell.begin(token, output, counts: options.storesHistory)
    // Stays after the cell has ended: what a thread of it writes later belongs to it until the next cell.
    capture?.setRoute { output.write($0, to: $1) }
    output.publish(.executeInput, ["code": .string(code), "execution_count": .integer(count)])
    if options.storesHistory { shell.history.append(source: code, line: count) }
    if interpreter.mayEndProcess(code) { shell.history.write() }

    let outcome = interpreter.execute(code, executionCount: count, output: output, cancellation: token)
    shell.end()
    capture?.drain()
    output.flush()

    var content: [String: JSON]
    switch outcome {
    case .success(let result, let payloads):
      if let result {
        var message = result.content
        message["execution_count"] = .integer(count)
        output.publish(.executeResult, .object(message))
        if options.storesHistory { shell.history.append(output: result.plainText, line: count) }
      }
      content = [
        "status": "ok", "execution_count": .integer(count),
        "payload": .array(payloads.map(\.json)),
        "user_expressions": .object(options.userExpressions.mapValues(evaluate)),
      ]
    case .failure(let failure):
      content = failure.content(count: count)
      output.show(failure)
    }
    if case .failure = outcome { beforeReply(true) } else { beforeReply(false) }
    // Front ends that record the times of cells read this one from the reply.
    reply(to: request, .object(content), metadata: ["started": .string(started)])
    return true
  }

  private func evaluate(_ expression: JSON) -> JSON {
    switch interpreter.evaluate(expression: expression.stringValue ?? "") {
    case .success(let bundle):
      var content = bundle.content
      content["status"] = "ok"
      return .object(content)
    case .failure(let failure):
      var content = failure.json.objectValue ?? [:]
      content["status"] = "error"
      return .object(content)
    }
  }
}

extension ExecutionFailure {
  /// The content of an `error` message.
  var json: JSON {
    [
      "ename": .string(name), "evalue": .string(message),
      "traceback": .array(traceback.map { .string($0) }),
    ]
  }

  /// The content of an `execute_reply`.
  func content(count: Int) -> [String: JSON] {
    var content = json.objectValue ?? [:]
    content["status"] = "error"
    content["execution_count"] = .integer(count)
    content["payload"] = []
    content["user_expressions"] = [:]
    return content
  }
}
