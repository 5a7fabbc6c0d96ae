import Testing

@testable import Engine

@Suite struct ImageFileTests {
  @Test func pngRoundTrip() throws {
    let picture = try RGBImage(width: 3, height: 2, pixels: (0..<18).map { UInt8($0 * 14) })
    let bytes = try picture.pngData()
    #expect(try RGBImage(decoding: bytes) == picture)
    #expect(try picture.pngData() == bytes)
  }

  @Test func noisyPicturesFitTheirBuffer() throws {
    var random = RandomSource(seed: 1)
    for side in [1, 2, 17, 200] {
      let picture = try RGBImage(
        width: side, height: side,
        pixels: (0..<side * side * 3).map { _ in UInt8(random.integer(below: 256)) })
      #expect(try RGBImage(decoding: picture.pngData()) == picture)
    }
  }

  @Test func filesOfOtherPrograms() throws {
    #expect(try RGBImage(decoding: FileFixtures.transparentPNG).pixels == [255, 0, 0, 255, 255, 255])
    #expect(try RGBImage(decoding: FileFixtures.grayPNG).pixels == [77, 77, 77, 0, 0, 0])
    let photo = try RGBImage(decoding: FileFixtures.jpeg)
    #expect((photo.width, photo.height) == (8, 4))
    for (value, expected) in zip(photo.pixels, [[200, 30, 60]].cycled(photo.width * photo.height)) {
      #expect(abs(Int(value) - expected) <= 2)
    }
  }

  @Test func damageIsNamed() throws {
    #expect(words { _ = try RGBImage(decoding: []) } == "the content is neither a PNG nor a JPEG image")
    #expect(
      words { _ = try RGBImage(decoding: Array(FileFixtures.grayPNG.prefix(50))) }.hasPrefix(
        "the PNG image is damaged ("))
    #expect(
      words { _ = try RGBImage(decoding: Array(FileFixtures.jpeg.dropLast(6))) }
        == "the JPEG image is damaged (Premature end of JPEG file)")
  }

  @Test func hugeSizesAreRefusedBeforeMemoryIsTaken() throws {
    var bytes = FileFixtures.jpeg
    let frame = try #require((0..<bytes.count).first { bytes[$0...].starts(with: [0xFF, 0xC0]) })
    bytes.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
    #expect(throws: ImageFileError.tooLarge(width: 65500, height: 65500)) { try RGBImage(decoding: bytes) }
  }

  @Test(arguments: [FileFixtures.jpeg, FileFixtures.grayPNG, FileFixtures.transparentPNG])
  func damagedImagesGiveErrorsOrPictures(bytes: [UInt8]) {
    // A flipped size makes a large picture, which takes a while: the count is modest.
    for copy in damagedCopies(of: bytes, count: 600, seed: 5) { _ = try? RGBImage(decoding: copy) }
  }

  @Test func resamplingAgreesWithPillow() throws {
    let source: [UInt8] = [
      95, 130, 194, 217, 207, 235, 15, 163, 33, 215, 217, 130, 248, 189, 16, 69, 184, 232, 205, 78, 169, 61,
      125,
      10, 29, 240, 66, 19, 182, 39, 59, 4, 59, 81, 222, 44, 120, 122, 50, 208, 78, 28, 64, 166, 121, 89, 170,
      233,
      127, 178, 237, 128, 113, 123, 76, 155, 69, 154, 130, 248, 95, 73, 192, 186, 191, 127, 220, 161, 231, 1,
      43,
      139, 237, 191, 86, 143, 7, 232, 96, 239, 76, 55, 0, 71, 77, 199, 219, 208, 176, 144, 190, 171, 104, 120,
      179,
      0, 240, 245, 230, 100, 191, 216, 126, 219, 31,
    ]
    let picture = try RGBImage(width: 7, height: 5, pixels: source)
    // PIL.Image.resize((3, 2), BILINEAR), which rounds between its two passes.
    let pillow: [UInt8] = [
      84, 175, 125, 109, 148, 91, 139, 130, 117, 138, 165, 169, 144, 146, 126, 114, 142, 138,
    ]
    for (value, expected) in zip(picture.resized(width: 3, height: 2).pixels, pillow) {
      #expect(abs(Int(value) - Int(expected)) <= 1)
    }
    let corner = try RGBImage(
      width: 2, height: 2, pixels: Array(source[0..<6] + source[21..<27]))
    let enlarged: [UInt8] = [
      95, 130, 194, 156, 169, 215, 217, 207, 235, 78, 128, 102, 101, 176, 127, 123, 224, 151, 61, 125, 10, 45,
      183,
      38, 29, 240, 66,
    ]
    for (value, expected) in zip(corner.resized(width: 3, height: 3).pixels, enlarged) {
      #expect(abs(Int(value) - Int(expected)) <= 1)
    }
    #expect(picture.resized(width: 7, height: 5) == picture)
    #expect(picture.resized(width: 0, height: 1).width == 1)
  }
}

extension [[Int]] {
  /// The elements of all lists, over and over, `count` times.
  fileprivate func cycled(_ count: Int) -> [Int] { (0..<count).flatMap { _ in joined() } }
}
