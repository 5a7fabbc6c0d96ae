/// Which images choose the epoch that counts.
package enum EpochSelection: String, Sendable, CaseIterable {
  /// The test images, as in the paper: the best epoch looks a little better than it is.
  case test
  /// A tenth of the training images, held out of training; the test images are used once, when all is done.
  case heldOut = "held-out"
}

/// What both kinds of training have in common. Defaults are the paper's where it gives them.
package struct OptimizationSettings: Sendable, Hashable {
  package var epochs: Int
  package var batchSize = 64
  /// At the start; it falls along a cosine, step by step.
  package var learningRate = 0.05
  package var momentum = 0.9
  package var weightDecay = 3e-5
  package var augmentation: Augmentation
  /// Epochs between measurements of the test accuracy; the last epoch is always measured.
  package var validationInterval = 5
  package var selection = EpochSelection.test
  /// Whether images that fill no batch of `batchSize` are left out of the measured accuracy, as in the authors' code.
  package var dropsLastBatch = false

  package init(epochs: Int, augmentation: Augmentation) {
    self.epochs = epochs
    self.augmentation = augmentation
  }

  var json: JSON {
    var members: [String: JSON] = [
      "epochs": .integer(epochs), "batchSize": .integer(batchSize), "learningRate": .number(learningRate),
      "momentum": .number(momentum), "weightDecay": .number(weightDecay),
      "flips": .bool(augmentation.flips), "cropPadding": .integer(augmentation.cropPadding),
      "validationInterval": .integer(validationInterval),
    ]
    if selection != .test { members["selection"] = .string(selection.rawValue) }
    if dropsLastBatch { members["dropsLastBatch"] = true }
    return .object(members)
  }

  /// Nil where a member is missing or of another kind.
  init?(json: JSON) {
    guard let epochs = json["epochs"]?.intValue, let batchSize = json["batchSize"]?.intValue,
      let learningRate = json["learningRate"]?.doubleValue, let momentum = json["momentum"]?.doubleValue,
      let weightDecay = json["weightDecay"]?.doubleValue, let flips = json["flips"],
      case .bool(let isFlipped) = flips,
      let padding = json["cropPadding"]?.intValue, let interval = json["validationInterval"]?.intValue
    else { return nil }
    self.init(epochs: epochs, augmentation: Augmentation(flips: isFlipped, cropPadding: padding))
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    validationInterval = interval
    dropsLastBatch = json["dropsLastBatch"]?.boolValue ?? false
    guard let selection = json["selection"] else { return }
    guard let chosen = selection.stringValue.flatMap(EpochSelection.init(rawValue:)) else { return nil }
    self.selection = chosen
  }
}

/// How a teacher is trained (paper: 180 epochs, label smoothing 0.1).
package struct TeacherSettings: Sendable, Hashable {
  package var optimization: OptimizationSettings
  package var labelSmoothing = 0.1

  package init(optimization: OptimizationSettings, labelSmoothing: Double = 0.1) {
    self.optimization = optimization
    self.labelSmoothing = labelSmoothing
  }

  package var json: JSON {
    ["optimization": optimization.json, "labelSmoothing": .number(labelSmoothing)]
  }
}

/// What a student starts from.
package enum StudentInitialization: Sendable, Hashable {
  case remapped(Remapping)
  case random

  package var text: String {
    switch self {
    case .remapped(let remapping): remapping.rawValue
    case .random: "random"
    }
  }

  package init?(text: String) {
    if text == "random" {
      self = .random
    } else if let remapping = Remapping(rawValue: text) {
      self = .remapped(remapping)
    } else {
      return nil
    }
  }
}

/// How a student is distilled (paper, Appendix D.3: 50 epochs, alpha 0.5, temperature 6).
package struct DistillationSettings: Sendable, Hashable {
  package var optimization: OptimizationSettings
  package var temperature = 6.0
  package var alpha = 0.5
  package var form = DistillationForm.paper
  package var initialization = StudentInitialization.remapped(.first)

  package init(optimization: OptimizationSettings) { self.optimization = optimization }

  package var json: JSON {
    [
      "optimization": optimization.json, "temperature": .number(temperature), "alpha": .number(alpha),
      "form": .string(form.rawValue), "initialization": .string(initialization.text),
    ]
  }

  /// Nil where a member is missing or of another kind.
  package init?(json: JSON) {
    guard let optimization = json["optimization"].flatMap(OptimizationSettings.init(json:)),
      let temperature = json["temperature"]?.doubleValue, let alpha = json["alpha"]?.doubleValue,
      let form = json["form"]?.stringValue.flatMap(DistillationForm.init(rawValue:)),
      let initialization = json["initialization"]?.stringValue.flatMap(StudentInitialization.init(text:))
    else { return nil }
    self.init(optimization: optimization)
    self.temperature = temperature
    self.alpha = alpha
    self.form = form
    self.initialization = initialization
  }
}
