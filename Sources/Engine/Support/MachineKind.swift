import Foundation

/// What decides the last bits of a result: oneDNN and OpenBLAS have other code for other processors, so the same job
/// gives the same numbers on machines of one kind only.
package enum MachineKind {
  /// For instance `x86-64 avx512`.
  package static let current: String = {
    #if arch(x86_64)
      let processor = "x86-64"
    #else
      let processor = "arm64"
    #endif
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    let flags = Set(line.split(separator: " "))
    let widest = [("avx512bw", "avx512"), ("avx2", "avx2"), ("sse4_1", "sse41")].first {
      flags.contains($0.0[...])
    }
    return processor + (widest.map { " " + $0.1 } ?? "")
  }()
}
