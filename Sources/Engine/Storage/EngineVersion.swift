/// The version of the engine's arithmetic, part of every cache key and of every measured result.
package enum EngineVersion {
  /// Raised whenever the same inputs and seed would give other numbers than before.
  package static let current = "3"
}
