/// The meta-learned predictors that can be compared (paper, Section 5.1).
package enum LearningMethod: String, Sendable, Hashable, CaseIterable {
  /// The paper's: maps of teacher and student and the architecture code, learned inner rates.
  case dass
  /// The architecture code alone, adapted with one fixed inner rate (Finn et al., ICML 2017).
  case maml
  /// The architecture code alone, with learned inner rates (Li et al., 2017).
  case metaSGD = "metasgd"

  package var title: String {
    switch self {
    case .dass: "DaSS"
    case .maml: "MAML"
    case .metaSGD: "Meta-SGD"
    }
  }

  package var learnsRates: Bool { self != .maml }

  /// Gradient steps of the adaptation unless told otherwise: the paper's, and HELP's for the baselines.
  package var innerSteps: Int { self == .dass ? 1 : 2 }

  /// Where inner rates start.
  package var innerRate: Double { self == .dass ? 0.005 : 0.001 }

  package func function(for space: ResNetSpace) -> any PredictorFunction {
    switch self {
    case .dass: AccuracyPredictor(shape: PredictorShape(space: space))
    case .maml, .metaSGD: ArchitecturePredictor(codeLength: space.codeLength)
    }
  }
}
