import Engine
import Foundation

/// Pictures in a terminal: within the text where it understands one of three protocols, otherwise as files.
struct TerminalPictures: Sendable {
  enum Form: String, Sendable {
    /// The graphics protocol of kitty (https://sw.kovidgoyal.net/kitty/graphics-protocol).
    case kitty
    /// The inline images of iTerm2 (https://iterm2.com/documentation-images.html).
    case iterm
    /// What DEC's terminals draw, and many that came after them (https://www.arewesixelyet.com).
    case sixel
    case file
  }

  /// About how many pixels a letter is wide.
  private static let letterWidth = 9

  let form: Form
  private let folder: String

  /// Asks the environment what the terminal can; `DASS_PICTURES` with the name of a form overrules it.
  init(environment: [String: String]) {
    form = environment["DASS_PICTURES"].flatMap(Form.init(rawValue:)) ?? Self.form(environment)
    folder = NSTemporaryDirectory() + "dass-\(getpid())"
  }

  private static func form(_ environment: [String: String]) -> Form {
    // A multiplexer keeps the escape sequences for itself.
    if environment["TMUX"] != nil || environment["STY"] != nil { return .file }
    let terminal = environment["TERM"] ?? ""
    let program = environment["TERM_PROGRAM"] ?? ""
    if environment["KITTY_WINDOW_ID"] != nil || terminal.contains("kitty") || terminal.contains("ghostty")
      || program == "ghostty"
    {
      return .kitty
    }
    if ["iTerm.app", "WezTerm"].contains(program) || environment["LC_TERMINAL"] == "iTerm2" { return .iterm }
    let drawsSixels = ["foot", "mlterm", "contour", "yaft"].contains { terminal.hasPrefix($0) }
    if drawsSixels || environment["KONSOLE_VERSION"].flatMap(Int.init) ?? 0 >= 220_400 { return .sixel }
    return .file
  }

  /// What to write to show a PNG, given in base64; nil where pictures become files. `width` is in CSS pixels.
  func inline(_ picture: String, width: Int?, columns: Int) -> String? {
    switch form {
    case .file: return nil
    case .iterm:
      let size = width.map { ";width=\($0)px" } ?? ""
      return "\u{1B}]1337;File=inline=1;preserveAspectRatio=1\(size):\(picture)\u{07}"
    case .sixel:
      guard let data = Data(base64Encoded: picture, options: .ignoreUnknownCharacters),
        var image = try? RGBImage(decoding: Array(data))
      else { return nil }
      let shown = min(width ?? image.width, columns * Self.letterWidth)
      if shown < image.width {
        image = image.resized(width: shown, height: image.height * shown / image.width)
      }
      return SixelPicture.text(image)
    case .kitty:
      // The height follows from the picture.
      let size = width.map { ",c=\(min(max($0 / Self.letterWidth, 1), columns))" } ?? ""
      let bytes = Array(picture.utf8)
      var text = ""
      // The protocol allows 4096 bytes at once.
      for start in stride(from: 0, to: bytes.count, by: 4096) {
        let end = min(start + 4096, bytes.count)
        let more = end < bytes.count ? 1 : 0
        let control = start == 0 ? "a=T,f=100\(size),m=\(more)" : "m=\(more)"
        text += "\u{1B}_G\(control);\(String(decoding: bytes[start..<end], as: UTF8.self))\u{1B}\\"
      }
      return text
    }
  }

  /// Writes a picture to a file and returns its path; nil if that fails.
  func file(_ picture: String, number: Int) -> String? {
    guard let data = Data(base64Encoded: picture, options: .ignoreUnknownCharacters) else { return nil }
    let path = folder + "/figure-\(number).png"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try data.write(to: URL(fileURLWithPath: path))
      return path
    } catch {
      return nil
    }
  }
}
