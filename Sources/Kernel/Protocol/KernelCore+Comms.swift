import Engine

extension KernelCore {
  /// A request as a message for code in the kernel; nil if it is none, or nobody is there for it.
  func acceptedComm(_ request: Request) -> CommMessage? {
    guard request.channel == .shell, let message = CommMessage(request.message), openComms.accepts(message)
    else { return nil }
    return message
  }

  /// Hands a message of a comm to the interpreter, in its turn among the cells of `shell`. What it causes to be shown
  /// belongs to the message.
  func deliver(_ message: CommMessage, of request: Request, in shell: Shell) {
    bracketed(request) {
      let token = CancellationToken()
      let output = output(for: request, isSilent: false, takesInput: false)
      _ = shell.begin(token, output, counts: false)
      capture?.setRoute { output.write($0, to: $1) }
      let failure = interpreter.receive(message, output: output, cancellation: token)
      shell.end()
      capture?.drain()
      output.flush()
      if let failure { output.show(failure) }
    }
  }

  func output(for request: Request, isSilent: Bool, takesInput: Bool) -> CellOutput {
    CellOutput(
      origin: request.message.origin, transport: transport, mailbox: mailbox, isSilent: isSilent,
      takesInput: takesInput, logFolder: outputLogFolder, openComms: openComms)
  }
}
