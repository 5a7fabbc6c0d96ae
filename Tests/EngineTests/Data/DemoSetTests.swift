import Testing

@testable import Engine

@Suite("Demo sets") struct DemoSetTests {
  /// Small images, quickly drawn.
  private func dataset(_ set: ProceduralSet, seed: UInt64 = 1) throws -> Dataset {
    try set.dataset(
      size: 16, imagesPerClass: 4, testImagesPerClass: 2, seed: seed, supervision: Supervision())
  }

  private static let sets: [ProceduralSet] = [.textures, .strokes, .spectrograms, .landPatterns, .leaves]

  @Test(arguments: sets.map(\.name)) func `a seed decides every pixel`(name: String) throws {
    let set = try #require(Self.sets.first { $0.name == name })
    let first = try dataset(set)
    #expect(try dataset(set).digest == first.digest)
    #expect(try dataset(set, seed: 2).digest != first.digest)
    #expect(first.classCount == set.kinds.count)
    #expect(first.train.pixels != Array(first.test.pixels.prefix(first.train.pixels.count)))
    // Nothing is blank: the pixels of a picture differ.
    for index in 0..<first.train.count {
      #expect(Set(first.train.pixels[first.train.pixelRange(of: index)]).count > 4)
    }
  }

  @Test func `classes stay the same when others are added`() throws {
    var few = ProceduralSet.textures
    few.kinds.removeLast(10)
    let size = try dataset(few).train.pixels.count
    #expect(try dataset(few).train.pixels == Array(dataset(.textures).train.pixels.prefix(size)))
  }

  @Test func `the source set has two hundred classes in ten disjoint tasks`() throws {
    let characters = Script.latinGreekCyrillic.characters
    #expect(characters.count == 200)
    #expect(Set(characters).count == 200)
    let parts = try (0..<10).map { try DemoSet.split($0).classes(of: 200) }
    #expect(parts.allSatisfy { $0.count == 20 })
    #expect(parts.flatMap(\.self).sorted() == Array(0..<200))
  }

  @Test func `a part rendered alone is the part of the whole`() throws {
    let split = ClassSplit(parts: 4, part: 2, seed: 3)
    let whole = try Glyphs.dataset(script: .digits, size: 8, imagesPerClass: 3, channels: 1)
    let part = try Glyphs.dataset(script: .digits, size: 8, imagesPerClass: 3, channels: 1, part: split)
    #expect(try whole.split(split) == part)
  }

  @Test func `tasks have roles and students`() throws {
    let tasks = DemoTask.all
    #expect(tasks.count == 17)
    let counts = Dictionary(grouping: tasks, by: \.role).mapValues(\.count)
    #expect(counts == [.metaTraining: 8, .metaValidation: 2, .unseen: 4, .acrossDomains: 3])
    for task in tasks {
      #expect(Set(task.students).count == (task.role == .metaTraining ? 100 : 50))
      for student in task.students { try ResNetSpace.demo.validate(student) }
    }
    #expect(tasks[0].students != tasks[1].students)
    #expect(tasks[8].students == tasks[16].students)
    #expect(Set(tasks[0].collection(dataFolder: "").runs).count == 120)
  }
}
