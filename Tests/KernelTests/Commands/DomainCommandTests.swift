import Engine
import Foundation
import Testing

@testable import Kernel

/// The commands of the method on a world that takes a second: real images, training and distillation.
@Suite("Commands of the method") struct DomainCommandTests {
  private static let tiny = """
    dataset d = glyphs "greek" size 8 classes 2 images 8
    space s = vary resnet widths 2, 2, 4, 4 depth 2 students 1..2 ratios 0.5, 1 size 8
    teacher t = train s on d epochs 1 augment none rate 0.02
    pool p = sample 6 from s seed 1
    metabase m = distill 3 of p for t epochs 1 augment none rate 0.02
    """

  @Test func `equal students of a pool are ranked once`() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny + "\npredictor f = metatrain on m episodes 2")
    let path = world.folder + "/twice.json"
    try AtomicFile.write(Array("[\"2/2/4/4\", \"2-2/2/4/4\", \"2/2/4/4\"]".utf8), to: path)
    let found = world.run("pool twice = load \"\(path)\" space s\nsearch twice for t with f")
    #expect(found.contains("twice[1]") && found.contains("twice[2]") && !found.contains("twice[3]"))
    #expect(found.contains("1 occur again and are ranked once"))
    #expect(world.run("best of twice for t with f rank 3").contains("only 2 students are ranked"))
  }

  @Test func theWholeLoopRunsAndIsCached() {
    let world = TemporaryWorld()
    let first = world.run(Self.tiny)
    #expect(first.contains("metabase m: 3 distilled students of greek, 1 epochs, seed 1"))
    #expect(!first.contains("from the"))
    #expect(world.run("predictor f = metatrain on m episodes 2").contains("guided DaSS for s"))
    #expect(world.run("search p for t with f top 2").contains("p["))
    #expect(world.run("student b = best of p for t with f").contains("multiply-adds"))
    #expect(
      world.run("pool e = evolve 5 from s for t with f population 3 seed 2").contains(
        "pool e: 5 students of s, evolved for t with f, seed 2"))
    #expect(
      world.run("evolve 5 from s for t with f where macs < 1").contains(
        "of 100000 networks drawn at random, 0 meet the conditions, and 5 are wanted"))
    for cost in StudentCost.allCases {
      let front = world.run("search p for t with f pareto \(cost)")
      #expect(front.contains("best for their \(cost.meaning)"))
      #expect(front.contains("least") == (cost == .latency))
    }
    #expect(world.run("evaluate f, macs, random on m").contains("f against macs on greek: "))
    for method in LearningMethod.allCases {
      #expect(
        world.run("predictor b = metatrain on m episodes 2 by \(method.rawValue)")
          .contains("guided \(method.title) for s"))
      #expect(world.run("search p for t with b top 1").contains("p["))
    }
    let proxies = ProxyMethod.Choice.all.map(\.name).joined(separator: ", ")
    let compared = world.run("evaluate f, \(proxies) on m top 2 as csv")
    #expect(
      compared.hasPrefix("method,task,SRC,low,high,Kendall,Pearson,precision,top-1 regret,top-2 regret,"))
    #expect(compared.split(separator: "\n").count == 2 + ProxyMethod.Choice.all.count)
    _ = world.run("predictor n = proxy naswot from first batch 8 norm running seed 3")
    #expect(
      world.run("n").hasPrefix(
        "proxy naswot, how differently the images switch the rectifiers: weights remapped by `first`, "
          + "8 training images, the running statistics, seed 3, set up here"))
    #expect(
      world.run("search p for t with n top 2 as csv") == world.run("search p for t with n top 2 as csv"))
    #expect(world.run("save n \"n.safetensors\"").contains("was not learned, so it has nothing to save"))

    world.restart()
    let again = world.run(Self.tiny)
    #expect(again.contains("1 epochs, seed 1, from the cache"))
    #expect(again.contains("3 from the metabase on disk"))
    #expect(world.run("predictor f = metatrain on m episodes 2").contains("from the cache"))
  }

  @Test func savedThingsAreReadBack() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny + "\npredictor f = metatrain on m episodes 2")
    let path = world.folder + "/"
    #expect(world.run("save t \"\(path)t.safetensors\"").contains("saved"))
    #expect(world.run("save f \"\(path)f.safetensors\"").contains("saved"))
    #expect(world.run("teacher u = load \"\(path)t.safetensors\" on d").contains("teacher u:"))
    #expect(world.run("predictor g = load \"\(path)f.safetensors\"").contains("predictor g:"))
    let mixed = world.run("predictor h = load \"\(path)t.safetensors\"")
    #expect(mixed.hasSuffix("the file holds `dass-teacher-1`, not a predictor"))
    let ranked = world.run("search p for t with f as csv")
    #expect(ranked == world.run("search p for u with g as csv"))
    #expect(world.run("save m \"\(path)m.csv\"").contains("saved"))
  }

  /// A code of other ratios has another length: mixing such spaces used to end the program.
  @Test func spacesAreNotMixed() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    let other = """
      space o = vary s ratios 0.5, 0.75, 1 widths 4, 4, 4, 4
      space r = vary s code slots
      teacher tr = train r on d epochs 1 augment none rate 0.02
      pool pr = sample 3 from r
      metabase mr = distill 3 of pr for tr epochs 1 augment none rate 0.02
      pool po = sample 3 from o
      predictor f = metatrain on m episodes 1
      """
    #expect(!world.run(other).contains("Error"))
    #expect(world.run("metatrain on m, mr episodes 1").contains("belongs to another space"))
    #expect(world.run("metatrain on m validate mr episodes 1").contains("belongs to another space"))
    #expect(world.run("search po for t with f").contains("the pool was drawn from o"))
    #expect(world.run("search pr for t with f").contains("the pool was drawn from r"))
    #expect(world.run("search pr for tr with f").contains("the predictor was made for the space s"))
    #expect(world.run("metabase x = distill 1 of po for t").contains("belong to different spaces"))
    #expect(world.run("plot pareto of po for t with f").contains("belong to different spaces"))
  }

  @Test func budgetsThatNothingMeetsLeaveTheSession() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    #expect(world.run("pool p = sample 5 from s where macs < 1").contains("meet the conditions"))
    #expect(world.run("search p for t with macs where macs < 1").contains("none of the 6 students"))
    #expect(world.run("p").contains("6 students of s"))
  }

  @Test func aTrainingThatDivergesIsTold() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    let told = world.run("teacher x = train s on d epochs 40 augment none rate 10")
    #expect(told.contains("the loss is no longer a number in epoch"))
    #expect(world.run("x").contains("NameError"))
  }

  @Test func aStoppedStatementCanBeRepeatedAndMeasuresOnlyWhatIsMissing() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    let cancellation = CancellationToken()
    cancellation.cancel()
    let stopped = world.run(
      "metabase n = distill 6 of p for t epochs 1 augment none rate 0.02", cancellation: cancellation)
    #expect(stopped.hasPrefix("Interrupted"))
    let resumed = world.run("metabase n = distill 6 of p for t epochs 1 augment none rate 0.02")
    #expect(resumed.contains("3 from the metabase on disk"))
  }
}
