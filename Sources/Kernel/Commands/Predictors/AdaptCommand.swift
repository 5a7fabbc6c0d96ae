import Engine

extension CommandDeclaration {
  static let adapt = CommandDeclaration(
    "adapt", group: .predictors, summary: "chooses what a learned predictor adapts to before it predicts",
    discussion:
      "Nothing is trained again: the same weights are fitted to each task in another way. By `teacher` is the paper's guidance, "
      + "the teacher's own accuracy. By `offset` only the constant moves that is added to all predictions, by as much as the "
      + "full adaptation moves those of the support: the order of students stays that of `none`, while the error changes. With "
      + "`support`, measured students of each task are adapted to, in place of the teacher's accuracy or, with `by teacher`, "
      + "beside it; `evaluate` leaves them out for all predictors that it compares.",
    parameters: [.required("predictor", .object(.predictor), "a learned one")],
    clauses: [
      .optional(
        "by", .choice(["teacher", "none", "offset"]), "`teacher` when left out, unless there is a support"),
      .optional("support", .integer(1...100_000), "how many measured students of each task to adapt to"),
      .optional("of", .objects(.metabase), "where those students are drawn from"),
      .optional("steps", .integer(1...100), "gradient steps; as many as it was learned with when left out"),
      .optional(
        "rates", .choice(Adaptation.Rates.allCases.map(\.rawValue)),
        "`reset` takes the rate that learning starts with for all parameters, as the authors' program does"),
      .target,
      .optional("seed", .seed, default: "1", "draws the support"),
    ],
    result: .object(.predictor),
    examples: [
      CommandExample("predictor plain = adapt dass by none", "what guidance adds to"),
      CommandExample("predictor shifted = adapt dass by offset", "the control"),
      CommandExample("predictor told = adapt dass support 10 of gt", "ten students in place of the teacher"),
    ]
  ) { arguments, _ in
    let object: PredictorObject = try arguments.object("predictor")
    let name = arguments.text(asWritten: "predictor") ?? "predictor"
    let learned = object.method.runs.compactMap { ($0 as? LearnedMethod)?.predictor }
    guard learned.count == object.method.runs.count else {
      throw arguments.error(for: "predictor", "`\(name)` does not adapt to a task")
    }
    let by = try arguments.ifPresent("by") { try $0.text($1) }
    let count = try arguments.ifPresent("support") { try $0.integer($1) }
    try checkCombination(arguments, by: by)
    let support = try count.map { try drawnSupport(arguments, $0) } ?? [:]
    let adapted = try learned.map { before in
      var predictor = before
      predictor.adaptation = try adaptation(of: predictor, arguments, by: by, students: count)
      predictor.support = support
      // How far predictions were off was found out with the adaptation that it had.
      if predictor.adaptation != before.adaptation { predictor.validationErrors = [] }
      return LearnedMethod(predictor: predictor)
    }
    return .object(PredictorObject(method: SeveralRuns.of(adapted), making: object.making))
  }

  private static func adaptation(
    of predictor: MetaPredictor, _ arguments: Arguments, by: String?, students: Int?
  ) throws -> Adaptation {
    var adaptation = predictor.adaptation
    if let rates = try arguments.ifPresent("rates", { try $0.text($1) }) {
      adaptation.rates = Adaptation.Rates(rawValue: rates) ?? .learned
    }
    let ownSteps = adaptation.steps > 0 ? adaptation.steps : predictor.method.innerSteps
    adaptation.steps = try arguments.ifPresent("steps") { try $0.integer($1) } ?? ownSteps
    if by == "none" { adaptation.steps = 0 }
    adaptation.movement = by == "offset" ? .offset : .allParameters
    adaptation.students = students ?? 0
    adaptation.usesTeacher = by == "teacher" || students == nil
    return adaptation
  }

  private static func checkCombination(_ arguments: Arguments, by: String?) throws {
    for (clause, other) in [("support", "of"), ("of", "support")]
    where arguments.has(clause) && !arguments.has(other) {
      throw arguments.error(
        for: clause, "`\(clause)` needs `\(other)`", advice: "for instance `support 10 of gt`")
    }
    guard by == "none" else { return }
    for clause in ["support", "steps", "rates"] where arguments.has(clause) {
      throw arguments.error(for: clause, "`by none` does not adapt, so `\(clause)` has no meaning")
    }
  }

  private static func drawnSupport(_ arguments: Arguments, _ count: Int) throws -> [String: SupportStudents] {
    let seed = UInt64(try arguments.integer("seed"))
    var support: [String: SupportStudents] = [:]
    let target = try arguments.target()
    // Of students measured with several seeds the mean counts.
    for runs in MeasuredTask.byTeacher(try measuredTasks(arguments, "of")) {
      let task = MeasuredTask(averaging: runs)
      guard let drawn = SupportStudents(drawing: count, of: task, target: target, seed: seed) else {
        throw arguments.error(
          for: "support",
          "\(task.teacher.datasetName) has \(Set(task.students).count) measured students, and \(count) would be the "
            + "support",
          advice: "leave some to predict: use a smaller number, or measure more students")
      }
      support[task.teacher.digest] = drawn
    }
    guard !support.isEmpty else { throw arguments.error(for: "of", "there are no measured students") }
    return support
  }
}
