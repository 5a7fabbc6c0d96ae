import Engine

/// What the method sees: maps, embeddings, and what adaptation does to predictions (the paper's Figures 1 and 2).
enum ConceptPlots {
  static let all: [CommandDeclaration] = [.plotMaps, .plotEmbeddings, .plotAdaptation]
}

extension CommandDeclaration {
  static let plotMaps = CommandDeclaration(
    "plot maps", group: .figures,
    summary: "draws the last feature maps of teacher and students on the noise image",
    discussion:
      "A row of pictures for the teacher and for each student with weights remapped from it, all channels on one scale, white "
      + "for the largest value. A map has an eighth of the images' pixels on each side.",
    clauses: [
      .required("of", .object([.pool, .student]), "the student, or the pool whose first ones are drawn"),
      .required("for", .object(.teacher), "whose weights they take"),
      .optional("top", .integer(1...8), default: "3", "how many students of a pool"),
      .optional("channels", .integer(1...64), default: "12", "how many channels, the first ones"),
    ],
    result: .figure, examples: [CommandExample("plot maps of p for t")]
  ) { arguments, context in
    let teacher: TeacherObject = try arguments.object("for")
    let (students, space) = try arguments.students("of")
    try arguments.check(space, fits: teacher)
    let shown = Array(students.prefix(try arguments.integer("top")))
    let embedding = NoiseEmbedding(teacher: teacher.teacher)
    let inputs = try embedding.inputs(for: shown, cancellation: context.supervision.cancellation)
    let maps = Tensor.concatenated([embedding.teacherMap, inputs.maps], axis: 0)
    let channels = min(try arguments.integer("channels"), maps.shape[3])
    let largest = maps.scalars.max() ?? 0
    let names = ["teacher"] + shown.map(\.text)
    let panels = names.indices.map { row in
      Panel(
        title: names[row],
        content: .images(
          ImageGrid(
            images: (0..<channels).map { channel in
              picture(maps, row: row, channel: channel, largest: largest)
            }, columns: channels)))
    }
    return .object(
      FigureObject(
        figure: Figure(
          title: "Last feature maps on noise", subtitle: "\(teacher.teacher.datasetName), \(space.name)",
          alternativeText:
            "The first \(channels) channels of the teacher's last feature map on the noise image, and below it those of "
            + "\(shown.count) students with its weights.",
          panels: panels, columns: 1)))
  }

  private static func picture(
    _ maps: Tensor<Float>, row: Int, channel: Int, largest: Float
  ) -> ImageGrid.Picture {
    let values = maps.sliced(axis: 0, row..<row + 1).sliced(axis: 3, channel..<channel + 1).scalars
    return ImageGrid.Picture(
      width: maps.shape[2], height: maps.shape[1], channels: 1,
      // Square roots, because most values are small. What is no number is drawn black.
      pixels: values.map { value in
        let part = largest > 0 ? (max(value, 0) / largest).squareRoot() : 0
        return part.isNaN ? 0 : UInt8(min(part, 1) * 255)
      }, caption: "\(channel + 1)")
  }

  /// More students would take long to lay out and could not be told apart.
  private static let mostEmbedded = 300

  static let plotEmbeddings = CommandDeclaration(
    "plot embeddings", group: .figures, summary: "draws the noise embeddings of students in the plane",
    discussion:
      "Each point is a student's last feature map on the noise image, with the weights of one teacher, in the plane of "
      + "the two principal components of all points. Students of other teachers lie elsewhere: the embedding tells whose "
      + "knowledge they carry, not only how they are built. Of larger pools the first 300 students are drawn.",
    clauses: [
      .required("of", .object(.pool), "the students"),
      .required("for", .objects(.teacher), "whose weights they take"),
    ],
    result: .figure, examples: [CommandExample("plot embeddings of p for t1, t2")]
  ) { arguments, context in
    var rows: [Tensor<Float>] = []
    var labels: [(group: String, isTeacher: Bool)] = []
    for (name, object) in try arguments.objects("for") {
      guard let teacher = object as? TeacherObject else { continue }
      let (students, space) = try arguments.students("of")
      try arguments.check(space, fits: teacher)
      let embedding = NoiseEmbedding(teacher: teacher.teacher)
      let inputs = try embedding.inputs(
        for: Array(students.prefix(mostEmbedded)), cancellation: context.supervision.cancellation)
      let maps = Tensor.concatenated([embedding.teacherMap, inputs.maps], axis: 0)
      if let other = rows.first, other.shape[1] != Array(maps.shape.dropFirst()).product {
        throw arguments.error(for: "for", "the teachers' maps have other sizes, and so no common plane")
      }
      rows.append(maps.reshaped(to: [maps.shape[0], Array(maps.shape.dropFirst()).product]))
      labels += (0..<maps.shape[0]).map { (name, $0 == 0) }
    }
    let joint = Tensor.concatenated(rows, axis: 0)
    let plane = PrincipalComponents(Tensor(joint.scalars.map(Double.init), shape: joint.shape))
    func axis(_ number: Int, _ fraction: Double) -> Axis {
      Axis("component \(number), \(NumberText.percent(fraction, digits: 0)) of the variance")
    }
    return .object(
      FigureObject(
        figure: Figure(
          title: "Noise embeddings", subtitle: try arguments.object("of", as: PoolObject.self).oneLineSummary,
          alternativeText:
            "Scatter plot of \(joint.shape[0]) feature maps in the plane of their principal components, which hold "
            + "\(NumberText.percent(plane.explained.x, digits: 0)) and "
            + "\(NumberText.percent(plane.explained.y, digits: 0)) of the variance, a color for each teacher.",
          panels: [
            Panel(
              x: axis(1, plane.explained.x), y: axis(2, plane.explained.y),
              content: .scatter(
                Scatter(
                  points: zip(plane.points, labels).map { point, label in
                    Scatter.Point(
                      x: point.x, y: point.y, label: label.isTeacher ? "teacher \(label.group)" : nil,
                      group: label.group)
                  })))
          ])))
  }

  static let plotAdaptation = CommandDeclaration(
    "plot adaptation", group: .figures, summary: "draws predictions before and after adaptation to the task",
    clauses: [
      .required("of", .object(.predictor), "what predicts"),
      .required("on", .objects(.metabase), "measured students"),
    ],
    result: .figure, examples: [CommandExample("plot adaptation of dass on gt")]
  ) { arguments, context in
    let predictor: PredictorObject = try arguments.object("of")
    let name = arguments.text(asWritten: "of") ?? "predictor"
    guard let unadapted = predictor.method.unadapted else {
      throw arguments.error(for: "of", "`\(name)` does not adapt to a task")
    }
    let methods: [(String, any RankingMethod)] = [("before", unadapted), ("after", predictor.method)]
    var words: [String] = []
    let panels = try measuredTasks(arguments, "on").map { task in
      let task = try task.withoutSupport(of: [(name: name, predictor: predictor)]).task
      var rankingTask = RankingTask(task)
      rankingTask.embedded = EmbeddedStudents()
      let measured = task.results.map(\.bestAccuracy)
      var points: [Scatter.Point] = []
      var texts: [String] = []
      for (label, method) in methods {
        let predicted = try method.scores(
          of: task.students, for: rankingTask, supervision: context.supervision, stage: "scoring")
        points += zip(predicted, measured).map { Scatter.Point(x: $0, y: $1, group: label) }
        let error =
          zip(predicted, measured).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(max(measured.count, 1))
        let src =
          RankCorrelation.spearman(predicted, measured).map { NumberText.fixed($0, digits: 2) } ?? "n/a"
        texts.append("SRC \(src), error \(NumberText.fixed(100 * error, digits: 1))")
      }
      let text = texts.joined(separator: " → ")
      words.append("\(task.teacher.datasetName): \(text)")
      return Panel(
        title: task.teacher.datasetName, x: Axis("predicted accuracy", format: .percent),
        y: Axis("measured accuracy", format: .percent),
        content: .scatter(Scatter(points: points, showsIdentity: true)), note: texts.joined(separator: " → ")
      )
    }
    return .object(
      FigureObject(
        figure: Figure(
          title: "\(name): predictions before and after adaptation",
          subtitle: "one guided step on the teacher's own accuracy; errors in points",
          alternativeText:
            "Scatter plots of students, before and after adaptation. \(words.joined(separator: "; ")).",
          panels: panels, columns: min(3, max(panels.count, 1)))))
  }
}
