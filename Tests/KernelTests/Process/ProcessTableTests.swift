import Foundation
import Testing

@testable import Kernel

@Suite(.serialized) struct ProcessTableTests {
  /// Starts a shell that runs `script`.
  private func start(_ script: String) throws -> pid_t {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    try process.run()
    return process.processIdentifier
  }

  private func waitForDescendants(_ count: Int, of parent: pid_t) -> [pid_t] {
    for _ in 0..<1000 where ProcessTable.descendants(of: parent).count < count { usleep(10_000) }
    return ProcessTable.descendants(of: parent)
  }

  @Test func descendantsAreFoundAcrossGenerations() throws {
    let shell = try start("sh -c 'sleep 60 & wait' & wait")
    let found = waitForDescendants(2, of: shell)
    #expect(found.count == 2)
    #expect(ProcessTable.descendants().contains(shell))
    for process in found + [shell] { kill(process, SIGKILL) }
  }

  @Test func descendantsAreEndedAlsoAgainstTheirWill() throws {
    let shell = try start("(trap '' TERM; while :; do sleep 60; done) & sleep 60 & wait")
    let started = waitForDescendants(3, of: shell)
    #expect(started.count == 3)
    ProcessTable.endDescendants(of: shell, grace: 0.1)
    for _ in 0..<500 where started.contains(where: ProcessTable.isRunning) { usleep(10_000) }
    #expect(!started.contains(where: ProcessTable.isRunning))
    kill(shell, SIGKILL)
  }

  @Test func figuresOfAProcessAreRead() {
    #expect((ProcessTable.memory(of: getpid()) ?? 0) > 1_000_000)
    #expect((ProcessTable.processorTime(of: getpid()) ?? 0) > 0)
    #expect(ProcessTable.processorTime(of: -1) == nil)
    let machine = ProcessTable.machineTime()
    #expect((machine?.busy ?? 1) <= (machine?.total ?? 0))
    #expect((ProcessTable.machineMemory()["MemTotal"] ?? 0) > 0)
  }
}
