/// The versions of the engine's arithmetic, part of every cache key and of every measured result. Each is raised whenever the
/// same inputs and seed would give other numbers than before.
package enum EngineVersion {
  /// Of training and distillation.
  package static let current = "3"
  /// Of what predictors see and how they learn: part of the keys of predictors and comparisons. Measured students, which
  /// take hours, outlive a change of it.
  package static let predictors = "7"
}
