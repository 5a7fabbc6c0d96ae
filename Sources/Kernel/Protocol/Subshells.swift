import Engine
import Foundation
import Synchronization

/// The shells beside the first one that clients have asked for (JEP 91), by their ids.
final class Subshells: Sendable {
  private let shells = Mutex<[String: Shell]>([:])

  subscript(id: String) -> Shell? { shells.withLock { $0[id] } }

  var ids: [String] { shells.withLock { $0.keys.sorted() } }

  var all: [Shell] { shells.withLock { Array($0.values) } }

  func insert(_ shell: Shell, id: String) { shells.withLock { $0[id] = shell } }

  func remove(_ id: String) -> Shell? { shells.withLock { $0.removeValue(forKey: id) } }

  func removeAll() -> [Shell] {
    shells.withLock { shells in
      defer { shells = [:] }
      return Array(shells.values)
    }
  }
}

extension KernelCore {
  /// The answers to the three requests about subshells.
  func createSubshell() -> JSON {
    let id = UUID().uuidString.lowercased()
    let shell = Shell(history: shell.history.another())
    subshells.insert(shell, id: id)
    run(shell, name: "dass-cells \(id.prefix(4))")
    return ["status": "ok", "subshell_id": .string(id)]
  }

  /// The cell that runs is interrupted, and those that wait are aborted.
  func deleteSubshell(_ id: String) -> JSON {
    guard let removed = subshells.remove(id) else { return Self.noSubshell(id) }
    let waiting = removed.takeCells()
    removed.close()
    mailbox.wake()
    for request in waiting { abort(request) }
    // Waits for the cell, which a thread that others wait for must not.
    DispatchQueue.global().async {
      removed.join()
      removed.history.close()
    }
    return ["status": "ok"]
  }

  func listSubshells() -> JSON { ["status": "ok", "subshell_id": .array(subshells.ids.map { .string($0) })] }

  static func noSubshell(_ id: String) -> JSON {
    let failure = ExecutionFailure(name: "NameError", message: "there is no subshell \(id)", traceback: [])
    return .object(failure.content(count: 0))
  }
}
