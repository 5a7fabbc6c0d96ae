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

  package init(epochs: Int, augmentation: Augmentation) {
    self.epochs = epochs
    self.augmentation = augmentation
  }

  var json: JSON {
    [
      "epochs": .integer(epochs), "batchSize": .integer(batchSize), "learningRate": .number(learningRate),
      "momentum": .number(momentum), "weightDecay": .number(weightDecay),
      "flips": .bool(augmentation.flips), "cropPadding": .integer(augmentation.cropPadding),
      "validationInterval": .integer(validationInterval),
    ]
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
}
