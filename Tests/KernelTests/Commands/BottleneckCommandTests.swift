import Engine
import Foundation
import Testing

@testable import Kernel

/// Once-for-all's space in all commands, at a size that takes a second.
@Suite("Commands on bottleneck blocks") struct BottleneckCommandTests {
  private static let tiny = """
    dataset d = glyphs "greek" size 32 classes 2 images 8
    space s = vary ofa-resnet50 widths 16, 16, 24, 32 base 1, 1, 1, 1 depth 1 students 0..1 ratios 0.5, 1 stem 16 size 32
    teacher t = train s on d epochs 1 augment none rate 0.02
    pool p = sample 4 from s seed 1
    metabase m = distill 3 of p for t epochs 1 augment none rate 0.02
    """

  @Test func `the whole loop runs`() throws {
    let world = TemporaryWorld()
    #expect(world.run(Self.tiny).contains("metabase m: 3 distilled students of greek"))
    #expect(world.run("predictor f = metatrain on m episodes 2").contains("guided DaSS for s"))
    #expect(world.run("search p for t with f pareto latency").contains("best for their latency"))
    #expect(world.run("evolve 6 from s for t with f population 3").contains("6"))
    #expect(world.run("predict p for t with snip as csv").contains(":0.35:16,"))
    #expect(world.run("student n = network \"16/16/24/32\" from s").contains("16/16/24/32:0.35:16"))
    let path = world.folder
    for name in ["t.safetensors", "t.onnx", "f.safetensors", "p.json", "m.jsonl"] {
      #expect(world.run("save \(name.prefix(1)) \"\(path)/\(name)\"").contains("saved"))
    }
    #expect(world.run("teacher u = load \"\(path)/t.safetensors\" on d").contains("teacher u:"))
    #expect(world.run("predictor g = load \"\(path)/f.safetensors\"").contains("predictor g:"))
    #expect(world.run("pool q = load \"\(path)/p.json\"").contains("4 students of s"))
    #expect(world.run("metabase n = load \"\(path)/m.jsonl\" for u").contains("3 distilled students"))
    #expect(world.run("search p for t with f as csv") == world.run("search p for u with g as csv"))
    #expect(world.run("export p[1] for t to \"\(path)/c.onnx\" epochs 1 augment none").contains("saved"))
  }

  @Test func `what a space cannot be is told`() {
    let world = TemporaryWorld()
    #expect(world.run("vary resnet expansion 0.5").hasSuffix("only bottleneck blocks have that"))
    #expect(
      world.run("vary ofa-resnet50 size 40").hasSuffix(
        "images of 40 pixels do not fit: the network halves them five times"))
    #expect(world.run("vary resnet depth 0 students 0..0").hasSuffix("a stage cannot have 0 blocks"))
    #expect(
      world.run("network \"256/512/1024/2048\" from ofa-resnet50").hasSuffix(
        "stage 1 has 1 blocks, and this space allows 2 to 4"))
    #expect(
      world.run("network \"32/64/128/256:0.35:64\" from resnet").hasSuffix(
        "the network's blocks and those of this space are of different kinds"))
  }
}
