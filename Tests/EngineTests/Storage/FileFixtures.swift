import Foundation

/// Small files that other programs wrote, to check the readers against something else than the writers here.
enum FileFixtures {
  /// numpy.save of a column-major i2 array of shape (2, 3, 4) that counts from 0.
  static let fortranArray = bytes(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMywgNCksIH0gICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAwABAAQAAgAFAABAA0ABQARAAkA
    FQACAA4ABgASAAoAFgADAA8ABwATAAsAFwA=
    """)

  /// numpy.save of [[1, -2], [3, 70000]] as >i4.
  static let bigEndianArray = bytes(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAB/////gAAAAMAARFw
    """)

  /// numpy.save of [1.5, -2.25] as >f8.
  static let bigEndianFloats = bytes(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPmY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/+AAAAAAAAMACAAAAAAAA
    """)

  /// numpy.save of the number 7 as u8.
  static let scalarArray = bytes(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnPHU4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAA==
    """)

  /// [1.0, 2.0] as f4 with a version 2.0 header.
  static let version2Array = bytes(
    """
    k05VTVBZAgB0AAAAeydkZXNjcic6ICc8ZjQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAIA/AAAAQA==
    """)

  /// [1, 2] as u1 with a version 3.0 header.
  static let version3Array = bytes(
    """
    k05VTVBZAwB0AAAAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAg==
    """)

  /// numpy.save of [None], a pickle.
  static let objectArray = bytes(
    """
    k05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMSwpLCB9ICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqAA2NudW1weS5jb3JlLm11bHRpYXJy
    YXkKX3JlY29uc3RydWN0CnEAY251bXB5Cm5kYXJyYXkKcQFLAIVxAkMBYnEDh3EEUnEFKEsBSwGFcQZjbnVtcHkKZHR5cGUKcQdY
    AgAAAE84cQiJiIdxCVJxCihLA1gBAAAAfHELTk5OSv////9K/////0s/dHEMYoldcQ1OYXRxDmIu
    """)

  /// numpy.savez_compressed of label_list [3, 1], idx_train 0 to 5, idx_valid [0, 2].
  static let deflatedArchive = bytes(
    """
    UEsDBBQAAAAIAAAAIQCM3jPgSgAAAJAAAAAOABQAbGFiZWxfbGlzdC5ucHkBABAAkAAAAAAAAABKAAAAAAAAAJvsF+obEMnIUMZQ
    rZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6mjoKtQoUAC5mBghghNIAUEsDBBQAAAAIAAAA
    IQBwrjY6VAAAALAAAAANABQAaWR4X3RyYWluLm5weQEAEACwAAAAAAAAAFQAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNp
    oa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaZjqaOgq1ChQALgYoYITSTFCaGUqzQGlWKA0AUEsDBBQAAAAIAAAAIQDr
    6oElSAAAAIQAAAANABQAaWR4X3ZhbGlkLm5weQEAEACEAAAAAAAAAEgAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgblNqpK6j
    oJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1ChQALgYGJgYAUEsBAhQDFAAAAAgAAAAhAIzeM+BKAAAAkAAAAA4A
    AAAAAAAAAAAAAIABAAAAAGxhYmVsX2xpc3QubnB5UEsBAhQDFAAAAAgAAAAhAHCuNjpUAAAAsAAAAA0AAAAAAAAAAAAAAIABigAA
    AGlkeF90cmFpbi5ucHlQSwECFAMUAAAACAAAACEA6+qBJUgAAACEAAAADQAAAAAAAAAAAAAAgAEdAQAAaWR4X3ZhbGlkLm5weVBL
    BQYAAAAAAwADALIAAACkAQAAAAA=
    """)

  /// numpy.savez of label_list [3, 1].
  static let storedArchive = bytes(
    """
    UEsDBBQAAAAAAAAAIQCYUTp9iAAAAIgAAAAOABQAbGFiZWxfbGlzdC5ucHkBABAAiAAAAAAAAACIAAAAAAAAAJNOVU1QWQEAdgB7
    J2Rlc2NyJzogJzxpNCcsICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgyLCksIH0gICAgICAgICAgICAgICAgICAg
    ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAKAwAAAAEAAABQSwECFAMUAAAAAAAAACEAmFE6fYgAAACI
    AAAADgAAAAAAAAAAAAAAgAEAAAAAbGFiZWxfbGlzdC5ucHlQSwUGAAAAAAEAAQA8AAAAyAAAAAAA
    """)

  /// 8 x 4 pixels of red 200, green 30, blue 60, by Pillow.
  static let jpeg = bytes(
    """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU
    FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU
    FBQUFBQUFBT/wAARCAAEAAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF
    BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW
    V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi
    4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC
    AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm
    Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq
    8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDwqiiivmj+3T//2Q==
    """)

  /// A red pixel and a fully transparent one, by Pillow.
  static let transparentPNG = bytes(
    """
    iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAD0In+KAAAAEUlEQVR4nGP4z8Dwn4HhPwMADvoC/uLqlUwAAAAASUVORK5CYII=
    """)

  /// Gray 77 and black, by Pillow.
  static let grayPNG = bytes(
    """
    iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGPwZQAAAJ0ATtT7aM4AAAAASUVORK5CYII=
    """)

  /// Written by the reference implementation from PyTorch: a F32 [[1.5, -2]], h F16 [0.1], b BF16 [0.1],
  /// d F64 3.25, n I64 [7, -8], i I32 [5], u U8 [250]; metadata k: v.
  static let safeTensors = bytes(
    """
    oAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJrIjoidiJ9LCJuIjp7ImR0eXBlIjoiSTY0Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZz
    ZXRzIjpbMCwxNl19LCJkIjp7ImR0eXBlIjoiRjY0Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlsxNiwyNF19LCJhIjp7ImR0
    eXBlIjoiRjMyIiwic2hhcGUiOlsxLDJdLCJkYXRhX29mZnNldHMiOlsyNCwzMl19LCJpIjp7ImR0eXBlIjoiSTMyIiwic2hhcGUi
    OlsxXSwiZGF0YV9vZmZzZXRzIjpbMzIsMzZdfSwiYiI6eyJkdHlwZSI6IkJGMTYiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMi
    OlszNiwzOF19LCJoIjp7ImR0eXBlIjoiRjE2Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbMzgsNDBdfSwidSI6eyJkdHlw
    ZSI6IlU4Iiwic2hhcGUiOlsxXSwiZGF0YV9vZmZzZXRzIjpbNDAsNDFdfX0gICAgIAcAAAAAAAAA+P////////8AAAAAAAAKQAAA
    wD8AAADABQAAAM09Zi76
    """)

  /// gzip of “0,1,2\\n” twice, as two members.
  static let gzip = bytes(
    """
    H4sIAAAAAAACAzPQMdQx4gIAJPnsxQYAAAAfiwgAAAAAAAIDM9Ax1DHiAgAk+ezFBgAAAA==
    """)

  private static func bytes(_ base64: String) -> [UInt8] {
    Data(base64Encoded: base64, options: .ignoreUnknownCharacters).map { Array($0) } ?? []
  }
}
