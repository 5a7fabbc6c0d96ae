import Engine
import Foundation
import Synchronization

/// What the kernel and its machine use, as the front ends' indicators ask for it.
///
/// The message is ipykernel's (`usage_request` on the control channel); the protocol does not describe it.
/// Shares are those since the last report, so the first one has none.
final class UsageReport: Sendable {
  private struct Sample: Sendable {
    var time: ContinuousClock.Instant
    /// Seconds computed by each process.
    var processes: [pid_t: Double]
    var machine: (busy: Double, total: Double)?
  }

  private let last = Mutex<Sample?>(nil)

  /// The content of a `usage_reply`.
  func content() -> JSON {
    let processes = [getpid()] + ProcessTable.descendants()
    let sample = Sample(
      time: .now,
      processes: Dictionary(
        uniqueKeysWithValues: processes.compactMap { process in
          ProcessTable.processorTime(of: process).map { (process, $0) }
        }),
      machine: ProcessTable.machineTime())
    let earlier = last.withLock { last in
      defer { last = sample }
      return last
    }
    var content: [String: JSON] = [
      "status": "ok",
      "hostname": .string(Self.hostName()),
      "pid": .integer(Int(getpid())),
      "cpu_count": .integer(ProcessInfo.processInfo.activeProcessorCount),
      "kernel_cpu": .number(earlier.map { Self.share(from: $0, to: sample) } ?? 0),
      "kernel_memory": .integer(processes.compactMap(ProcessTable.memory).reduce(0, +)),
      "host_virtual_memory": Self.machineMemory(),
    ]
    if let earlier = earlier?.machine, let now = sample.machine, now.total > earlier.total {
      content["host_cpu_percent"] = .number(100 * (now.busy - earlier.busy) / (now.total - earlier.total))
    }
    return .object(content)
  }

  /// Percent of one processor.
  private static func share(from earlier: Sample, to now: Sample) -> Double {
    let elapsed = (now.time - earlier.time).seconds
    guard elapsed > 0 else { return 0 }
    let computed = now.processes.reduce(0.0) { sum, entry in
      sum + max(0, entry.value - (earlier.processes[entry.key] ?? 0))
    }
    return 100 * computed / elapsed
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    // Cut off where it is too long; the last character stays zero.
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func machineMemory() -> JSON {
    let memory = ProcessTable.machineMemory()
    let total = memory["MemTotal"] ?? 0
    let available = memory["MemAvailable"] ?? 0
    return [
      "total": .integer(total), "available": .integer(available), "used": .integer(total - available),
      "free": .integer(memory["MemFree"] ?? 0),
      "percent": .number(total > 0 ? 100 * Double(total - available) / Double(total) : 0),
    ]
  }
}
