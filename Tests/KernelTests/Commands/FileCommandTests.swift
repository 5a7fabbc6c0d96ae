import Engine
import Foundation
import Testing

@testable import Kernel

/// Everything that a comparison with another program needs comes from files and goes to files.
@Suite("Commands about files of one's own") struct FileCommandTests {
  private static let tiny = """
    space s = vary resnet widths 2, 2, 4, 4 depth 2 students 1..2 ratios 0.5, 1 size 8
    dataset d = glyphs "greek" size 8 classes 2 images 8
    teacher t = train s on d epochs 1 augment none rate 0.02
    pool p = sample 3 from s seed 1
    """

  @Test func `a pool is saved and loaded as JSON`() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    let path = world.folder + "/p.json"
    #expect(world.run("save p \"\(path)\"").contains("saved"))
    let file = try JSON(parsing: FileBytes.read(path))
    #expect(file["students"]?.arrayValue?.count == 3)
    #expect(world.run("pool q = load \"\(path)\"").contains("pool q: 3 students of s, from \(path)"))
    #expect(world.run("pool q = load \"\(path)\" space s").contains("pool q: 3 students of s"))
    #expect(world.run("q as csv") == world.run("p as csv"))
    #expect(
      world.run("pool q = load \"\(path)\" space resnet").contains(
        "stage 1 has a block of width 2, and this space allows 4, 8"))
    try AtomicFile.write(Array("[\"2/2/4/4\"]".utf8), to: path)
    #expect(
      world.run("pool q = load \"\(path)\"").hasSuffix(
        "the file does not say which space its students belong to"))
    #expect(world.run("pool q = load \"\(path)\" space s").contains("pool q: 1 students of s"))
    #expect(world.run("save p \"\(world.folder)/p.txt\"").contains("a pool is saved as `.json` or `.csv`"))
  }

  @Test func `an embedding is shown and saved`() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    #expect(
      world.run("embedding e = embed p for t from last noise 3").contains(
        "embedding e: 3 students of s with the teacher of greek, maps 4 x 1 x 1, weights by `last`, noise 3, "
          + "running statistics"))
    #expect(world.run("e").contains("distance"))
    let path = world.folder + "/e.safetensors"
    #expect(world.run("save e \"\(path)\"").contains("saved"))
    let file = try SafeTensors(contentsOf: path)
    let shapes = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.shape) })
    #expect(
      shapes == [
        "noise": [1, 3, 8, 8], "teacher.map": [1, 4, 1, 1], "teacher.logits": [1, 2],
        "teacher.code": [1, 25],
        "maps": [3, 4, 1, 1], "logits": [3, 2], "codes": [3, 25],
      ])
    // Noise that was saved is the same noise when it is read.
    #expect(world.run("embedding f = embed p for t from last noise-file \"\(path)\"").contains("from a file"))
    _ = world.run("save f \"\(world.folder)/f.safetensors\"")
    #expect(try SafeTensors(contentsOf: world.folder + "/f.safetensors").tensors == file.tensors)
    #expect(
      world.run("embed p for t noise 1 noise-file \"\(path)\"").hasSuffix(
        "the noise is drawn or read, not both"))
    #expect(
      world.run("embed p for t noise-file \"\(world.folder)/none.npy\"").contains("there is no file"))
    #expect(world.run("embed p[1] for t").contains("1 student of s"))
  }

  @Test func `predictions before and after adaptation are a table`() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny + "\nmetabase m = distill 3 of p for t epochs 1 augment none rate 0.02")
    _ = world.run("predictor f = metatrain on m episodes 2 from uniform noise 4 target final inner-rate 0.01")
    #expect(world.run("f").contains("weights by `uniform`, noise 4, running statistics"))
    let table = world.run("predict p for t with f as csv")
    #expect(table.hasPrefix("student,before,after\n"))
    #expect(table == world.run("predict p for t with f as csv"))
    _ = world.run("predictor g = view f from first norm batch")
    #expect(world.run("g").contains("weights by `first`, noise 4, batch statistics"))
    #expect(table != world.run("predict p for t with g as csv"))
    _ = world.run("predictor h = view g from uniform norm running")
    #expect(table == world.run("predict p for t with h as csv"))
    #expect(world.run("predict p for t with macs as csv").hasPrefix("student,score\n"))
    #expect(world.run("view macs from last").hasSuffix("only learned predictors look at noise"))
    #expect(world.run("evaluate f, g on m target final").contains("measured: the final accuracy of each run"))
    #expect(
      world.run("predictor v = metatrain on m episodes 2 tasks 1 students 2 every 1").contains("2 episodes"))
    #expect(
      world.run("metabase l = distill 3 of p for t epochs 1 augment none rate 0.02 drop-last").contains(
        "l: 3"))
    #expect(world.run("space o = vary s ends last").contains("space o:"))
    _ = world.run("predictor u = metatrain on m episodes 2 unguided")
    #expect(world.run("predict p for t with u as csv").hasPrefix("student,predicted accuracy\n"))
  }

  @Test func `plain weights need no dataset`() {
    let world = TemporaryWorld()
    _ = world.run(Self.tiny)
    let path = world.folder + "/t.pt"
    _ = world.run("save t \"\(path)\"")
    #expect(
      world.run("teacher u = load \"\(path)\" space s accuracy 75%").contains(
        "teacher u: largest network of s on t.pt, test accuracy 75.0 %, from a file"))
    #expect(world.run("search p for u with macs top 1").contains("p["))
    #expect(
      world.run("distill 1 of p for u epochs 1").hasSuffix(
        "the teacher of t.pt was loaded without its images"))
    #expect(world.run("export p[1] for u to \"x.onnx\"").hasSuffix("was loaded without its images"))
    #expect(
      world.run("teacher u = load \"\(path)\" space s").hasSuffix(
        "the accuracy of plain weights is not known"))
    #expect(
      world.run("teacher u = load \"\(path)\" on d space s accuracy 25%").contains("test accuracy 25.0 %"))
    _ = world.run("save t \"\(world.folder)/t.safetensors\"")
    #expect(world.run("teacher u = load \"\(world.folder)/t.safetensors\"").contains("teacher u:"))
    #expect(
      world.run("teacher u = load \"\(world.folder)/t.safetensors\" accuracy 25%").hasSuffix(
        "only plain weights, with their space, are told an accuracy"))
  }
}
