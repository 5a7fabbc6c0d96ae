/// A set of characters to tell apart, one class each.
///
/// No set holds two characters that most fonts draw alike, such as a letter of the same shape in both cases, in Latin
/// and Greek, or Arabic letters in several positions.
package enum Script: String, Sendable, CaseIterable {
  case latinUpper = "latin-upper"
  case latinLower = "latin-lower"
  case greek
  case greekUpper = "greek-upper"
  case cyrillic
  case cyrillicLower = "cyrillic-lower"
  case digits
  case symbols
  case hebrew
  case armenian
  case georgian
  case arabic
  case devanagari
  case thai
  case cherokee
  case hiragana
  case katakana
  /// The 200 characters of the demo world's source set.
  case latinGreekCyrillic = "latin-greek-cyrillic"

  /// The characters in their usual order; a task with fewer classes takes the first ones.
  package var characters: [Unicode.Scalar] {
    switch self {
    case .latinUpper: Self.range(0x41...0x5A)
    case .latinLower: Self.range(0x61...0x7A)
    // Without the final sigma, which is drawn as another letter only at the end of a word.
    case .greek: Self.range(0x3B1...0x3C9, without: [0x3C2])
    case .greekUpper: Self.range(0x391...0x3A9, without: [0x3A2])
    case .cyrillic: Self.range(0x410...0x42F)
    case .cyrillicLower: Self.range(0x430...0x44F)
    case .digits: Self.range(0x30...0x39)
    // Without currencies: fonts older than Unicode keep letters of their own in those places.
    case .symbols: Array("!#$%&*+=?@<>{}[]/\\§¶©~^;".unicodeScalars)
    // Without the five final forms.
    case .hebrew: Self.range(0x5D0...0x5EA, without: [0x5DA, 0x5DD, 0x5DF, 0x5E3, 0x5E5])
    case .armenian: Self.range(0x531...0x556)
    case .georgian: Self.range(0x10D0...0x10F0)
    // The 28 letters; fonts draw a letter by itself in its isolated form.
    case .arabic: Array("ابتثجحخدذرزسشصضطظعغفقكلمنهوي".unicodeScalars)
    // The consonants.
    case .devanagari: Self.range(0x915...0x939, without: [0x929, 0x931, 0x933, 0x934])
    // The consonants in use.
    case .thai: Self.range(0xE01...0xE2E, without: [0xE03, 0xE05, 0xE24, 0xE26])
    case .cherokee: Self.range(0x13A0...0x13F4)
    case .hiragana:
      Array("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん".unicodeScalars)
    case .katakana:
      Array("アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン".unicodeScalars)
    case .latinGreekCyrillic: Array(Self.mixed.unicodeScalars)
    }
  }

  /// 86 Latin, 28 Greek and 43 Cyrillic letters, 9 digits and 34 signs. Zero is not among them, for it is an O.
  private static let mixed =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + "abdefghijlmnqrty" + "ÄÅÆÇÉÑØÐÞßæøþŁŒœĞŠŽĄĘŐŮ" + "àáâãäåéèêëíîïñÀÂÈÊÎŇŘ"
    + "ΓΔΘΛΞΠΣΦΨΩ" + "αβγδεζηθλμξπρστφψω" + "БДЖЗИЙЛЧШЩЪЫЬЭЮЯЦЄЉЊЋЂ" + "бвгджзийлпфцчшщъыьэюя" + "123456789"
    + "!#$%&*+=?@<>{}[]/\\§¶©~^" + "±×÷¬«»¿¡†‡•"

  private static func range(
    _ codes: ClosedRange<UInt32>, without excluded: Set<UInt32> = []
  ) -> [Unicode.Scalar] {
    codes.filter { !excluded.contains($0) }.compactMap(Unicode.Scalar.init)
  }
}
