import Testing

@testable import Engine

@Suite struct NPYArrayTests {
  @Test func filesOfNumPy() throws {
    let fortran = try NPYArray(parsing: FileFixtures.fortranArray)
    #expect(fortran.shape == [2, 3, 4])
    #expect(fortran.integers == Array(0..<24))
    let big = try NPYArray(parsing: FileFixtures.bigEndianArray)
    #expect(big.shape == [2, 2])
    #expect(big.integers == [1, -2, 3, 70000])
    #expect(try NPYArray(parsing: FileFixtures.bigEndianFloats).doubles == [1.5, -2.25])
    #expect(try NPYArray(parsing: FileFixtures.bigEndianFloats).integers == nil)
    let scalar = try NPYArray(parsing: FileFixtures.scalarArray)
    #expect(scalar.shape == [])
    #expect(scalar.integers == [7])
    #expect(try NPYArray(parsing: FileFixtures.version2Array).doubles == [1, 2])
    #expect(try NPYArray(parsing: FileFixtures.version3Array).integers == [1, 2])
    #expect(
      words { _ = try NPYArray(parsing: FileFixtures.objectArray) } == "the NumPy array holds Python objects")
  }

  @Test func roundTrips() throws {
    for array in [
      try NPYArray(shape: [2, 2, 1], uint8: [1, 2, 3, 255]), NPYArray(integers: [-1, .max, .min]),
      try NPYArray(shape: [0, 3], floats: []), try NPYArray(shape: [], floats: [0.5]),
    ] {
      #expect(try NPYArray(parsing: array.encoded()) == array)
      #expect((array.encoded().count - array.bytes.count) % 64 == 0)
    }
    #expect(throws: NPYError.wrongSize(shape: [3], expected: 3, found: 2)) {
      try NPYArray(shape: [3], uint8: [1, 2])
    }
  }

  /// A version 1.0 file with this header and `body` zero bytes.
  private func file(_ header: String, body: Int = 0) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)]
      + Array(header.utf8) + [UInt8](repeating: 0, count: body)
  }

  @Test func hostileHeaders() {
    let cases: [([UInt8], NPYError)] = [
      ([], .notNPY),
      ([0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0], .unsupportedVersion(9)),
      (file(""), .damagedHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)"), .damagedHeader),
      (file("{'descr': '|u1', 'fortran_order': Maybe, 'shape': (2,)}"), .damagedHeader),
      (file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}"), .damagedHeader),
      (file("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}"), .damagedHeader),
      (file("{'descr': '<c8', 'fortran_order': False, 'shape': (2,)}"), .unsupportedType("<c8")),
      (file("{'descr': '', 'fortran_order': False, 'shape': (2,)}"), .unsupportedType("")),
      (
        file("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}", body: 3),
        .wrongSize(shape: [2], expected: 2, found: 3)
      ),
      (
        file("{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775807, 2)}"),
        .wrongSize(shape: [.max, 2], expected: nil, found: 0)
      ),
      (
        file("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807,)}"),
        .wrongSize(shape: [.max], expected: nil, found: 0)
      ),
    ]
    for (bytes, expected) in cases { #expect(throws: expected) { try NPYArray(parsing: bytes) } }
    // No numbers, although the sizes multiply to more than fits.
    #expect(
      (try? NPYArray(
        parsing: file("{'descr': '<f8', 'fortran_order': True, 'shape': (9223372036854775807, 0)}")))?
        .bytes == [])
  }

  @Test(arguments: [FileFixtures.fortranArray, FileFixtures.bigEndianArray, FileFixtures.version2Array])
  func damagedArraysGiveErrorsOrValues(bytes: [UInt8]) {
    for copy in damagedCopies(of: bytes, count: 3000, seed: 6) {
      if let array = try? NPYArray(parsing: copy) { _ = (array.integers, array.doubles) }
    }
  }
}
