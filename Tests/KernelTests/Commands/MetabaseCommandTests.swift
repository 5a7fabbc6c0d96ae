import Engine
import Foundation
import Testing

@testable import Kernel

/// The commands about measured students, on a world that takes a second.
@Suite("Commands about metabases") struct MetabaseCommandTests {
  private static let tiny = """
    dataset d = demo spectrograms size 8
    space s = vary resnet-demo widths 2, 2, 4, 4 depth 1 students 1..1 ratios 0.5, 1 size 8
    space w = vary s depth 2 students 1..2
    teacher t = train w on d protocol demo epochs 1
    pool p = sample 3 from w seed 4
    metabase m = distill 3 of p for t protocol demo epochs 1 seed 1..2
    """

  @Test func `several seeds measure each student once with each`() {
    let world = TemporaryWorld()
    #expect(
      world.run(Self.tiny).contains(
        "metabase m: 6 distilled students of synthetic-spectrograms, 1 epochs, seed 1, 2"))
    let table = world.run("query m where seed = 2 by macs ascending as csv")
    #expect(table.split(separator: "\n").count == 4)
    #expect(world.run("query m by accuracy top 1").contains("1 of 6 measured students, by accuracy"))
    let summary = world.run("summarize m")
    #expect(summary.contains("SRC of seeds"))
    #expect(summary.contains("synthetic-spectrograms"))
    #expect(world.run("metabase both = merge m, m").contains("12 distilled students"))
    #expect(world.run("query m where colour > 3").contains("there is no field `colour`"))
  }

  @Test func `results are saved and loaded for their teacher`() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    for form in ["sqlite", "jsonl"] {
      let path = world.folder + "/kept." + form
      #expect(world.run("save m \"\(path)\"").contains("saved"))
      #expect(
        world.run("metabase n = load \"\(path)\" for t seed 2").contains("metabase n: 3 distilled students"))
    }
    #expect(world.run("save m \"\(world.folder)/kept.parquet\"").contains("saved"))
    #expect(world.run("save m \"\(world.folder)/kept.xls\"").contains("a metabase is saved as"))
    _ = world.run("teacher u = train w on d protocol demo epochs 1 seed 9")
    #expect(
      world.run("metabase n = load \"\(world.folder)/kept.jsonl\" for u")
        .hasSuffix("the file holds nothing that was measured with these teachers"))
  }

  @Test func `a student is exported alone`() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny + "\nstudent c = p[1]")
    for ending in ["onnx", "safetensors", "pth.tar"] {
      let path = world.folder + "/c." + ending
      #expect(
        world.run("export c for t to \"\(path)\" protocol demo epochs 1").contains(
          "saved \(path), test accuracy"))
    }
    let weights = try SafeTensors(weightsAt: world.folder + "/c.pth.tar")
    #expect(
      weights["fc.weight"] == (try SafeTensors(weightsAt: world.folder + "/c.safetensors"))["fc.weight"])
    #expect(
      world.run("export c for t to \"\(world.folder)/c.doc\"").hasSuffix("names no form of networks"))
  }

  @Test func `teachers and predictors go to PyTorch and back`() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny + "\npredictor f = metatrain on m episodes 1")
    let path = world.folder
    #expect(world.run("save t \"\(path)/t.pth.tar\"").contains("saved"))
    #expect(world.run("teacher u = load \"\(path)/t.pth.tar\" on d space w").contains("teacher u:"))
    #expect(world.run("search p for t with f as csv") == world.run("search p for u with f as csv"))
    #expect(world.run("save f \"\(path)/f.pth.tar\"").contains("saved"))
    #expect(
      world.run("predictor g = load \"\(path)/f.pth.tar\" space w").contains("predictor g: guided DaSS"))
    #expect(world.run("predictor g = load \"\(path)/t.pth.tar\" space w").contains("the file has no tensor"))
  }

  @Test func `sets of the demo world know their splits`() {
    let world = TemporaryWorld()
    #expect(world.run("dataset x = demo textures split 3").hasSuffix("only `source` has splits"))
    #expect(world.run("teacher x = demo source").hasSuffix("`source` has a teacher for each split"))
    #expect(world.run("dataset x = demo strokes size 8").contains("drawn-strokes, 20 classes, 400 training"))
  }

  @Test func `held-out images may choose the epoch`() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    #expect(
      world.run("metabase h = distill 3 of p for t protocol demo epochs 2 select held-out")
        .contains("3 distilled students"))
  }
}
