import Engine
import Testing

@testable import Kernel

@Suite struct ConnectionInfoTests {
  private static let file: JSON = [
    "transport": "tcp", "ip": "127.0.0.1", "key": "a-key", "signature_scheme": "hmac-sha256",
    "shell_port": 5001, "iopub_port": 5002, "stdin_port": 5003, "control_port": 5004, "hb_port": 5005,
    "kernel_name": "dass",
  ]

  private static func parse(_ change: (inout [String: JSON]) -> Void) throws -> ConnectionInfo {
    var members = file.objectValue ?? [:]
    change(&members)
    return try ConnectionInfo(parsing: JSON.object(members).encoded())
  }

  @Test func aFileFromJupyterIsRead() throws {
    let connection = try Self.parse { _ in }
    #expect(connection.key == Array("a-key".utf8))
    #expect(connection.endpoint(of: .shell) == "tcp://127.0.0.1:5001")
    #expect(connection.endpoint(of: .heartbeat) == "tcp://127.0.0.1:5005")
  }

  @Test func socketsMayBeFiles() throws {
    let connection = try Self.parse {
      $0["transport"] = "ipc"
      $0["ip"] = "/run/user/kernel"
      $0["iopub_port"] = 2
    }
    #expect(connection.endpoint(of: .iopub) == "ipc:///run/user/kernel-2")
  }

  @Test func addressesOfTheSixthVersionAreBracketed() throws {
    #expect(try Self.parse { $0["ip"] = "::1" }.endpoint(of: .control) == "tcp://[::1]:5004")
  }

  @Test func anEmptyKeyNeedsNoScheme() throws {
    let connection = try Self.parse {
      $0["key"] = ""
      $0["signature_scheme"] = ""
    }
    #expect(connection.key.isEmpty)
  }

  @Test func unusableFilesAreExplained() {
    func expect(_ expected: ConnectionError, _ change: (inout [String: JSON]) -> Void) {
      #expect(throws: expected) { try Self.parse(change) }
    }
    expect(.missing(field: "ip")) { $0["ip"] = nil }
    expect(.missing(field: "hb_port")) { $0["hb_port"] = nil }
    expect(.invalidPort(field: "shell_port", value: "0")) { $0["shell_port"] = 0 }
    expect(.invalidPort(field: "shell_port", value: "70000")) { $0["shell_port"] = 70000 }
    expect(.invalidPort(field: "shell_port", value: "\"x\"")) { $0["shell_port"] = "x" }
    expect(.unknownTransport("udp")) { $0["transport"] = "udp" }
    expect(.unknownSignatureScheme("hmac-md5")) { $0["signature_scheme"] = "hmac-md5" }
    #expect(throws: ConnectionError.notAnObject) { try ConnectionInfo(parsing: Array("[]".utf8)) }
    #expect(throws: ConnectionError.notJSON(.unexpectedEnd(offset: 1))) {
      try ConnectionInfo(parsing: Array("{".utf8))
    }
    #expect(
      ConnectionError.invalidPort(field: "hb_port", value: "0").problem
        == "\"hb_port\" in the connection file is 0, which is no port number")
  }
}
