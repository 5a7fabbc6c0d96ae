/// Where a client's cursor is.
///
/// The protocol counts Unicode scalars from 5.2 on, but several front ends still count UTF-16 units.
enum CursorPosition {
  /// `position` as a count of scalars within `code`; beyond the end it is read as UTF-16 if that makes sense
  /// for a text with characters outside the basic plane, and brought to the nearest end otherwise.
  static func scalars(_ position: Int?, in code: String) -> Int {
    let count = code.unicodeScalars.count
    guard let position else { return count }
    if position <= 0 { return 0 }
    if position <= count { return position }
    let utf16 = code.utf16
    guard position <= utf16.count else { return count }
    let index = utf16.index(utf16.startIndex, offsetBy: position)
    return code.unicodeScalars[..<index].count
  }
}
