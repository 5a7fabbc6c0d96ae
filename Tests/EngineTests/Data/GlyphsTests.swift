import Testing

@testable import Engine

@Suite struct GlyphsTests {
  /// Three families that every installation has, so that results do not depend on what else there is.
  private let folders = ["dejavu", "liberation", "freefont"].map { "/usr/share/fonts/truetype/" + $0 }

  private func greek(
    size: Int = 16, classes: Int = 4, perClass: Int = 6, channels: Int = 3, seed: UInt64 = 1
  ) throws -> Dataset {
    try Glyphs.dataset(
      script: .greek, size: size, classes: classes, imagesPerClass: perClass, channels: channels, seed: seed,
      fontFolders: folders)
  }

  @Test func aSeedGivesOneDataset() throws {
    let dataset = try greek()
    #expect(dataset.train.shape == [24, 16, 16, 3])
    #expect(dataset.test.shape == [40, 16, 16, 3])
    #expect(dataset.classNames == ["α", "β", "γ", "δ"])
    #expect(dataset.train.labels.prefix(7) == [0, 0, 0, 0, 0, 0, 1])
    #expect(try greek().digest == dataset.digest)
    #expect(try greek(seed: 2).digest != dataset.digest)
    #expect(try greek(channels: 1).channels == 1)
  }

  @Test func trainingAndTestFontsDiffer() throws {
    let library = try #require(FontLibrary())
    let selection = try FontSelection(
      paths: FontSelection.installedFonts(below: folders), characters: Script.greek.characters,
      library: library,
      cancellation: CancellationToken())
    let faces = selection.families.map { $0.members.map { "\($0.face.family) \($0.face.style)" } }
    #expect(faces.count >= 4)
    #expect(faces.joined().count >= 12)
    #expect(Set(faces.joined()).count == faces.joined().count)
    // One design is one family, whatever its widths are called.
    let names = selection.families.map { Set($0.members.map(\.face.family)) }
    #expect(names.allSatisfy { one in names.count { !$0.isDisjoint(with: one) } == 1 })

    let origin = try greek().origin
    let lists = origin.split(separator: "; ").dropFirst().map { part in
      Set((part.split(separator: ": ").last ?? "").split(separator: ", ").map { $0.prefix { $0 != "(" } })
    }
    #expect(lists.count == 2)
    #expect(lists[0].isDisjoint(with: lists[1]))
  }

  @Test func everyPictureHasInkAndPaper() throws {
    let dataset = try greek(size: 32, classes: 24, perClass: 8, channels: 1)
    for index in 0..<dataset.train.count {
      let pixels = dataset.train.pixels[dataset.train.pixelRange(of: index)]
      let range = (pixels.max() ?? 0) - (pixels.min() ?? 0)
      #expect(range >= 60, "image \(index)")
    }
  }

  @Test func drawingsAreCenteredAndFitTheirExtent() throws {
    let library = try #require(FontLibrary())
    let face = try #require(FontFace(path: folders[0] + "/DejaVuSans.ttf", library: library))
    for character in Script.latinLower.characters {
      let pixels = try #require(face.coverage(of: character, size: 32, extent: 24))
      let rows = (0..<32).filter { y in (0..<32).contains { pixels[y * 32 + $0] > 0 } }
      let columns = (0..<32).filter { x in (0..<32).contains { pixels[$0 * 32 + x] > 0 } }
      let (top, bottom) = (try #require(rows.first), try #require(rows.last))
      let (left, right) = (try #require(columns.first), try #require(columns.last))
      #expect(abs((31 - bottom) - top) <= 1)
      #expect(abs((31 - right) - left) <= 1)
      #expect((24...26).contains(max(bottom - top, right - left) + 1))
    }
    #expect(face.coverage(of: "\u{10FFFD}", size: 32, extent: 24) == nil)
    #expect(face.coverage(of: " ", size: 32, extent: 24) == nil)
    #expect(FontFace(path: "/etc/passwd", library: library) == nil)
  }

  @Test func scriptsHoldDistinctCharacters() {
    for script in Script.allCases {
      let characters = script.characters
      #expect(characters.count >= 10, "\(script.rawValue)")
      #expect(Set(characters).count == characters.count, "\(script.rawValue)")
    }
    #expect(Script.greek.characters.count == 24)
    #expect(Script.arabic.characters.count == 28)
    #expect(Script.hebrew.characters.count == 22)
    #expect(Script.hiragana.characters.count == 46)
  }

  @Test func impossibleRequestsAreExplained() {
    #expect(
      words { _ = try greek(size: 4) } == "glyphs of 4 x 4 pixels; sizes from 8 to 256 are possible")
    #expect(
      words { _ = try greek(classes: 25) }
        == "25 classes of “greek”, which has 24 characters; 2 to 24 are possible")
    #expect(words { _ = try greek(perClass: 0) } == "0 images a class; 1 to 10000 are possible")
    #expect(throws: GlyphError.tooFewFonts(script: "thai", found: 0)) {
      try Glyphs.dataset(script: .thai, fontFolders: ["/no/such"])
    }
    #expect(throws: Cancelled.self) {
      let token = CancellationToken()
      token.cancel()
      return try Glyphs.dataset(script: .greek, supervision: Supervision(cancellation: token))
    }
  }
}
