extension Dataset {
  /// What a contact sheet shows.
  package enum SheetLayout: Sendable {
    /// A row for each of the first classes, with images of that class.
    case rowPerClass
    /// Images of all classes, mixed.
    case samples
  }

  /// Sides of a cell, in pixels: smaller images are enlarged by a whole factor, larger ones made smaller.
  private static let cellSides = 48...96

  /// The largest number of rows and of columns.
  package static let largestSheet = 40

  /// Training images in a grid, drawn by `seed`; small images are enlarged without smoothing, so that every
  /// pixel can be seen. Rows and columns are brought to `1 ... largestSheet`; nil stands for a row for each class
  /// or, for samples, as many rows as columns.
  package func contactSheet(
    layout: SheetLayout = .rowPerClass, rows: Int? = nil, columns: Int = 12, seed: UInt64 = 1
  ) -> RGBImage {
    var random = RandomSource(seed: seed, stream: "contact sheet")
    let columns = min(max(columns, 1), Self.largestSheet)
    var cells: [[Int]]
    switch layout {
    case .rowPerClass:
      let rows = min(max(rows ?? classCount, 1), Self.largestSheet, classCount)
      cells = train.indicesByClass(classCount: classCount)[..<rows].map { members in
        Array(members.shuffled(using: &random).prefix(columns))
      }
    case .samples:
      let rows = min(max(rows ?? columns, 1), Self.largestSheet)
      let drawn = Array(train.labels.indices.shuffled(using: &random).prefix(rows * columns))
      cells = stride(from: 0, to: drawn.count, by: columns).map { Array(drawn[$0...].prefix(columns)) }
    }
    return sheet(of: cells, columns: columns)
  }

  /// Draws `cells`, a list of rows of positions in `train`, with a gap of two pixels.
  private func sheet(of cells: [[Int]], columns: Int) -> RGBImage {
    let gap = 2
    let largest = max(height, width)
    let factor = max(1, (Self.cellSides.lowerBound + largest - 1) / largest)
    let shrink = min(1, Double(Self.cellSides.upperBound) / Double(largest))
    let cellWidth = max(1, Int((Double(width * factor) * shrink).rounded()))
    let cellHeight = max(1, Int((Double(height * factor) * shrink).rounded()))
    var sheet = RGBImage(
      width: columns * (cellWidth + gap) + gap, height: cells.count * (cellHeight + gap) + gap, gray: 255)
    for (row, members) in cells.enumerated() {
      for (column, index) in members.enumerated() {
        var picture = train.picture(at: index)
        if shrink < 1 { picture = picture.resized(width: cellWidth, height: cellHeight) }
        let (left, top) = (gap + column * (cellWidth + gap), gap + row * (cellHeight + gap))
        for y in 0..<cellHeight {
          for x in 0..<cellWidth { sheet[left + x, top + y] = picture[x / factor, y / factor] }
        }
      }
    }
    return sheet
  }
}

extension ImageSet {
  /// Image `index`, within `0 ..< count`, in color; gray becomes three equal channels.
  package func picture(at index: Int) -> RGBImage {
    let bytes = pixels[pixelRange(of: index)]
    let colors = channels == 3 ? Array(bytes) : bytes.flatMap { [$0, $0, $0] }
    return RGBImage(checkedPixels: colors, width: width, height: height)
  }
}
