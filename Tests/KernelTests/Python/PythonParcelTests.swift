import Engine
import Testing

@testable import Kernel

@Suite struct PythonParcelTests {
  @Test func partsComeBackAsTheyWere() throws {
    let parts: [[UInt8]] = [[1, 2, 3], [], [255]]
    let bytes = PythonParcel(content: ["a": "ü"], parts: parts).encoded()
    let parcel = try #require(PythonParcel(parsing: bytes))
    #expect(parcel.content["a"] == "ü" && parcel.parts == parts)
  }

  @Test func whatIsNoParcelIsRefused() {
    let bytes = PythonParcel(content: [:], parts: [[1, 2, 3]]).encoded()
    for count in 0..<bytes.count { #expect(PythonParcel(parsing: Array(bytes.prefix(count))) == nil) }
    #expect(PythonParcel(parsing: [UInt8](repeating: 255, count: 16)) == nil)
    let negative = Array("{\"sizes\":[-1]}".utf8)
    #expect(PythonParcel(parsing: [UInt8(negative.count), 0, 0, 0, 0, 0, 0, 0] + negative) == nil)
  }
}
