import Engine
import Foundation
import Testing

@testable import Kernel

/// MetaD2A and TANS in the language.
@Suite("Predictors that look at images, as commands") struct DatasetPredictorCommandTests {
  private static let world = """
    dataset d = glyphs "greek" size 8 classes 2 images 8
    space s = vary resnet widths 2, 2, 4, 4 depth 2 students 1..2 ratios 0.5, 1 size 8
    teacher t = train s on d epochs 1 augment none rate 0.02
    pool p = sample 9 from s seed 1
    metabase m = distill 6 of p for t epochs 1 augment none rate 0.02
    """

  @Test(arguments: DatasetMethod.allCases) func theyAreLearnedUsedAndKept(_ method: DatasetMethod) {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    let statement = "predictor f = metatrain on m validate m episodes 3 by \(method.rawValue)"
    let learned = world.run(statement)
    #expect(learned.contains("predictor f: \(method.title) for s, "))
    #expect(
      learned.contains(
        "parameters, image features of the program's network, 3 episodes on 1 tasks, seed 1\n"))
    #expect(world.run(statement).contains("seed 1, from the cache\n"))
    #expect(world.run("search p for t with f top 2").contains("p["))
    #expect(
      world.run("pool e = evolve 5 from s for t with f population 3").contains("5 students of s, evolved"))
    #expect(world.run("evaluate f, macs, random on m").contains("f against macs on greek: "))
    #expect(world.run("plot training of f").contains("Training curves of f: loss from"))
    #expect(world.run("adapt f by none").hasSuffix(": `f` does not adapt to a task"))
    let path = world.folder + "/f.safetensors"
    #expect(world.run("save f \"\(path)\"").contains("saved"))
    #expect(world.run("predictor g = load \"\(path)\"").contains("\(method.title) for s"))
    #expect(world.run("search p for t with f as csv") == world.run("search p for t with g as csv"))
    #expect(world.run("save f \"\(world.folder)/f.pth\"").contains("saved"))
  }

  @Test func featuresOfAFolderAreTaken() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    let folder = world.folder + "/seen"
    #expect(
      world.run("metatrain on m episodes 1 by tans features \"\(folder)\"").hasSuffix(
        "the folder “\(folder)” has no features of greek"))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let values = (0..<16 * 3).map { Float($0 % 7) }
    try SafeTensors(tensors: [SafeTensors.Tensor(name: "features", shape: [16, 3], values: values)])
      .write(to: folder + "/greek.safetensors")
    let learned = world.run("predictor f = metatrain on m episodes 2 by tans features \"\(folder)\"")
    #expect(learned.contains("image features from \(folder)"))
    #expect(world.run("search p for t with f top 2").contains("p["))
    try SafeTensors(tensors: [
      SafeTensors.Tensor(name: "features", shape: [3, 3], values: [Float](repeating: 0, count: 9))
    ])
    .write(to: folder + "/greek.safetensors")
    #expect(
      world.run("search p for t with f top 2").contains(
        "the features have the shape [3, 3], and the dataset has 16 training images"))
  }

  @Test func mistakesAreTold() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    for (clauses, told) in [
      ("by tans unguided", "`tans` does not adapt to a task, so `unguided` has no meaning"),
      ("by metad2a steps 2", "`metad2a` does not adapt to a task, so `steps` has no meaning"),
      ("by metad2a support 2", "`metad2a` does not adapt to a task, so `support` has no meaning"),
      ("by tans first-order", "`tans` does not adapt to a task, so `first-order` has no meaning"),
      ("by tans reads none", "`tans` has no such choice: `reads` is for predictors that adapt"),
      ("by metad2a maps scaled", "`metad2a` has no such choice: `maps` is for predictors that adapt"),
      ("by maml features \"x\"", "`maml` looks at no images"),
    ] {
      #expect(world.run("metatrain on m episodes 1 \(clauses)").hasSuffix(": " + told), "\(clauses)")
    }
  }

  /// A metabase read from a file knows the teacher but not the images.
  @Test func withoutImagesItIsTold() throws {
    let task = MeasuredTask(
      teacher: try DemoResults.teacher(of: DemoTask(set: .textures, part: nil)), dataset: nil,
      students: [], results: [], settings: ExperimentProtocol.demo.distillationSettings(imageSize: 16),
      seed: 1)
    let space = task.teacher.space
    let function = DatasetMethod.tans.function(for: space, imageFeatures: 64)
    var random = RandomSource(seed: 1)
    let method = DatasetLearnedMethod(
      predictor: DatasetPredictor(
        space: space, method: .tans, features: .program, function: function, imagesPerClass: 20,
        parameters: function.initialParameters(random: &random)))
    do {
      _ = try method.scores(of: [], for: RankingTask(task), supervision: Supervision(), stage: "scoring")
      Issue.record("no error")
    } catch let diagnostic as Diagnostic {
      #expect(
        diagnostic.message
          == "TANS looks at training images, and the dataset procedural-textures is not at hand")
    }
  }
}
