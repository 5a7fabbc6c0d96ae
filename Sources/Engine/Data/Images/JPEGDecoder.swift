import CTurboJPEG

/// JPEG through libjpeg-turbo's TurboJPEG interface, which returns errors.
enum JPEGDecoder {
  static func decode(_ bytes: [UInt8]) throws(ImageFileError) -> RGBImage {
    guard let handle = tjInitDecompress() else { throw .damaged(format: "JPEG", reason: "no memory") }
    defer { tjDestroy(handle) }
    var (width, height, subsampling, colorspace) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let size = UInt(bytes.count)
    guard tjDecompressHeader3(handle, bytes, size, &width, &height, &subsampling, &colorspace) == 0 else {
      throw .damaged(format: "JPEG", reason: message(of: handle))
    }
    try RGBImage.checkSize(width: Int(width), height: Int(height))
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * 3)
    // A progressive file can hold thousands of scans of a large image in few bytes.
    let flags = Int32(TJFLAG_LIMITSCANS) | Int32(TJFLAG_ACCURATEDCT)
    let result = tjDecompress2(
      handle, bytes, size, &pixels, width, 0, height, Int32(TJPF_RGB.rawValue), flags)
    if result != 0 {
      let reason = message(of: handle)
      // Cameras write padding between segments; libjpeg warns of it and decodes the image in full.
      let isHarmless =
        tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue) && reason.contains("extraneous bytes")
      if !isHarmless { throw .damaged(format: "JPEG", reason: reason) }
    }
    return RGBImage(checkedPixels: pixels, width: Int(width), height: Int(height))
  }

  private static func message(of handle: tjhandle) -> String {
    tjGetErrorStr2(handle).map { String(cString: $0) } ?? "no reason given"
  }
}
