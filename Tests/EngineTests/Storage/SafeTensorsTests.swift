import Testing

@testable import Engine

@Suite struct SafeTensorsTests {
  private let sample = SafeTensors(
    tensors: [
      .init(name: "b", shape: [2, 2], values: [1, -2, .infinity, 0.5]),
      .init(name: "a", shape: [], values: [3]),
      .init(name: "empty", shape: [0, 4], values: []),
    ], metadata: ["format": "test", "note": "ü"])

  @Test func writtenFilesReadBack() throws {
    let bytes = try sample.encoded()
    #expect(bytes.count % 4 == 0)
    let read = try SafeTensors(parsing: bytes)
    #expect(Set(read.tensors.map(\.name)) == ["a", "b", "empty"])
    for tensor in sample.tensors { #expect(read[tensor.name] == tensor) }
    #expect(read.metadata == sample.metadata)
    #expect(try read.encoded() == SafeTensors(tensors: read.tensors, metadata: read.metadata).encoded())
  }

  @Test func allTypesOfTheReferenceImplementation() throws {
    let file = try SafeTensors(parsing: FileFixtures.safeTensors)
    #expect(file["a"]?.values == [1.5, -2])
    #expect(file["a"]?.shape == [1, 2])
    #expect(file["h"]?.values == [Float(Float16(0.1))])
    #expect(file["b"]?.values == [0.10009765625])
    #expect(file["d"]?.values == [3.25])
    #expect(file["d"]?.shape == [])
    #expect(file["n"]?.values == [7, -8])
    #expect(file["n"]?.storedType == .int64)
    #expect(file["i"]?.values == [5])
    #expect(file["u"]?.values == [250])
    #expect(file.metadata == ["k": "v"])
  }

  /// A file with this header and `body` zero bytes.
  private func file(_ header: String, body: Int = 0) -> [UInt8] {
    let text = Array(header.utf8)
    return (0..<8).map { UInt8(text.count >> ($0 * 8) & 0xFF) } + text + [UInt8](repeating: 0, count: body)
  }

  @Test func hostileHeaders() {
    let cases: [([UInt8], SafeTensorsError)] = [
      ([1, 2], .truncated(bytes: 2)),
      ([UInt8](repeating: 0xFF, count: 8), .headerTooLarge(.max)),
      ([9, 0, 0, 0, 0, 0, 0, 0, 0x7B], .headerBeyondEnd(header: 9, file: 9)),
      (file("[]"), .headerNotObject),
      (file(#"{"__metadata__":{"a":1}}"#), .metadataNotStrings),
      (
        file(#"{"a":{"dtype":"F8","shape":[],"data_offsets":[0,1]}}"#, body: 1),
        .unsupportedType("a", type: "F8")
      ),
      (
        file(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, body: 4),
        .malformedEntry("a", field: "shape")
      ),
      (
        file(#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#),
        .malformedEntry("a", field: "shape")
      ),
      (
        file(#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#),
        .sizeMismatch(tensor: "a", shape: [4_611_686_018_427_387_904], type: "F32", bytes: 0)
      ),
      (
        file(#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, body: 4),
        .malformedEntry("a", field: "data_offsets")
      ),
      (
        file(
          #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
          body: 3),
        .gapOrOverlap(tensor: "b", expected: 2, found: 1)
      ),
      (
        file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, body: 2),
        .bodySizeMismatch(expected: 1, found: 2)
      ),
    ]
    for (bytes, expected) in cases {
      #expect(throws: expected) { try SafeTensors(parsing: bytes) }
    }
  }

  @Test func impossibleTensorsAreNotWritten() {
    #expect(throws: SafeTensorsError.repeatedName("a")) {
      try SafeTensors(tensors: [
        .init(name: "a", shape: [], values: [1]), .init(name: "a", shape: [], values: [1]),
      ])
      .encoded()
    }
    #expect(throws: SafeTensorsError.valueCountMismatch(tensor: "a", shape: [3], values: 1)) {
      try SafeTensors(tensors: [.init(name: "a", shape: [3], values: [1])]).encoded()
    }
    #expect(throws: SafeTensorsError.reservedName) {
      try SafeTensors(tensors: [.init(name: "__metadata__", shape: [], values: [1])]).encoded()
    }
  }

  @Test func damagedFilesGiveErrorsOrValues() {
    for bytes in damagedCopies(of: FileFixtures.safeTensors, count: 3000, seed: 1) {
      _ = try? SafeTensors(parsing: bytes)
    }
  }

  @Test func errorsNameTheFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], "x.safetensors")
    #expect(
      words { _ = try SafeTensors(contentsOf: path) } == "“\(path)”: a safetensors file of only 3 bytes")
    #expect(words { _ = try SafeTensors(contentsOf: path + "x") } == "there is no file “\(path)x”")
    try sample.write(to: path)
    #expect(try SafeTensors(contentsOf: path)["a"]?.values == [3])
  }
}
