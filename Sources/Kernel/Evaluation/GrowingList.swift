/// A list that grows at its end, and whose copies share all but the end.
///
/// Every statement that binds a name appends to a copy of its session, which must not take longer the more statements
/// there were.
struct GrowingList<Element: Sendable>: Sendable {
  private static var pieceSize: Int { 64 }

  /// All of them full.
  private var pieces: [[Element]] = []
  private var end: [Element] = []

  var count: Int { pieces.count * Self.pieceSize + end.count }

  subscript(index: Int) -> Element {
    let (piece, place) = index.quotientAndRemainder(dividingBy: Self.pieceSize)
    return piece < pieces.count ? pieces[piece][place] : end[place]
  }

  mutating func append(_ element: Element) {
    end.append(element)
    guard end.count == Self.pieceSize else { return }
    pieces.append(end)
    end = []
  }
}
