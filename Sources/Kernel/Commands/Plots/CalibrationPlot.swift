import Engine

extension CommandDeclaration {
  static let plotCalibration = CommandDeclaration(
    "plot calibration", group: .figures,
    summary: "draws whether predicted accuracies can be taken as they are",
    discussion:
      "Points are students. The solid line is the mean of each fifth of them, which should lie on the diagonal. Between the "
      + "dashed lines is the prediction's interval, from how far off it was on the validation tasks: that part of the "
      + "points should lie inside, if the task is like them.",
    clauses: [
      .required("of", .object(.predictor), "what predicted accuracies"),
      .required("on", .objects(.metabase), "measured students"), .target,
      .optional("coverage", .number(.fraction, 0.01...0.999), default: "90%", "how many shall lie inside"),
    ],
    result: .figure, examples: [CommandExample("plot calibration of dass on gt")]
  ) { arguments, context in
    let predictor: PredictorObject = try arguments.object("of")
    let name = arguments.text(asWritten: "of") ?? "predictor"
    guard predictor.predictsAccuracy else {
      throw arguments.error(for: "of", "`\(name)` gives scores, and only accuracies can be calibrated")
    }
    let coverage = try arguments.number("coverage")
    let target = try arguments.target()
    let interval = predictor.method.predictionInterval(coverage: coverage)
    var words: [String] = []
    let panels = try measuredTasks(arguments, "on").map { task in
      let task = try task.withoutSupport(of: [(name: name, predictor: predictor)]).task
      let measured = task.accuracies(target)
      let predicted = try predictor.scores(
        of: task.students, for: RankingTask(task), supervision: context.supervision, stage: "scoring")
      let error =
        zip(predicted, measured).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(measured.count, 1))
      var text = "error \(NumberText.fixed(100 * error, digits: 1)) points"
      if let interval {
        let inside = interval.coverage(predicted: predicted, measured: measured)
        text += ", \(NumberText.percent(inside, digits: 0)) inside"
      }
      words.append("\(task.teacher.datasetName): \(text)")
      let axis = Axis("predicted accuracy", format: .percent)
      return Panel(
        title: "\(task.teacher.datasetName): \(text)", x: axis,
        y: Axis("measured accuracy", format: .percent),
        content: .scatter(
          Scatter(
            points: zip(predicted, measured).map { Scatter.Point(x: $0, y: $1) }, showsIdentity: true,
            lines: [fifths(predicted, measured)] + bounds(predicted, interval))))
    }
    let promise = NumberText.percent(coverage, digits: 0)
    return .object(
      FigureObject(
        figure: Figure(
          title: "\(name): calibration",
          subtitle: interval.map {
            "\(promise) of the validation tasks' students lie within \(NumberText.fixed(100 * $0.halfWidth, digits: 1)) points"
          } ?? "without an interval: the predictor had too few validation students",
          alternativeText:
            "Predicted against measured accuracy with the mean of each fifth. \(words.joined(separator: "; ")).",
          panels: panels, columns: min(3, max(panels.count, 1)))))
  }

  /// The mean prediction and the mean measurement of each fifth of the students, by prediction.
  private static func fifths(_ predicted: [Double], _ measured: [Double]) -> Line {
    let order = predicted.indices.sorted { predicted[$0] < predicted[$1] }
    let parts = (0..<5).map { order[(order.count * $0 / 5)..<(order.count * ($0 + 1) / 5)] }
      .filter { !$0.isEmpty }
    func means(_ values: [Double]) -> [Double] {
      parts.map { part in part.reduce(0) { $0 + values[$1] } / Double(part.count) }
    }
    return Line(name: "mean of a fifth", x: means(predicted), y: means(measured), hasMarkers: true)
  }

  private static func bounds(_ predicted: [Double], _ interval: ConformalInterval?) -> [Line] {
    guard let interval, let low = predicted.min(), let high = predicted.max() else { return [] }
    return [-1.0, 1.0].map { side in
      Line(
        name: side < 0 ? "interval" : "", x: [low, high],
        y: [low, high].map { $0 + side * interval.halfWidth },
        style: .dashed)
    }
  }
}
