import CWinograd

extension dass_rows {
  /// Rows that lie `stride` floats apart.
  init(_ first: UnsafePointer<Float>, every stride: Int) {
    self.init(base: first, stride: stride, gathered: nil)
  }
}
