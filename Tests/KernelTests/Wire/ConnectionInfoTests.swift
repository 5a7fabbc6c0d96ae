import Engine
import Foundation
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

  private static let curveKey = String(repeating: "k", count: 40)

  @Test func keysOfCurveZMQAreRead() throws {
    let plain = try Self.parse { $0["curve_publickey"] = .null }
    #expect(plain.curveKeys == nil)
    let connection = try Self.parse {
      $0["curve_publickey"] = .string(Self.curveKey)
      $0["curve_secretkey"] = .string(Self.curveKey)
    }
    #expect(connection.curveKeys == .init(publicKey: Self.curveKey, secretKey: Self.curveKey))
  }

  @Test func aPortOfZeroIsAnyFreeOne() throws {
    #expect(try Self.parse { $0["shell_port"] = 0 }.endpoint(of: .shell) == "tcp://127.0.0.1:*")
  }

  @Test func aKernelThatRegistersChoosesItsPorts() throws {
    let connection = try ConnectionInfo(
      parsing: JSON.object(["ip": "127.0.0.1", "key": "k", "registration_port": 6001]).encoded())
    #expect(connection.registrationPort == 6001)
    #expect(Set(connection.ports.values) == [0])
    // Sockets that are files get the numbers from 1 on.
    let files = try ConnectionInfo(
      parsing: JSON.object(["transport": "ipc", "ip": "/run/k", "registration_port": 9]).encoded())
    #expect(files.ports.values.sorted() == [1, 2, 3, 4, 5])
  }

  @Test func portsAreWrittenBackAndTheRestOfTheFileIsKept() throws {
    let path = NSTemporaryDirectory() + "/dass-" + UUID().uuidString + ".json"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file: JSON = ["ip": "127.0.0.1", "key": "k", "registration_port": 6001, "kernel_name": "dass"]
    try Data(file.encoded()).write(to: URL(fileURLWithPath: path))
    var connection = try ConnectionInfo(contentsOfFile: path)
    for channel in Channel.allCases { connection.ports[channel] = 7000 }
    try connection.writePorts(to: path)
    let written = try JSON(parsing: Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(written["hb_port"] == 7000)
    #expect(written["kernel_name"] == "dass")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func unusableFilesAreExplained() {
    func expect(_ expected: ConnectionError, _ change: (inout [String: JSON]) -> Void) {
      #expect(throws: expected) { try Self.parse(change) }
    }
    expect(.missing(field: "ip")) { $0["ip"] = nil }
    expect(.missing(field: "hb_port")) { $0["hb_port"] = nil }
    expect(.invalidPort(field: "shell_port", value: "-1")) { $0["shell_port"] = -1 }
    expect(.invalidPort(field: "shell_port", value: "0")) {
      $0["shell_port"] = 0
      $0["transport"] = "ipc"
    }
    expect(.missing(field: "curve_publickey")) { $0["curve_secretkey"] = .string(Self.curveKey) }
    expect(.missing(field: "curve_secretkey")) { $0["curve_publickey"] = .string(Self.curveKey) }
    expect(.invalidKey(field: "curve_secretkey")) {
      $0["curve_publickey"] = .string(Self.curveKey)
      $0["curve_secretkey"] = "short"
    }
    expect(.invalidPort(field: "registration_port", value: "70000")) { $0["registration_port"] = 70000 }
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
