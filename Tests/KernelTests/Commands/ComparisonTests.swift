import Engine
import Testing

@testable import Kernel

/// `compare` and what follows from it, on a world that takes a second.
@Suite("Comparing methods") struct ComparisonTests {
  private static let world = """
    dataset d = glyphs "greek" size 8 classes 2 images 8
    space s = vary resnet widths 2, 2, 4, 4 depth 2 students 1..2 ratios 0.5, 1 size 8
    teacher t = train s on d epochs 1 augment none rate 0.02
    teacher u = train s on d epochs 1 augment none rate 0.02 seed 2
    pool p = sample 12 from s seed 1
    metabase m = distill 6 of p for t, u epochs 1 augment none rate 0.02
    metabase more = distill 6 of p for t epochs 1 augment none rate 0.02 seed 2
    predictor f = metatrain on m episodes 2 seed 1..2
    """

  @Test func `a comparison has all methods, tasks, runs and controls`() throws {
    let world = TemporaryWorld()
    let made = world.run(Self.world)
    #expect(made.contains("predictor f: 2 runs of: guided DaSS for s, "))
    #expect(made.contains("2 episodes on 2 tasks, seed 1, 2"))
    // Of the first teacher's students measured with two seeds the mean counts; the other one has other students.
    #expect(
      world.run("comparison c = compare f, naswot, macs on m, more")
        .contains("comparison c: 6 methods on greek, greek, 2 runs each, ranked here\n"))
    let shown = world.run("c")
    for method in ["f ", "naswot ", "macs ", "params ", "depth ", "random "] {
      #expect(shown.contains("\n\(method)"), "\(method)")
    }
    #expect(shown.contains("Verdicts on the mean over all tasks"))
    #expect(shown.contains("to collect: how long it takes to get what the method adapts to"))
    #expect(!world.run("compare naswot on m").contains("to collect"))
    #expect(shown.contains("interval over runs and students"))
    let pairs = world.run("verdicts c as csv").split(separator: "\n")
    #expect(pairs.count == 1 + 15)
    #expect(pairs.first == "first,second,difference,low,high,verdict")
    let own = world.run("verdicts c of macs on \"greek\" as csv").split(separator: "\n")
    #expect(own.count == 1 + 5)
    #expect(own.dropFirst().allSatisfy { $0.hasPrefix("macs,") })

    // The same rankings come from the cache, with the same numbers and times.
    let again = world.run("compare f, naswot, macs on m, more")
    #expect(again.contains("8 of 24 rankings from the cache"))
    /// Without the last column, which is timed anew.
    func rows(_ text: String) -> [String] {
      text.split(separator: "\n").filter { $0.hasPrefix("f ") || $0.hasPrefix("naswot ") }.prefix(2).map {
        $0.replacing("  ", with: "\t").split(separator: "\t").dropLast().joined(separator: "|")
      }
    }
    #expect(rows(again) == rows(shown) && rows(shown).count == 2)
  }

  @Test func `the runs of a predictor can be taken one by one`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    #expect(
      world.run("predictor g = f[2]").contains("predictor g: guided DaSS for s, ")
        && world.run("g").contains("run 2 of 2"))
    #expect(world.run("f[3]") == "ArgumentError: the predictor has 2 runs")
    #expect(world.run("g[2]") == "ArgumentError: the predictor has only one run")
    #expect(
      world.run("save f \"f.safetensors\"")
        == "KindError: this predictor has 2 runs, each with weights of its own")
    #expect(world.run("search p for t with f top 2").contains("2 runs of: guided DaSS"))
    #expect(world.run("metatrain on m episodes 2 seed 2..3").contains("1 from the cache"))
  }

  @Test func `what does not fit together is told`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    for statement in [
      "metatrain on m episodes 2 seed []", "proxy snip seed []", "compete f for t of p seed []",
      "distill 1 of p for t seed []", "vary s ratios []",
    ] {
      let name = statement.hasPrefix("vary") ? "ratios" : "seed"
      #expect(world.run(statement) == "ArgumentError: `\(name)` has nothing in its list")
    }
    #expect(world.run("compare [] on m") == "ArgumentError: `methods` has nothing in its list")
    _ = world.run("predictor h = proxy naswot seed 1..3")
    #expect(world.run("compare f, h on m") == "ArgumentError: `f` has 2 runs, and another method has 3")
    _ = world.run("comparison c = compare f on m")
    #expect(world.run("verdicts c of h") == "ArgumentError: `h` is not in the comparison")
    #expect(
      world.run("verdicts c on \"greek letters\"")
        == "ArgumentError: there is no task \"greek letters\" in the comparison")
  }

  @Test func `a comparison is saved and drawn`() throws {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    _ = world.run("comparison c = compare f on m")
    #expect(world.run("save c \"\(world.folder)/c.csv\"").contains("saved"))
    let rows = String(decoding: try FileBytes.read(world.folder + "/c.csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(rows.first == "method,task,src,low,high,runs,students,seconds")
    #expect(rows.count == 1 + 5 * 2)
    #expect(
      world.run("figure f2 = plot comparison of c").contains("figure f2: Spearman's rank correlation of f "))
  }

  @Test func `figures of the method's ideas tell what they show`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    #expect(
      world.run("figure a = plot maps of p for t top 2").contains("figure a: Last feature maps on noise"))
    #expect(world.run("figure b = plot embeddings of p for t, u").contains("figure b: Noise embeddings"))
    #expect(
      world.run("figure e = plot adaptation of f on m").contains(
        "figure e: f: predictions before and after adaptation"))
    #expect(world.run("plot adaptation of macs on m") == "ArgumentError: `macs` does not adapt to a task")
    #expect(world.run("figure k = plot calibration of f on m").contains("figure k: f: calibration"))
    #expect(
      world.run("plot calibration of macs on m")
        == "ArgumentError: `macs` gives scores, and only accuracies can be calibrated")
  }

  @Test func `predictions have intervals where there were validation tasks`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    let plain = world.run("search p for t with f top 2 as csv")
    #expect(plain.hasPrefix("rank,student,widths,predicted accuracy,macs,params\n"))
    _ = world.run("predictor v = metatrain on m validate m episodes 2")
    for _ in 0..<2 {
      // Trained here at first, then from the cache.
      #expect(
        world.run("search p for t with v top 2 as csv").hasPrefix(
          "rank,student,widths,predicted accuracy,low,high,macs,params\n"))
      world.restart()
      _ = world.run(Self.world)
      #expect(world.run("predictor v = metatrain on m validate m episodes 2").contains("from the cache"))
    }
    #expect(world.run("evaluate v, macs on m").contains("inside 90 %"))
  }

  @Test func `targets in percent and scaled maps give predictors of their own`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    let clauses = ["", "unit percent", "maps scaled", "inner-rate 0.1", "students 2"]
    let predictions = clauses.map { clause in
      _ = world.run("predictor x = metatrain on m episodes 3 \(clause)")
      _ = world.run("save x \"\(world.folder)/x.safetensors\"")
      let direct = world.run("search p for t with x top 12 as csv")
      _ = world.run("predictor y = load \"\(world.folder)/x.safetensors\"")
      #expect(world.run("search p for t with y top 12 as csv") == direct)
      return direct
    }
    #expect(Set(predictions).count == clauses.count)
  }

  @Test func `methods tell what they can tell apart`() {
    let rows = TemporaryWorld().run("methods as csv").split(separator: "\n")
    #expect(
      rows.first
        == "method,meta-learned,unseen datasets,unseen teachers,distillation-aware,adapts,needs images")
    #expect(rows.contains("DaSS,true,true,true,true,true,false"))
    #expect(rows.contains("MetaD2A,true,true,false,false,false,true"))
    #expect(rows.contains("macs,false,false,false,false,false,false"))
    #expect(
      rows.count == 1 + LearningMethod.allCases.count + DatasetMethod.allCases.count
        + 2 * ProxyMethod.Choice.all.count + ControlMethod.all.count)
  }

  @Test func `what each method finds is distilled`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    let lines = world.run(
      "compete f, depth for t, u of p where depth <= 6 against m epochs 1 augment none rate 0.02 seed 1..2 as csv"
    ).split(separator: "\n")
    #expect(lines.first == "method,task,student,accuracy,deviation,macs,params,regret")
    // Five methods with the controls, two tasks, and a mean for each.
    #expect(lines.count == 1 + 5 * 2 + 5)
    let regrets = lines.dropFirst().compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
    #expect(regrets.count == 15 && regrets.allSatisfy { $0 >= 0 })
    // The same where the measured students tell teachers and settings.
    #expect(
      world.run("compete f, depth of p where depth <= 6 against m seed 1..2 as csv").split(separator: "\n")
        == lines)
    #expect(
      world.run("compete f of p")
        == "ArgumentError: it is not said for which teachers to search")
    #expect(
      world.run("compete f for t of p where macs < 1")
        == "ArgumentError: none of the 12 students meets the condition")
  }

  @Test func `measurements with other settings are not taken for other seeds`() {
    let world = TemporaryWorld()
    _ = world.run(Self.world)
    _ = world.run("metabase other = distill 6 of p for t epochs 1 augment none rate 0.02 loss code")
    _ = world.run("metabase first = distill 6 of p for t epochs 1 augment none rate 0.02")
    #expect(world.run("summarize first, other as csv").split(separator: "\n").count == 1 + 2)
    #expect(world.run("summarize first, more as csv").split(separator: "\n").count == 1 + 1)
  }
}
