import Engine

/// The clauses that training and distilling share: a protocol, and what is to differ from it.
extension Parameter {
  static let experimentProtocol = Parameter.optional(
    "protocol", .choice(ExperimentProtocol.allCases.map(\.rawValue)), default: "paper",
    "named settings: the paper's, 180 epochs for a teacher and 50 for a student; or those of the demo world")

  /// What two ways of distilling may differ in, but for the seed.
  static let distillation: [Parameter] = [
    .experimentProtocol, .epochs, .rate, .selection, .dropLast,
    .optional("temperature", .number(nil, 0.1...100), default: "6", "softens the teacher's answers"),
    .optional("alpha", .number(.fraction, 0...1), default: "0.5", "weight of the labels"),
    .optional(
      "loss", .choice(DistillationForm.allCases.map(\.rawValue)), default: "paper",
      "whether the soft term is multiplied by the temperature squared"),
    .optional(
      "from", .choice(Remapping.allCases.map(\.rawValue) + ["random"]), default: "first",
      "which of the teacher's weights a student starts from"),
    .augment,
  ]

  static let epochs = Parameter.optional(
    "epochs", .integer(1...10_000), "passes over the training images, in place of the protocol's")

  static let rate = Parameter.optional(
    "rate", .number(nil, 1e-6...10), "learning rate at the start, in place of the protocol's")

  static let selection = Parameter.optional(
    "select", .choice(EpochSelection.allCases.map(\.rawValue)), default: "test",
    "which images choose the epoch: those of the test, as in the paper, or a tenth of the training images, held out"
  )

  static let dropLast = Parameter.flag(
    "drop-last", "test images that fill no batch of 64 do not count, as in the authors' code")

  /// Random changes of training images.
  static let augment = Parameter.optional(
    "augment", .choice(["crop", "flip", "both", "none"]),
    "random changes of the images, in place of the protocol's: shifted, mirrored; the paper has both")
}

extension Arguments {
  func teacherSettings(imageSize: Int) throws -> TeacherSettings {
    var settings = try experimentProtocol().teacherSettings(imageSize: imageSize)
    try apply(to: &settings.optimization, imageSize: imageSize)
    settings.labelSmoothing = try number("smoothing")
    return settings
  }

  func distillationSettings(imageSize: Int) throws -> DistillationSettings {
    var settings = try experimentProtocol().distillationSettings(imageSize: imageSize)
    try apply(to: &settings.optimization, imageSize: imageSize)
    settings.temperature = try number("temperature")
    settings.alpha = try number("alpha")
    settings.form = DistillationForm(rawValue: try text("loss")) ?? settings.form
    settings.initialization = StudentInitialization(text: try text("from")) ?? settings.initialization
    return settings
  }

  private func experimentProtocol() throws -> ExperimentProtocol {
    ExperimentProtocol(rawValue: try text("protocol")) ?? .paper
  }

  private func apply(to settings: inout OptimizationSettings, imageSize: Int) throws {
    if let epochs = try ifPresent("epochs", { try $0.integer($1) }) { settings.epochs = epochs }
    if let rate = try ifPresent("rate", { try $0.number($1) }) { settings.learningRate = rate }
    settings.selection = EpochSelection(rawValue: try text("select")) ?? .test
    settings.dropsLastBatch = flag("drop-last")
    guard let changes = try ifPresent("augment", { try $0.text($1) }) else { return }
    let paper = Augmentation.paper(imageSize: imageSize)
    settings.augmentation =
      switch changes {
      case "crop": Augmentation(flips: false, cropPadding: paper.cropPadding)
      case "flip": Augmentation(flips: true, cropPadding: 0)
      case "none": .none
      default: paper
      }
  }
}
