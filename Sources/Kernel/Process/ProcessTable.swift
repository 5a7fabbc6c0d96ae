import Foundation

/// The processes of this machine as `/proc` tells them (proc(5)).
enum ProcessTable {
  /// The processes that `parent` has started, directly or not; those that only wait to be taken note of are not
  /// among them.
  static func descendants(of parent: pid_t = getpid()) -> [pid_t] {
    var children: [pid_t: [pid_t]] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let process = pid_t(name), let fields = statistics(of: process), fields[0] != "Z",
        let parent = pid_t(fields[1])
      else { continue }
      children[parent, default: []].append(process)
    }
    var found: [pid_t] = []
    var waiting = [parent]
    while let next = waiting.popLast() {
      let started = children.removeValue(forKey: next) ?? []
      found += started
      waiting += started
    }
    return found
  }

  /// Asks the processes that `parent` has started to end, and after `grace` ends those that have not.
  static func endDescendants(of parent: pid_t = getpid(), grace: TimeInterval = 0.4) {
    // Found before they are asked: a process whose parent has ended is no descendant any more.
    let found = descendants(of: parent)
    for process in found { kill(process, SIGTERM) }
    let deadline = Date(timeIntervalSinceNow: grace)
    while Date.now < deadline, found.contains(where: isRunning) { usleep(10_000) }
    for process in found where isRunning(process) { kill(process, SIGKILL) }
  }

  static func isRunning(_ process: pid_t) -> Bool { statistics(of: process).map { $0[0] != "Z" } ?? false }

  /// The seconds that `process` has computed so far, or nil if it has ended.
  static func processorTime(of process: pid_t) -> Double? {
    guard let fields = statistics(of: process), fields.count > 12, let user = Double(fields[11]),
      let system = Double(fields[12])
    else { return nil }
    return (user + system) / ticksPerSecond
  }

  /// The memory of `process` in bytes, what it shares with others divided among them.
  static func memory(of process: pid_t) -> Int? {
    fields(of: "/proc/\(process)/smaps_rollup")["Pss"]
  }

  /// Busy and all seconds of all processors since the machine started.
  static func machineTime() -> (busy: Double, total: Double)? {
    guard let line = text(of: "/proc/stat")?.split(separator: "\n").first else { return nil }
    // user, nice, system, idle, iowait, irq, softirq, steal; guests count as users already.
    let times = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    guard times.count == 8 else { return nil }
    let total = times.reduce(0, +)
    return ((total - times[3] - times[4]) / ticksPerSecond, total / ticksPerSecond)
  }

  /// The machine's memory in bytes under the names of the kernel, such as `MemTotal`.
  static func machineMemory() -> [String: Int] { fields(of: "/proc/meminfo") }

  /// How many processes Linux has ended since the machine started because there was no memory left; nil where it
  /// does not count them.
  static func memoryKills() -> Int? {
    let lines = (text(of: "/proc/vmstat") ?? "").split(separator: "\n")
    return lines.first { $0.hasPrefix("oom_kill ") }.flatMap { Int($0.dropFirst("oom_kill ".count)) }
  }

  private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

  /// The fields of `/proc/PID/stat` from the state on; the program's name before it may hold anything.
  private static func statistics(of process: pid_t) -> [Substring]? {
    guard let line = text(of: "/proc/\(process)/stat"), let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split(separator: " ")
    return fields.count > 2 ? fields : nil
  }

  /// Lines such as `Pss:  120 kB` as bytes.
  private static func fields(of path: String) -> [String: Int] {
    var result: [String: Int] = [:]
    for line in (text(of: path) ?? "").split(separator: "\n") {
      let parts = line.split(separator: " ", omittingEmptySubsequences: true)
      guard parts.count == 3, parts[2] == "kB", let value = Int(parts[1]) else { continue }
      result[String(parts[0].dropLast())] = value * 1024
    }
    return result
  }

  private static func text(of path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
