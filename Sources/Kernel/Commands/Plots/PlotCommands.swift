import Engine

/// The commands that draw.
enum PlotCommands {
  static let all: [CommandDeclaration] = [
    .plotSRC, .plotAccuracy, .plotTraining, .plotPool, .plotPareto,
    .plotComparison, .plotCalibration,
  ]
}

extension CommandDeclaration {
  static let plotSRC = CommandDeclaration(
    "plot src", group: .figures, summary: "draws predicted against measured accuracy",
    clauses: [
      .required("of", .object(.predictor), "what predicted"),
      .required("on", .objects(.metabase), "measured students"), .target,
    ],
    result: .figure, examples: [CommandExample("plot src of dass on gt")]
  ) { arguments, context in
    let predictor: PredictorObject = try arguments.object("of")
    let name = arguments.text(asWritten: "of") ?? "predictor"
    let target = try arguments.target()
    let judged = try measuredTasks(arguments, "on").map {
      try $0.withoutSupport(of: [(name: name, predictor: predictor)])
    }
    let tasks = judged.map(\.task)
    let leftOut = judged.compactMap(\.note)
    var words: [String] = []
    let panels = try tasks.map { task in
      let measured = task.accuracies(target)
      let predicted = try predictor.scores(
        of: task.students, for: RankingTask(task), supervision: context.supervision, stage: "scoring")
      let text =
        Bootstrap.spearman(predicted, measured).map {
          "SRC \(NumberText.fixed($0.value, digits: 2)) [\(NumberText.fixed($0.lower, digits: 2)), "
            + "\(NumberText.fixed($0.upper, digits: 2))]"
        } ?? "SRC not defined"
      words.append("\(task.teacher.datasetName): \(text)")
      return Panel(
        title: "\(task.teacher.datasetName): \(text)",
        x: Axis(
          predictor.predictsAccuracy ? "predicted accuracy" : "score by \(name)",
          format: predictor.predictsAccuracy ? .percent : .magnitude),
        y: Axis("measured accuracy", format: .percent),
        content: .scatter(
          Scatter(
            points: zip(predicted, measured).filter { $0.0.isFinite }.map { Scatter.Point(x: $0, y: $1) },
            showsIdentity: predictor.predictsAccuracy)))
    }
    let figure = Figure(
      title: "\(name): predicted against measured accuracy",
      subtitle: (["Spearman's rank correlation with its 95 % interval over students"] + leftOut)
        .joined(separator: "; "),
      alternativeText:
        "Scatter plot of students, predicted by \(name) against measured. \(words.joined(separator: "; ")).",
      panels: panels, columns: min(3, panels.count))
    return .object(FigureObject(figure: figure))
  }

  static let plotTraining = CommandDeclaration(
    "plot training", group: .figures, summary: "draws how a teacher or a predictor was learned",
    clauses: [.required("of", .object([.teacher, .predictor]), "what was learned")],
    result: .figure, examples: [CommandExample("plot training of t")]
  ) { arguments, _ in
    let name = arguments.text(asWritten: "of") ?? ""
    guard case .object(let object) = try arguments.value("of") else { return .none }
    let xLabel: String
    // A line for each run.
    var (loss, quality): ([[(Double, Double)]], [[(Double, Double)]])
    let qualityAxis: Axis
    if let teacher = object as? TeacherObject {
      let history = teacher.teacher.history
      xLabel = "epoch"
      loss = [history.map { (Double($0.epoch), $0.trainingLoss) }]
      quality = [history.map { (Double($0.epoch), $0.testAccuracy) }]
      qualityAxis = Axis("test accuracy", format: .percent)
    } else {
      let histories = ((object as? PredictorObject)?.method.runs ?? []).compactMap(\.history)
      guard !histories.isEmpty else { throw arguments.error(for: "of", "`\(name)` was not learned") }
      xLabel = "episode"
      loss = histories.map { $0.map { (Double($0.episode), $0.loss) } }
      quality = histories.map {
        $0.compactMap { record in record.validationCorrelation.map { (Double(record.episode), $0) } }
      }
      qualityAxis = Axis("validation SRC")
    }
    loss.removeAll(where: \.isEmpty)
    quality.removeAll(where: \.isEmpty)
    guard let first = loss.first, let start = first.first, let end = first.last else {
      throw arguments.error(for: "of", "`\(name)` has no record of its training")
    }
    func panel(_ axis: Axis, _ runs: [[(Double, Double)]]) -> Panel {
      Panel(
        x: Axis(xLabel), y: axis,
        content: .lines(
          runs.enumerated().map { index, points in
            Line(
              name: runs.count == 1 ? axis.label : "run \(index + 1)", x: points.map(\.0), y: points.map(\.1),
              hasMarkers: points.count < 40)
          }))
    }
    let panels =
      [panel(Axis("training loss"), loss)] + (quality.isEmpty ? [] : [panel(qualityAxis, quality)])
    return .object(
      FigureObject(
        figure: Figure(
          title: "Training of \(name)", subtitle: object.oneLineSummary,
          alternativeText:
            "Training curves of \(name): loss from \(NumberText.fixed(start.1, digits: 3)) to "
            + "\(NumberText.fixed(end.1, digits: 3)) over \(Int(end.0)) \(xLabel)s.",
          panels: panels)))
  }

  static let plotPool = CommandDeclaration(
    "plot pool", group: .figures, summary: "draws how the students of a pool are distributed",
    clauses: [
      .required("of", .object(.pool), "the students"),
      .optional("by", .choice(["macs", "params", "depth"]), default: "macs", "what to count"),
    ],
    result: .figure, examples: [CommandExample("plot pool of p by params")]
  ) { arguments, _ in
    let pool: PoolObject = try arguments.object("of")
    let field = try arguments.text("by")
    let values = pool.students.map { student in
      let cost = pool.space.cost(of: student)
      return switch field {
      case "params": Double(cost.parameters)
      case "depth": Double(student.depth)
      default: Double(cost.multiplyAdds)
      }
    }
    let label = ["macs": "multiply-adds", "params": "parameters", "depth": "blocks"][field] ?? field
    return .object(
      FigureObject(
        figure: Figure(
          title: "Students by \(label)", subtitle: pool.oneLineSummary,
          alternativeText: "Histogram of \(values.count) students by \(label), from "
            + "\(NumberText.count(values.min() ?? 0)) to \(NumberText.count(values.max() ?? 0)).",
          panels: [
            Panel(
              x: Axis(label, format: .magnitude), y: Axis("students"),
              content: .histogram(Histogram(series: [.init(name: "students", values: values)])))
          ])))
  }

  static let plotPareto = CommandDeclaration(
    "plot pareto", group: .figures,
    summary: "draws predicted accuracy against cost, with the best for each budget",
    clauses: [
      .required("of", .object(.pool), "the students"),
      .required("for", .object(.teacher), "the teacher to distill from"),
      .required("with", .object(.predictor), "what predicts"),
    ],
    result: .figure, examples: [CommandExample("plot pareto of p for t with dass")]
  ) { arguments, context in
    let pool: PoolObject = try arguments.object("of")
    let teacher: TeacherObject = try arguments.object("for")
    let predictor: PredictorObject = try arguments.object("with")
    guard pool.space.sharesNetworks(with: teacher.teacher.space) else {
      throw arguments.error(for: "for", "the pool and the teacher belong to different spaces")
    }
    let scores = try predictor.scores(
      of: pool.students, for: RankingTask(teacher), supervision: context.supervision, stage: "scoring")
    let macs = pool.students.map { Double(pool.space.cost(of: $0).multiplyAdds) }
    let scored = scores.indices.filter { scores[$0].isFinite }
    let front = ParetoFront.positions(costs: macs, scores: scores)
    let line = Line(
      name: "Pareto front", x: front.map { macs[$0] }, y: front.map { scores[$0] }, style: .steps)
    return .object(
      FigureObject(
        figure: Figure(
          title: "Predicted accuracy against cost", subtitle: pool.oneLineSummary,
          alternativeText:
            "Scatter plot of \(scored.count) students by multiply-adds and predicted accuracy; "
            + "\(front.count) of them are on the Pareto front.",
          panels: [
            Panel(
              x: Axis("multiply-adds", format: .magnitude),
              y: Axis("predicted accuracy", format: predictor.predictsAccuracy ? .percent : .magnitude),
              content: .scatter(
                Scatter(
                  points: scored.map { Scatter.Point(x: macs[$0], y: scores[$0]) }, lines: [line])))
          ])))
  }
}
