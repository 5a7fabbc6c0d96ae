import Engine
import Foundation
import Testing

@testable import Kernel

/// Choosing what a predictor adapts to, and what `evaluate` makes of it.
@Suite("Adapting predictors") struct AdaptCommandTests {
  private static let world = """
    dataset d = glyphs "greek" size 8 classes 2 images 8
    space s = vary resnet widths 2, 2, 4, 4 depth 2 students 1..2 ratios 0.5, 1 size 8
    teacher t = train s on d epochs 1 augment none rate 0.02
    pool p = sample 12 from s seed 1
    metabase m = distill 9 of p for t epochs 1 augment none rate 0.02
    predictor f = metatrain on m episodes 2
    """

  private func summary(_ world: TemporaryWorld, _ name: String) -> String {
    String(world.run(name).split(separator: "\n").first ?? "")
  }

  @Test func aPredictorSaysWhatItAdaptsTo() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    for (clauses, told) in [
      ("by none", "unguided DaSS for s, 1,961 parameters, 2 episodes on 1 tasks, seed 1"),
      ("by teacher", "guided DaSS for s, 1,961 parameters, 2 episodes on 1 tasks, seed 1"),
      (
        "by offset",
        "guided DaSS for s, 1,961 parameters, only the offset moved by the teacher's accuracy, 1 step, "
          + "2 episodes on 1 tasks, seed 1"
      ),
      (
        "support 3 of m steps 2",
        "guided DaSS for s, 1,961 parameters, adapted by 3 measured students, 2 steps, 2 episodes on 1 tasks, seed 1"
      ),
      (
        "by teacher support 1 of m rates reset",
        "guided DaSS for s, 1,961 parameters, adapted by the teacher's accuracy and 1 measured student, 1 step, "
          + "all rates 0.005, 2 episodes on 1 tasks, seed 1"
      ),
      (
        "by offset support 3 of m",
        "guided DaSS for s, 1,961 parameters, only the offset moved by 3 measured students, 1 step, "
          + "2 episodes on 1 tasks, seed 1"
      ),
    ] {
      _ = world.run("predictor a = adapt f \(clauses)")
      let parameters = world.run("f").split(separator: " ")[4]
      #expect(summary(world, "a").replacing(parameters, with: "1,961") == told, "\(clauses)")
      #expect(world.run("search p for t with a top 2").contains("p["), "\(clauses)")
    }
  }

  @Test func offsetsKeepTheOrder() {
    let world = TemporaryWorld()
    _ = world.run(Self.world + "\npredictor a = adapt f by none\npredictor b = adapt f by offset")
    func order(_ name: String) -> [Substring] {
      world.run("search p for t with \(name) as csv").split(separator: "\n").map { line in
        line.split(separator: ",")[1]
      }
    }
    #expect(order("a") == order("b"))
    #expect(world.run("search p for t with a as csv") != world.run("search p for t with b as csv"))
  }

  @Test func studentsThatWereToldAreNotJudged() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    #expect(world.run("evaluate f, macs on m").contains("predictions use no measured student"))
    _ = world.run("predictor a = adapt f support 3 of m")
    let table = world.run("evaluate f, a, macs on m")
    #expect(table.contains("greek: 3 students that a adapted to, left out for all methods"))
    #expect(!table.contains("predictions use no measured student"))
    let counts = world.run("evaluate f, a, macs on m as csv").split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",").last ?? "" }
    #expect(counts.count == 3 && Set(counts).count == 1)
    _ = world.run("predictor b = adapt f support 1 of m seed 1")
    let both = world.run("evaluate a, b on m")
    // A smaller support is a part of a larger one.
    #expect(both.contains("greek: 3 students that a, b adapted to, left out for all methods"))
  }

  @Test func mistakesAreTold() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    for (statement, told) in [
      ("adapt macs by none", "`macs` does not adapt to a task"),
      ("adapt f support 3", "`support` needs `of`"),
      ("adapt f of m", "`of` needs `support`"),
      ("adapt f by none steps 2", "`by none` does not adapt, so `steps` has no meaning"),
      ("adapt f by none rates reset", "`by none` does not adapt, so `rates` has no meaning"),
      ("adapt f by none support 2 of m", "`by none` does not adapt, so `support` has no meaning"),
      (
        "metatrain on m episodes 1 unguided support 2",
        "`unguided` does not adapt, so `support` has no meaning"
      ),
      ("metatrain on m episodes 1 by maml reads student", "`maml` reads no maps"),
      (
        "metatrain on m episodes 1 support 9",
        "greek has 9 measured students, and 9 of them would be the support"
      ),
    ] {
      #expect(world.run(statement).hasSuffix(": " + told), "\(statement)")
    }
    #expect(world.run("adapt f support 9 of m").contains("measured students, and 9 would be the support"))
  }

  @Test func predictorsLearnToAdaptToStudents() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    for method in LearningMethod.allCases {
      let learned = world.run("predictor k = metatrain on m episodes 2 support 3 by \(method.rawValue)")
      let steps = method.innerSteps == 1 ? "1 step" : "\(method.innerSteps) steps"
      #expect(learned.contains("adapted by 3 measured students, \(steps)"))
      #expect(
        world.run("evaluate k on m").hasSuffix(
          "the predictor adapts to 3 measured students of a task, and has none of greek"))
      _ = world.run("predictor k = adapt k support 3 of m")
      #expect(world.run("evaluate k on m").contains("3 students that k adapted to, left out"))
    }
    let path = world.folder + "/k.safetensors"
    #expect(world.run("save k \"\(path)\"").contains("saved"))
    _ = world.run("predictor l = load \"\(path)\"")
    #expect(world.run("evaluate l on m").contains("3 students that l adapted to, left out"))
    #expect(world.run("search p for t with k as csv") == world.run("search p for t with l as csv"))
  }

  @Test func predictorsWithFewerMapsAreNamed() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    #expect(
      world.run("predictor k = metatrain on m episodes 2 reads student").contains("without the teacher's map")
    )
    #expect(
      world.run("predictor n = metatrain on m episodes 2 reads none").contains("parameters, without maps"))
    #expect(world.run("search p for t with k top 2").contains("p["))
    #expect(world.run("search p for t with n top 2").contains("p["))
    #expect(
      world.run("pool e = evolve 5 from s for t with n population 3").contains("5 students of s, evolved"))
  }
}
