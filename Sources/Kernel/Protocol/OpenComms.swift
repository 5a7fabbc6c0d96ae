import Engine
import Synchronization

/// The comms that are open, by their ids, and the targets that clients may open more for.
///
/// Kept by watching the messages of both directions, so that a client is answered while the code on the kernel's side
/// is busy.
final class OpenComms: Sendable {
  private struct State: Sendable {
    var offered: Set<String> = []
    var targets: [String: String] = [:]
  }

  private let state = Mutex(State())

  func offer(_ target: String) { state.withLock { _ = $0.offered.insert(target) } }

  /// Takes note of a message that is sent or was accepted.
  func note(_ message: CommMessage) {
    state.withLock { state in
      switch message.kind {
      case .open: state.targets[message.id] = message.target
      case .message: break
      case .close: state.targets[message.id] = nil
      }
    }
  }

  /// Whether there is someone in the kernel for a client's message.
  func accepts(_ message: CommMessage) -> Bool {
    state.withLock { state in
      message.kind == .open
        ? !message.id.isEmpty && state.offered.contains(message.target) : state.targets[message.id] != nil
    }
  }

  /// The `comms` of a `comm_info_reply`: all, or those of one target.
  func listing(of target: String?) -> JSON {
    let targets = state.withLock { $0.targets }
    return .object(
      targets.filter { target == nil || target == $0.value }
        .mapValues { ["target_name": .string($0)] })
  }
}
